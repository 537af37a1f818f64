// A cell as Lua tokens, by UTF-8 offsets, without comments. Whatever the text, the tokens come to its end: bytes that
// Lua does not know are symbols, and what is not finished (a string, a comment) is a token that says so.

public struct LuaToken: Equatable {
    public enum Kind: Equatable {
        case name, keyword, number, string, symbol
        /// A string or long bracket that the text ends in (or a short string that its line ends in).
        case unfinishedString
        /// A long comment that the text ends in.
        case unfinishedComment
        case end
    }
    public var kind: Kind
    public var start: Int, end: Int
    public var text: String

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
    func isKeyword(_ word: String) -> Bool { kind == .keyword && text == word }
}

public struct LuaTokens {
    public static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or",
        "repeat", "return", "then", "true", "until", "while",
    ]

    /// All tokens and an `end`.
    public static func of(_ text: String) -> [LuaToken] { of(Array(text.utf8)) }

    static func of(_ bytes: [UInt8]) -> [LuaToken] {
        var scanner = Scanner(bytes: bytes)
        var tokens: [LuaToken] = []
        while true {
            let token = scanner.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0

        func byte(_ i: Int) -> UInt8 { i < bytes.count ? bytes[i] : 0 }

        func token(_ kind: LuaToken.Kind, from start: Int) -> LuaToken {
            LuaToken(kind: kind, start: start, end: at, text: String(decoding: bytes[start..<at], as: UTF8.self))
        }

        mutating func next() -> LuaToken {
            while at < bytes.count {
                if [9, 10, 11, 12, 13, 32].contains(bytes[at]) { at += 1; continue }
                guard bytes[at] == UInt8(ascii: "-"), byte(at + 1) == UInt8(ascii: "-") else { break }
                let start = at
                at += 2
                if longBracket() == false { return token(.unfinishedComment, from: start) }
                // A short comment; a long one has moved on already.
                if at == start + 2 { while at < bytes.count, bytes[at] != 10 { at += 1 } }
            }
            let start = at
            guard at < bytes.count else { return token(.end, from: at) }
            let c = bytes[at]
            if isLetter(c) {
                while at < bytes.count, isLetter(bytes[at]) || isDigit(bytes[at]) { at += 1 }
                let word = token(.name, from: start)
                return LuaTokens.keywords.contains(word.text) ? token(.keyword, from: start) : word
            }
            if isDigit(c) || c == UInt8(ascii: ".") && isDigit(byte(at + 1)) {
                number()
                return token(.number, from: start)
            }
            if c == UInt8(ascii: "\"") || c == UInt8(ascii: "'") { return token(shortString(c) ? .string : .unfinishedString, from: start) }
            if c == UInt8(ascii: "["), let closed = longBracket() { return token(closed ? .string : .unfinishedString, from: start) }
            for symbol in ["...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", ".."] where bytes[at...].starts(with: Array(symbol.utf8)) {
                at += symbol.utf8.count
                return token(.symbol, from: start)
            }
            at += 1
            // A character of several bytes is one symbol.
            while c >= 0xC0, at < bytes.count, bytes[at] & 0xC0 == 0x80 { at += 1 }
            return token(.symbol, from: start)
        }

        /// Skips `[[ .. ]]`, `[==[ .. ]==]`; nil when there is none here, false when it is not closed.
        mutating func longBracket() -> Bool? {
            guard byte(at) == UInt8(ascii: "[") else { return nil }
            var level = 0
            while byte(at + 1 + level) == UInt8(ascii: "=") { level += 1 }
            guard byte(at + 1 + level) == UInt8(ascii: "[") else { return nil }
            at += level + 2
            let closing = [UInt8(ascii: "]")] + Array(repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
            while at < bytes.count {
                if bytes[at] == closing[0], bytes[at...].starts(with: closing) {
                    at += closing.count
                    return true
                }
                at += 1
            }
            return false
        }

        mutating func shortString(_ quote: UInt8) -> Bool {
            at += 1
            while at < bytes.count {
                switch bytes[at] {
                case quote:
                    at += 1
                    return true
                case UInt8(ascii: "\\"):
                    at += 1
                    guard at < bytes.count else { return false }
                    // \z skips white space, newlines included.
                    if bytes[at] == UInt8(ascii: "z") {
                        at += 1
                        while at < bytes.count, [9, 10, 11, 12, 13, 32].contains(bytes[at]) { at += 1 }
                    } else {
                        at += 1
                    }
                case 10: return false
                default: at += 1
                }
            }
            return false
        }

        mutating func number() {
            let isHex = bytes[at] == UInt8(ascii: "0") && byte(at + 1) | 32 == UInt8(ascii: "x")
            let exponent = isHex ? UInt8(ascii: "p") : UInt8(ascii: "e")
            while at < bytes.count {
                let c = bytes[at]
                if c | 32 == exponent, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte(at + 1)) { at += 2; continue }
                // As Lua reads them: whatever could belong to a number, so that "3x" is one wrong token.
                guard isDigit(c) || isLetter(c) || c == UInt8(ascii: ".") else { return }
                at += 1
            }
        }

        func isLetter(_ c: UInt8) -> Bool { c | 32 >= 97 && c | 32 <= 122 || c == UInt8(ascii: "_") }
        func isDigit(_ c: UInt8) -> Bool { c >= 48 && c <= 57 }
    }
}
