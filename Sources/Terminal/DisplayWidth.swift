// How many columns of a terminal a text takes, and padding to a number of them. East Asian wide characters and emoji take two, combining
// marks and other zero-width characters none. A character (grapheme) is never split.

extension Character {
    /// 0, 1 or 2 columns.
    public var displayWidth: Int {
        if let ascii = asciiValue { return ascii >= 32 && ascii < 127 ? 1 : 0 }
        guard let first = unicodeScalars.first else { return 0 }
        if unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation { return 2 }
        // The wide and fullwidth blocks of Unicode's EastAsianWidth.txt.
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
             0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
             0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
    }
}

extension String {
    /// The columns that the text takes.
    public var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    public enum Side { case left, right, center }

    /// The text in exactly `width` columns: spaces are added, the text standing on `side`; a longer text ends in "…".
    public func padded(to width: Int, _ side: Side = .left) -> String {
        let own = displayWidth
        if own > width { return cut(to: width) }
        let space = width - own
        switch side {
        case .left: return self + String(repeating: " ", count: space)
        case .right: return String(repeating: " ", count: space) + self
        case .center: return String(repeating: " ", count: space / 2) + self + String(repeating: " ", count: space - space / 2)
        }
    }

    private func cut(to width: Int) -> String {
        if width <= 0 { return "" }
        var (out, used) = ("", 0)
        for character in self {
            if used + character.displayWidth > width - 1 { break }
            out.append(character)
            used += character.displayWidth
        }
        return out + "…" + String(repeating: " ", count: width - 1 - used)
    }
}
