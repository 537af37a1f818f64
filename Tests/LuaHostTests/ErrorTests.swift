// Errors cross native code unchanged: value, position, traceback; and what scripts do wrong never ends the process.

import XCTest
import LuaHost

final class ErrorTests: XCTestCase {
    func testPositionAndTraceback() throws {
        let host = try Host()
        do {
            try host.run("local function inner()\n  error('broken')\nend\nlocal function outer()\n  inner()\nend\nouter()")
            XCTFail("no error")
        } catch let error as LuaError {
            XCTAssertEqual(error.message, "broken")
            XCTAssertEqual(error.file, "test.lua")
            XCTAssertEqual(error.line, 2)
            XCTAssertEqual(error.userFrames.map(\.line), [2, 5, 7])
            XCTAssertEqual(error.userFrames.last?.function, "main chunk")
            XCTAssertTrue(error.report.contains("test.lua:5: in function"), error.report)
        }
    }

    func testErrorThroughNativeCode() throws {
        let host = try Host()
        // The very same value, through two levels of Swift.
        XCTAssertEqual(try host.string("""
            local e = {}
            local ok, got = pcall(vector.map, function(x) return vector.map(function() error(e) end, vector{1}) end, vector{1})
            return tostring(got == e)
            """), "true")
        do {
            try host.run("local function f(x)\n  return x.y.z\nend\nvector.map(f, vector{1})")
            XCTFail("no error")
        } catch let error as LuaError {
            XCTAssertEqual(error.line, 2)
            XCTAssertEqual(error.userFrames.map(\.line), [2, 4])
            XCTAssertTrue(error.message.hasPrefix("attempt to index a number value"), error.message)
        }
        XCTAssertEqual(host.error("vector.map(function() return 'x' end, vector{1})"),
                       "test.lua:1: the function at test.lua:1 must return a number, got string 'x'")
        XCTAssertEqual(try host.string("local ok, e = pcall(function()\n vector.fail('no') end) return e"), "test.lua:2: no")
        XCTAssertEqual(try host.string("local ok, e = pcall(vector.fail, 'no') return e"), "test.lua:1: no")
    }

    func testCoroutines() throws {
        let host = try Host()
        XCTAssertEqual(try host.number("""
            local co = coroutine.wrap(function() local v = vector.map(function(x) return x + 1 end, vector{1}) coroutine.yield(v[1]) end)
            return co()
            """), 2)
        XCTAssertTrue(host.error("coroutine.wrap(function() vector.map(function() coroutine.yield() end, vector{1}) end)()")
            .contains("cannot yield here: a native function that called back waits for a result"))
        XCTAssertTrue(host.error("coroutine.yield()").contains("cannot yield here"))
        do {
            try host.run("local function f()\n error('deep')\nend\nlocal co = coroutine.wrap(function()\n f()\nend)\nco()")
            XCTFail("no error")
        } catch let error as LuaError {
            XCTAssertEqual(error.description, "test.lua:2: deep")
            XCTAssertEqual(error.userFrames.map(\.line), [2, 5, 7])
        }
        // A generator inside a callback inside a coroutine.
        XCTAssertEqual(try host.number("""
            local co = coroutine.create(function()
              return vector.map(function(x)
                local g = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
                return g() + g() + g()
              end, vector{1})[1]
            end)
            return select(2, coroutine.resume(co))
            """), 6)
    }

    func testErrorValues() throws {
        let host = try Host()
        XCTAssertEqual(host.error("error(setmetatable({}, {__tostring = function() return 'as text' end}))"), "test.lua:1: as text")
        XCTAssertTrue(host.error("error(setmetatable({}, {__tostring = function() error('again') end}))").contains("__tostring failed"))
        XCTAssertTrue(host.error("error(setmetatable({}, {__tostring = function() return {} end}))").contains("__tostring failed"))
        XCTAssertTrue(host.error("error(nil)").contains("nil was raised"))
        XCTAssertTrue(host.error("error({})").contains("table"))
        do { try host.run("error({code = 7})") } catch let error as LuaError {
            guard case .table(let table)? = error.luaValue else { return XCTFail("no table") }
            XCTAssertEqual(table["code"].as(Int.self), 7)
        }
    }

    func testSyntaxErrors() throws {
        let host = try Host()
        do { try host.run("local x =\n= 1"); XCTFail("no error") } catch let error as LuaError {
            XCTAssertEqual(error.kind, .syntax)
            XCTAssertEqual(error.line, 2)
            XCTAssertEqual(error.file, "test.lua")
            XCTAssertFalse(error.isIncomplete)
        }
        do { try host.run("for i = 1, 2 do"); XCTFail("no error") } catch let error as LuaError { XCTAssertTrue(error.isIncomplete) }
        XCTAssertThrowsError(try host.state.run(file: "/nonexistent.lua")) {
            XCTAssertEqual("\($0)", "cannot open '/nonexistent.lua': No such file or directory")
        }
        XCTAssertThrowsError(try host.state.run(file: "/tmp")) { XCTAssertTrue("\($0)".contains("directory"), "\($0)") }
        XCTAssertThrowsError(try host.run("\u{1b}Lua")) { XCTAssertTrue("\($0)".contains("not Lua text"), "\($0)") }
    }

    func testScriptArgumentsAndFirstLine() throws {
        let host = try Host()
        let values = try host.state.run("#!/usr/bin/env oche\nreturn arg[0], arg[2], ..., select('#', ...)", name: "s.lua", arguments: ["a", "b"])
        XCTAssertEqual(values.map { $0.as(String.self) ?? "" }.prefix(3), ["s.lua", "b", "a"])
        XCTAssertThrowsError(try host.state.run("#!x\n\nerror('e')", name: "s.lua")) { XCTAssertEqual("\($0)", "s.lua:3: e") }
    }

    func testNothingCrashes() throws {
        let host = try Host(.init(memoryLimit: 100 << 20))
        let hostile = [
            "local function f() return f() + 1 end f()",
            "local function f() vector.map(f, vector{1}) end f()",
            "local function f() return vector.each(f)() end f()",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
            "local s = string.rep('x', 1 << 20) while true do s = s .. s end",
            "local t = {} for i = 1, 1e9 do t[i] = i end",
            "return string.rep('x', 1 << 40)",
            "error(setmetatable({}, {__tostring = function() error(setmetatable({}, {__tostring = function() error() end})) end}))",
            "local function f() local co = coroutine.wrap(f) co() end f()",
            "local function f() local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = f}) coroutine.yield() end) coroutine.resume(co) assert(coroutine.close(co)) end f()",
            "debug.setmetatable(vector{1}, {})",
            "debug.getregistry()",
            "load('\\27Lua', 'x', 'b')()",
            "load(string.dump(function() end))()",
            "setmetatable(vector{1}, {})",
            "getmetatable(vector{1}).__gc(vector{1})",
            "rawset(vector{1}, 1, 2)",
            "vector.total(table.unpack({}, 1, 200000))",
            "vector.total(table.unpack({}, 1, 1e7))",
            "vector.map(function() return nil end, vector{1})",
            "vector.map(1, 2)",
            "vector.map(vector.map, vector{1})",
            "vector{{}}",
            "vector()",
            "local t = {} t[1] = t vector(t)",
            "coroutine.close(coroutine.running())",
            "coroutine.resume(coroutine.running())assert(false)",
            "for k in pairs(nil) do end",
            "next({}, {}) next({}, 1) error('end')",
            "table.sort({1, 'a'})",
            "table.sort({3, 2, 1}, function() error('x') end)",
            "local a = setmetatable({}, {__gc = function() error('x') end}) a = nil collectgarbage() error('end')",
            "vector{1}:sum(1, {kepdim = true})",
            "vector.total(1)(2)",
            "xpcall(error, function() error('again') end) error('end')",
            "string.format('%d', 'x')",
            "local s = ('('):rep(300) load(s .. '1' .. (')'):rep(300))() ",
            "require 'nothing.such'",
            "require 'os'.exit.x.y = 1",
            "math.random(0, -1)",
            "local t = setmetatable({}, {__index = vector}) return t.foo",
            "return vector < vector",
            "utf8.char(-1)",
        ]
        for text in hostile {
            XCTAssertThrowsError(try host.run(text), text) { error in
                XCTAssertTrue(error is LuaError, "\(error)")
                XCTAssertLessThan("\(error)".utf8.count, 4000)
            }
        }
        XCTAssertEqual(try host.number("return 1"), 1)
    }

    func testReferencesOutliveTheState() throws {
        var host: Host? = try Host()
        let function = try XCTUnwrap(host!.run("return function() return 1 end")[0].as(LuaFunction.self))
        let kept = try XCTUnwrap(host!.run("return vector{1}")[0].as(Vector.self))
        XCTAssertEqual(try function.call(as: Int.self), 1)
        host = nil
        XCTAssertThrowsError(try function.call())
        XCTAssertEqual(kept.values, [1])
        let other = try Host()
        other.state.setGlobal("f", function)
        XCTAssertEqual(try other.string("return type(f)"), "nil")
    }

    func testReferencesDroppedOnAnotherThread() throws {
        let host = try Host()
        let done = expectation(description: "dropped")
        var functions: [LuaFunction]? = try (0..<1000).map { _ in try XCTUnwrap(host.run("return function() end")[0].as(LuaFunction.self)) }
        Thread { [value = functions!] in
            var mine: [LuaFunction]? = value
            mine = nil
            _ = mine
            done.fulfill()
        }.start()
        functions = nil
        _ = functions
        for i in 0..<1000 { XCTAssertEqual(try host.number("return \(i)"), Double(i)) }
        wait(for: [done], timeout: 10)
    }

    func testClosingReleasesObjects() throws {
        let before = Vector.alive
        var host: Host? = try Host()
        try host!.run("keep = {} for i = 1, 100 do keep[i] = vector{i} end x = setmetatable({}, {__gc = function() keep[1]:sum() print(vector{1}) end})")
        XCTAssertGreaterThanOrEqual(Vector.alive, before + 100)
        host!.state.close()
        XCTAssertEqual(Vector.alive, before)
        host = nil
    }
}
