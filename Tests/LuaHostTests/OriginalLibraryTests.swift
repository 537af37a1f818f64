// Functions that stand in for those of Lua's library, beside the originals in a plain state: same results, same errors.

import CLua
import XCTest
import LuaHost

final class OriginalLibraryTests: XCTestCase {
    /// What a program that returns a string returns in a state that has Lua's own libraries and nothing else.
    private func original(_ text: String) throws -> String {
        let L = luaL_newstate()!
        defer { lua_close(L) }
        luaL_openlibs(L)
        let status = luaL_loadbufferx(L, text, text.utf8.count, "@test.lua", nil) == LUA_OK ? lua_pcallk(L, 0, 1, 0, 0, nil) : LUA_ERRSYNTAX
        let result = lua_tolstring(L, -1, nil).map { String(cString: $0) } ?? ""
        XCTAssertEqual(status, LUA_OK, result)
        return result
    }

    private func compare(_ text: String, line: UInt = #line) throws {
        let (expected, got) = (try original(text), try Host().string(text))
        let differing = zip(expected.split(separator: "\n"), got.split(separator: "\n")).first { $0 != $1 }
        XCTAssertEqual(differing?.1, differing?.0, line: line)
        XCTAssertEqual(got.count, expected.count, line: line)
        XCTAssertGreaterThan(expected.count, 100, line: line)
    }

    /// `show(f, ...)` adds a line with everything that a call gives, or its error.
    private let show = """
        local lines = {}
        local function text(v) return type(v) == "string" and string.format("%q", v) or tostring(v) end
        local function show(label, f, ...)
          local r = table.pack(pcall(f, ...))
          for i = 1, r.n do r[i] = text(r[i]) end
          lines[#lines + 1] = label .. ": " .. table.concat(r, " ", 1, r.n)
        end

        """

    func testPatterns() throws {
        try compare(show + #"""
            local state = 1
            local function draw(n) state = (state * 1103515245 + 12345) % 2147483648 return state // 65536 % n + 1 end
            local pieces = {"a", "b", ".", "%a", "%d", "%S", "%p", "%x", "[ab]", "[^b]", "[a-c]", "[%d_-]", "[]a]", "[^]]", "[a-]", "%%", "%.", "*", "+", "-", "?", "(", ")", "()", "%1", "%2",
              "%b()", "%bab", "%f[%a]", "%f[^a]", "^", "$", "%", "[", "%f", "%b", "\0", "é", "a*", "b-", ".-", "(a*)", "(.)", "%w+", "[%a", "%z", "%9", "x?", "%g"}
            local letters = {"a", "b", "c", "1", " ", "(", ")", "]", "-", "_", ".", "\0", "é", "aab", "x", "%", "ba"}
            local function word(from, most) local t = {} for i = 1, draw(most + 1) - 1 do t[i] = from[draw(#from)] end return table.concat(t) end
            local function all(s, p, i) local t = {} for a, b in s:gmatch(p, i) do t[#t + 1] = text(a) .. "," .. text(b) if #t > 50 then break end end return table.concat(t, ";") end
            local replacements = {"x", "<%0>", "%1", "%2%%", "%", "%q", "", function(a, b) return a and b end, {a = "A", b = false, ab = 1}, function() return {} end, 7}
            for i = 1, 20000 do
              local s, p = word(letters, 8), word(pieces, 5)
              local label = text(s) .. " " .. text(p)
              local start = draw(5) == 1 and draw(14) - 7 or nil
              show("find " .. label, string.find, s, p, start, draw(9) == 1)
              show("match " .. label, string.match, s, p, start)
              show("gmatch " .. label, all, s, p, start)
              show("gsub " .. label, string.gsub, s, p, replacements[draw(#replacements)], draw(3) == 1 and draw(4) - 1 or nil)
            end
            show("deep", string.find, ("a"):rep(300), ("a?"):rep(300) .. "b")
            show("deeper", string.match, "x", ("(x?)"):rep(40))
            show("captures", string.gsub, "abc", ("(.?)"):rep(32), "%9")
            show("number", string.find, 1234, 23)
            show("no string", string.find, {}, "a")
            show("no pattern", string.gmatch, "a")
            show("no replacement", string.gsub, "a", "a")
            show("true", string.gsub, "a", "a", true)
            show("long", string.find, ("a"):rep(100000) .. "b", "a-b")
            show("plain", string.find, ("ab"):rep(1000) .. "c", "abc", 1, true)
            return table.concat(lines, "\n")
            """#)
    }

    func testLongStrings() throws {
        try compare(show + #"""
            local function sum(s) local n = 0 for i = 1, #s, 4099 do n = (n * 31 + s:byte(i)) % 1000003 end return #s .. " " .. n .. " " .. s:sub(-20) end
            for _, size in ipairs{0, 1, 7, 4096, 1048575, 1048576, 3000000} do
              local unit = ("abcdefgh"):rep(size // 8) .. ("xyz12345"):sub(1, size % 8)
              for _, gap in ipairs{"", ",", ("-+"):rep(700000)} do
                for _, n in ipairs{0, 1, 2, 3, 9} do show("rep", function() return sum(string.rep(unit, n, gap)) end) end
              end
            end
            show("many", function() return sum(string.rep("x", 5000001, ", ")) end)
            for _, arguments in ipairs{{"x", 1e300}, {"x", "3"}, {{}, 3}, {"x"}, {"x", 2.5}, {"x", -1}, {"x", 1 << 62}, {"x", 3, {}}, {5, 3, 1}} do
              show("rep", string.rep, table.unpack(arguments, 1, 3))
            end
            local list = {} for i = 1, 50000 do list[i] = i % 3 == 0 and "w" .. i or i end
            for _, gap in ipairs{"", ", "} do show("concat", function() return sum(table.concat(list, gap)) end) end
            show("concat", function() return sum(table.concat(list, 1.5, 3, 40002)) end)
            show("concat", table.concat, list, {})
            show("concat", table.concat, list, "", 49990, 60000)
            list[33000] = {}
            show("concat", table.concat, list)
            show("concat", table.concat, setmetatable({}, {__len = function() return 4 end, __index = function(_, i) return i end}), "-")
            show("concat", table.concat, {}, "", math.mininteger, math.mininteger + 40000)
            show("concat", table.concat, 7)
            return table.concat(lines, "\n")
            """#)
    }

    func testLoading() throws {
        try compare(show + #"""
            local long = "local t = {" .. ("'some text', 12, "):rep(20000) .. "} return #t"
            show("long", function() return load(long)() end)
            show("long", load, long .. " x")
            show("environment", function() return load("return a, _ENV ~= nil", "name", "t", {a = 7})() end)
            show("nil environment", function() return pcall(load("return a", "=name", "t", nil)) end)
            for _, arguments in ipairs{{"x ="}, {"return", "=(name)"}, {"return 1 +", "@file.lua"}, {""}, {42}, {"a b", nil, "t"}} do show("load", function() return select(2, load(table.unpack(arguments, 1, 3))) ~= nil, select(2, load(table.unpack(arguments, 1, 3))) end) end
            local parts, i = {"return ", "1", " + 2"}, 0
            show("parts", function() return load(function() i = i + 1 return parts[i] end)() end)
            return table.concat(lines, "\n")
            """#)
    }

    func testCommands() throws {
        try compare(show + #"""
            show("shell", os.execute)
            for _, command in ipairs{"true", "exit 3", "kill -9 $$", "no-such-command-anywhere 2> /dev/null", "exit 200"} do show(command, os.execute, command) end
            show("argument", os.execute, {})
            return table.concat(lines, "\n")
            """#)
    }
}
