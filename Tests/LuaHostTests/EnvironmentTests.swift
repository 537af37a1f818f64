// The scripting environment: order of iteration, random numbers, text-only loading, output, sandbox, help.

import XCTest
import LuaHost

final class EnvironmentTests: XCTestCase {
    func testPairsOrder() throws {
        let host = try Host()
        let order = """
            local v1, v2 = vector{1}, vector{2}
            local t = {[v2] = 1, zeta = 1, alpha = 1, [true] = 1, [false] = 1, [-1] = 1, [0.5] = 1, [7] = 1, [v1] = 1, b = 1, B = 1, [''] = 1, 10, 20, 30}
            local r = {}
            """
        let expected = "1 2 3 7 -1 0.5  B alpha b zeta false true vector[1.0] vector[2.0]"
        XCTAssertEqual(try host.string(order + "for k in pairs(t) do r[#r + 1] = tostring(k) end return table.concat(r, ' ')"), expected)
        XCTAssertEqual(try host.string(order + "for k in next, t do r[#r + 1] = tostring(k) end return table.concat(r, ' ')"), expected)
        XCTAssertEqual(try host.string(order + "local k repeat k = next(t, k) r[#r + 1] = k ~= nil and tostring(k) or nil until k == nil return table.concat(r, ' ')"), expected)
        // Clearing while walking, nested walks, a second walk that sees new keys.
        XCTAssertEqual(try host.string("""
            local t, seen = {}, {}
            for i = 1, 100 do t['k' .. i] = i end
            for k, v in pairs(t) do t[k] = nil seen[#seen + 1] = v end
            local u = {a = 1, b = 2, c = 3}
            local n = 0
            for k in next, u do for l in next, {x = 1, y = 2} do n = n + 1 end u[k] = nil end
            u.z = 1 u.a = 2
            for k, v in next, u do n = n .. k .. v end
            return #seen .. tostring(next(t)) .. n
            """), "100nil6a2z1")
        XCTAssertEqual(try host.string("local r = '' for k, v in pairs(setmetatable({}, {__pairs = function() return next, {q = 1} end})) do r = r .. k .. v end return r"), "q1")
        XCTAssertEqual(try host.number("local n = 0 for i, v in pairs{1, 2, nil, 4} do n = n + v end return n"), 7)
    }

    func testSortIsStable() throws {
        let host = try Host()
        XCTAssertEqual(try host.string("local t = {5, 2, 8, 1} table.sort(t) return table.concat(t, ' ')"), "1 2 5 8")
        XCTAssertEqual(try host.string("""
            local t = {}
            for i = 1, 500 do t[i] = {i % 3, i} end
            table.sort(t, function(a, b) return a[1] > b[1] end)
            for i = 2, 500 do assert(t[i - 1][1] > t[i][1] or (t[i - 1][1] == t[i][1] and t[i - 1][2] < t[i][2])) end
            return 'stable'
            """), "stable")
    }

    func testRandomNumbersFollowTheSeed() throws {
        func draw(_ seed: Int) throws -> [Double?] {
            try Host(.init(seed: seed)).run("return math.random(), math.random()").map { $0.as(Double.self) }
        }
        XCTAssertEqual(try draw(3), try draw(3))
        XCTAssertNotEqual(try draw(3), try draw(4))
        let host = try Host(.init(seed: 3))
        XCTAssertEqual(try host.run("math.random() math.randomseed() return math.random(), math.random()").map { $0.as(Double.self) }, try draw(3))
    }

    func testLoading() throws {
        let host = try Host()
        XCTAssertEqual(try host.number("return load('return ...')(4)"), 4)
        XCTAssertEqual(try host.number("return load('return x', 'c', 't', {x = 5})()"), 5)
        XCTAssertEqual(try host.string("return select(2, load(string.dump(function() end)))"), "attempt to load a binary chunk (mode is 't')")
        XCTAssertEqual(try host.string("return select(2, load('x ='))"), "[string \"x =\"]:1: unexpected symbol near <eof>")
        XCTAssertEqual(try host.run("return package.loadlib, package.searchers[3], debug.sethook, debug.getregistry").filter { !$0.isNil }.count, 0)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("oche-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "local name = ... return {name = name}".write(to: folder.appendingPathComponent("part.lua"), atomically: true, encoding: .utf8)
        try Data([0x1b, 0x4c, 0x75, 0x61, 0, 1, 2]).write(to: folder.appendingPathComponent("binary.lua"))
        try host.run("package.path = '\(folder.path)/?.lua'")
        XCTAssertEqual(try host.string("return require('part').name"), "part")
        XCTAssertTrue(host.error("require 'binary'").contains("binary chunk"))
        XCTAssertTrue(host.error("dofile '\(folder.path)/binary.lua'").contains("binary chunk"))
        XCTAssertEqual(try host.string("return dofile('\(folder.path)/part.lua').name or 'none'"), "none")
    }

    func testOutput() throws {
        let host = try Host()
        try host.run("print(1, 'a', nil, vector{1}) io.write('x', 2) io.stdout:write('y\\n') io.stdout:setvbuf('full') io.write('z')")
        XCTAssertEqual(host.printed, "1\ta\tnil\tvector[1.0]\nx2y\nz")
        XCTAssertTrue(host.error("print(setmetatable({}, {__tostring = function() error('no') end}))").contains("no"))
    }

    func testWarnings() throws {
        let host = try Host()
        var written = ""
        host.state.errorOutput = { written += String(decoding: $0, as: UTF8.self) }
        try host.run("warn('a', 'b') warn('@off') warn('unseen') warn('@on') warn('@other') warn('@', 'seen')")
        XCTAssertEqual(written, "warning: ab\nwarning: @seen\n")
        XCTAssertEqual(host.printed, "")
    }

    func testFlushReachesTheHost() throws {
        let host = try Host()
        var flushes = 0
        host.state.flush = { flushes += 1 }
        try host.run("io.stdout:flush() io.flush() io.write('a'):flush() assert(io.output() == io.stdout)")
        XCTAssertEqual(flushes, 3)
        XCTAssertTrue(host.error("io.stdout.flush(1)").contains("FILE*"))
        try host.run("local f = io.tmpfile() f:write('x') f:flush() f:seek('set') assert(f:read('a') == 'x') f:close()")
        XCTAssertEqual(flushes, 3)
    }

    func testSandbox() throws {
        let host = try Host(.init(isSandboxed: true))
        XCTAssertEqual(try host.run("return io.open, io.popen, os.execute, os.getenv, os.remove, dofile, loadfile, package.path").filter { !$0.isNil }.count, 0)
        XCTAssertTrue(host.error("require 'x'").contains("module 'x' not found"))
        XCTAssertTrue(host.error("io.open('x')").hasSuffix("(field 'open'); files, processes and the environment cannot be used in the sandbox"))
        XCTAssertEqual(try host.number("return #require('oche').vector{1} + (os.time() > 0 and 1 or 0)"), 2)
        try host.run("io.write('a') print('b')")
        XCTAssertEqual(host.printed, "ab\n")
        XCTAssertThrowsError(try host.state.checkFileAccess("tensor.save"))
    }

    func testFinalizers() throws {
        let host = try Host()
        try host.run("""
            local t = setmetatable({}, {__gc = function(t) print('gone', t.name) end})
            t.name = 'x'
            t = nil
            collectgarbage()
            setmetatable({}, {__gc = function() error('ignored') end})
            collectgarbage()
            """)
        XCTAssertEqual(host.printed, "gone\tx\n")
        XCTAssertTrue(host.error("setmetatable({}, 1)").contains("nil or table expected"))
        XCTAssertTrue(host.error("setmetatable(setmetatable({}, {__metatable = 1}), {})").contains("protected metatable"))
    }

    func testHelp() throws {
        let host = try Host()
        let relu = try host.string("return help.of(vector.relu)")
        XCTAssertEqual(relu, """
            vector.relu(x)  -->  vector

            Rectified linear unit.

            Arguments
              x  vector  input

            Example
              vector.relu(vector{-1, 1})

            """)
        XCTAssertEqual(try host.string("return help.of'vector.relu'"), relu)
        XCTAssertTrue(try host.string("return help.of'vector:sum'").hasPrefix("vector:sum([dim [, options]])"))
        XCTAssertTrue(try host.string("return help.of'vector.blur'").contains("sigma      positive number"))
        XCTAssertTrue(try host.string("return help.of(vector)").contains("vector.scale"))
        XCTAssertTrue(try host.string("return help.of(vector)").contains("vector:sum"))
        XCTAssertTrue(try host.string("return help.of(vector{1})").contains("vector.size"))
        XCTAssertTrue(try host.string("return help.of(vector{1}.sum)").contains("keepdim"))
        XCTAssertTrue(try host.string("return help.of(function() end)").contains("test.lua:1"))
        XCTAssertTrue(host.error("help'vector.rel'").contains("did you mean 'vector.relu'?"))
        try host.run("help() help(vector.relu)")
        XCTAssertTrue(host.printed.hasPrefix("Namespaces\n  vector  Vectors of numbers.\n"), host.printed)
        XCTAssertTrue(host.printed.hasSuffix(relu))
        XCTAssertEqual(host.state.documentation.paths(startingWith: "vector.s"), ["vector.scale", "vector.shape", "vector.six", "vector.size", "vector.spin", "vector.sum", "vector.sum_of"])
    }
}
