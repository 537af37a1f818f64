// Functions, methods, properties and operators as a script sees them, and the words of their errors.

import XCTest
import LuaHost

final class DeclarationTests: XCTestCase {
    func testFunctions() throws {
        let host = try Host()
        XCTAssertEqual(try host.string("return tostring(vector.relu(vector{-1, 2}))"), "vector[0.0, 2.0]")
        XCTAssertEqual(try host.number("return vector.scale(vector{3})[1]"), 6)
        XCTAssertEqual(try host.number("return vector.scale(vector{3}, 3.0)[1]"), 9)
        XCTAssertEqual(try host.number("return vector.power(3)"), 9)
        XCTAssertEqual(try host.number("return vector.power(3, 3)"), 27)
        XCTAssertEqual(try host.number("return select('#', vector.nothing())"), 0)
        XCTAssertEqual(try host.string("local a, b = vector.two() return a .. b"), "1b")
        XCTAssertEqual(try host.number("return vector.six(1,2,3,4,5,6)[6]"), 6)
        XCTAssertEqual(try host.number("return vector.total(1, 2, 3.5)"), 6.5)
        XCTAssertEqual(try host.number("return vector.rectify(vector{7})[1] + vector.pi"), 10.14)
    }

    func testArgumentErrors() throws {
        let host = try Host()
        XCTAssertEqual(host.error("\nvector.scale(vector{1}, 'x')"),
                       "test.lua:2: bad argument #2 'times' to 'scale' (integer expected, got string 'x')")
        XCTAssertEqual(host.error("vector.scale(vector{1}, 2.5)"),
                       "test.lua:1: bad argument #2 'times' to 'scale' (integer expected, got 2.5)")
        XCTAssertEqual(host.error("vector.relu()"), "test.lua:1: bad argument #1 'x' to 'relu' (vector expected, got no value)")
        XCTAssertEqual(host.error("vector.relu(5)"), "test.lua:1: bad argument #1 'x' to 'relu' (vector expected, got number 5)")
        XCTAssertEqual(host.error("vector.relu({})"), "test.lua:1: bad argument #1 'x' to 'relu' (vector expected, got table)")
        XCTAssertEqual(host.error("vector.relu(io.stdout)"), "test.lua:1: bad argument #1 'x' to 'relu' (vector expected, got FILE*)")
        XCTAssertEqual(host.error("vector.power(-1)"), "test.lua:1: bad argument #1 'base' to 'power' (positive number expected, got -1)")
        XCTAssertEqual(host.error("vector.power('a')"),
                       "test.lua:1: bad argument #1 'base' to 'power' (positive number expected, got string 'a')")
        XCTAssertEqual(host.error("vector{1, 'a'}"),
            "test.lua:1: bad argument #1 'values' to 'vector' (array of numbers expected, got a table whose element 2 is string 'a')")
        XCTAssertEqual(host.error("vector.total(1, true)"),
                       "test.lua:1: bad argument #2 'values' to 'total' (number expected, got boolean true)")
        XCTAssertEqual(host.error("vector.fail('matmul: no')"), "test.lua:1: matmul: no")
    }

    func testMethods() throws {
        let host = try Host()
        XCTAssertEqual(try host.number("return vector{1, 2}:sum()"), 3)
        XCTAssertEqual(try host.number("return vector{1, 2}:sum(1, {keepdim = true})"), -1)
        XCTAssertEqual(try host.number("return vector.sum(vector{1, 2})"), 3)
        XCTAssertEqual(host.error("local a = vector{1} a:sum('x')"),
                       "test.lua:1: bad argument #1 'dim' to 'sum' (integer expected, got string 'x')")
        XCTAssertEqual(host.error("local a = vector{1} a.exp(5)"),
                       "test.lua:1: bad self to 'exp' (vector expected, got number 5; methods are called with ':')")
        XCTAssertEqual(host.error("local a = vector{1} a.exp()"),
                       "test.lua:1: bad self to 'exp' (vector expected, got no value; methods are called with ':')")
        XCTAssertEqual(host.error("local a = vector{1} a:exo()"),
                       "test.lua:1: vector has no method or property 'exo' (did you mean 'exp'?)")
    }

    func testPropertiesAndIndexing() throws {
        let host = try Host()
        XCTAssertEqual(try host.number("return vector{1, 2}.size"), 2)
        XCTAssertEqual(try host.number("return vector{1, 2}.shape[1]"), 2)
        XCTAssertEqual(try host.number("return #vector{1, 2}"), 2)
        XCTAssertEqual(try host.number("return vector{1, 2}[2]"), 2)
        XCTAssertEqual(try host.number("return vector{1, 2}(2)"), 2)
        XCTAssertEqual(try host.number("local a = vector{1, 2} a[1] = 7 return a[1]"), 7)
        XCTAssertEqual(host.error("return vector{1}.sahpe"),
                       "test.lua:1: vector has no method or property 'sahpe' (did you mean 'shape'?)")
        XCTAssertEqual(host.error("return vector{1}[{}]"), "test.lua:1: bad argument #1 'index' to 'vector' (integer expected, got table)")
        XCTAssertEqual(host.error("local a = vector{1} a.x = 1"),
                       "test.lua:1: bad argument #1 'index' to '[]=' (integer expected, got string 'x')")
        XCTAssertEqual(host.error("return vector{1}[4]"), "test.lua:1: index 4 is outside 1..1")
    }

    func testOperators() throws {
        let host = try Host()
        XCTAssertEqual(try host.string("return tostring(1 + vector{1, 2} + vector{1, 1})"), "vector[3.0, 4.0]")
        XCTAssertEqual(try host.string("return tostring(-vector{1} .. vector{2})"), "vector[-1.0, 2.0]")
        XCTAssertEqual(host.error("return vector{1} + vector{1, 2}"), "test.lua:1: vectors differ in length: 1 and 2")
        XCTAssertEqual(host.error("return vector{1} + {}"),
                       "test.lua:1: bad argument #2 'b' to '+' (vector or number expected, got table)")
        XCTAssertTrue(host.error("return vector{1} / 2").contains("attempt to perform arithmetic on a vector value"))
        XCTAssertEqual(try host.run("local a = vector{1} return a == a, a == vector{1}, a:exp() == a").map { $0.as(Bool.self) },
                       [true, false, true])
    }

    func testModules() throws {
        let host = try Host()
        XCTAssertEqual(host.error("vector.rleu(1)"), "test.lua:1: 'vector' has no field 'rleu' (did you mean 'relu'?)")
        XCTAssertEqual(host.error("vector.relu = 1"), "test.lua:1: 'vector' is read-only: cannot assign to field 'relu'")
        XCTAssertEqual(host.error("vector.new = 1"), "test.lua:1: 'vector' is read-only: cannot assign to field 'new'")
        XCTAssertEqual(try host.run("local oche = require 'oche' return oche.vector == vector, require 'oche' == oche")
            .map { $0.as(Bool.self) }, [true, true])
        XCTAssertEqual(host.error("return require 'oche'.vetcor"), "test.lua:1: 'oche' has no field 'vetcor' (did you mean 'vector'?)")
        XCTAssertEqual(try host.string("local n = {} for k in pairs(vector) do n[#n + 1] = k end return table.concat(n, ' ')"),
                       "blur compose each exp fail heavy map nothing pi power rectify relu scale six spin sum sum_of total two")
        XCTAssertEqual(try host.string("return tostring(vector)"), "namespace vector")
        XCTAssertEqual(try host.string("return getmetatable(vector)"), "namespace")
        XCTAssertEqual(try host.string("return getmetatable(vector{1})"), "vector")
    }

    func testNativeFunctionValues() throws {
        let host = try Host()
        XCTAssertEqual(try host.number("return vector.each(function(a, b) return a + b end)(3, 4)"), 7)
        XCTAssertEqual(try host.number("local n = 0 for i = 1, 20000 do n = n + vector.each(math.abs)(-1) end return n"), 20000)
    }
}
