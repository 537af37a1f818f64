import Foundation
import LuaHost
import Scripting
import XCTest

/// Sums, means, spreads and remainders from a script, with the values of PyTorch and NumPy; and the manual's table of gradients
/// at kinks, a row at a time.
final class ExactnessTests: XCTestCase {
    private func run(_ text: String) throws {
        let prelude = """
            local function near(got, wanted, tolerance, what)
              if not (math.abs(got - wanted) <= tolerance * math.abs(wanted)) then
                error(string.format("%s: %.9g, expected %.9g", what, got, wanted), 2)
              end
            end
            local function same(got, wanted, what)
              if got ~= wanted and (got == got or wanted == wanted) then error(string.format("%s: %.17g, expected %.17g", what, got, wanted), 2) end
            end

            """
        try ScriptingEnvironment(.init()).state.run(prelude + text, name: "exactness")
    }

    func testSumsDownColumns() throws {
        try run("""
            same(tensor.ones{20000000, 2}:sum(1)[1], 20000000, "sum of ones")
            same(tensor.ones{20000000, 2}:mean(1)[2], 1, "mean of ones")
            near(tensor.full({1000000, 2}, 0.1):mean(1)[1], 0.1, 2e-6, "mean of 1e6 rows")
            near(tensor.full({100000, 2}, 0.1):mean(1)[1], 0.1, 2e-6, "mean of 1e5 rows")
            near(tensor.ones{20000000, 2}:norm(1)[1] ^ 2, 20000000, 2e-7, "norm")
            near(tensor.full({1000000}, 0.1):cumsum(1)[-1], 100000, 1.2e-7, "running sum")
            near(tensor.full({5, 1000000}, 0.1):cumsum(2)[3][-1], 100000, 1.2e-7, "running sum of rows")
            -- Over two dimensions with one between them that stays.
            near(tensor.full({20000, 2, 300}, 0.1):sum{1, 3}[2], 600000, 1e-6, "sum over the first and last")
            """)
    }

    func testMeansAndVariances() throws {
        try run("""
            same(tensor{10000000, 10000001, 10000002}:mean():item(), 10000001, "mean")
            same(tensor{10000000, 10000001, 10000002}:var():item(), 1, "variance")
            local rows = tensor{{10000000, 10000001, 10000002}, {1, 2, 3}}:var(2)
            same(rows[1], 1, "variance of the first row")
            same(rows[2], 1, "variance of the second row")
            same(tensor.full({3}, 0.3, {dtype = "float64"}):mean():item(), 0.3, "mean of three")
            local r = tensor.randn({100000}, {seed = 1}) + 1000000
            near(r:var():item(), r:to"float64":var():item(), 1e-6, "variance far from zero")
            local columns = tensor.randn({20000, 2}, {seed = 1}) + 1e5
            near(columns:var(1)[1], columns:to"float64":var(1)[1], 1e-6, "variance of columns far from zero")
            near((tensor.randn({1000}, {seed = 1}) * 1e19 + 1e20):std():item(), tensor.randn({1000}, {seed = 1}):std():item() * 1e19, 1e-5, "std of large numbers")
            near((tensor.randn({1000}, {seed = 1}) * 1e30):norm():item(), tensor.randn({1000}, {seed = 1}):norm():item() * 1e30, 1e-6, "norm of large numbers")
            """)
    }

    func testGradientsAndProductsOfManyRows() throws {
        try run("""
            local slope = tensor.grad(function(b) return (tensor.full({5000000, 2}, 0.1) * b):sum() end)(tensor.ones{1, 2})
            near(slope[1][1], 500000, 3e-6, "gradient by a broadcast operand")
            local n = 10000000
            local a = tensor.full({n}, 0.1)
            near(a:matmul(a), n * 0.01, 1e-6, "product of two vectors")
            near(a:reshape{1, n}:matmul(a:reshape{n, 1})[1][1], n * 0.01, 1e-6, "product of a row and a column")
            near(tensor.full({2, n}, 0.1):matmul(tensor.full({n, 2}, 0.1))[2][1], n * 0.01, 1e-6, "product of matrices")
            """)
    }

    /// PyTorch 2.15 and NumPy 2.4 give these to the last digit (two of infinity and one of zero: all of them and Lua).
    func testRemainders() throws {
        try run("""
            near((tensor{1e9} % math.pi)[1], 1.02419496, 1e-6, "1e9 % pi")
            local r = tensor{1e6, 123456.78, -1e6} % (2 * math.pi)
            near(r[1], 5.89779377, 1e-6, "1e6") near(r[2], 4.75289917, 1e-6, "123456.78") near(r[3], 0.385391712, 1e-6, "-1e6")
            near((tensor{989119.4} % 9.497066)[1], 9.49564457, 1e-6, "989119.4")
            local a, b = tensor.rand({200000}, {seed = 1}) * 1e6, tensor.rand({200000}, {seed = 2}) * 9 + 0.5
            same((a % b):lt(0):sum():item(), 0, "negative ones")
            same((a % b):ge(b):sum():item(), 0, "ones not below b")
            local x, y, z = a:totable(), b:totable(), (a % b):totable()
            for i = 1, #x, 97 do same(z[i], x[i] % y[i], "Lua's own at " .. i) end
            local function pairs_of(p, q) return (tensor({p}, {dtype = "float64"}) % tensor({q}, {dtype = "float64"}))[1] end
            for _, p in ipairs{1, -1, 0, 5.5, -5.5, 1e300, -1e300, 1e-310, 3, 6, -6, 1/0, -1/0, 0/0} do
              for _, q in ipairs{1, -1, 3, -3, 0.1, -0.1, 1e-300, 1e300, 7e-311, 1/0, -1/0, 0, 0/0} do
                same(pairs_of(p, q), (p + 0.0) % q, p .. " % " .. q)
              end
            end
            same(1 / (tensor{-6} % 3)[1], -1 / 0, "a zero has the sign of a")
            same((tensor{0.9} % 0.1)[1] < string.unpack("f", string.pack("f", 0.1)), true, "0.9 % 0.1")
            same((tensor({1.0}, {dtype = "float64"}) % 0.1)[1], 1.0 % 0.1, "1 % 0.1")
            same((10 % tensor{3, -3})[2], -2, "a number by a tensor")
            same(tensor.compile(function(u, v) return u % v end)(tensor{7.5}, tensor{-2})[1], -0.5, "compiled")
            """)
    }

    func testGradientsAtKinks() throws {
        for kink in NumbersManual.kinks { try check(kink) }
    }

    private func check(_ kink: NumbersManual.Kink) throws {
        func list(_ values: [Double]) -> String { values.map { $0 == .infinity ? "1 / 0" : $0.isNaN ? "0 / 0" : "\($0)" }.joined(separator: ", ") }
        let y = kink.y ?? kink.x
        for (which, expected) in kink.gradient.enumerated() {
            try run("""
                local x, y = tensor({\(list(kink.x))}, {dtype = "float64"}), tensor({\(list(y))}, {dtype = "float64"})
                local slope
                if \(which) == 0 then
                  slope = tensor.grad(function(x) return (\(kink.expression)):sum() end)(x)
                else
                  slope = tensor.grad(function(y) return (\(kink.expression)):sum() end)(y)
                end
                for i, wanted in ipairs{\(list(expected))} do same(slope[i], wanted, "element " .. i) end
                """)
        }
    }

    func testTheManualHasBothTables() throws {
        let manual = try Manual.text(.markdown)
        XCTAssertTrue(manual.contains("## How exact sums are") && manual.contains("## Gradients where there are none"))
        for kink in NumbersManual.kinks { XCTAssertTrue(manual.contains(kink.function), kink.function) }
    }

    /// Networks of 2 to 6 layers are trained, reconstruct and are saved.
    func testNetworksOfManyLayers() throws {
        try run("""
            local d = dataset.cosines{seed = 1, train = 32, validation = 32, test = 32}
            for layers = 2, 6 do
              local space = darts.space{nodes = 2, operations = {operation.cnn{layers = layers}}}
              local trained = darts.train{space = space, architecture = "net", data = d, seed = 1, steps = 5}
              assert(trained.psnr.test == trained.psnr.test, "a score is not a number")
            end
            """)
    }
}
