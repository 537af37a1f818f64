import Scripting
import XCTest
@testable import Notebook

final class DisplayTests: XCTestCase {
    func testTables() throws {
        let desk = try TestSession()
        for (text, shown) in [
            ("{}", "{}"), ("{1, 'a', {2}}", "{1, \"a\", {2}}"), ("{b = 1, a = 2, [3.5] = true, [true] = 0}", "{[true] = 0, [3.5] = true, a = 2, b = 1}"),
            ("{['not a name'] = 1, ['end'] = 2}", "{end = 2}"), ("{x = tensor.zeros{2, 3}}", "{x = tensor {2, 3} float32}"),
            ("{print, function(a, b) end, f = tensor.zeros}", "{function print, function(a, b), f = function tensor.zeros}"),
            ("{'quoted \"x\"\\n'}", "{\"quoted \\\"x\\\"\\n\"}"),
        ] {
            let found = try XCTUnwrap(desk.value(text))
            if text.contains("not a name") { XCTAssertEqual(found, "{[\"end\"] = 2, [\"not a name\"] = 1}") } else { XCTAssertEqual(found, shown, text) }
        }
        XCTAssertTrue(try XCTUnwrap(desk.value("local t = {1} t.me = t t.inner = {t}\nt")).contains("around this one"))
        XCTAssertTrue(try XCTUnwrap(desk.value("{{{{{{{{1}}}}}}}}")).contains(".."))
    }

    func testNothingIsLong() throws {
        let desk = try TestSession()
        for text in [
            "local t = {} for i = 1, 1000000 do t[i] = i end\nt", "local t = {} for i = 1, 200000 do t['k' .. i] = i end\nt",
            "local t = {} for i = 1, 1000 do t[i] = {} for j = 1, 100 do t[i][j] = {j} end end\nt", "('x'):rep(10000000)", "('line\\n'):rep(1000000)",
            "tensor.zeros{1000, 1000}", "local t = {} local u = t for i = 1, 100000 do u.n = {} u = u.n end\nt", "setmetatable({}, {__tostring = function() return ('y'):rep(5000000) end})",
        ] {
            let shown = try XCTUnwrap(desk.value(text), text)
            XCTAssertLessThan(shown.utf8.count, 40_000, text)
        }
        XCTAssertTrue(try XCTUnwrap(desk.value("local t = {} for i = 1, 1000000 do t[i] = i end\nt")).contains("999990 more"))
        // The first names by the alphabet, whatever the order in the table.
        XCTAssertTrue(try XCTUnwrap(desk.value("local t = {} for i = 1, 200000 do t['k' .. i] = i end\nt")).contains("k1 = 1,\n  k10 = 10,\n  k100 = 100,"))
    }

    func testValuesThatMisbehave() throws {
        let desk = try TestSession()
        for text in [
            "setmetatable({1}, {__tostring = function() error('no') end})", "setmetatable({1}, {__tostring = function() return {} end})",
            "setmetatable({1}, {__index = function() error('no') end, __len = function() error('no') end, __pairs = function() error('no') end})",
            "setmetatable({1}, {__metatable = 'locked', __name = 5})", "setmetatable({1}, {__tostring = 7})", "{setmetatable({1}, {__tostring = function() error('no') end})}",
            "setmetatable({1}, {__tostring = function(t) return tostring(t) end})", "setmetatable({1}, {__eq = error, __lt = error, __call = error, __gc = 1})",
        ] {
            XCTAssertTrue(try XCTUnwrap(desk.value(text), text).contains("1"), text)
        }
        XCTAssertEqual(desk.value("setmetatable({}, {__tostring = function() return 'mine' end})"), "mine")
        XCTAssertEqual(desk.value("1 + 1"), "2")
    }

    func testFunctionsAndNamespaces() throws {
        let desk = try TestSession()
        XCTAssertTrue(try XCTUnwrap(desk.value("tensor.zeros")).contains("A tensor of zeros."))
        XCTAssertTrue(try XCTUnwrap(desk.value("string.format")).contains("string.format"))
        XCTAssertEqual(desk.value("plot"), "namespace plot: box, heatmap, histogram, line, scatter, signals (plot? explains\nthem)")
        desk.cell("function f(a, ...) end")
        XCTAssertEqual(desk.value("f"), "function (a, ...) at In [4]:1")
        XCTAssertEqual(desk.value("coroutine.create(print)"), "thread")
    }

    func testASearchIsAHeatMap() throws {
        let desk = try TestSession()
        let text = "darts.search{space = darts.space{nodes = 3}, data = dataset.cosines{train = 32, validation = 32, test = 32}, steps = 5, seed = 1}"
        let lines = try XCTUnwrap(desk.value(text)).split(separator: "\n")
        XCTAssertEqual(lines.count, 7)
        XCTAssertTrue(lines[1].contains("dB relaxed"))
        XCTAssertTrue(lines[2].hasSuffix("  1  2  3"))
        desk.session.style = DisplayStyle(width: 80, isColoured: true)
        XCTAssertTrue(try XCTUnwrap(desk.value(text)).contains("\u{1B}[48;5;"))
        XCTAssertTrue(try XCTUnwrap(desk.value("_.architecture")).contains(" > "))
        XCTAssertTrue(try XCTUnwrap(desk.value("dataset.cosines{seed = 1}")).contains("512 train"))
    }
}
