// Where in a cell the cursor is: in a name, behind '.' or ':', in a string, and in which brackets of which calls. Only the
// text before the cursor counts, which may be unfinished in any way.

struct CursorContext {
    /// An open bracket around the cursor.
    struct Bracket {
        var opener: String
        /// Its token.
        var token: Int
        /// Entries or arguments that are complete before the cursor.
        var index = 0
        /// The `key =` of the entry the cursor is in.
        var key: String?
        /// Keys that have been given before.
        var given: Set<String> = []
    }

    let tokens: [CellToken]
    let brackets: [Bracket]
    /// The name that ends at the cursor, maybe empty, and where it starts.
    let word: String, wordStart: Int
    /// Tokens before the word.
    let count: Int
    let isInComment: Bool
    /// The content so far of the string the cursor is in, and where it starts.
    let string: (text: String, start: Int)?

    init(_ text: String, at offset: Int) {
        let bytes = Array(text.utf8)
        let offset = min(max(0, offset), bytes.count)
        let before = Array(bytes[..<offset])
        tokens = CellTokens.of(before)
        var count = tokens.count - 1
        let last = count > 0 ? tokens[count - 1] : nil
        let rest = before[(last?.end ?? 0)...]
        let line = rest.lastIndex(of: 10).map { rest[($0 + 1)...] } ?? rest
        isInComment = last?.kind == .unfinishedComment || String(decoding: line, as: UTF8.self).contains("--")
        if let last, last.kind == .unfinishedString {
            var start = last.start + 1
            if before[last.start] == UInt8(ascii: "[") { start = before[(last.start + 1)...].firstIndex(of: UInt8(ascii: "[")).map { $0 + 1 } ?? start }
            string = (String(decoding: before[min(start, offset)...], as: UTF8.self), start)
            (word, wordStart) = ("", offset)
            count -= 1
        } else {
            string = nil
            if let last, last.end == offset, last.kind == .name || last.kind == .keyword {
                (word, wordStart) = (last.text, last.start)
                count -= 1
            } else {
                (word, wordStart) = ("", offset)
            }
        }
        self.count = count

        var open: [Bracket] = []
        for i in 0..<count {
            let token = tokens[i]
            switch (token.kind, token.text) {
            case (.symbol, "("), (.symbol, "{"), (.symbol, "["): open.append(Bracket(opener: token.text, token: i))
            case (.symbol, ")"), (.symbol, "}"), (.symbol, "]"): _ = open.popLast()
            // A body inside brackets has statements of its own.
            case (.keyword, "function"): open.append(Bracket(opener: "function", token: i))
            case (.keyword, "do"), (.keyword, "then"), (.keyword, "repeat"): open.append(Bracket(opener: token.text, token: i))
            case (.keyword, "end"), (.keyword, "until"), (.keyword, "elseif"):
                if open.last.map({ !"({[".contains($0.opener) }) == true { open.removeLast() }
            case (.symbol, ","), (.symbol, ";"):
                guard !open.isEmpty else { break }
                open[open.count - 1].index += 1
                open[open.count - 1].key = nil
            case (.symbol, "=") where open.last?.opener == "{" && i > 0 && tokens[i - 1].kind == .name:
                open[open.count - 1].key = tokens[i - 1].text
                open[open.count - 1].given.insert(tokens[i - 1].text)
            default: break
            }
        }
        brackets = open
    }

    var previous: CellToken? { count > 0 ? tokens[count - 1] : nil }

    /// What a bracket belongs to: the function called with it.
    func callee(of bracket: Bracket) -> NamePath? {
        guard bracket.token > 0 else { return nil }
        let before = tokens[bracket.token - 1]
        guard before.kind == .name || before.isSymbol(")") || before.isSymbol("}") else { return nil }
        return NamePath.ending(before: bracket.token, tokens)?.path
    }

    /// Whether the word is where an entry of a table begins.
    var isAtEntryStart: Bool {
        guard let bracket = brackets.last, bracket.opener == "{", bracket.key == nil, let previous else { return false }
        return ["{", ",", ";"].contains(previous.text)
    }
}
