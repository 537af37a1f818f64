import Foundation
import XCTest
@testable import Notebook

final class SessionTests: XCTestCase {
    func testValuesOfCells() throws {
        let desk = try TestSession()
        for (text, shown) in [
            ("1 + 1", "2"), ("'a' .. 'b'", "\"ab\""), ("1, 2.5, 'x', nil, true", "1, 2.5, \"x\", nil, true"), ("x = 3\nx", "3"), ("x", "3"), ("nil", "nil"), ("no_such_name", "nil"),
            ("local y = 4\ny * 2 -- twice", "8"), ("math.max(1, 7)", "7"), ("return 5", "5"), ("= 6", "6"), ("#'four'", "4"), ("not nil", "true"),
            ("-x", "-3"), ("(x)", "3"), ("{1, 2}", "{1, 2}"), ("string.format('%d', 3), 4", "\"3\", 4"), ("x == 3 and 'yes' or 'no'", "\"yes\""),
            ("(function() return 1, 2 end)()", "1, 2"), ("select(2, 'a', 'b', 'c')", "\"b\", \"c\""), ("1e300 * 1e10", "inf"), ("2^53", "9.007199254741e+15"),
            ("tensor{1, 2}:sum():item()", "3.0"), ("'two\\nlines'", "[[\ntwo\nlines\n]]"),
        ] as [(String, String?)] {
            XCTAssertEqual(desk.value(text), shown, text)
        }
        for text in ["x = 3", "x;", "math.max(1, 2);", "local z = 1", "print('')", "do end", "-- only a comment", "   ", "(function() end)()"] {
            XCTAssertNil(desk.value(text), text)
        }
    }

    func testResultsAreKept() throws {
        let desk = try TestSession()
        desk.cell("10")
        desk.cell("20;")
        XCTAssertEqual(desk.value("_ + __ + Out[1]"), "40")
        XCTAssertEqual(desk.value("Out[2], Out[3], In[1]"), "20, 40, \"10\"")
        desk.cell("nil")
        XCTAssertEqual(desk.value("_"), "20")
        XCTAssertEqual(desk.session.nextNumber, 7)
    }

    func testCompleteness() throws {
        let session = try TestSession().session
        for text in [
            "x = 1", "x", "f(x)", "for i = 1, 2 do end", "1 + 1", "function f() end", "-- comment", "", "x = [[a\nb]]", "%time f()", "?tensor", "local x <const> = 1",
            "return 1", "goto a ::a::", "!ls -la (", "%who",
        ] { XCTAssertEqual(session.completeness(of: text), .complete, text) }
        for (text, indent) in [
            ("for i = 1, 2 do", 2), ("if x then\n  y = 1\nelse", 2), ("function f()\n  while true do", 4), ("f(", 2), ("t = {\n  1,", 2), ("x =", 0), ("1 +", 0), ("x = [[abc", 0),
            ("--[[ long", 0), ("s = 'a\\\n", 0), ("repeat", 2), ("local", 0), ("x.", 0), ("return function()", 2), ("%time for i = 1, 2 do", 2), ("not", 0), ("f(function()", 4),
            ("if a then b() elseif c then", 2),
        ] { XCTAssertEqual(session.completeness(of: text), .incomplete(indent: indent), text) }
        for text in ["x = = 1", "end", "for i = 1 do", "x = 'abc", "1 + * 2", "local 5", "f)", "x ? y", "goto nowhere", "break", "x y"] {
            XCTAssertEqual(session.completeness(of: text), .invalid, text)
        }
    }

    func testErrorsPointAtTheCellsOwnLine() throws {
        let desk = try TestSession()
        for (text, line, marked, message) in [
            ("local t = {}\nt.x.y = 1", 2, "x", "attempt to index a nil value (field 'x')"),
            ("x = 1\n\nprint(x + y)", 3, "y", "attempt to perform arithmetic on a nil value (global 'y')"),
            ("foo()", 1, "foo", "attempt to call a nil value (global 'foo')"),
            ("x = = 2", 1, "=", "unexpected symbol near '='"),
            ("y = 1 + * 2", 1, "*", "unexpected symbol near '*'"),
            ("for i = 1, 3 do\n  local t = i; t\n  t:foo()\nend", 3, "t", "syntax error near 't'"),
            ("1 + * 2", 1, "*", "unexpected symbol near '*'"),
            ("function f(t, n)\n  return t[n\nend", 3, "end", "']' expected near 'end'"),
            ("function t.f(a)\n  a += 1\nend", 2, "+", "syntax error near '+'; it is: x = x + y"),
            ("tensor.zeroes{2}", 1, "zeroes", "'tensor' has no field 'zeroes' (did you mean 'zeros'?)"),
            ("  error('deliberate')", 1, "error('deliberate')", "deliberate"),
        ] {
            let error = desk.error(text)
            XCTAssertEqual(error.message, message, text)
            XCTAssertEqual(error.line?.number, line, text)
            XCTAssertEqual(error.line?.place, "In [\(desk.session.nextNumber - 1)]")
            let shown = Array(error.line?.text ?? "")
            let mark = try XCTUnwrap(error.mark, text)
            XCTAssertEqual(String(shown[mark]), marked, text)
        }
    }

    func testCaretStandsWhereTheParserStopped() throws {
        let desk = try TestSession()
        desk.cell("data = dataset.cosines{}")
        for (text, column) in [
            ("local signals = plot.signals{signals = data.train.signals}", 50), ("do local x = nil; x.y = 1 end", 18), ("t = {y = 1}; t.y.x.y()", 15), ("f = 1; g = f; f()", 14),
            ("local plot = plot.plots", 18), ("x = 'abc", 4), ("local a = 1 goto a", 17),("for i = 1, 3 do\n  local t = i; t\n  t:foo(t)\nend", 2), ("x = 1\nt, t t", 5), ("f(\"é\", a a)", 9)] {
            XCTAssertEqual(desk.error(text).mark?.lowerBound, column, text)
        }
    }

    func testErrorsKnowNamesAndOtherLanguages() throws {
        let desk = try TestSession()
        desk.cell("local measured = 1\nreconstruction = 2")
        for (text, ending) in [
            ("pritn(1)", "(global 'pritn') (did you mean 'print'?)"), ("tensr.ones{2}", "(did you mean 'tensor'?)"), ("meassured.x = 1", "(did you mean 'measured'?)"),
            ("reconstructoin()", "(did you mean 'reconstruction'?)"), ("len(x)", "(write #x)"), ("np.ones(2)", "(write tensor)"), ("q.x = 1", "(global 'q')"),
            ("x = 1 != 2", "near '!'; unequal is ~="), ("x = !true", "near '!'; negation is: not x"), ("x = a && b", "near '&'; it is: a and b"), ("x = a || b", "near '|'; it is: a or b"),
            ("x += 1", "it is: x = x + y"), ("y = x[1, 2]", "; an index in several dimensions is x[{i, j}]"), ("y = x[1:2]", "; a range is x[{{first, last}}]"),
            ("import numpy as np", "; nothing needs an import: tensor, darts, study and the others are there"), ("def f(x): return x", "; a function begins with: function f(x)"),
            ("for i in 1, 3 do end", "; a loop over numbers is: for i = 1, n do"), ("for v in {1} do end", "; a loop over a table is: for i, v in ipairs(t) do"),
            ("tensor.psnr(1)", "(there is dataset.psnr)"), ("dataset.cosines{}.train.signals", "(it has clean, measured)"),
            ("darts.space{operations = {'net'}}", "; operation.gradient_descent{}, operation.cnn{}, operation.roll{} and others make one"),
            ("const n = 3", "; a variable is declared with: local n = .."), ("x = y @ z", "near '@'; the matrix product is a:matmul(b)"), ("x = 1 + * 2", "unexpected symbol near '*'"),
        ] {
            let message = desk.error(text).message
            XCTAssertTrue(message.hasSuffix(ending), "\(text): \(message)")
        }
    }

    func testCaretStandsUnderTheName() throws {
        let desk = try TestSession()
        desk.cell("function f(a)\n  return a.b.c\nend")
        let text = desk.error("local z = 1\nf({})").text()
        XCTAssertEqual(text, """
            In [1]:2: attempt to index a nil value (field 'b')
              2 |   return a.b.c
                             ^
              called from In [2]:2:  f({})
            """)
        // A tab counts as one column, and what is long is cut around the mark.
        XCTAssertTrue(desk.error("\tq.x = 1").text().contains("\n  1 |  q.x = 1\n       ^"))
        let long = desk.error("local s = '" + String(repeating: "a", count: 300) + "' .. nothing").text()
        let lines = long.split(separator: "\n")
        XCTAssertLessThan(lines[1].count, 120)
        let column = lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) } ?? 0
        XCTAssertTrue(String(lines[1].dropFirst(column)).hasPrefix("nothing"))
    }

    func testPrintShowsWhatIsInATable() throws {
        let desk = try TestSession()
        desk.cell("print({1, b = {2}}, 'x', {}) print(setmetatable({}, {__tostring = function() return 'mine' end}))")
        desk.cell("local t = {} t.t = t print(t) print(setmetatable({}, {__tostring = function() error('no') end}))")
        XCTAssertEqual(desk.printed, "{1, b = {2}}\tx\t{}\nmine\n{t = {..} (a table around this one)}\n")
        desk.printed = ""
        desk.cell("print(tostring({}):sub(1, 6), setmetatable({}, {__name = 'own'}))")
        XCTAssertTrue(desk.printed.hasPrefix("table:\town: 0x"), desk.printed)
    }

    func testTracebackOfRecursionIsShort() throws {
        let text = try TestSession().error("function f(n) return 1 + f(n + 1) end f(1)").text()
        XCTAssertTrue(text.contains("stack overflow") && text.contains(" times more)") && text.split(separator: "\n").count == 6, text)
    }

    func testTracebackHasOnlyTheUsersFrames() throws {
        let desk = try TestSession()
        desk.cell("local function inner() error('deep') end")
        desk.cell("local function outer() local ok = inner() return ok end")
        let error = desk.error("local r = tensor.grad(function(x) outer() return x:sum() end)(tensor{1})")
        XCTAssertEqual(error.calls.map(\.place), ["In [2]", "In [3]", "In [3]"])
        XCTAssertFalse(error.text().contains("native"))
        XCTAssertFalse(error.text().contains("oche__"))
    }

    func testErrorsThatAreNotTexts() throws {
        let desk = try TestSession()
        XCTAssertTrue(desk.error("error({code = 1})").message.contains("table"))
        XCTAssertTrue(desk.error("error(setmetatable({}, {__tostring = function() return 'mine' end}))").message.contains("mine"))
        XCTAssertFalse(desk.error("error(setmetatable({}, {__tostring = function() error('no') end}))").message.isEmpty)
        XCTAssertFalse(desk.error("error()").message.isEmpty)
    }

    func testExitIsAnOutcome() throws {
        XCTAssertEqual(try TestSession().error("os.exit(3)").kind, .exit(3))
    }

    func testInterruptStopsAndLeavesACleanState() throws {
        let desk = try TestSession()
        for text in [
            "while true do end", "while true do pcall(function() while true do end end) end", "coroutine.wrap(function() while true do end end)()",
            "local a = tensor.ones{64, 64} while true do a:matmul(a) end", "%timeit while true do end", "setmetatable({}, {__tostring = function() while true do end end})",
        ] {
            let session = desk.session
            // Again and again: the first may come before the cell has begun, where it would be forgotten.
            let timer = DispatchSource.makeTimerSource(queue: .global())
            timer.schedule(deadline: .now() + 0.1, repeating: 0.1)
            timer.setEventHandler { session.interrupt() }
            timer.resume()
            let outcome = desk.cell(text)
            timer.cancel()
            if !text.hasPrefix("setmetatable") { XCTAssertEqual(outcome.error?.kind, .interrupted, text) }
            DispatchQueue.global().sync {}
            session.environment.state.clearInterrupt()
            XCTAssertEqual(desk.value("1 + 1"), "2", text)
        }
    }

    /// Where nothing else can be shown, display prints what the end of a cell would show.
    func testDisplayPrintsText() throws {
        let desk = try TestSession()
        desk.cell("display({1, 2}) display('a', {id = 'x'}) display.update('x', nil) display.clear{}")
        XCTAssertEqual(desk.printed, "{1, 2}\n\"a\"\nnil\n")
        XCTAssertTrue(desk.error("display()").message.hasPrefix("bad argument #1 'x'"))
        XCTAssertTrue(desk.error("display(1, {di = 'x'})").message.contains("did you mean 'id'?"))
        XCTAssertNil(desk.value("io.write('x')"), "what io.write gives back is not shown")
    }

    func testCellsThatAreNotKept() throws {
        let desk = try TestSession()
        desk.cell("x = 5")
        let outcome = desk.session.evaluate("x = x + 1; x", .init(isKept: false))
        XCTAssertEqual([outcome.values.first?.as(Int.self), desk.session.nextNumber], [6, 2])
        XCTAssertEqual(desk.session.cells.count, 1)
        XCTAssertEqual(desk.value("_, x"), "nil, 6")
    }

    func testArguments() throws {
        let desk = try TestSession()
        desk.cell("%args --trials 2 'a b'")
        XCTAssertEqual(desk.value("#arg, arg[0], arg[1], arg[3]"), "3, \"oche\", \"--trials\", \"a b\"")
        XCTAssertTrue(desk.error("%args 'open").message.contains("quotation mark"))
        desk.session.evaluate("y = select('#', ...)", .init(arguments: ["one", "two"]))
        XCTAssertEqual(desk.value("y"), "2")
    }
}
