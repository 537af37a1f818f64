import Foundation
import XCTest
@testable import Notebook

final class MagicTests: XCTestCase {
    func testTimes() throws {
        let desk = try TestSession()
        XCTAssertEqual(desk.value("%time 1 + 1"), "2")
        XCTAssertTrue(desk.printed.contains("time: "))
        desk.printed = ""
        desk.cell("%time local inside = 5")
        XCTAssertEqual(desk.value("inside"), "5")
        desk.printed = ""
        XCTAssertNil(desk.cell("%timeit print('dropped')").error)
        XCTAssertTrue(desk.printed.contains("a run (best of 5"))
        XCTAssertFalse(desk.printed.contains("dropped"))
        XCTAssertEqual(desk.error("%time error('in')").message, "in")
        XCTAssertTrue(desk.error("%time").message.contains("code expected"))
    }

    func testWho() throws {
        let desk = try TestSession()
        desk.cell("%who")
        for text in ["local t = tensor.zeros{2, 3}", "list = {1, 2, a = 1}", "function f(x) end", "word = 'abc'"] { desk.cell(text) }
        desk.printed = ""
        desk.cell("%who")
        let rows = desk.printed.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        XCTAssertEqual(rows, ["name type value", "f function (x) at In [4]:1", "list table 2 values, 1 name", "t tensor {2, 3} float32", "word string \"abc\""])
    }

    /// Values whose text is many lines are said in a few words.
    func testWhoSummarizes() throws {
        let desk = try TestSession()
        desk.cell("""
            s = study.new{trials = 2, data = {{name = "Blur", dataset.cosines{length = 16, train = 16, validation = 16, test = 16}}}, methods = {
              {name = "Random", strategy = "random", space = darts.space{nodes = 2}, train = {steps = 3}}, {name = "Nets", strategy = "fixed", architecture = "net", space = darts.space{nodes = 2}, train = {steps = 3}}}}
            """)
        desk.cell("%who")
        XCTAssertTrue(desk.printed.contains(" 0 of 4 trials, 2 methods on 1 data set\n"), desk.printed)
        for text in ["s:run{}", "table = s:statistics{}", "c = s:correlation{x = 'psnr.train', y = 'psnr.test'}", "f = plot.line{y = {1, 2}, title = 'a\\nb'}", "g = plot.scatter{x = {1, 2}, y = {3, 4}, xlabel = 'u', ylabel = 'v'}"] { XCTAssertNil(desk.cell(text).error) }
        desk.printed = ""
        desk.cell("%who")
        let rows = desk.printed.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        XCTAssertEqual(rows.dropFirst(), ["c correlation psnr.train and psnr.test, 2 methods on 1 data set", "f figure a b", "g figure v over u", "s study 4 of 4 trials, 2 methods on 1 data set", "table statistics 2 methods on 1 data set"])
    }

    func testUnknownCommandsNameTheNearest() throws {
        let desk = try TestSession()
        XCTAssertEqual(desk.error("%tme 1").message, "unknown command '%tme' (did you mean '%time'?)")
        XCTAssertTrue(desk.error("tensor.zeross?").message.contains("tensor.zeros"))
        XCTAssertTrue(desk.error("%").message.contains("%help"))
    }

    func testCellsGoToAScriptAndComeBack() throws {
        let folder = NSTemporaryDirectory() + "oche-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/mine.lua"
        let desk = try TestSession()
        for text in ["local a = 2", "error('left out')", "a * 21 -- the answer", "%who", "function f()\n  return a\nend", "f()", "{a, 3}", "{a}, 3"] { desk.cell(text) }
        XCTAssertNil(desk.cell("%save \(path)").error)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), """
            -- %%
            local a = 2

            -- %%
            print(a * 21) -- the answer

            -- %%
            function f()
              return a
            end

            -- %%
            f()

            -- %%
            display({a, 3})

            -- %%
            print({a}, 3)

            """)
        XCTAssertTrue(desk.error("%save \(path)").message.contains("-f"))
        // What failed is left out of a range, and written where it alone is asked for.
        XCTAssertNil(desk.cell("%save \(path) 1-4 -f").error)
        let other = try TestSession()
        XCTAssertNil(other.cell("%load \(path)").error)
        XCTAssertNil(desk.cell("%save \(path) 2 -f").error)
        XCTAssertEqual(other.error("%load \(path)").message, "left out")
        XCTAssertNotNil(other.session.cells.first { $0.failed })
        XCTAssertEqual(other.value("a"), "2")
        try "g = 5 local hidden = 1 print(...)".write(toFile: path, atomically: true, encoding: .utf8)
        other.printed = ""
        XCTAssertNil(other.cell("%run \(path) 'x y' z").error)
        XCTAssertEqual(other.printed, "x y\tz\n")
        XCTAssertEqual(other.value("g, hidden"), "5, nil")
        XCTAssertTrue(try TestSession(sandboxed: true).error("%run \(path)").message.contains("sandbox"))
        XCTAssertEqual(desk.error("%save").message.prefix(5), "%save")
    }

    func testHistoryAndShell() throws {
        let desk = try TestSession()
        desk.cell("x = 1")
        desk.cell("for i = 1, 2 do\n  x = i\nend")
        desk.cell("%history 1-2")
        XCTAssertEqual(desk.printed, "In [1]: x = 1\nIn [2]: for i = 1, 2 do\n          x = i\n        end\n")
        desk.printed = ""
        desk.cell("!echo hello; echo there >&2")
        XCTAssertEqual(desk.printed, "hello\nthere\n")
        XCTAssertEqual(desk.error("!exit 3").message, "the command ended with status 3")
        XCTAssertTrue(try TestSession(sandboxed: true).error("!echo no").message.contains("sandbox"))
    }

    func testHelp() throws {
        let desk = try TestSession()
        for text in ["?darts", "darts.search?", "help\"tensor\"", "help()", "?", "%help", "?%time"] {
            desk.printed = ""
            XCTAssertNil(desk.cell(text).error, text)
            XCTAssertGreaterThan(desk.printed.count, 20, text)
        }
    }

    func testTheTourRuns() throws {
        let desk = try TestSession()
        desk.cell("%tour")
        XCTAssertTrue(desk.printed.contains("1/\(Tour.steps.count)"))
        XCTAssertEqual(desk.value("1 + 1"), "2")
        for step in Tour.steps {
            XCTAssertTrue(desk.printed.contains(step.text))
            XCTAssertNil(desk.cell("").error, step.cell)
        }
        XCTAssertTrue(desk.printed.contains(Tour.ending))
        XCTAssertNil(desk.session.tour)
        XCTAssertNil(desk.cell("").number)
    }
}
