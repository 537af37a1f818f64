// Lua's tokens for the eye: what is a keyword, a string, a number, a comment. It reads any bytes, finished or not, and never fails; whether
// a text is right is the parser's business.

struct LuaToken: Equatable {
    enum Kind { case keyword, name, number, string, comment, symbol }
    var kind: Kind
    /// UTF-8 offsets.
    var start: Int, end: Int
    /// The line that it begins on, from 0.
    var line: Int
    /// False for a string or comment that the end of the text (or, for short strings, of the line) cuts off.
    var isClosed = true
}

enum LuaTokens {
    static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or", "repeat",
        "return", "then", "true", "until", "while",
    ]

    static func read(_ text: some Collection<UInt8>) -> [LuaToken] {
        var reader = Reader(bytes: Array(text))
        return reader.read()
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0
        var line = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        func peek(_ ahead: Int = 0) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

        mutating func read() -> [LuaToken] {
            var tokens: [LuaToken] = []
            while position < bytes.count {
                let (start, firstLine) = (position, line)
                let byte = bytes[position]
                var closed = true
                let kind: LuaToken.Kind
                switch byte {
                case 10: line += 1; position += 1; continue
                case 9, 11, 12, 13, 32: position += 1; continue
                case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                    kind = .comment
                    position += 2
                    if let level = longBracket() { closed = skipLong(level) } else { skipLine() }
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    kind = .string
                    closed = skipShort(byte)
                case UInt8(ascii: "["):
                    if let level = longBracket() { kind = .string; closed = skipLong(level) } else { kind = .symbol; position += 1 }
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    kind = .number
                    skipNumber()
                case UInt8(ascii: ".") where Reader.isDigit(peek(1)):
                    kind = .number
                    skipNumber()
                case _ where Reader.isNamePart(byte):
                    while position < bytes.count, Reader.isNamePart(bytes[position]) { position += 1 }
                    kind = keywords.contains(String(decoding: bytes[start..<position], as: UTF8.self)) ? .keyword : .name
                default: kind = .symbol; position += 1
                }
                tokens.append(LuaToken(kind: kind, start: start, end: position, line: firstLine, isClosed: closed))
            }
            return tokens
        }

        static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

        /// Bytes of other scripts count too, so that a word of them is one word; Lua will say that it is not a name.
        static func isNamePart(_ byte: UInt8) -> Bool {
            isDigit(byte) || byte == UInt8(ascii: "_") || (byte | 32) >= UInt8(ascii: "a") && (byte | 32) <= UInt8(ascii: "z") || byte >= 0x80
        }

        /// The number of equals signs where a long bracket opens here.
        func longBracket() -> Int? {
            guard peek() == UInt8(ascii: "[") else { return nil }
            var level = 0
            while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
            return peek(1 + level) == UInt8(ascii: "[") ? level : nil
        }

        mutating func skipLong(_ level: Int) -> Bool {
            position += level + 2
            while position < bytes.count {
                if bytes[position] == 10 { line += 1 }
                if bytes[position] == UInt8(ascii: "]") {
                    var count = 0
                    while peek(1 + count) == UInt8(ascii: "=") { count += 1 }
                    if count == level, peek(1 + count) == UInt8(ascii: "]") { position += level + 2; return true }
                }
                position += 1
            }
            return false
        }

        mutating func skipLine() { while position < bytes.count, bytes[position] != 10 { position += 1 } }

        mutating func skipShort(_ quote: UInt8) -> Bool {
            position += 1
            while position < bytes.count {
                switch bytes[position] {
                case quote: position += 1; return true
                case 10: return false
                case UInt8(ascii: "\\"):
                    if peek(1) == UInt8(ascii: "z") {
                        position += 2
                        while position < bytes.count, [9, 10, 11, 12, 13, 32].contains(bytes[position]) {
                            if bytes[position] == 10 { line += 1 }
                            position += 1
                        }
                    } else {
                        if peek(1) == 10 { line += 1 }
                        position = min(position + 2, bytes.count)
                    }
                default: position += 1
                }
            }
            return false
        }

        mutating func skipNumber() {
            let isHex = peek() == 0x30 && peek(1) | 32 == UInt8(ascii: "x")
            if isHex { position += 2 }
            while position < bytes.count {
                let byte = bytes[position]
                let isExponent = byte | 32 == UInt8(ascii: isHex ? "p" : "e")
                if isExponent, peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") { position += 2; continue }
                guard Reader.isNamePart(byte) || byte == UInt8(ascii: ".") && peek(1) != UInt8(ascii: ".") else { return }
                position += 1
            }
        }
    }
}
