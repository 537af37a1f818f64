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

    /// What is lost is neither measured nor noisy; exactly a share is kept where that is asked for.
    func testMasksKeepWhatTheySay() throws {
        try run("""
            local ones = tensor.ones{400, 3, 50}
            for seed = 1, 5 do
              local m = measurement.mask{keep = 0.3, seed = seed, noise = 0.5}
              local kept, y = m:forward(ones), m:observe(ones, {seed = seed})
              assert((y * kept:eq(0)):abs():max():item() == 0, "noise where nothing is measured")
              local noise = (y - ones) * kept
              local sigma = math.sqrt((noise ^ 2):sum():item() / kept:sum():item())
              assert(math.abs(sigma - 0.5) < 0.02, sigma)
              -- The outermost operator decides about the noise.
              local through = measurement.compose{m, measurement.blur{sigma = 1}}
              assert((through:observe(ones, {seed = seed}) * kept:eq(0)):abs():max():item() == 0)
              -- Both precisions have one mask.
              assert((m:forward(ones:to"float64"):to"float32" - kept):abs():max():item() == 0)
              -- A binomial share, and an exact one.
              local share = kept[1]:mean():item()
              assert(math.abs(share - 0.3) < 4 * math.sqrt(0.21 / 150), share)
              for _, keep in ipairs{0, 0.1, 0.33, 0.5, 1} do
                local exact = measurement.mask{keep = keep, exact = true, seed = seed}:forward(ones[{{1, 1}}])
                assert(exact:sum():item() == math.floor(keep * 150 + 0.5), exact:sum():item())
                local all = measurement.mask{keep = keep, exact = true, per = "sample", seed = seed}:forward(ones[{{1, 1}}])
                for c = 1, 3 do
                  assert(all[{1, c}]:sum():item() == math.floor(keep * 50 + 0.5))
                  assert((all[{1, c}] - all[{1, 1}]):abs():max():item() == 0)
                end
              end
              -- Channels lose samples of their own unless told otherwise.
              assert((kept[{1, 1}] - kept[{1, 2}]):abs():max():item() == 1)
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
                w[j] = 0
                for m = -9, 9 do w[j] = w[j] + math.exp(-0.5 * ((j + m * L) / sigma) ^ 2) end
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

    /// y_(r, c) = sum over i, j of w_i v_j x_(r factor - i mod H, c factor - j mod W): the product of two Gaussians.
    func testImagesAreBlurredAlongBothAxes() throws {
        try run("""
            local H, W = 8, 12
            local x = tensor.randn({2, 3, H, W}, {seed = 2, dtype = "float64"})
            local function gaussian(n, sigma)
              local w, sum = {}, 0
              for j = 0, n - 1 do
                w[j] = 0
                for m = -9, 9 do w[j] = w[j] + math.exp(-0.5 * ((j + m * n) / sigma) ^ 2) end
                sum = sum + w[j]
              end
              for j = 0, n - 1 do w[j] = w[j] / sum end
              return w
            end
            for _, case in ipairs{{1.0, 1}, {2.5, 1}, {1.5, 2}, {3.5, 4}, {0.7, 3}} do
              local sigma, factor = case[1], case[2]
              local m = factor == 1 and measurement.blur{sigma = sigma} or measurement.downsample{sigma = sigma, factor = factor}
              local y = m:forward(x)
              local rows, columns = (H + factor - 1) // factor, (W + factor - 1) // factor
              assert(y.shape[1] == 2 and y.shape[2] == 3 and y.shape[3] == rows and y.shape[4] == columns)
              local v, w = gaussian(H, sigma), gaussian(W, sigma)
              for _, place in ipairs{{1, 1}, {2, 3}} do
                local image, measured = x[place]:totable(), y[place]:totable()
                for r = 0, rows - 1 do for c = 0, columns - 1 do
                  local expected = 0
                  for i = 0, H - 1 do for j = 0, W - 1 do expected = expected + v[i] * w[j] * image[(r * factor - i) % H + 1][(c * factor - j) % W + 1] end end
                  assert(math.abs(measured[r + 1][c + 1] - expected) < 1e-12, ("sigma %g factor %d: %g, expected %g"):format(sigma, factor, measured[r + 1][c + 1], expected))
                end end
              end
            end
            """)
    }

    func testAdjointsOfImages() throws {
        try run("""
            local measurements = {
              measurement.identity{noise = 0}, measurement.blur{}, measurement.blur{sigma = 1.5, taps = 5}, measurement.downsample{factor = 2, sigma = 1},
              measurement.downsample{factor = 3, sigma = 0}, measurement.mask{keep = 0.4, seed = 3},
              measurement.compose{measurement.mask{keep = 0.5}, measurement.downsample{factor = 2, sigma = 1}, measurement.blur{sigma = 1}},
            }
            for _, m in ipairs(measurements) do
              -- Sizes that a factor divides, and sizes that it does not.
              for _, shape in ipairs{{1, 8, 12}, {3, 7, 10}, {2, 4, 5}} do
                assert(m:dot_test{shape = shape} < 1e-5 and m:dot_test{shape = shape, dtype = "float64"} < 1e-12, tostring(m))
                local x = tensor.randn({2, table.unpack(shape)}, {seed = 8, dtype = "float64"})
                local ax = m:forward(x)
                local y = tensor.randn(ax.shape, {seed = 9, dtype = "float64"})
                local back = m:adjoint(y, {shape = shape})
                local left, right = (ax * y):sum():item(), (x * back):sum():item()
                assert(math.abs(left - right) <= 1e-12 * (1 + math.abs(left)), ("%s: %.17g and %.17g"):format(m, left, right))
                -- The norm of a separable blur of sum 1 is 1; of a mask too.
                local norm = m:norm{shape = shape}
                assert(norm > 0 and norm <= 1 + 1e-9, ("%s: norm %.17g"):format(m, norm))
              end
            end
            assert(math.abs(measurement.blur{}:norm{shape = {1, 8, 12}} - 1) < 1e-9)
            -- Without a length, what fits: a matrix knows, wherever it stands.
            local matrix = measurement.matrix{matrix = tensor.eye(8)}
            for _, m in ipairs{matrix, measurement.compose{matrix, measurement.blur{}}, measurement.compose{measurement.blur{}, matrix},
                               measurement.compose{matrix, measurement.downsample{factor = 2, sigma = 1}}} do
              assert(m:dot_test() < 1e-5 and m:norm() > 0.5, tostring(m))
            end
            -- Noise is drawn for every pixel, and the same seed gives the same.
            local m = measurement.blur{sigma = 1, noise = 0.5}
            local x = tensor.zeros{4, 1, 32, 32}
            assert(math.abs(m:observe(x, {seed = 1}):std():item() - 0.5) < 0.02)
            assert((m:observe(x, {seed = 1}) - m:observe(x, {seed = 1})):abs():max():item() == 0)
            -- Gradients go through.
            local x = tensor.randn({1, 1, 4, 6}, {seed = 1})
            assert(tensor.gradcheck(function(x) return (measurement.downsample{factor = 2, sigma = 1}:forward(x) ^ 2):sum() end, x))
            """)
    }

    /// What a first try gets wrong, and what it is told.
    func testMessages() throws {
        let calls = [
            ("dataset.from{clean = tensor.zeros{8, 1, 4, 4}, measurement = m}", "bad argument 'clean' to 'from' (signals {n, length} or {n, channels, length} expected, got images of shape {8, 1, 4, 4}"),
            ("dataset.from{clean = tensor.zeros{8}, measurement = m}", "bad argument 'clean' to 'from' (signals {n, length} or {n, channels, length} expected, got shape {8})"),
            ("dataset.from{clean = tensor.zeros{0, 8}, measurement = m}", "bad argument 'clean' to 'from' (signals {n, length} or {n, channels, length} expected, got shape {0, 8})"),
            ("dataset.from{clean = {{1, 2}, {3, 4}}, measurement = m}", "bad argument 'clean' to 'from' (tensor expected, got table)"),
            ("dataset.from{clean = tensor.zeros{8, 8}}", "bad argument 'measurement' to 'from' (measurement expected, got nothing)"),
            ("dataset.from{clean = tensor.zeros{2, 8}, measurement = m}", "from: 2 signals are too few for the split: train 1, validation 0, test 1"),
            ("dataset.from{clean = tensor.zeros{1, 8}, measurement = m}", "from: 1 signal is too few for the split: train 1, validation 0, test 0"),
            ("dataset.from{clean = tensor.zeros{9, 8}, measurement = m, split = {0.5, 0.2, 0.2}}", "from: split of three positive fractions with sum 1 expected, got {0.5, 0.2, 0.2}"),
            ("dataset.from{clean = tensor.zeros{9, 8}, measurement = m, split = {0.5, 0.5}}", "from: split of three positive fractions with sum 1 expected, got {0.5, 0.5}"),
            ("dataset.from{clean = tensor.zeros{9, 8}, measurement = m, split = {0.5, 0.5, 0}}", "from: split of three positive fractions with sum 1 expected, got {0.5, 0.5, 0.0}"),
            ("dataset.from{clean = tensor.zeros{9, 8}, measurement = m, peak = 0}", "bad argument 'peak' to 'from' (positive number expected, got 0)"),
            ("dataset.from{clean = tensor{{1, 2}, {3, 0/0}}, measurement = m}", "from: finite values expected, got nan in signal 2"),
            ("dataset.from{clean = tensor{{1, 2}, {3, math.huge}}, measurement = m}", "from: finite values expected, got inf in signal 2"),
            ("dataset.from{clean = tensor.zeros{9, 8}, measurement = measurement.matrix{matrix = tensor.eye(4)}}", "matrix: signals of length 4 expected, got 8"),
            ("dataset.from{clean = tensor.zeros{9, 3}, measurement = measurement.blur{taps = 9}}", "blur: 9 taps are too many for a length of 3"),
            ("measurement.matrix{matrix = tensor.eye(4)}:forward(tensor.zeros{1, 1, 4, 4})", "matrix: signals {n, channels, length} expected, got images of shape {1, 4, 4}"),
            ("measurement.matrix{matrix = tensor{1, 2}}", "bad argument 'matrix' to 'matrix' (matrix {measured length, length} expected, got shape {2})"),
            ("measurement.mask{}", "bad argument 'keep' to 'mask' (number from 0 to 1 expected, got nothing)"),
            ("measurement.mask{keep = 50}", "bad argument 'keep' to 'mask' (number from 0 to 1 expected, got 50)"),
            ("measurement.blur{taps = 4}", "bad argument 'taps' to 'blur' (odd number expected, got 4: an even kernel would shift the signal by half a sample)"),
            ("measurement.downsample{taps = 2}", "bad argument 'taps' to 'downsample' (odd number expected, got 2"),
            ("dataset.cosines{length = 9, measurement = measurement.matrix{matrix = tensor.eye(4)}}", "matrix: signals of length 4 expected, got 9"),
            ("dataset.cosines{length = 3, measurement = measurement.blur{taps = 9}}", "blur: 9 taps are too many for a length of 3"),
            ("measurement.mask{keep = 0.5, per = 'row'}", "bad argument 'per' to 'mask' ('channel' or 'sample' expected, got 'row')"),
            ("measurement.blur{sigma = -1}", "bad argument 'sigma' to 'blur' (positive number expected, got -1)"),
            ("measurement.downsample{factor = 2}:adjoint(tensor.zeros{1, 1, 4}, {shape = {1, 10}})", "adjoint: a measurement of shape {1, 5} expected, got {1, 4}"),
            ("measurement.blur{}:dot_test{shape = {8}}", "bad argument 'shape' to 'dot_test' ({channels, length} or {channels, height, width} expected, got {8})"),
            ("measurement.blur{}:norm{shape = {1, 8}, length = 8}", "bad argument 'shape' to 'norm' (length or shape expected, got both)"),
            ("measurement.blur{}:forward(tensor.zeros{1, 1, 1, 4, 4})", "signals {n, channels, length}, {n, length} or {length}, or images {n, channels, height, width}, expected, got shape {1, 1, 1, 4, 4}"),
        ]
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run("m = measurement.blur{}")
        for (text, expected) in calls {
            XCTAssertThrowsError(try environment.state.run("local x = \(text)", name: "bad.lua"), text) { error in
                XCTAssertTrue((error as? LuaError)?.message.hasPrefix(expected) ?? false, "\(text)\n  says     \(error)\n  expected \(expected)")
            }
        }
    }

    /// Signals of any length, several channels, a stated peak: split, measured, trained on.
    func testOwnSignals() throws {
        try run("""
            for _, shape in ipairs{{20, 17}, {20, 1, 17}, {31, 3, 9}} do
              local clean = tensor.randn(shape, {seed = 1})
              local channels, length = #shape == 3 and shape[2] or 1, shape[#shape]
              for _, m in ipairs{measurement.blur{sigma = 1}, measurement.mask{keep = 0.5, noise = 0.1}, measurement.downsample{factor = 4, sigma = 1},
                                 measurement.matrix{matrix = tensor.randn({5, length}, {seed = 2})}} do
                local d = dataset.from{clean = clean, measurement = m, split = {0.5, 0.25, 0.25}, seed = 3, peak = 2}
                assert(#d.train + #d.validation + #d.test == shape[1] and d.peak == 2)
                assert(d.train.clean.shape[2] == channels and d.train.clean.shape[3] == length)
                local measured = m:forward(d.train.clean)
                for i, n in ipairs(measured.shape) do assert(d.train.measured.shape[i] == n) end
                if m.noise == 0 then assert((measured - d.train.measured):abs():max():item() < 1e-5) end
                -- Every signal is in exactly one split.
                local all = tensor.cat({d.train.clean, d.validation.clean, d.test.clean}, 1):reshape{shape[1], -1}
                local sorted, given = all[{{}, 1}]:sort(1), clean:reshape{shape[1], -1}[{{}, 1}]:sort(1)
                assert((sorted - given):abs():max():item() == 0)
                local t = darts.train{space = darts.space{nodes = 2}, architecture = {"grad", "net"}, data = d, steps = 2, batch = 4, seed = 1}
                assert(t.psnr.test == t.psnr.test)
                local estimate = t:reconstruct(d.test.measured)
                assert(math.abs(dataset.psnr(estimate, d.test.clean, {peak = d.peak}) - t.psnr.test) < 1e-3)
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
