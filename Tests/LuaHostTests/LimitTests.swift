// Interrupts, time and memory limits, native memory.

import XCTest
import LuaHost

final class LimitTests: XCTestCase {
    /// Interrupts `text` after 50 ms and says how long it then went on.
    private func interrupt(_ text: String, _ host: Host, line: UInt = #line) -> Double {
        let state = host.state
        var stopped = Date()
        nonisolated(unsafe) let target = state.interruptTarget
        let thread = Thread {
            Thread.sleep(forTimeInterval: 0.05)
            LuaState.interrupt(target: target)
        }
        thread.start()
        let start = Date()
        XCTAssertThrowsError(try host.run(text), text, line: line) {
            XCTAssertEqual(($0 as? LuaError)?.kind, .interrupted, "\($0)", line: line)
        }
        stopped = Date()
        return stopped.timeIntervalSince(start) - 0.05
    }

    func testInterrupt() throws {
        let host = try Host()
        let loops = [
            "while true do end",
            "local function f() return f() end f()",
            "while true do pcall(function() while true do end end) end",
            "while true do pcall(pcall, error) end",
            "local function f() pcall(f) while true do end end f()",
            "coroutine.wrap(function() while true do end end)()",
            "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
            "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
            "vector.map(function() while true do end end, vector{1})",
            "while true do pcall(vector.map, function() while true do end end, vector{1}) end",
            "vector.spin()",
            "while true do pcall(vector.spin) end",
            "local t <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
            "xpcall(function() while true do end end, function() while true do end end)",
            "table.sort({3, 2, 1}, function() while true do end end)",
            "string.gsub(('x'):rep(10), 'x', function() while true do end end)",
            "while true do vector{1}:exp() end",
            "setmetatable({}, {__gc = function() while true do end end}) collectgarbage()",
            "setmetatable({}, {__gc = function() while true do end end}) while true do vector.heavy(1 << 20) end",
        ]
        for text in loops {
            let late = interrupt(text, host)
            XCTAssertLessThan(late, 0.5, text)
            XCTAssertEqual(try host.number("local n = 0 for i = 1, 10000 do n = n + 1 end return n"), 10000, text)
        }
    }

    func testGraceLetsAScriptCleanUp() throws {
        let host = try Host()
        XCTAssertLessThan(interrupt("pcall(function() while true do end end) print('saved')", host), 0.3)
        XCTAssertEqual(host.printed, "saved\n")
    }

    func testInterruptBeforeTheRun() throws {
        let host = try Host()
        host.state.interrupt()
        XCTAssertThrowsError(try host.run("while true do end"))
        host.state.interrupt()
        host.state.clearInterrupt()
        XCTAssertEqual(try host.number("return 1"), 1)
    }

    func testInterruptWhileClosing() throws {
        let host = try Host()
        try host.run("keep = setmetatable({}, {__gc = function() while true do end end})")
        nonisolated(unsafe) let target = host.state.interruptTarget
        Thread {
            Thread.sleep(forTimeInterval: 0.05)
            LuaState.interrupt(target: target)
        }.start()
        let start = Date()
        host.state.close()
        XCTAssertLessThan(Date().timeIntervalSince(start), 1)
    }

    /// Two states on two threads: an interrupt stops the one it is meant for.
    func testInterruptOfOneOfTwoStates() throws {
        let first = try Host(), second = try Host()
        let done = expectation(description: "second finished")
        nonisolated(unsafe) let other = second
        Thread {
            XCTAssertEqual(try? other.number("local n = 0 for i = 1, 3e7 do n = n + 1 end return n"), 3e7)
            done.fulfill()
        }.start()
        XCTAssertLessThan(interrupt("while true do end", first), 0.5)
        wait(for: [done], timeout: 60)
    }

    func testExit() throws {
        let host = try Host()
        for (text, status) in [("os.exit(3)", 3), ("pcall(os.exit, true)", 0), ("vector.map(function() os.exit(false) end, vector{1})", 1),
                               ("while true do pcall(os.exit, 9) end", 9), ("coroutine.wrap(os.exit)()", 0)] {
            XCTAssertThrowsError(try host.run(text)) { XCTAssertEqual(($0 as? LuaError)?.kind, .exit(status), "\($0)") }
        }
    }

    func testTimeLimit() throws {
        let host = try Host(.init(timeLimit: 0.1))
        let start = Date()
        XCTAssertThrowsError(try host.run("while true do end")) {
            XCTAssertEqual("\($0)", "test.lua:1: time limit of 0.1 s exceeded")
            XCTAssertEqual(($0 as? LuaError)?.kind, .timeLimit)
        }
        XCTAssertLessThan(Date().timeIntervalSince(start), 0.5)
        XCTAssertEqual(try host.number("return 1"), 1)
    }

    func testMemoryLimit() throws {
        let host = try Host(.init(memoryLimit: 50 << 20))
        for text in ["local t = {} for i = 1, 1e9 do t[i] = {} end", "local s = 'x' while true do s = s .. s end",
                     "local t = {} for i = 1, 1e4 do t[i] = vector.heavy(1 << 20) end"] {
            XCTAssertThrowsError(try host.run(text), text) {
                XCTAssertEqual(($0 as? LuaError)?.kind, .memoryLimit, "\($0)")
                XCTAssertTrue("\($0)".contains("memory limit of 52"), "\($0)")
            }
        }
        XCTAssertEqual(try host.string("local ok, e = pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end) return e"), "not enough memory")
        // Garbage does not count.
        XCTAssertEqual(try host.number("for i = 1, 1000 do local v = vector.heavy(1 << 20) end return 1"), 1)
        XCTAssertThrowsError(try host.state.ensureMemory(for: 1 << 40))
        XCTAssertThrowsError(try host.state.ensureMemory(for: -1))
        XCTAssertNoThrow(try host.state.ensureMemory(for: 1 << 20))
        // Native memory taken while Swift was on the stack is refused on return.
        XCTAssertThrowsError(try host.run("vector.heavy(1 << 40)")) { XCTAssertTrue("\($0)".contains("memory limit"), "\($0)") }
    }

    func testNativeMemoryIsCollected() throws {
        let host = try Host()
        func peak(_ text: String) throws -> (megabytes: Double, seconds: Double) {
            host.state.collectGarbage()
            peakBytes = 0
            let start = Date()
            try host.run(text)
            return (Double(peakBytes) / 1e6, Date().timeIntervalSince(start))
        }
        var peakBytes = 0
        host.state.module("probe", "Probe.").rawFunction("note", "Peak.", signature: "probe.note()") { [unowned state = host.state] _ in
            peakBytes = max(peakBytes, state.nativeBytes)
        }
        let temporaries = try peak("for i = 1, 4000 do local v = vector.heavy(1 << 20) probe.note() end")
        XCTAssertLessThan(temporaries.megabytes, 40)
        let state = try peak("local s = vector.heavy(1 << 20) for i = 1, 4000 do local t = vector.heavy(1 << 20) local u = vector.heavy(1 << 20) s = vector.heavy(1 << 20) probe.note() end")
        XCTAssertLessThan(state.megabytes, 80)
        let small = try peak("for i = 1, 400000 do local v = vector.heavy(1 << 12) if i % 100 == 0 then probe.note() end end")
        XCTAssertLessThan(small.megabytes, 40)
        let kept = try peak("keep = {} for i = 1, 300 do keep[i] = vector.heavy(1 << 20) for j = 1, 10 do local v = vector.heavy(1 << 20) end probe.note() end")
        XCTAssertLessThan(kept.megabytes, 750)
        print("native memory, peak MB and seconds: 4000 x 1 MB \(temporaries); with carried state \(state); 400000 x 4 kB \(small); 300 kept \(kept)")
        try host.run("keep = nil")
        host.state.collectGarbage()
        host.state.collectGarbage()
        XCTAssertEqual(host.state.nativeBytes, 0)
    }
}
