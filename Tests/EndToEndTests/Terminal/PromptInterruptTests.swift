import Foundation
import XCTest

/// Ctrl-C, whatever runs: back at the prompt, which works as before and with the state there was.
final class PromptInterruptTests: TerminalTestCase {
    private let setting = """
        data = dataset.cosines{measurement = measurement.blur{}, seed = 1}; space = darts.space{nodes = 4}; \
        f = tensor.compile(function(x) return x:matmul(x):tanh():sum() end); x = tensor.ones{200, 200}; kept = 42
        """

    /// Types a cell that would not end, stops it, and looks around.
    private func stop(_ cells: [String]) throws {
        let oche = try oche(height: 60)
        oche.send(setting + "\r")
        try oche.prompt(2)
        for (i, cell) in cells.enumerated() {
            let number = 2 + 2 * i, from = oche.row
            oche.send("io.write('begun\\n') " + cell + "\r")
            try oche.expect("begun\r\n")
            oche.send("\u{03}")
            try oche.prompt(number + 1, below: from)
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
        try stop(["found = darts.search{space = space, data = data, steps = 100000000}",
                  "trained = darts.train{space = space, architecture = space:random{}, data = data, steps = 100000000}",
                  "while true do f(x) end",
                  "while true do local y = x:matmul(x) end"])
    }

    func testAStudy() throws {
        try stop(["""
            study.new{name = "long", trials = 3, store = "long.oche", data = {{name = "Blur", data}}, \
            methods = {{name = "DARTS", strategy = "darts", space = space, search = {steps = 100000000}}}}:run{workers = 1}
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
