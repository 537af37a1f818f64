import LuaHost
import Scripting
import XCTest

/// Forward operators beside their definitions, and adjoints beside the forward operators.
final class MeasurementTests: XCTestCase {
    private func run(_ script: String) throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(script, name: "test", arguments: [])
    }

    func testDotProducts() throws {
        try run("""
            local measurements = {
              measurement.identity{noise = 0}, measurement.blur{}, measurement.blur{sigma = 2.5}, measurement.blur{sigma = 1.5, taps = 9},
              measurement.downsample{}, measurement.downsample{factor = 2, sigma = 1}, measurement.downsample{factor = 3, sigma = 0.5},
              measurement.mask{keep = 0.4, seed = 3}, measurement.matrix{matrix = tensor.randn({12, 24}, {seed = 1})},
              measurement.compose{measurement.downsample{factor = 2, sigma = 1}, measurement.blur{sigma = 1}},
            }
            for _, m in ipairs(measurements) do
              for seed = 1, 3 do
                local single, double = m:dot_test{length = 24, seed = seed}, m:dot_test{length = 24, seed = seed, dtype = "float64"}
                assert(single < 1e-5, ("%s: %g in float32"):format(m, single))
                assert(double < 1e-12, ("%s: %g in float64"):format(m, double))
              end
              -- The same from the outside, by the operators themselves.
              local x = tensor.randn({2, 1, 24}, {seed = 8, dtype = "float64"})
              local ax = m:forward(x)
              local y = tensor.randn(ax.shape, {seed = 9, dtype = "float64"})
              local left, right = (ax * y):sum():item(), (x * m:adjoint(y)):sum():item()
              assert(math.abs(left - right) <= 1e-12 * (1 + math.abs(left)), ("%s: %.17g and %.17g"):format(m, left, right))
            end
            """)
    }

    /// y_i = sum over j of w_j x_(i factor - j mod L), with w a Gaussian of sum 1 over the whole circle.
    func testBlurAndDownsampleAreTheirDefinitions() throws {
        try run("""
            local L = 24
            local x = tensor.randn({1, 1, L}, {seed = 2, dtype = "float64"})
            local values = x:reshape{L}:totable()
            for _, case in ipairs{{1.0, 1}, {2.0, 1}, {3.5, 4}, {0.5, 2}} do
              local sigma, factor = case[1], case[2]
              local m = factor == 1 and measurement.blur{sigma = sigma} or measurement.downsample{sigma = sigma, factor = factor}
              local y = m:forward(x):reshape{L // factor}:totable()
              local w, sum = {}, 0
              for j = 0, L - 1 do
                local distance = math.min(j, L - j)
                w[j] = math.exp(-0.5 * (distance / sigma) ^ 2)
                sum = sum + w[j]
              end
              for i = 0, L // factor - 1 do
                local expected = 0
                for j = 0, L - 1 do expected = expected + w[j] / sum * values[(i * factor - j) % L + 1] end
                assert(math.abs(y[i + 1] - expected) < 1e-6, ("sigma %g factor %d at %d: %g, expected %g"):format(sigma, factor, i, y[i + 1], expected))
              end
            end
            """)
    }

    func testPSNRIsItsDefinition() throws {
        try run("""
            local a = tensor({{{1, 2, 3, 4}}, {{0, 1, 0, 1}}})
            local b = tensor({{{1, 2, 3, 5}}, {{0.5, 1, 0, 1}}})
            local mse = (1 + 0.25) / 8
            assert(math.abs(dataset.psnr(b, a, {peak = 1}) + 10 * math.log(mse, 10)) < 1e-5)
            assert(math.abs(dataset.psnr(b, a, {peak = 2}) + 10 * math.log(mse / 4, 10)) < 1e-5)
            local each = dataset.psnr(b, a, {peak = 1, per_signal = true})
            assert(math.abs(each[1] + 10 * math.log(1 / 4, 10)) < 1e-5 and math.abs(each[2] + 10 * math.log(0.25 / 4, 10)) < 1e-5)
            """)
    }
}
