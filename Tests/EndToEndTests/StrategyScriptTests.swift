import LuaHost
import Scripting
import XCTest

/// Searches and operations as scripts use them.
final class StrategyScriptTests: XCTestCase {
    private func run(_ script: String) throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(script, name: "test", arguments: [])
    }
    private let setUp = """
        local d = dataset.cosines{train = 32, validation = 32, test = 32, seed = 1}
        local space = darts.space{nodes = 2}
        local function fails(text, options)
          options.space, options.data = options.space or space, d
          local ok, message = pcall(darts.search, options)
          assert(not ok and tostring(message):find(text, 1, true), tostring(message) .. " -- expected: " .. text)
        end

        """

    /// DARTS written in Lua is DARTS; its loss and its scores are heeded; its draws differ from step to step.
    func testOwnStrategy() throws {
        try run(setUp + """
            local function search(strategy) return darts.search{space = space, data = d, seed = 3, steps = 20, strategy = strategy} end
            local built_in, own = search("darts"), search{name = "own", weights = function(alpha) return alpha:softmax(-1) end}
            assert(tensor.allclose(built_in.alpha, own.alpha, {rtol = 1e-4, atol = 1e-5}))
            assert(built_in.architecture == own.architecture)
            -- A loss that only wants the last operation, and nothing else to follow.
            local pushed = search{weights = function(alpha) return tensor.full({2, 4}, 0.25) end, loss = function(alpha) return -alpha[{{}, 4}]:sum() end}
            assert(tostring(pushed.architecture) == "noise > noise")
            local chosen = search{weights = function(alpha) return alpha:softmax(-1) end, select = function() return tensor{{0, 0, 1, 0}, {0, 1, 0, 0}} end}
            assert(tostring(chosen.architecture) == "roll > net")
            local seen = search{weights = function(alpha, context) return alpha:softmax(-1) * (1 - context.progress) end}
            assert(seen.history.training[20] > seen.history.training[10])
            """)
    }

    /// Histories that a plot or a difference can take beside each other.
    func testHistoriesStandBesideEachOther() throws {
        try run(setUp + """
            local s = darts.search{space = space, data = d, seed = 1, steps = 10, strategy = "pc"}
            local h = s.history
            assert(#h.training == 10 and #h.validation == 10 and #h.alpha == 10)
            local gap = h.training - h.validation
            for i = 1, 10 do assert((gap[i] ~= gap[i]) == (i <= 3), i) end
            -- What has no weights has losses; a strategy without alpha has no history of it.
            local free = darts.space{nodes = 2, operations = {operation.identity{}, operation.roll{}}}
            local losses = darts.search{space = free, data = d, seed = 1, steps = 10}.history.training
            assert(#losses == 10 and losses:min():item() > 0)
            local shared = darts.search{space = free, data = d, seed = 1, steps = 10, strategy = "random_ws", samples = 2}.history
            assert(shared.alpha == nil and #shared.training == 10 and #shared.validation == 10)
            assert(darts.train{space = free, architecture = "roll", data = d, seed = 1, steps = 4}.history.training:min():item() > 0)
            """)
    }

    /// A network for another operator has to be asked for, and shows no scores.
    func testOtherMeasurement() throws {
        try run(setUp + """
            local function matrix(seed) return measurement.matrix{matrix = tensor.randn({8, 16}, {seed = seed})} end
            local d = dataset.from{clean = tensor.randn({40, 16}, {seed = 2}), measurement = matrix(1), seed = 1}
            local path = os.tmpname()
            local t = darts.train{space = space, architecture = "grad", data = d, seed = 1, steps = 3}
            t:save(path)
            for _, other in ipairs{matrix(5), measurement.blur{}} do
              local ok, message = pcall(darts.load, path, {measurement = other})
              assert(not ok and message:find(tostring(matrix(1)), 1, true) and message:find(tostring(other), 1, true), message)
              local n = darts.load(path, {measurement = other, allow = "other_measurement"})
              assert(n.psnr.test == nil and n.psnr.reason:find(tostring(matrix(1)), 1, true))
              assert(not tostring(n):find("dB") and tostring(n):find("no PSNR", 1, true))
              assert(n.measurement.noise == other.noise)
            end
            assert(darts.load(path, {measurement = matrix(1)}).psnr.test == t.psnr.test)
            os.remove(path)
            """)
    }

    /// What init draws for an operation of a script's own is drawn at every node and for every seed.
    func testOwnParametersAreDrawnAnew() throws {
        try run(setUp + """
            local own = operation.define{name = "own", forward = function(p, x) return tensor.conv1d(x, p.w, {padding = "same"}) + p.fixed end,
              parameters = function(shape, init) return {w = init(3, {1, 1, 3}), fixed = init(3, {1}) * 2} end}
            local many = darts.space{nodes = 3, operations = {own, operation.identity{}}}
            local function w(seed, node, name) return darts.parameters{space = many, seed = seed, shape = {1, 16}}[node].own[name or "w"]:flatten() end
            assert(not tensor.allclose(w(1, 1), w(1, 2)) and not tensor.allclose(w(1, 1), w(2, 1)) and tensor.allclose(w(1, 3), w(1, 3), {rtol = 0, atol = 0}))
            assert(w(1, 1):abs():max():item() <= 1 / math.sqrt(3))
            assert(tensor.allclose(w(1, 1, "fixed"), w(2, 3, "fixed"), {rtol = 0, atol = 0}))
            """)
    }

    /// Steps whose history no memory holds.
    func testTooManySteps() throws {
        try run(setUp + """
            fails("not enough memory for the history of 1000000000000 steps", {steps = 1000000000000})
            fails("not enough memory for the history of 4611686018427387904 steps", {steps = 1 << 62})
            local ok, message = pcall(darts.train, {space = space, data = d, architecture = space:random{seed = 1}, steps = 1000000000000})
            assert(not ok and tostring(message):find("not enough memory for the history of 1000000000000 steps", 1, true), message)
            """)
    }

    /// Two definitions of one name and one text are two operations: each computes with what it captured itself, and is
    /// another one to a study too. So are two strategies.
    func testDefinitionsAreTheirOwn() throws {
        try run(setUp + """
            local function scaled(values, start)
              local factor = tensor(values)                     -- captured
              return operation.define{name = "scaled",
                parameters = start and function() return {shift = tensor.full({1}, start)} end,
                forward = function(p, x, context) return x * factor + (p.shift or 0) end}
            end
            local function train(operation) return darts.train{space = darts.space{nodes = 2, operations = {operation}}, architecture = "scaled", data = d, steps = 1} end
            local m, y = d.measurement, d.test.measured
            local two, three = train(scaled{2}), train(scaled{3})
            assert(tensor.allclose(two:reconstruct(y), m:initial(y) * 4, {rtol = 1e-5}))
            assert(tensor.allclose(three:reconstruct(y), m:initial(y) * 9, {rtol = 1e-5}))
            assert(math.abs(two.psnr.test - dataset.psnr(m:initial(y) * 4, d.test.clean)) < 1e-3)
            assert(math.abs(three.psnr.test - dataset.psnr(m:initial(y) * 9, d.test.clean)) < 1e-3)

            local names = {}
            for _, operation in ipairs{scaled{2}, scaled{2}, scaled{3}, scaled({2}, 0), scaled({2}, 1)} do
              train(operation)
              names[#names + 1] = tostring(operation)
            end
            assert(names[1] == names[2] and names[1] ~= names[3] and names[1] ~= names[4] and names[4] ~= names[5], table.concat(names, " "))

            local function fixed(weights)
              local w = tensor{weights, weights}
              return {name = "fixed", weights = function(alpha, context) return w + alpha * 0 end}
            end
            local function relaxed(weights) return darts.search{space = space, data = d, seed = 1, steps = 1, strategy = fixed(weights)}.one_shot.relaxed end
            local roll, noise = relaxed{0, 0, 1, 0}, relaxed{0, 0, 0, 1}
            assert(math.abs(roll - dataset.psnr(m:initial(d.validation.measured):roll(16, -1), d.validation.clean)) < 1e-3, roll)
            assert(roll ~= noise)
            """)
    }

    func testErrorsSayWhatApplies() throws {
        try run(setUp + """
            fails("temperature: does not apply to strategy 'darts', which takes steps", {temperature = 2})
            fails("order: does not apply to strategy 'random_ws'", {strategy = "random_ws", order = 2})
            fails("did you mean 'gdas'", {strategy = "gads"})
            fails("tuning: only for selection = \\"perturbation\\"", {tuning = 3})
            fails("temperature: {first, last} from 0.001", {strategy = "gdas", temperature = {1}})
            fails("of at most 15 expected", {strategy = "exhaustive", limit = 15})
            fails("'net' alone", {space = darts.space{nodes = 2, operations = {operation.cnn{}}}})
            fails("must return a tensor of the shape of alpha, {2, 4}", {strategy = {weights = function(alpha) return alpha:sum(1) end}})
            fails("operation 'half' (", {space = darts.space{nodes = 2, operations = {operation.cnn{}, operation.define{name = "half", forward = function(p, x) return x:sum(3) end}}}})
            fails("alpha of operation '", {alpha = {optimizer = "sgd", rate = 1e30, weight_decay = 10}, theta = {rate = 0}, steps = 50})
            local ok, message = pcall(study.new, {trials = 1, data = {{name = "d", d}}, methods = {{name = "m", strategy = "gdas", space = space, search = {zero_one = 3}}}})
            assert(not ok and tostring(message):find("zero_one: does not apply to strategy 'gdas'", 1, true), message)
            """)
    }

    /// A study takes every strategy, by the same options.
    func testStudy() throws {
        try run(setUp + """
            local methods = {}
            for _, name in ipairs{"darts", "gdas", "fair", "sdarts", "pc", "drnas", "random", "random_ws"} do
              methods[#methods + 1] = {name = name, strategy = name, space = space, search = {steps = 5}, train = {steps = 5}}
            end
            methods[#methods + 1] = {name = "own", strategy = {weights = function(alpha) return alpha:softmax(-1) end}, space = space, search = {steps = 5}, train = {steps = 5}}
            methods[#methods + 1] = {name = "evolution", strategy = "evolution", space = space, search = {steps = 2, population = 3, sample = 2, cycles = 2}, train = {steps = 5}}
            local s = study.new{trials = 2, data = {{name = "d", d}}, methods = methods}
            s:run{workers = 2}
            assert(#s:trials() == 20)
            for _, t in ipairs(s:trials()) do assert(t.status == "ok", t.error) end
            """)
    }

    /// Operations beside their definitions: a node whose weights stay as they start, applied to x(0) = A'y.
    func testOperations() throws {
        try run(setUp + """
            local m, y = d.measurement, d.test.measured
            local x = m:adjoint(y)
            local function node(op)
              local s = darts.space{nodes = 1, operations = {op}}
              return darts.train{space = s, architecture = op.name, data = d, seed = 1, steps = 2, theta = {rate = 0}}
            end
            local function same(a, b, what) assert(tensor.allclose(a, b, {rtol = 1e-4, atol = 1e-5}), what) end
            local function step(z, size) return z - size / m:norm() ^ 2 * (m:adjoint(m:forward(z)) - m:adjoint(y)) end
            local function soft(z, t) return tensor.where(z:gt(0), 1, -1) * (z:abs() - t):relu() end

            same(node(operation.smooth{width = 3}):reconstruct(y), (x:roll(1, -1) + x + x:roll(-1, -1)) / 3, "smooth")
            same(node(operation.proximal{step = 0.7, threshold = 0.2}):reconstruct(y), soft(step(x, 0.7), 0.2), "proximal")
            local z = step(x, 0.6)
            same(node(operation.momentum{step = 0.6, momentum = 0.3}):reconstruct(y), step(z, 0.6) + 0.3 * (z - x), "momentum")

            local t = node(operation.separable_conv{channels = 3, kernel = 5, dilation = 2})
            local p = t.parameters[1]
            local h = tensor.conv1d(tensor.conv1d(x, p.weight1, {bias = p.bias1}), p.weight2, {bias = p.bias2, groups = 3, dilation = 2, padding = "same"}):relu()
            same(t:reconstruct(y), tensor.conv1d(h, p.weight3, {bias = p.bias3}), "separable_conv")

            t = node(operation.cnn{channels = 4, kernel = 3, norm = "batch"})
            p = t.parameters[1]
            h = tensor.conv1d(x, p.weight1, {bias = p.bias1, padding = "same"})
            local centred = h - h:mean({1, 3}, {keepdim = true})
            local n = centred / ((centred ^ 2):mean({1, 3}, {keepdim = true}) + 1e-5):sqrt() * p.scale1:reshape{1, 4, 1} + p.shift1:reshape{1, 4, 1}
            same(t:reconstruct(y), tensor.conv1d(n:relu(), p.weight2, {bias = p.bias2, padding = "same"}), "norm")
            """)
    }
}
