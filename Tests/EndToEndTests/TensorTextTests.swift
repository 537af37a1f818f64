import Engine
import LuaHost
import Scripting
import Tensors
import XCTest

/// How tensors look, and how they meet Lua's own functions: tostring, .., string.format, math, ==, tonumber.
final class TensorTextTests: XCTestCase {
    private func text(_ code: String, width: Int = 80) throws -> String {
        let environment = try ScriptingEnvironment()
        environment.displayWidth = width
        return try environment.state.run("return tostring(\(code))")[0].as(String.self)!
    }

    func testColumnsAreAligned() throws {
        XCTAssertEqual(try text("tensor{{1, -20, 3}, {400, 5, 6}}"), "{{  1, -20,   3},\n {400,   5,   6}}\ntensor {2, 3} float32")
        XCTAssertEqual(try text("tensor{0.5, -1.25}"), "{ 0.5000, -1.2500}\ntensor {2} float32")
        XCTAssertEqual(try text("tensor({{1, 2}, {3, 4}}, {dtype = 'float64'})"), "{{1, 2},\n {3, 4}}\ntensor {2, 2} float64")
        XCTAssertEqual(try text("tensor{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}"), "{{{1, 2},\n  {3, 4}},\n\n {{5, 6},\n  {7, 8}}}\ntensor {2, 2, 2} float32")
        XCTAssertEqual(try text("tensor(3)"), "3  tensor {} float32")
        XCTAssertEqual(try text("tensor(-0.25)"), "-0.2500  tensor {} float32")
        XCTAssertEqual(try text("tensor.zeros{2, 0, 3}"), "{}\ntensor {2, 0, 3} float32")
        XCTAssertEqual(try text("tensor{1e-7, 1}"), "{1.0000e-07, 1.0000e+00}\ntensor {2} float32")
    }

    /// What is no number is called so, and never has a sign that it does not have.
    func testWhatIsNoNumber() throws {
        XCTAssertEqual(try text("tensor{0/0, -(0/0), 1/0, -1/0, 1}"), "{ nan,  nan,  inf, -inf,    1}\ntensor {5} float32")
        XCTAssertEqual(try text("tensor(0/0)"), "nan  tensor {} float32")
        XCTAssertEqual(try text("tensor{0/0}[1]"), "nan")
        XCTAssertEqual(try text("tensor(-(0/0)):item()"), "nan")
        XCTAssertEqual(try text("'x' .. tensor(0/0)"), "xnan")
    }

    func testLargeTensorsShowTheirEnds() throws {
        XCTAssertEqual(try text("tensor.arange(1, 1002)"), "{   1,    2,    3, ...,  999, 1000, 1001}\ntensor {1001} float32")
        XCTAssertTrue(try text("tensor.arange(1, 1001)").contains(" 500,"))
        let matrix = try text("tensor.zeros{100, 100}").split(separator: "\n")
        XCTAssertEqual(matrix.count, 8)
        XCTAssertEqual(matrix[3], " ...")
        XCTAssertEqual(matrix.last, "tensor {100, 100} float32")
        // A number of a hidden part does not decide the format.
        XCTAssertEqual(try text("(function() local a = tensor.zeros{2000} a[1000] = 1e-9 return a end)()"), "{0, 0, 0, ..., 0, 0, 0}\ntensor {2000} float32")
    }

    func testLinesFitTheTerminal() throws {
        for width in [20, 40, 80, 200] {
            for code in ["tensor.randn({40}, {seed = 1})", "tensor.randn({3, 2, 17}, {seed = 1}) * 1e9", "tensor.zeros{2, 2, 2, 2, 2, 2, 2, 7}", "tensor.randn{30, 30, 30}"] {
                let lines = try text(code, width: width).split(separator: "\n").dropLast()
                for line in lines { XCTAssertLessThanOrEqual(line.count, width, "\(code) at width \(width): \(line)") }
            }
        }
    }

    func testMeetingLua() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        local a = tensor{{1, 2, 3}, {4, 5, 6}}
        -- shapes print, compare and join
        assert(tostring(a.shape) == "{2, 3}" and a.shape == tensor.zeros{2, 3}.shape and a.shape ~= a[1].shape and "s " .. a.shape == "s {2, 3}")
        assert(#a.shape == 2 and table.concat(a.shape, "x") == "2x3" and tensor.zeros(a.shape).size == 6)
        -- tensors compare by value
        assert(a == a:clone() and a == a * 1 and a ~= a + 1 and a ~= a[1] and a ~= 1 and a == a:to("float64") and tensor{0/0} ~= tensor{0/0})
        assert(tensor.zeros{0, 3} == tensor.zeros{0, 3} and tensor.zeros{0, 3} ~= tensor.zeros{3, 0} and a ~= tensor.stream(1))
        -- numbers of no dimensions
        local loss = a:sum()
        assert(math.sqrt(loss) == 21 ^ 0.5 and math.max(loss, 30) == 30 and math.max(3, loss) == 21 and math.floor(tensor(3.5)) == 3 and tonumber(loss) == 21)
        assert(string.format("%.2f %d %5.1f", loss, loss, tensor(0.25)) == "21.00 21   0.2" and ("%g"):format(loss) == "21" and ("%s"):format(a.shape) == "{2, 3}")
        assert("loss " .. loss == "loss 21" and loss .. "" == "21" and tensor(0.1) .. "|" .. tensor({0.1}, {dtype = "float64"}) == "0.1|0.1" and loss .. loss == "2121")
        assert(("a = " .. a):find("{{1, 2, 3},", 1, true))
        assert(tonumber("10", 2) == 2 and math.type(1) == "integer" and math.tointeger(tensor(4)) == 4 and math.max(1, 2.5) == 2.5 and string.format("%5s|%d", "x", 3) == "    x|3")
        -- but not while their values are followed: a gradient would end there
        assert(not pcall(tensor.grad(function(x) return math.sqrt(x:sum()) end), a))
        assert(tensor.grad(function(x) if x == a then return x:sum() end return (2 * x):sum() end)(a) == tensor.ones{2, 3})
        assert(not pcall(tensor.compile(function(x, y) if x == y then return x end return y end), a, a + 1))
        assert(not pcall(math.sqrt, a) and not pcall(string.format, "%d", a) and not pcall(function() return a .. {} end))
        -- Lua's // and % for numbers, elementwise
        for _, x in ipairs{-7.5, -3, 0, 2, 7.25} do for _, y in ipairs{-3, -0.5, 2, 4} do
          assert((tensor(x) // y):item() == x // y and (tensor(x) % y):item() == x % y and (x // tensor(y)):item() == x // y and (x % tensor(y)):item() == x % y)
        end end
        """)
    }

    func testNamesOfOtherLibraries() throws {
        let environment = try ScriptingEnvironment()
        for (code, expected) in [
            ("tensor{1}:numel()", "tensor has no method or property 'numel' (write a.size)"), ("tensor{1}.T", "tensor has no method or property 'T' (write a:t())"),
            ("tensor.array{1}", "'tensor' has no field 'array' (write tensor{..})"), ("tensor.numel(1)", "'tensor' has no field 'numel' (write a.size)"),
            ("tensor{1}:size()", "attempt to call a number value (method 'size'); size is a property: without ()"),
            ("tensor.zeros(2, 3)", "bad argument #1 'shape' to 'zeros' (table of sizes expected, got numbers one by one (write {2, ..}))"),
            ("tensor.zeros{6}:reshape(2, 3)", "bad argument #1 'shape' to 'reshape' (table of sizes expected, got numbers one by one (write {2, ..}))"),
            ("math.log(tensor{1, 2})", "bad argument #1 to 'log' (number expected, got tensor); x:item() is the number in a tensor of one element"),
            ("tensor{1, 2}[tensor{1, 0}]", "integer, or table of integers and ranges, expected as index of dimension 1, got a tensor of shape {2} (tensor.where chooses by a condition)"),
            ("tensor{{1, 2}}:dot(tensor{1, 2})", "dot: two vectors expected, got shapes {1, 2} and {2} (matmul is for matrices)"),
            ("tensor.zeros{2, 2, 2}:t()", "t: a matrix or vector expected, got shape {2, 2, 2} (transpose exchanges two dimensions)"),
            ("ipairs()", "bad argument #1 to 'ipairs' (value expected)"), ("math.sqrt('x')", "bad argument #1 to 'sqrt' (number expected, got string)"),
        ] {
            XCTAssertThrowsError(try environment.state.run("local x = \(code)", name: "bad.lua"), code) { XCTAssertEqual(($0 as? LuaError)?.message, expected) }
        }
    }
}
