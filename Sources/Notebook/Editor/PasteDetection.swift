// Pastes of terminals that do not mark them: keys that arrive at once and hold a line break with text after it were not typed. They become one
// paste; the line break at its end stays a key, as whoever wrote it meant it to run.

enum PasteDetection {
    /// The keys of one burst, with what must have been pasted as a paste.
    static func merged(_ keys: [Key]) -> [Key] {
        var (out, start) = ([Key](), 0)
        while start < keys.count {
            var end = start
            while end < keys.count, character(keys[end]) != nil { end += 1 }
            if end == start { out.append(keys[start]); start += 1; continue }
            var last = end
            while last > start, isBreak(keys[last - 1]) { last -= 1 }
            if keys[start..<last].contains(where: isBreak) {
                var text = String.UnicodeScalarView()
                for key in keys[start..<last] { text.append(character(key)!) }
                out.append(Key(.paste(String(text))))
            } else {
                out += keys[start..<last]
            }
            // ^J typed alone forces a line; at the end of a burst of text it is how programs write Enter.
            if last < end { out.append(last == start ? keys[last] : Key(.enter)) ; out += keys[(last + 1)..<end] }
            start = end
        }
        return out
    }

    private static func isBreak(_ key: Key) -> Bool { key.modifiers.isEmpty && (key.code == .enter || key.code == .newline) }

    private static func character(_ key: Key) -> Unicode.Scalar? {
        guard key.modifiers.isEmpty else { return nil }
        switch key.code {
        case .text(let scalar): return scalar
        case .enter, .newline: return "\n"
        case .tab: return "\t"
        default: return nil
        }
    }
}
