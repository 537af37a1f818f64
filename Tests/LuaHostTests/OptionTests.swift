// Options tables: defaults, every kind, and the words of the errors that API.md promises.

import XCTest
import LuaHost

final class OptionTests: XCTestCase {
    func testDefaults() throws {
        let host = try Host()
        for call in ["vector.blur()", "vector.blur{}"] {
            XCTAssertEqual(try host.string("local s, t, m, h, sh, r = \(call) return table.concat({s, t, m, h, sh[1], sh[2], r}, ' ')"),
                           "1.0 9 circular 1.0 2 3 0.1")
        }
        XCTAssertEqual(try host.string("""
            local s, t, m, h, sh, r, n = vector.blur{sigma = 2, taps = 3.0, mode = "zeros", magnitude = {1, 2}, shape = {4}, theta = {rate = 5},
              data = {{name = "A", vector{1}}, {name = "B", vector{2}}}}
            return table.concat({s, t, m, h, sh[1], r, n[1], n[2]}, ' ')
            """), "2.0 3 zeros 2.0 4 5.0 A B")
        XCTAssertEqual(try host.number("local n, c = vector.compose{vector{1}, vector{2}, name = 'x'} return c"), 2)
    }

    func testWhatACallIsAboutMayStandFirst() throws {
        let host = try Host()
        for call in ["{{1, 2}, times = 3}", "{values = {1, 2}, times = 3}", "({{1, 2}, times = 3})"] { XCTAssertEqual(try host.number("return vector.sum_of\(call)"), 9, call) }
        for (call, message) in [
            ("{{1}, values = {2}}", "unexpected value at position 1 in the table of options; it is sum_of{values = ..}"),
            ("{1, 2}", "unexpected value at position 2 in the table of options; it is sum_of{values = ..}"),
            ("{times = 2}", "bad argument 'values' to 'sum_of' (array of numbers expected, got nothing)"),
            ("{{'a'}}", "bad argument 'values' to 'sum_of' (array of numbers expected, got a table whose element 1 is string 'a')"),
            ("('%f')", "bad argument #1 'options' to 'sum_of' (table of options expected, got string '%f'; it is sum_of{values = ..})"),
        ] { XCTAssertEqual(host.error("vector.sum_of\(call)"), "test.lua:1: " + message) }
        let help = try host.string("return help.of('vector.sum_of')")
        XCTAssertTrue(help.contains("what; also first, without its name") && help.contains("options of vector.blur") && !help.contains("width"), help)
    }

    func testErrors() throws {
        let host = try Host()
        func check(_ options: String, _ message: String, line: UInt = #line) {
            XCTAssertEqual(host.error("vector.blur\(options)", line: line), "test.lua:1: " + message, line: line)
        }
        check("{sigma = -1}", "bad argument 'sigma' to 'blur' (positive number expected, got -1)")
        check("{sigma = 0/0}", "bad argument 'sigma' to 'blur' (positive number expected, got nan)")
        check("{sigma = 'x'}", "bad argument 'sigma' to 'blur' (positive number expected, got string 'x')")
        check("{taps = 2.5}", "bad argument 'taps' to 'blur' (integer from 1 to 99 expected, got 2.5)")
        check("{taps = 100}", "bad argument 'taps' to 'blur' (integer from 1 to 99 expected, got 100)")
        check("{mode = 'zeroes'}", "bad argument 'mode' to 'blur' ('zeros', 'circular' or 'reflect' expected, got 'zeroes'; did you mean 'zeros'?)")
        check("{mode = 1}", "bad argument 'mode' to 'blur' ('zeros', 'circular' or 'reflect' expected, got number 1)")
        check("{magnitude = {2, 1}}", "bad argument 'magnitude' to 'blur' (range {low, high} expected, got {2, 1})")
        check("{magnitude = 3}", "bad argument 'magnitude' to 'blur' (range {low, high} expected, got number 3)")
        check("{shape = {1, 'a'}}", "bad argument 'shape' to 'blur' (array of integers expected, got a table whose element 2 is string 'a')")
        check("{shape = {1, 0}}", "bad argument 'shape' to 'blur' (array of positive integers expected, got 0 in {1, 0})")
        check("{theta = {rate = 0}}", "bad argument 'theta.rate' to 'blur' (positive number expected, got 0)")
        check("{theta = {raet = 1}}", "unknown option 'raet' (did you mean 'rate'?); options of 'theta': rate, optimizer")
        check("{start = 1}", "bad argument 'start' to 'blur' (vector expected, got number 1)")
        check("{callback = 1}", "bad argument 'callback' to 'blur' (function expected, got number 1)")
        check("{data = {{name = 'A', vector{1}}, {vector{1}}}}", "bad argument 'data[2].name' to 'blur' (string expected, got nothing)")
        check("{data = {{name = 'A'}}}", "bad argument 'data[1].set' to 'blur' (vector expected, got nothing)")
        check("{padding = 'sane'}", "bad argument 'padding' to 'blur' ('same' or 'valid' or integer expected, got 'sane'; did you mean 'same'?)")
        check("{3}", "unexpected value at position 1 in the table of options; options of 'blur': sigma, taps, channels, mode, magnitude, shape, theta, start, callback, data, padding, seed")
        check("(3)", "bad argument #1 'options' to 'blur' (table of options expected, got number 3)")
        XCTAssertTrue(host.error("vector.blur{chanels = 3, zzz = 1}")
            .hasPrefix("test.lua:1: unknown option 'chanels' (did you mean 'channels'?)"))
        XCTAssertEqual(host.error("vector.compose{vector{1}, 2, name = 'x'}"),
                       "test.lua:1: bad argument 'parts[2]' to 'compose' (vector expected, got number 2)")
        XCTAssertEqual(host.error("local a = vector{1} a:sum(1, {kepdim = true})"),
                       "test.lua:1: unknown option 'kepdim' (did you mean 'keepdim'?); options of 'sum': keepdim")
    }

    func testNearestName() {
        XCTAssertEqual(NearestName.of("chanels", among: ["channels", "kernel"]), "channels")
        XCTAssertEqual(NearestName.of("sahpe", among: ["shape", "size"]), "shape")
        XCTAssertNil(NearestName.of("xyz", among: ["channels", "kernel"]))
        XCTAssertNil(NearestName.of("anything", among: []))
    }
}
