// Lua with its colours as HTML.

import Basics

enum PageText {
    /// Lua, its keywords, strings, numbers, comments and called names in spans of class k, s, n, c, f.
    static func lua(_ source: String) -> String {
        let bytes = Array(source.utf8), tokens = LuaTokens.read(bytes)
        func text(_ range: Range<Int>) -> String { HTMLText.escaped(String(decoding: bytes[range], as: UTF8.self)) }
        var out = "", at = 0
        for (i, token) in tokens.enumerated() {
            out += text(at..<token.start)
            at = token.end
            let style: String?
            switch token.kind {
            case .keyword: style = "k"
            case .string: style = "s"
            case .number: style = "n"
            case .comment: style = "c"
            case .name:
                // A name before an opening bracket, a string or a table is called.
                let next = i + 1 < tokens.count ? tokens[i + 1] : nil
                style = next.map { $0.kind == .string || $0.kind == .symbol && (bytes[$0.start] == UInt8(ascii: "(") || bytes[$0.start] == UInt8(ascii: "{")) } == true ? "f" : nil
            case .symbol: style = nil
            }
            out += style.map { "<span class=\"\($0)\">\(text(token.start..<token.end))</span>" } ?? text(token.start..<token.end)
        }
        return out + text(at..<bytes.count)
    }
}
