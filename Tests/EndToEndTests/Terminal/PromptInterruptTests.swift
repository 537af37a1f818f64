import Foundation
import XCTest

/// Ctrl-C, whatever runs: back at the prompt, which works as before and with the state there was. What the stop may cost is
/// processor time, which other programs of a machine add little to; scripts/bench interrupts has the times of many more cases.
final class PromptInterruptTests: TerminalTestCase {
    private let setting = """
        data = dataset.cosines{measurement = measurement.blur{}, seed = 1}; space = darts.space{nodes = 4}; \
        f = tensor.compile(function(x) return x:matmul(x):tanh():sum() end); x = tensor.ones{200, 200}; kept = 42
        """

    /// Seconds of processor time from the key to the prompt: three times the bound of a quiet machine.
    private static let bound = 0.9

    /// Types a cell that would not end, stops it, and looks around.
    /// - Parameter after: seconds of processor time that the cell has before it is stopped.
    private func stop(_ cells: [String], after: Double = 0) throws {
        let oche = try oche(height: 60)
        oche.send(setting + "\r")
        try oche.prompt(2)
        for (i, cell) in cells.enumerated() {
            let number = 2 + 2 * i, from = oche.row
            oche.send("io.write('begun\\n') " + cell + "\r")
            try oche.expect("begun\r\n")
            let begun = oche.processorTime
            try oche.wait("\(after) s of work on \(cell)") { oche.processorTime >= begun + after }
            XCTAssertFalse(oche.line.hasPrefix("In [\(number + 1)]:"), "over before it was stopped: \(cell)")
            let pressed = oche.processorTime
            oche.send("\u{03}")
            try oche.prompt(number + 1, below: from)
            let taken = oche.processorTime - pressed
            XCTAssertLessThan(taken, Self.bound, cell)
            print(String(format: "stopped after %.2f s of processor time: ", taken) + cell.prefix(60))
            let shown = oche.terminal.transcript[from...].joined(separator: "\n")
            XCTAssertTrue(shown.contains("In [\(number)]:1: interrupted"), shown)
            XCTAssertEqual(try oche.run("kept, f(tensor.zeros{2, 2}):item()"), "Out[\(number + 1)]: 42, 0.0", cell)
        }
        oche.send("\u{04}")
        XCTAssertEqual(try oche.ending(), .status(0))
    }

    func testLua() throws {
        try stop(["while true do end", "coroutine.wrap(function() while true do end end)()",
                  "while true do pcall(function() while true do end end) end",
                  "pcall(function() while true do end end) while true do end",
                  "local t = setmetatable({}, {__index = function() while true do end end}) print(t.x)"])
    }

    func testNativeWork() throws {
        try stop(["found = darts.search{space = space, data = data, steps = 10000000}",
                  "trained = darts.train{space = space, architecture = space:random{}, data = data, steps = 10000000}",
                  "while true do f(x) end",
                  "while true do local y = x:matmul(x) end"])
    }

    /// One instruction of the engine that takes seconds.
    func testOneLongOperation() throws {
        try stop(["local x = tensor.ones{6000, 6000} x:matmul(x)",
                  "tensor.rand({30000000}, {seed = 1}):sort(1)",
                  "tensor.conv2d(tensor.ones{1, 64, 256, 256}, tensor.ones{256, 64, 9, 9}, {padding = 4})",
                  "tensor.grad(function(w) return tensor.conv2d(tensor.ones{1, 64, 128, 128}, w, {padding = 4}):sum() end)(tensor.ones{256, 64, 9, 9})",
                  "while true do tensor.randn({100000000}, {seed = 1}) end",
                  "local x = tensor.ones{10000000} while true do x:exp() end",
                  "local x = tensor.ones{10000000, 2} while true do x:cumsum(1) end",
                  "while true do tensor.rand({3000000}):totable() end"], after: 0.15)
    }

    /// Functions of Lua's library that no hook reaches.
    func testOneLongCall() throws {
        try stop(["string.find(('a'):rep(30), ('.-'):rep(30) .. 'b')",
                  "string.gsub(('a'):rep(40), ('a*'):rep(30) .. 'b', '')",
                  "local t = {} for i = 1, 300000 do t[i] = i * 7919 % 300007 end while true do local u = table.move(t, 1, #t, 1, {}) table.sort(u) end",
                  "local t = {} for i = 1, 300000 do t['k' .. i] = i end while true do next(t, next(t)) for k in pairs(t) do break end end",
                  "local t = {} for i = 1, 300000 do t[i] = 'word' end while true do table.concat(t, ' ') end",
                  "while true do ('x'):rep(50000000) end",
                  "local s = ('a = 1 '):rep(1000000) while true do load(s) end"], after: 0.05)
    }

    func testCommands() throws {
        try stop(["os.execute('sleep 1000')", "while true do pcall(os.execute, 'sleep 1000') end", "io.popen('sleep 1000'):read('a')"])
    }

    /// The key is the command's, and what it makes of it is all that happens.
    func testACommandThatHandlesTheKey() throws {
        let oche = try oche()
        oche.send("os.execute([[trap 'echo caught; exit 7' INT; echo begun; while :; do sleep 0.02; done]])\r")
        try oche.expect("begun\r\n")
        oche.send("\u{03}")
        try oche.expect("caught\r\n")
        try oche.expect("Out[1]: nil, \"exit\", 7")
        try oche.prompt(2)
        XCTAssertEqual(try oche.run("1 + 1"), "Out[2]: 2")
    }

    func testCleaningUpThatDoesNotEnd() throws {
        try stop(["while true do xpcall(error, function() while true do end end) end",
                  "local c <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
                  "print(setmetatable({}, {__tostring = function() while true do end end}))",
                  "local function again() while true do pcall(again) end end again()",
                  "local function chain(n) return coroutine.wrap(function() if n == 0 then while true do end end chain(n - 1) end)() end chain(100)"])
    }

    func testAStudy() throws {
        try stop(["""
            study.new{name = "long", trials = 3, store = "long.oche", data = {{name = "Blur", data}}, \
            methods = {{name = "DARTS", strategy = "darts", space = space, search = {steps = 10000000}}}}:run{workers = 1}
            """])
    }

    func testWaitForInput() throws {
        try stop(["x = io.read()", "x = io.read('n')", "for line in io.lines() do end"])
    }

    func testNothingRuns() throws {
        let oche = try oche()
        oche.send("\u{03}")
        try oche.expect("(Ctrl-D leaves")
        try oche.prompt(1, below: 3)
        // In the middle of a cell: it is abandoned, and the next begins empty.
        oche.send("for i = 1, 10 do\r")
        try oche.wait("the second line") { oche.line.contains("...:") }
        oche.send("print(i)")
        try oche.wait("the text") { oche.line.hasSuffix("print(i)") }
        let from = oche.row
        oche.send("\u{03}")
        try oche.prompt(1, below: from)
        XCTAssertEqual(try oche.run("1 + 1"), "Out[1]: 2")
        // A signal from elsewhere is the same.
        oche.send("abandoned")
        try oche.wait("the text") { oche.line.hasSuffix("abandoned") }
        let below = oche.row
        kill(oche.process, SIGINT)
        try oche.prompt(2, below: below)
        XCTAssertEqual(try oche.run("2 + 1"), "Out[2]: 3")
    }
}
