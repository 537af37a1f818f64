import Testing
@testable import Notebook

@Suite struct LuaTextTests {
    private func tokens(_ text: String) -> [String] {
        LuaTokens.read(text.utf8).map { "\($0.kind):" + String(decoding: Array(text.utf8)[$0.start..<$0.end], as: UTF8.self) + ($0.isClosed ? "" : "…") }
    }

    /// The lexical conventions of the Lua 5.4 manual, section 3.1.
    @Test func tokens() {
        #expect(tokens("local x = 0x.1p-3 + 3e-2..'a\\'b' --[==[ c ]] ]==] end") == [
            "keyword:local", "name:x", "symbol:=", "number:0x.1p-3", "symbol:+", "number:3e-2", "symbol:.", "symbol:.", "string:'a\\'b'",
            "comment:--[==[ c ]] ]==]", "keyword:end",
        ])
        #expect(tokens("[[a\n]]x[1]--- y\nz") == ["string:[[a\n]]", "name:x", "symbol:[", "number:1", "symbol:]", "comment:--- y", "name:z"])
        #expect(tokens("'ab\nc") == ["string:'ab…", "name:c"] && tokens("[=[ ]]") == ["string:[=[ ]]…"] && tokens("'a\\") == ["string:'a\\…"])
        #expect(tokens("'a\\z \n b'") == ["string:'a\\z \n b'"] && tokens("'a\\\nb'") == ["string:'a\\\nb'"])
        #expect(tokens("1..2 andy größe") == ["number:1", "symbol:.", "number:.2", "name:andy", "name:größe"])
    }

    @Test func everyPrefixIsRead() {
        let text = "f('a\\z\n', [==[x]==], 0xep+1) --[[c]] --d\nlocal s = \"\\\"\" .. 'é'"
        for end in 0...text.utf8.count {
            let bytes = Array(text.utf8.prefix(end))
            var last = 0
            for token in LuaTokens.read(bytes) {
                #expect(token.start >= last && token.end > token.start && token.end <= end)
                last = token.end
            }
        }
    }

    @Test(arguments: [
        ("x = 1", ""), ("for i = 1, 3 do", "  "), ("  for i = 1, 3 do", "    "), ("for i = 1, 3 do\n      print(i)", "      "),
        ("if a and\n    b then", "  "), ("if a then\n  b()\nelse", "  "), ("if a then\n  b()\nelseif c then", "  "), ("if a then\n  b()\nend", ""),
        ("f(function(x)", "  "), ("f(function(x)\n  return x\nend)", ""), ("t = {\n  a = {", "    "), ("t = {\n  a = {\n    1,\n  },", "  "),
        ("f(a,\n    b)", ""), ("while true do\n\tx()\n\tif y then", "\t\t"), ("s = [[\n  do", ""), ("-- do", ""), ("x = 'do'", ""), ("repeat", "  "),
        ("darts.search{\n  theta = {rate = 1},", "  "), ("if x then y() end", ""), ("function f() return {", "  "),
    ])
    func indentsTheNextLine(text: String, white: String) { #expect(Indentation(text).next == white) }

    @Test(arguments: [
        ("for i = 1, 3 do\n  end", "" as String?), ("if a then\n    x()\n    else", ""), ("  f{\n      }", "  "), ("x\n  end", nil), ("do\n  ends", nil),
        ("if a and\n   b then\n  x()\n  end", ""), ("repeat\n  x()\n  until", ""), ("s = [[\n  end", nil),
    ])
    func closingWordsGoBack(text: String, white: String?) { #expect(Indentation(text).closing == white) }

    @Test func brackets() {
        func pair(_ text: String, _ cursor: Int) -> [Int]? {
            let characters = Array(text)
            let styles = Highlighting.styles(characters, spans: Highlighting.lua(text))
            return Highlighting.brackets(characters, styles: styles, cursor: cursor).map { [$0.0, $0.1] }
        }
        #expect(pair("f(a[1], ')', {2})", 1) == [1, 16] && pair("f(a[1], ')', {2})", 17) == [16, 1])
        #expect(pair("f(a[1], ')')", 9) == nil && pair("f(", 1) == nil && pair("", 0) == nil)
    }

    @Test func stylesFollowTheCharactersNotTheBytes() {
        let text = "'净' if"
        let styles = Highlighting.styles(Array(text), spans: Highlighting.lua(text))
        #expect(styles == [.string, .string, .string, .plain, .keyword, .keyword])
    }
}
