// Colours of a cell, and the bracket that belongs to the one at the cursor. Brackets in strings and comments belong to nobody.

enum Highlighting {
    /// The spans of Lua in a text.
    static func lua(_ text: String) -> [HighlightSpan] {
        LuaTokens.read(text.utf8).compactMap { token in
            let kind: HighlightSpan.Kind
            switch token.kind {
            case .keyword: kind = .keyword
            case .string: kind = .string
            case .number: kind = .number
            case .comment: kind = .comment
            case .name, .symbol: return nil
            }
            return HighlightSpan(start: token.start, end: token.end, kind: kind)
        }
    }

    /// A style per character.
    static func styles(_ characters: [Character], spans: [HighlightSpan]) -> [Style] {
        var styles = [Style](repeating: .plain, count: characters.count)
        var (offset, next) = (0, 0)
        for i in characters.indices {
            while next < spans.count, spans[next].end <= offset { next += 1 }
            if next < spans.count, spans[next].start <= offset {
                switch spans[next].kind {
                case .keyword: styles[i] = .keyword
                case .string: styles[i] = .string
                case .number: styles[i] = .number
                case .comment: styles[i] = .comment
                }
            }
            offset += characters[i].utf8.count
        }
        return styles
    }

    private static let partners: [Character: (Character, Int)] = [
        "(": (")", 1), "[": ("]", 1), "{": ("}", 1), ")": ("(", -1), "]": ("[", -1), "}": ("{", -1),
    ]

    /// The bracket at the cursor, or else just before it, with its partner.
    static func brackets(_ characters: [Character], styles: [Style], cursor: Int) -> (Int, Int)? {
        for position in [cursor, cursor - 1] where characters.indices.contains(position) {
            let own = characters[position]
            guard isCode(styles[position]), let (partner, step) = partners[own] else { continue }
            var (depth, i) = (0, position)
            while characters.indices.contains(i) {
                if isCode(styles[i]) {
                    if characters[i] == own { depth += 1 } else if characters[i] == partner { depth -= 1 }
                    if depth == 0 { return (position, i) }
                }
                i += step
            }
        }
        return nil
    }

    private static func isCode(_ style: Style) -> Bool { style != .string && style != .comment }
}
