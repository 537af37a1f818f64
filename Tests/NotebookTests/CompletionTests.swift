import LuaHost
import Foundation
import XCTest
@testable import Notebook

final class CompletionTests: XCTestCase {
    /// The candidates where '|' is.
    private func names(_ desk: TestSession, _ text: String) -> [String] {
        let parts = text.components(separatedBy: "|")
        return desk.session.complete(parts.joined(), at: parts[0].utf8.count).candidates.map(\.text)
    }

    func testNames() throws {
        let desk = try TestSession()
        for text in ["local signals = tensor.zeros{2, 3}", "samples = {alpha = 1, beta = {gamma = 2}, run = function() end}", "local text = 'abc'"] { desk.cell(text) }
        XCTAssertEqual(names(desk, "sig|"), ["signals"])
        XCTAssertEqual(names(desk, "print(sa|"), ["samples"])
        XCTAssertEqual(names(desk, "samples.|"), ["alpha", "beta", "run"])
        XCTAssertEqual(names(desk, "samples.beta.|"), ["gamma"])
        XCTAssertEqual(names(desk, "samples:|"), ["run"])
        XCTAssertEqual(names(desk, "tensor.lins|"), ["linspace"])
        XCTAssertEqual(names(desk, "x = tensor.lins| + 1"), ["linspace"])
        XCTAssertEqual(names(desk, "signals.|"), ["dtype", "rank", "shape", "size"])
        XCTAssertTrue(names(desk, "signals:|").contains("matmul"))
        XCTAssertFalse(names(desk, "signals:|").contains("shape"))
        XCTAssertTrue(names(desk, "text:|").contains("gsub"))
        XCTAssertTrue(names(desk, "tensor.ones{2}:su|").contains("sum"))
        XCTAssertTrue(names(desk, "tensor.ones{2}:exp():|").contains("sum"))
        XCTAssertTrue(names(desk, "darts.search{}.arch|").contains("architecture"))
        XCTAssertTrue(names(desk, "darts.search{}.architecture:|").contains("names"))
        XCTAssertEqual(names(desk, "ret|"), ["return"])
        XCTAssertEqual(names(desk, "for index = 1, 2 do print(ind|"), ["index"])
        for text in ["local sig|", "-- sig|", "'sig|", "nothing.|", "x = 5.|", "samples.alpha.|"] { XCTAssertEqual(names(desk, text).filter { $0 == "signals" }, [], text) }
    }

    func testOptions() throws {
        let desk = try TestSession()
        let all = names(desk, "darts.search{|")
        for name in ["space = ", "data = ", "steps = ", "theta = ", "strategy = "] { XCTAssertTrue(all.contains(name), name) }
        XCTAssertEqual(names(desk, "darts.search{space = s, st|"), ["strategy = ", "steps = "])
        XCTAssertFalse(names(desk, "darts.search{space = s, |").contains("space = "))
        XCTAssertEqual(names(desk, "darts.search({sp|"), ["space = "])
        XCTAssertEqual(names(desk, "darts.search{theta = {ra|"), ["rate = "])
        XCTAssertEqual(names(desk, "darts.search{\n  space = darts.space{nodes = 2},\n  alpha = {rate = 1, war|"), ["warmup = "])
        XCTAssertEqual(names(desk, "darts.search{strategy = \"|").prefix(3), ["darts", "gdas", "fair"])
        XCTAssertEqual(names(desk, "darts.search{strategy = \"evo|\"}"), ["evolution"])
        XCTAssertTrue(names(desk, "darts.search{strategy = |").contains("\"darts\""))
        XCTAssertEqual(names(desk, "darts.search{theta = {optimizer = 'ad|"), ["adam", "adamw"])
        XCTAssertEqual(names(desk, "study.new{methods = {{na|"), ["name = "])
        XCTAssertEqual(names(desk, "study.new{methods = {{name = 'a', search = {ste|"), ["steps = "])
        XCTAssertEqual(names(desk, "tensor.ones({2}, {dt|"), ["dtype = "])
        XCTAssertEqual(names(desk, "tensor.ones({2}, {dtype = \"|"), ["float32", "float64"])
        XCTAssertEqual(names(desk, "tensor.ones{2}:to(\"|"), ["float32", "float64"])
        // Of variables first what an option takes.
        for text in ["chain = darts.space{nodes = 2}", "cell = darts.space{nodes = 3}", "signals = dataset.cosines{}"] { desk.cell(text) }
        XCTAssertEqual(names(desk, "darts.search{space = |"), ["cell", "chain"])
        XCTAssertEqual(names(desk, "darts.search{space = chain, data = |"), ["signals"])
        XCTAssertTrue(names(desk, "darts.search{space = d|").contains("darts"))
        desk.cell("local search = darts.search")
        XCTAssertEqual(names(desk, "search{spa|"), ["space = "])
    }

    func testCompletingRunsNothing() throws {
        let desk = try TestSession()
        desk.cell("ran = false local trap = setmetatable({inside = 1}, {__index = function() ran = true end, __len = function() ran = true end, __pairs = function() ran = true end})")
        desk.cell("object = setmetatable({}, {__index = {method = function() end, __hidden = 1}})")
        XCTAssertEqual(names(desk, "trap.|"), ["inside"])
        XCTAssertEqual(names(desk, "trap.other.|"), [])
        XCTAssertEqual(names(desk, "object:|"), ["method"])
        XCTAssertNotNil(desk.session.inspect("trap", at: 2))
        XCTAssertEqual(desk.value("ran"), "false")
    }

    func testFilesAndMagic() throws {
        let desk = try TestSession()
        let folder = NSTemporaryDirectory() + "oche-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(fileURLWithPath: folder + "/script.lua"))
        XCTAssertEqual(names(desk, "dofile('\(folder)/scr|"), ["script.lua"])
        XCTAssertEqual(names(desk, "tensor.load\"\(folder)/|"), ["inner/", "script.lua"])
        XCTAssertEqual(names(desk, "%run \(folder)/s|"), ["script.lua"])
        XCTAssertEqual(names(desk, "%ti|"), ["time", "timeit"])
        XCTAssertEqual(names(desk, "%time tensor.lins|"), ["linspace"])
        XCTAssertEqual(names(desk, "?tensor.lins|"), ["linspace"])
        XCTAssertEqual(names(desk, "help\"darts.sea|"), ["darts.search"])
        XCTAssertEqual(names(try TestSession(sandboxed: true), "dofile('\(folder)/|"), [])
    }

    func testInspection() throws {
        let desk = try TestSession()
        desk.cell("local t = tensor.zeros{2, 3}")
        let session = desk.session
        XCTAssertTrue(try XCTUnwrap(session.inspect("x = tensor.conv1d(", at: 18)).contains("tensor.conv1d"))
        XCTAssertTrue(try XCTUnwrap(session.inspect("darts.search{steps = 5}", at: 15)).contains("steps"))
        XCTAssertTrue(try XCTUnwrap(session.inspect("t", at: 1)).contains("{2, 3} float32"))
        XCTAssertNil(session.inspect("nothing_here", at: 4))
        XCTAssertNil(session.inspect("", at: 0))
    }

    /// Any text, any offset.
    func testNoTextIsTooStrange() throws {
        let session = try TestSession().session
        let pieces = ["darts.search{", "theta = {", "'", "\"", "[[", "]]", "--", "--[[", "\n", ".", ":", "(", ")", "{", "}", "end", "function", " ", "=", ",", "x", "é", "🎯", "\\", "%time ", "?", "local", "<const>", "1e", "0x", "...", "~"]
        var state = UInt64(42)
        for _ in 0..<1000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6364136223846793005 &+ 1442695040888963407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            state = state &* 6364136223846793005 &+ 1442695040888963407
            let answer = session.complete(text, at: Int(state >> 33) % (text.utf8.count + 2))
            XCTAssertTrue(0 <= answer.start && answer.start <= answer.end && answer.end <= text.utf8.count + 1)
            _ = session.completeness(of: text)
            _ = session.inspect(text, at: Int(state >> 40) % (text.utf8.count + 1))
        }
    }
}
