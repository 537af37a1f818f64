// A cell as the parser wants its tokens: operators whole, comments left out, an `end` behind the last. Whatever the text,
// the tokens come to its end, and what is not finished (a string, a long comment) is a token that says so.

struct CellToken: Equatable {
    enum Kind: Equatable {
        case name, keyword, number, string, symbol
        /// A string or long bracket that the text ends in (or a short string that its line ends in).
        case unfinishedString
        /// A long comment that the text ends in.
        case unfinishedComment
        case end
    }
    var kind: Kind
    /// UTF-8 offsets.
    var start: Int
    var end: Int
    var text: String

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
    func isKeyword(_ word: String) -> Bool { kind == .keyword && text == word }
}

enum CellTokens {
    private static let operators = ["...", "..", "==", "~=", "<=", ">=", "::", "<<", ">>", "//"].map { Array($0.utf8) }

    static func of(_ text: String) -> [CellToken] { of(Array(text.utf8)) }

    static func of(_ bytes: [UInt8]) -> [CellToken] {
        var tokens: [CellToken] = [], skipUntil = 0
        for token in LuaTokens.read(bytes) where token.start >= skipUntil {
            let kind: CellToken.Kind
            var end = token.end
            switch token.kind {
            case .comment:
                if token.isClosed { continue }
                kind = .unfinishedComment
            case .keyword: kind = .keyword
            case .name: kind = .name
            case .number: kind = .number
            case .string: kind = token.isClosed ? .string : .unfinishedString
            case .symbol:
                kind = .symbol
                if let whole = operators.first(where: { bytes[token.start...].starts(with: $0) }) { end = token.start + whole.count }
            }
            skipUntil = end
            tokens.append(CellToken(kind: kind, start: token.start, end: end, text: String(decoding: bytes[token.start..<end], as: UTF8.self)))
        }
        tokens.append(CellToken(kind: .end, start: bytes.count, end: bytes.count, text: ""))
        return tokens
    }
}
