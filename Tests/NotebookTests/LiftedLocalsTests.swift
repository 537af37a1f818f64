import LuaHost
import Scripting
import XCTest
@testable import Notebook

/// Cells one after another do what the same text does as one script.
final class LiftedLocalsTests: XCTestCase {
    /// Each case is a list of cells.
    static let cases: [[String]] = [
        ["local x = 1", "print(x)", "x = x + 1", "print(x, _G.x)"],
        ["local x, y, z = 1, 2", "print(x, y, z)", "x, y = y, x", "print(x, y, z)"],
        // A local that is nil hides the global.
        ["x = 'global'", "local x", "print(x)", "x = 5", "print(x, _G.x)"],
        ["local print_ = print", "local print = nil", "print_(print)"],
        // A second local of the name is a second variable; closures keep theirs.
        ["local x = 1", "function f() return x end", "local x = 2", "print(f(), x)", "x = 3 print(f(), x)"],
        ["local x = 1 local f = function() return x end local x = 2", "print(f(), x)"],
        ["local x = 1", "local x = x + 1", "local x = x * 10", "print(x)"],
        // Closures of different cells share the variable.
        ["local n = 0", "local function up() n = n + 1 return n end", "local function get() return n end", "up() up()", "print(get(), n)", "n = 10", "print(up(), get())"],
        ["local function fact(n) if n < 2 then return 1 end return n * fact(n - 1) end", "print(fact(10))"],
        ["local odd, even", "function odd(n) if n == 0 then return false end return even(n - 1) end",
         "function even(n) if n == 0 then return true end return odd(n - 1) end", "print(odd(7), even(7), _G.odd)"],
        // Locals in blocks stay there.
        ["do local x = 1 end", "print(x)", "for i = 1, 2 do local j = i end", "print(i, j)", "if true then local k = 1 end print(k)",
         "while true do local w = 1 break end print(w)", "repeat local r = 1 until r == 1", "print(r)"],
        ["local x = 1", "do local x = 2 print(x) end", "print(x)", "local function f(x) return x end", "print(f(9), x)"],
        ["local t = {a = {b = 1}}", "t.a.b = t.a.b + 1", "print(t.a.b)", "local a <const>, b = t.a, t.a.b", "print(a.b, b)"],
        ["local c <const> = 42", "print(c)", "local function f() return c end print(f())"],
        ["local s <const> = 'text'", "print(#s .. s)"],
        ["local k <const> = {n = 1}", "k.n = 2 print(k.n)"],
        // Varargs of a cell are those of a chunk without arguments.
        ["local n = select('#', ...)", "print(n, ...)"],
        ["local function f(...) local a, b = ... return b, a, select('#', ...) end", "print(f(1, 2, 3))"],
        // goto and labels.
        ["local i = 1 ::top:: local j = i * 2 i = i + 1 if i < 5 then goto top end", "print(i, j)"],
        ["for i = 1, 3 do if i == 2 then goto continue end print(i) ::continue:: end"],
        ["goto done local x = 1 ::done::"],
        ["local x <close> = setmetatable({}, {__close = function() print('closed') end}) print('body')"],
        // Shapes of text.
        ["local a = 1; local b = 2;", "print(a + b)"],
        ["local a = 1 -- a comment\nlocal b --[[ another ]] = 2 -- and one", "print(a, b)"],
        ["local f = print;\n(f)('called')"],
        ["local x\n(print)('statement')"],
        ["local s = [[\nlocal y = 1\n]] local z = '\\'local w'", "print(#s, z, y)"],
        ["local a <const>, b <const> = 1, 2\nlocal c = a + b", "print(a, b, c)"],
        ["local f <const> = function(n) return n and n * 2 end", "print(f(4))"],
        ["local a, a = 1, 2", "print(a)"],
        ["local mt = {__index = function(t, k) return k .. '!' end}", "local t = setmetatable({}, mt)", "print(t.hi)"],
        ["local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)", "print(co(), co())", "print(co())"],
        ["x = 1 local y = 2 function g() return x + y end", "y = 20", "print(g())"],
        ["local _ENV = _ENV", "print(type(_ENV))"],
        ["local a = {f = function(self) return self.v end, v = 7}", "print(a:f())", "function a.g() return 1 end function a:h() return self.v + 1 end", "print(a.g(), a:h())"],
        ["local x = 0x10 local y = 1e2 local z = 3 // 2 << 1 ~ 5", "print(x, y, z, ~x, x ~= y)"],
        ["local ok, err = pcall(error, {code = 5})", "print(ok, err.code)"],
    ]

    func testCellsDoWhatTheScriptDoes() throws {
        for cells in Self.cases {
            let environment = try ScriptingEnvironment(.init(isQuiet: true))
            var expected = ""
            environment.state.output = { expected += String(decoding: $0, as: UTF8.self) }
            do { try environment.state.run(cells.joined(separator: "\n")) } catch { XCTFail("\(cells): \(error)") }
            XCTAssertEqual(try TestSession().output(of: cells), expected, "\(cells)")
        }
    }

    func testConstantsCannotBeAssigned() throws {
        let desk = try TestSession()
        desk.cell("local c <const> = 1")
        desk.cell("local k <close> = nil")
        XCTAssertEqual(desk.error("c = 2").message, "attempt to assign to const variable 'c'")
        XCTAssertEqual(desk.error("k = 2").message, "attempt to assign to const variable 'k'")
        XCTAssertEqual(desk.error("local function f() c = 2 end").message, "attempt to assign to const variable 'c'")
        // A new local of the name may be.
        XCTAssertEqual(desk.value("local c = 5\nc = c + 1\nc"), "6")
        XCTAssertEqual(desk.value("c = c + 1\nc"), "7")
    }

    func testCloseHappensAtTheEndOfTheCell() throws {
        let desk = try TestSession()
        desk.cell("local log = {}")
        desk.cell("local x <close> = setmetatable({}, {__close = function() log[#log + 1] = 'x' end}) log[1] = 'body'")
        XCTAssertEqual(desk.value("table.concat(log, ',')"), "\"body,x\"")
        XCTAssertEqual(desk.value("type(x)"), "\"table\"")
        XCTAssertEqual(desk.error("local y <close> = setmetatable({}, {__close = function() log[#log + 1] = 'y' end}) error('out')").message, "out")
        XCTAssertEqual(desk.value("table.concat(log, ',')"), "\"body,x,y\"")
    }

    func testLocalsBeforeAnErrorStay() throws {
        let desk = try TestSession()
        XCTAssertEqual(desk.error("local a = 1\nlocal b = a.c.d\nlocal e = 2").line?.number, 2)
        XCTAssertEqual(desk.value("a"), "1")
        XCTAssertEqual(desk.value("type(b) .. type(e)"), "\"nilnil\"")
    }

    func testNoCellReachesOutOfItsFunction() throws {
        let desk = try TestSession()
        for text in ["end", "end end", "end print(1) do", "end, function() print(1)", "x = 1 end return function()"] {
            XCTAssertEqual(desk.error(text).kind, .syntax, text)
        }
        XCTAssertEqual(desk.printed, "")
    }

    func testMoreLocalsThanAFunctionMayHave() throws {
        let desk = try TestSession()
        for i in 0..<30 { desk.cell((0..<10).map { "local v\(i * 10 + $0) = \(i * 10 + $0)" }.joined(separator: "\n")) }
        XCTAssertEqual(desk.value("v0 + v150 + v299"), "449")
    }

    func testResetForgets() throws {
        let desk = try TestSession()
        for text in ["local x = 1", "y = 2", "print = 5", "%reset"] { XCTAssertNil(desk.cell(text).error) }
        XCTAssertEqual(desk.value("tostring(x) .. tostring(y)"), "\"nilnil\"")
        desk.cell("print('back')")
        XCTAssertEqual(desk.printed, "back\n")
    }
}
