import LuaHost
import Scripting
import Tensors
import XCTest

/// Alpha gradients of both orders beside JAX in float64 (Fixtures/search.json, made by scripts/reference-search.py), and
/// beside finite differences of the whole objective that only use darts.loss.
final class SecondOrderTests: XCTestCase {
    private struct Values: Decodable {
        var shape: [Int], data: [Double]
        func tensor(_ dtype: String) -> Tensor { Tensor(data, shape: shape, dtype == "float64" ? .float64 : .float32) }
    }
    private struct Split: Decodable { var clean: Values, measured: Values }
    private struct Case: Decodable {
        var name: String, activation: String
        var nodes: Int, channels: Int, kernel: Int, taps: Int, shift: Int
        var sigma: Double, rate: Double, momentum: Double, weight_decay: Double, loss: Double
        var parameters: [[String: [String: Values]]], velocity: [[String: [String: Values]]]
        var alpha: Values, first: Values, second: Values
        var train: Split, validation: Split
    }
    private struct File: Decodable { var cases: [Case] }

    private func run(_ script: String, _ arguments: [any LuaConvertible] = []) throws -> [LuaValue] {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        return try environment.state.compile(script, name: "test").call(arguments)
    }

    func testAgreesWithJAX() throws {
        let url = Bundle.module.url(forResource: "Fixtures/search", withExtension: "json")!
        let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
        XCTAssertEqual(cases.count, 4)
        for c in cases {
            for (dtype, tolerance) in [("float64", 1e-10), ("float32", 1e-4)] {
                func tables(_ nodes: [[String: [String: Values]]]) -> [[String: [String: Tensor]]] {
                    nodes.map { $0.mapValues { $0.mapValues { $0.tensor(dtype) } } }
                }
                let results = try run("""
                    local c, settings, numbers, p, velocity, alpha, xt, yt, xv, yv = ...
                    local m = measurement.blur{sigma = numbers.sigma, taps = settings.taps, noise = 0}
                    local space = darts.space{nodes = settings.nodes, operations = {operation.gradient_descent{},
                      operation.cnn{channels = settings.channels, kernel = settings.kernel, activation = c}, operation.roll{shift = settings.shift}}}
                    for _, node in ipairs(p) do node.roll = {} end
                    local train, validation = {clean = xt, measured = yt, measurement = m}, {clean = xv, measured = yv, measurement = m}
                    local function gradient(order, hvp)
                      return darts.alpha_gradient{space = space, alpha = alpha, parameters = p, train = train, validation = validation, order = order, hvp = hvp,
                        rate = numbers.rate, momentum = numbers.momentum, velocity = velocity, weight_decay = numbers.weight_decay, seed = 1}
                    end
                    return darts.loss{space = space, alpha = alpha, parameters = p, batch = validation, seed = 1}, gradient(1), gradient(2), gradient(2, "finite_difference")
                    """, [c.activation, ["nodes": c.nodes, "channels": c.channels, "kernel": c.kernel, "taps": c.taps, "shift": c.shift],
                          ["sigma": c.sigma, "rate": c.rate, "momentum": c.momentum, "weight_decay": c.weight_decay], tables(c.parameters), tables(c.velocity),
                          c.alpha.tensor(dtype), c.train.clean.tensor(dtype), c.train.measured.tensor(dtype), c.validation.clean.tensor(dtype), c.validation.measured.tensor(dtype)])
                XCTAssertEqual(results[0].as(Double.self)!, c.loss, accuracy: tolerance * c.loss, "\(c.name) \(dtype): loss")
                let apart = zip(c.first.data, c.second.data).map { abs($0 - $1) }.max()!
                for (what, result, expected, allowed) in [("first order", results[1], c.first, tolerance), ("second order", results[2], c.second, tolerance)] {
                    let tensor: Tensor = result.as()!
                    XCTAssertEqual(tensor.shape, expected.shape)
                    let scale = expected.data.map(abs).max()!
                    for (a, b) in zip(try tensor.values(), expected.data) { XCTAssertEqual(a, b, accuracy: allowed * scale, "\(c.name) \(dtype): \(what)") }
                }
                // The reference's approximation is near the exact derivative where the loss is smooth, and the two orders are not the same.
                if dtype == "float64", c.activation == "tanh" {
                    let tensor: Tensor = results[3].as()!
                    for (a, b) in zip(try tensor.values(), c.second.data) { XCTAssertEqual(a, b, accuracy: 0.01 * apart, "\(c.name): finite difference") }
                }
                XCTAssertGreaterThan(apart, 1e-3)
            }
        }
    }

    /// Central differences in alpha of L_val(theta - rate grad L_train), the inner gradient by central differences as well.
    private static let differences = """
    local function copied(p)
      local q = {}
      for j, node in ipairs(p) do
        q[j] = {}
        for name, operation in pairs(node) do q[j][name] = {}; for k, v in pairs(operation) do q[j][name][k] = v end end
      end
      return q
    end
    local function check(operations, seed, tolerance)
      local N, K, L, n, rate = 2, #operations, 8, 18, 0.3
      local space = darts.space{nodes = N, operations = operations}
      local p = darts.parameters{space = space, seed = seed, shape = {1, L}, dtype = "float64"}
      local m = measurement.blur{sigma = 1, taps = 5, noise = 0.1}
      local function batch(s)
        local x = tensor.randn({n, 1, L}, {seed = seed + s, dtype = "float64"})
        return {clean = x, measured = m:observe(x, {seed = seed + s}), measurement = m}
      end
      local train, validation, h = batch(1), batch(2), 1e-5
      local alpha = tensor.randn({N, K}, {seed = seed, dtype = "float64"}) * 0.5
      local function loss(a, q, b, draws) return darts.loss{space = space, alpha = a, parameters = q, batch = b, seed = 7, draws = draws} end
      local function inner(a)
        local moved, q = copied(p), copied(p)
        for j, node in ipairs(p) do
          for name, operation in pairs(node) do
            for k, v in pairs(operation) do
              local values, new = v:reshape{-1}:totable(), {}
              for i, value in ipairs(values) do
                local function at(x)
                  values[i] = x
                  q[j][name][k] = tensor(values, {dtype = "float64"}):reshape(v.shape)
                  return loss(a, q, train, "inner")
                end
                new[i] = value - rate * (at(value + h) - at(value - h)) / (2 * h)
                values[i] = value
              end
              q[j][name][k], moved[j][name][k] = v, tensor(new, {dtype = "float64"}):reshape(v.shape)
            end
          end
        end
        return moved
      end
      local function gradient(order, hvp, p32, a32)
        return darts.alpha_gradient{space = space, alpha = alpha, parameters = p, train = train, validation = validation, order = order, hvp = hvp, rate = rate, seed = 7}
      end
      for order = 1, 2 do
        local exact = gradient(order)
        local scale, values = exact:abs():max():item(), alpha:totable()
        for j = 1, N do
          for t = 1, K do
            local function at(x)
              local old = values[j][t]
              values[j][t] = x
              local a = tensor(values, {dtype = "float64"})
              values[j][t] = old
              return loss(a, order == 2 and inner(a) or p, validation)
            end
            local x, step = values[j][t], 1e-4
            local numeric = (at(x + step) - at(x - step)) / (2 * step)
            assert(math.abs(numeric - exact[j][t]) <= tolerance * scale,
              ("order %d, node %d, operation %d: %.12g, differences give %.12g"):format(order, j, t, exact[j][t], numeric))
          end
        end
      end
      return gradient(1), gradient(2), gradient(2, "finite_difference")
    end

    """

    func testExactGradientsAreDifferencesOfTheObjective() throws {
        _ = try run(Self.differences + """
            local noise = operation.noise{sigma = 0.3}
            for _, kernel in ipairs{3, 5} do
              local first, second, approximate = check({operation.gradient_descent{}, operation.cnn{channels = 3, kernel = kernel, activation = "tanh"}, noise}, 1, 1e-6)
              local apart = (second - first):abs():max():item()
              assert(apart > 1e-3 and (second - approximate):abs():max():item() < 0.01 * apart)
              check({operation.gradient_descent{}, operation.cnn{channels = 4, kernel = kernel}, operation.roll{shift = 3}, noise}, 5, 1e-6)
            end
            """)
    }

    func testOperationsOfTheUser() throws {
        _ = try run(Self.differences + """
            local scale = 0.7 * tensor.ones{1}
            local wave = operation.define{name = "wave",
              parameters = function(shape, init) return {gain = tensor.full({1}, 0.5)} end,
              forward = function(p, x, context) return scale * (p.gain * x + 0.25 * context.initial):sin() + 0.1 * tensor.randn(x.shape) end}
            check({wave, operation.cnn{channels = 2, kernel = 3, activation = "tanh"}}, 3, 1e-6)
            """)
    }

    /// The paper's example (its figure 2): L_val = alpha w - 2 alpha + 1, L_train = w^2 - 2 alpha w + alpha^2, from (2, -2).
    /// The unrolled gradient finds the minimum (1, 1) of L_val on w = alpha; the first-order one ends at (2, 2).
    func testThePapersExample() throws {
        _ = try run("""
            local function L_val(w, a) return a * w - 2 * a + 1 end
            local function L_train(w, a) return w * w - 2 * a * w + a * a end
            local function search(xi)
              local a, w = tensor(2.0), tensor(-2.0)
              local function objective(a) return L_val(w - xi * tensor.grad(function(w) return L_train(w, a) end)(w), a) end
              for _ = 1, 3000 do
                a = a - 0.05 * tensor.grad(objective)(a)
                w = w - 0.2 * tensor.grad(function(w) return L_train(w, a) end)(w)
              end
              return a:item(), w:item()
            end
            local a, w = search(0.5)
            assert(math.abs(a - 1) < 1e-3 and math.abs(w - 1) < 1e-3, ("%g %g"):format(a, w))
            a, w = search(0)
            assert(math.abs(a - 2) < 1e-3 and math.abs(w - 2) < 1e-3, ("%g %g"):format(a, w))
            """)
    }

    func testSearches() throws {
        _ = try run("""
            local space = darts.space{nodes = 2, operations = {operation.gradient_descent{}, operation.cnn{channels = 4, kernel = 3}, operation.noise{}}}
            local data = dataset.cosines{length = 16, train = 64, validation = 64, test = 16, seed = 1}
            local function search(o)
              o.space, o.data, o.seed, o.steps, o.batch = space, data, 4, 12, 18
              return darts.search(o).alpha
            end
            local first, second = search{order = 1}, search{order = 2}
            assert(tensor.allclose(second, search{order = 2}, {rtol = 0, atol = 0}))
            assert(not tensor.allclose(first, second, {rtol = 1e-4}))
            assert(tensor.allclose(second, search{order = 2, hvp = "finite_difference"}, {atol = 2e-3}))
            -- Without an inner step the two orders see the same loss.
            assert(tensor.allclose(first, search{order = 2, xi = 0}, {rtol = 1e-4, atol = 1e-5}))
            local sgd = {optimizer = "sgd", momentum = 0.9, weight_decay = 1e-3, rate = 0.05}
            assert(not tensor.allclose(search{order = 2, theta = sgd}, search{order = 2, theta = {optimizer = "sgd", momentum = 0, weight_decay = 1e-3, rate = 0.05}}, {rtol = 1e-4}))
            -- The first step of a search is its own pieces: Adam's first step goes along the sign of the gradient.
            local weights = darts.parameters{space = space, seed = 4, shape = {1, 16}}
            assert(weights[2].net.weight1.shape[1] == 4 and weights[1].grad.step[1] == 1 and next(weights[1].noise) == nil)
            """)
    }

    /// Two steps within one function: each is a region of its own, and later ones need values of all before.
    func testSeveralUnrolledSteps() throws {
        _ = try run("""
            local x, y = tensor.randn({20, 1, 12}, {seed = 1}), tensor.randn({20, 1, 12}, {seed = 2})
            local function net(p, x) return tensor.conv1d(tensor.conv1d(x, p.w1, {padding = "same", bias = p.b1}):tanh(), p.w2, {padding = "same", bias = p.b2}) end
            local function loss(p) return ((net(p, x) - y) ^ 2):mean() end
            local function unrolled(p)
              for _ = 1, 2 do
                local g = tensor.grad(loss)(p)
                local q = {}
                for name, value in pairs(p) do q[name] = value - 0.1 * g[name] end
                p = q
              end
              return loss(p)
            end
            local p = {w1 = tensor.randn({4, 1, 3}, {seed = 3}), b1 = tensor.randn({4}, {seed = 4}), w2 = tensor.randn({1, 4, 3}, {seed = 5}), b2 = tensor.randn({1}, {seed = 6})}
            local ok, error = tensor.gradcheck(unrolled, p)
            assert(ok, tostring(error))
            """)
    }

    func testErrorsSayWhere() throws {
        _ = try run("""
            local space = darts.space{nodes = 2}
            local p, m = darts.parameters{space = space, seed = 1}, measurement.blur{}
            local function batch(n) return {clean = tensor.ones{n, 1, 32}, measured = tensor.ones{n, 1, 32}, measurement = m} end
            local function copy() return darts.parameters{space = space, seed = 1} end
            local function fails(expected, change)
              local o = {space = space, alpha = tensor.zeros{2, 4}, parameters = copy(), train = batch(4), validation = batch(4), order = 2, rate = 0.1, seed = 1}
              change(o)
              local ok, message = pcall(darts.alpha_gradient, o)
              assert(not ok, expected)
              assert(tostring(message):find(expected, 1, true), tostring(message))
            end
            fails("node 2, operation 'net': parameter 'weight1': shape {8, 1, 5} expected, got {8, 5}", function(o) o.parameters[2].net.weight1 = tensor.zeros{8, 5} end)
            fails("node 1, operation 'grad': parameter 'step' of shape {1} is missing", function(o) o.parameters[1].grad = {} end)
            fails("node 1, operation 'net': unknown parameter 'wieght1' (did you mean 'weight1'?)", function(o) o.parameters[1].net.wieght1 = tensor.ones{1} end)
            fails("node 1: no operation 'nett' in this space (did you mean 'net'?)", function(o) o.parameters[1].nett = {} end)
            fails("tables of 2 nodes expected, got 1", function(o) o.parameters[2] = nil end)
            fails("{nodes, operations} = {2, 4} expected, got {4, 2}", function(o) o.alpha = tensor.zeros{4, 2} end)
            fails("measurements of shape {3, 1, 32} expected for signals {3, 1, 32}, got {4, 1, 32}", function(o) o.train.clean = tensor.ones{3, 32} end)
            fails("at least one signal expected", function(o) o.train = batch(0) end)
            fails("for order = 2 a batch", function(o) o.train = nil end)
            fails("unknown option 'ordre'", function(o) o.ordre = 2 end)
            -- By number, and with batches of different sizes.
            local by_number = copy()
            by_number[1][2], by_number[1].net = by_number[1].net, nil
            local function gradient(q, n) return darts.alpha_gradient{space = space, alpha = tensor.zeros{2, 4}, parameters = q, train = batch(n), validation = batch(4), order = 2, seed = 1} end
            assert(tensor.allclose(gradient(by_number, 4), gradient(p, 4), {rtol = 0, atol = 0}) and gradient(p, 7).shape[1] == 2)
            local ok, message = pcall(function()
              return tensor.grad(function(a) return tensor.ones{1}:sum() * darts.loss{space = space, alpha = a, parameters = p, batch = batch(2), seed = 1} end)(tensor.zeros{2, 4})
            end)
            assert(not ok and tostring(message):find("darts.alpha_gradient differentiates", 1, true), tostring(message))
            for _, o in ipairs{{order = 2}, {hvp = "exact"}} do
              o.space, o.data, o.strategy = space, dataset.cosines{seed = 1}, "random"
              local ok, message = pcall(darts.search, o)
              assert(not ok and tostring(message):find("does not apply to strategy 'random'", 1, true), tostring(message))
            end
            """)
    }
}
