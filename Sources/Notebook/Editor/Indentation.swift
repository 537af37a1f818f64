// How far the next line is indented, and how far a line that closes a block. The writer's own indentation is kept: a line inside a block stands
// as the line before it, the first line of a block one step further than the statement that opens it.

struct Indentation {
    /// One step.
    static let step = "  "

    private struct Opener {
        var text: String
        /// The line of the statement, and of the word itself (`then` may stand below its `if`).
        var statementLine: Int, line: Int
    }

    private let lines: [Substring]
    private var open: [Opener] = []
    /// The first line among the statements that the last line closed.
    private var closedFrom: Int?
    private var isInsideText = false

    /// Of a text, up to the cursor.
    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let bytes = Array(text.utf8)
        let tokens = LuaTokens.read(bytes)
        let last = lines.count - 1
        var statement: Int?
        for token in tokens {
            guard token.kind == .keyword || token.kind == .symbol else { continue }
            let word = String(decoding: bytes[token.start..<token.end], as: UTF8.self)
            switch word {
            case "if", "while", "for": statement = token.line
            case "elseif":
                statement = close(token.line, last) ?? token.line
            case "else":
                let line = close(token.line, last) ?? token.line
                open.append(Opener(text: word, statementLine: line, line: token.line))
            case "then", "do":
                open.append(Opener(text: word, statementLine: statement ?? token.line, line: token.line))
                statement = nil
            case "function", "repeat", "(", "[", "{":
                open.append(Opener(text: word, statementLine: token.line, line: token.line))
            case "end", "until", ")", "]", "}": _ = close(token.line, last)
            default: break
            }
        }
        if let end = tokens.last, !end.isClosed, end.end == bytes.count { isInsideText = true }
    }

    private mutating func close(_ line: Int, _ last: Int) -> Int? {
        guard let opener = open.popLast() else { return nil }
        if line == last, opener.line < last { closedFrom = min(closedFrom ?? last, opener.statementLine) }
        return opener.statementLine
    }

    private func white(_ line: Int) -> String { String(lines[line].prefix { $0 == " " || $0 == "\t" }) }

    /// What a line that follows the text begins with.
    var next: String {
        if isInsideText { return "" }
        let last = lines.count - 1
        if let top = open.last, top.line == last {
            let base = white(top.statementLine)
            return base + (base.hasSuffix("\t") ? "\t" : Indentation.step)
        }
        return white(closedFrom ?? last)
    }

    private static let closers: Set<Substring> = ["end", "else", "elseif", "until", ")", "]", "}"]

    /// Where the text's last line is a closing word alone: the white space it should stand behind, that of the statement it closes.
    var closing: String? {
        let line = lines[lines.count - 1]
        let word = line.drop { $0 == " " || $0 == "\t" }
        guard Indentation.closers.contains(word), !isInsideText, let opened = closedFrom else { return nil }
        return white(opened)
    }
}
