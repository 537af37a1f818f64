import Foundation
import LuaHost
import Scripting
import Tensors
import XCTest

/// Functions that assign to their arguments while they are traced: values and derivatives up to the third beside
/// PyTorch's (Fixtures/assignment.json, made by scripts/reference-assignment.py), the caller's tensors as they were,
/// and assignments to what is not the function's own refused.
final class AssignmentTests: XCTestCase {
    private struct Tree: Decodable {
        var a: [[Double]], b: [Double], n: Inner
        struct Inner: Decodable { var c: [[Double]] }

        func tensors() -> String { "{a = \(lua(a)), b = \(lua(b)), n = {c = \(lua(n.c))}}" }
        private func lua(_ row: [Double]) -> String { "{" + row.map { "\($0)" }.joined(separator: ", ") + "}" }
        private func lua(_ rows: [[Double]]) -> String { "{" + rows.map(lua).joined(separator: ", ") + "}" }
    }
    private struct Case: Decodable {
        var lua: String
        var p: Tree, v: Tree, x: [Double]
        var value: Double
        var gradient: Tree, hvp: Tree, third: Tree
    }
    private struct File: Decodable { var cases: [Case] }

    private static let helpers = """
        zero = tensor(0, {dtype = "float64"})
        function tensors(t) -- nested lists as tensors
          return {a = tensor(t.a, {dtype = "float64"}), b = tensor(t.b, {dtype = "float64"}), n = {c = tensor(t.n.c,
            {dtype = "float64"})}}
        end
        function loss(t, k)
          local flat = t:reshape{-1}
          local weights = 1 + 0.3 * (tensor.arange(1, flat.size + 1, 1, {dtype = "float64"}) * k):cos()
          return (weights * flat * (flat + 0.2):sin()):sum()
        end
        function dot(a, b) return (a.a * b.a):sum() + (a.b * b.b):sum() + (a.n.c * b.n.c):sum() end
        function close(name, got, expected, tolerance)
          for _, pair in ipairs{{"a", got.a, expected.a}, {"b", got.b, expected.b}, {"n.c", got.n.c, expected.n.c}} do
            local scale = math.max(1, pair[3]:abs():max():item())
            local worst = (pair[2] - pair[3]):abs():max():item() / scale
            if not (worst < (tolerance or 1e-9)) then error(name .. " in " .. pair[1] .. ": apart by " .. worst ..
              "\\n" .. tostring(pair[2]) .. "\\n" .. tostring(pair[3])) end
          end
        end
        """

    private func environment() throws -> ScriptingEnvironment {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(Self.helpers)
        return environment
    }

    private func run(_ script: String) throws -> [LuaValue] {
        try environment().state.compile(script, name: "test").call([])
    }

    private func error(_ script: String) throws -> String {
        do {
            _ = try run(script)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    func testAgreesWithPyTorch() throws {
        let url = try XCTUnwrap(Bundle.module.url(forResource: "Fixtures/assignment", withExtension: "json"))
        let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
        XCTAssertTrue(cases.count == 80)
        let environment = try environment()
        for (number, c) in cases.enumerated() {
            let script = """
                local x = tensor({\(c.x.map { "\($0)" }.joined(separator: ", "))}, {dtype = "float64"})
                local p, v = tensors(\(c.p.tensors())), tensors(\(c.v.tensors()))
                local p0, x0 = tensors(\(c.p.tensors())), x:clone()
                local function f(p, x)
                  \(c.lua)
                end
                local expected = {gradient = tensors(\(c.gradient.tensors())), hvp = tensors(\(c.hvp.tensors())),
                  third = tensors(\(c.third.tensors()))}
                local function unchanged(name)
                  close(name .. ": the caller's parameters", p, p0, 1e-300)
                  assert((x - x0):abs():max():item() == 0, name .. ": the caller's x")
                end
                local value, g = tensor.value_and_grad(f)(p, x)
                assert(math.abs(value:item() - \(c.value)) <= 1e-9 * math.max(1, math.abs(\(c.value))), "value " ..
                  value:item())
                close("gradient", g, expected.gradient) unchanged("value_and_grad")
                close("hvp", tensor.hvp(f, p, v, x), expected.hvp) unchanged("hvp")
                local function third(p, x, v) return dot(v, tensor.hvp(f, p, v, x)) end
                close("third", tensor.grad(third)(p, x, v), expected.third, 1e-8) unchanged("third")
                -- The gradient of the gradient, one inside another.
                local second = tensor.grad(function(p, x, v) return dot(v, tensor.grad(f)(p, x)) end)(p, x, v)
                close("grad of grad", second, expected.hvp)
                -- Compiled: the function, its gradient, and a compiled function inside.
                local compiled = tensor.compile(f)
                for i = 1, 2 do assert(math.abs(compiled(p, x):item() - \(c.value)) <= 1e-9 * math.max(1,
                  math.abs(\(c.value))), "compiled value") end
                unchanged("compile")
                local step = tensor.compile(function(p, x) local g = tensor.grad(f)(p, x) return g, p, x end)
                for i = 1, 2 do
                  local g, p1, x1 = step(p, x)
                  close("compiled gradient", g, expected.gradient) close("compiled parameters", p1, p0, 1e-300)
                  assert((x1 - x0):abs():max():item() == 0, "compiled x")
                end
                close("gradient of a compiled function", tensor.grad(compiled)(p, x), expected.gradient)
                  unchanged("grad of compile")
                local ok, worst = tensor.gradcheck(function(p) return f(p, x:clone()) end, p)
                assert(ok, "gradcheck: " .. worst) unchanged("gradcheck")
                """
            do {
                try environment.state.run(script, name: "case \(number + 1)")
            } catch {
                XCTFail("case \(number + 1): \(error)\n\(c.lua)")
            }
        }
    }

    /// Values by hand.
    private static let byHand: [(expression: String, expected: [Double])] = [
        ("tensor.compile(function(x) x[1] = 9 return x end)(tensor{1, 2})", [9, 2]),
        ("tensor.compile(function(p, x) local g = tensor.grad(function(w) return ((w * x) ^ 2):sum() end)(p) p[{{}}] "
            + "= p - 0.1 * g return p end)(tensor{1, 2}, tensor{1, 1})",
         [0.8, 1.6]),
        ("tensor.grad(function(x) x[1] = 5 return (x * x):sum() end)(tensor{1, 2, 3})", [0, 4, 6]),
        ("tensor.grad(function(p) p.w[1] = 0 return (p.w * p.b):sum() end)({w = tensor{1, 2}, b = tensor{3, 4}}).w",
            [0, 4]),
        ("tensor.grad(function(x) for i = 1, 3 do if i ~= 2 then x[i] = 0 end end return x:sum() end)(tensor{1, 1, "
            + "1})", [0, 1, 0]),
        ("tensor.grad(function(x) x[1] = x[1] * 2 return (x * tensor{10, 1}):sum() end)(tensor{1, 1})", [20, 1]),
        ("tensor.hvp(function(x) x[1] = 5 return (x * x):sum() end, tensor{1, 2, 3}, tensor{1, 1, 1})", [0, 2, 2]),
        ("tensor.grad(function(x) x[1] = 9 return x:sum() end)(tensor{1, 2})", [0, 1]),
        // What a function makes is its own, values from outside in it or not.
        ("(function() local w = tensor{1, 2} return tensor.grad(function(x) local z = w * 1 z[1] = x[2] return (z * "
            + "x):sum() end)(tensor{3, 4}) end)()", [4, 5]),
        ("tensor.grad(function(x) local z = tensor.zeros{2} z[1] = x[1] * x[2] return z:sum() end)(tensor{3, 4})", [4,
            3]),
        // What an inner call gives is the outer one's.
        ("tensor.grad(function(x) local g = tensor.grad(function(y) return (y ^ 3):sum() end)(x) g[1] = 0 return "
            + "g:sum() end)(tensor{3, 4})", [0, 24]),
        ("tensor.grad(function(x) local _, g, y = tensor.value_and_grad(function(y) return (y ^ 3):sum(), y end)(x) "
            + "y[1] = 7 return (y * x):sum() end)(tensor{3, 4})", [7, 8]),
        // A compiled function inside another recording has arguments of its own.
        ("(function() local c = tensor.compile(function(q) q[1] = 0 return q end) return tensor.grad(function(x) "
            + "local y = c(x) return (y * x):sum() end)(tensor{3, 4}) end)()", [0, 8]),
        // One tensor given twice is two arguments.
        ("(function() local w = tensor{1, 2} return tensor.compile(function(a, b) a[1] = 5 return a + b end)(w, w) "
            + "end)()", [6, 4]),
    ]

    func testValuesByHand() throws {
        for (expression, expected) in Self.byHand { try check(expression, expected) }
    }

    private func check(_ expression: String, _ expected: [Double]) throws {
        let tensor: Tensor = try XCTUnwrap(try run("return \(expression)").first?.as())
        let values = try tensor.values()
        XCTAssertTrue(values.count == expected.count)
        for (a, b) in zip(values, expected) { XCTAssertTrue(abs(a - b) < 1e-6, "\(expression): \(values)") }
    }

    func testChecksAndKeepsTheCallersTensors() throws {
        let results = try run("""
            local f = function(x) x[1] = 5 return (x * x):sum() end
            local w, y = tensor{1, 2, 3}, tensor{4, 5, 6}
            local ok = tensor.gradcheck(f, w)
            tensor.grad(f)(w) tensor.value_and_grad(f)(w) tensor.hvp(f, w, y) tensor.compile(f)(w)
            tensor.grad(function(x, y) y[{{}}] = x return y:sum() end)(w, y)
            tensor.hvp(function(x, y) y[2] = x[1] return (y * y):sum() end, w, y, y)
            return ok, w, y
            """)
        XCTAssertTrue(results[0].as(Bool.self) == true)
        XCTAssertTrue(try results[1].as(Tensor.self)?.values() == [1, 2, 3])
        XCTAssertTrue(try results[2].as(Tensor.self)?.values() == [4, 5, 6])
    }

    private static let captured: [(script: String, name: String)] = [
        ("local outer = tensor{1, 2} tensor.grad(function(x) outer[1] = x[1] return outer:sum() end)(tensor{1, 2})",
            "'outer'"),
        ("local outer = tensor{1, 2} tensor.grad(function(x) outer[1] = 3 return x:sum() end)(tensor{1, 2})",
            "'outer'"),
        ("global = tensor{1, 2} tensor.compile(function(x) global[1] = 3 return x end)(tensor{1, 2})", "'global'"),
        ("local net = {w = tensor{1, 2}} tensor.hvp(function(x) net.w[1] = 3 return x:sum() end, tensor{1}, "
            + "tensor{1})", "'net.w'"),
        ("local ws = {tensor{1, 2}} tensor.gradcheck(function(x) ws[1][1] = 3 return x:sum() end, tensor{1})",
            "'ws[1]'"),
        ("tensor.grad(function(x, batch) batch.x[1] = 3 return x:sum() end)(tensor{1}, {x = tensor{1, 2}})",
            "'batch.x'"),
        ("local function make() return tensor{{1, 2}} end local f = (function() local t = make() return function() "
            + "return t end end)() "
            + "tensor.grad(function(x) f()[1] = 3 return x:sum() end)(tensor{1})", "a tensor of shape {1, 2}"),
        // Of the outer function, which is outside for the inner one.
        ("tensor.grad(function(x) local y = x * 2 return tensor.grad(function(z) y[1] = 0 return (z * y):sum() "
            + "end)(x):sum() end)(tensor{1, 2})", "'y'"),
    ]

    func testNamesWhatIsCaptured() throws {
        for (script, name) in Self.captured { try check(script, refuses: name) }
    }

    private func check(_ script: String, refuses name: String) throws {
        let text = try error(script)
        XCTAssertTrue(text.contains("assignment to \(name), which comes from outside the function that is being "
            + "traced"), "\(text)")
        XCTAssertTrue(text.contains(":clone()"))
    }

    func testOperationsAndStrategiesOfScripts() throws {
        // x[1] of the parameters and of the signal replaced: beside the same written without assignment.
        _ = try run("""
            local function make(name, forward)
              return operation.define{name = name, parameters = function(signal, init) return {w = init(4, {1, 1, 3})}
                end, forward = forward}
            end
            local assigning = make("own", function(p, x, context)
              p.w[{1, 1, 2}] = 0.5
              context.initial[{{}, {}, {1, 2}}] = 0
              context.measured[{{}, {}, 1}] = 2
              x[{{}, {}, -1}] = x[{{}, {}, 1}]
              return tensor.conv1d(x, p.w, {padding = "same", mode = "circular"}) + context.initial *
                context.measured:mean()
            end)
            local pure = make("own", function(p, x, context)
              local w = tensor.cat({p.w[{{}, {}, {1, 1}}], tensor.full({1, 1, 1}, 0.5), p.w[{{}, {}, {3, 3}}]}, 3)
              local initial = tensor.cat({context.initial[{{}, {}, {1, 2}}] * 0, context.initial[{{}, {}, {3, -1}}]}, 3)
              local measured = tensor.cat({context.measured[{{}, {}, {1, 1}}] * 0 + 2, context.measured[{{}, {}, {2,
                -1}}]}, 3)
              local y = tensor.cat({x[{{}, {}, {1, -2}}], x[{{}, {}, {1, 1}}]}, 3)
              return tensor.conv1d(y, w, {padding = "same", mode = "circular"}) + initial * measured:mean()
            end)
            local d = dataset.cosines{length = 16, train = 32, validation = 32, test = 32, seed = 1}
            local function psnr(o)
              local space = darts.space{nodes = 2, operations = {o, operation.gradient_descent{}}}
              local t = darts.train{space = space, architecture = {"own", "grad"}, data = d, seed = 1, steps = 20}
              local s = darts.search{space = space, data = d, seed = 1, steps = 10}
              return t.psnr.test, s.alpha
            end
            local a, alphaA = psnr(assigning)
            local b, alphaB = psnr(pure)
            assert(math.abs(a - b) < 1e-3, a .. " for " .. b)
            assert((alphaA - alphaB):abs():max():item() < 1e-5)
            local function strategy(weights) return {name = "own", weights = weights} end
            local space = darts.space{nodes = 2}
            local function alpha(weights) return darts.search{space = space, data = d, seed = 1, steps = 10, strategy
              = strategy(weights)}.alpha end
            local one = alpha(function(alpha, context) alpha[{{}, 1}] = alpha[{{}, 2}] * 2 return alpha:softmax(2) end)
            local two = alpha(function(alpha, context) return tensor.cat({alpha[{{}, {2, 2}}] * 2, alpha[{{}, {2,
              -1}}]}, 2):softmax(2) end)
            assert((one - two):abs():max():item() < 1e-6)
            """)
        let text = try error("""
            local kept = tensor.zeros{3}
            local o = operation.define{name = "own", forward = function(p, x) kept[1] = 2 return x end}
            darts.train{space = darts.space{nodes = 1, operations = {o}}, architecture = "own", data =
              dataset.cosines{seed = 1}, steps = 1}
            """)
        XCTAssertTrue(text.contains("assignment to 'kept'"), "\(text)")
    }

    /// The values of a recording that is over, where values are asked for directly.
    func testResultsOfARecordingAreValues() throws {
        _ = try run("""
            local _, _, y = tensor.value_and_grad(function(x) return x:sum(), x:reshape{1, 1, 8} * 2
              end)(tensor.arange(8))
            local blurred = measurement.blur{sigma = 1, noise = 0}:forward(y)
            local expected = measurement.blur{sigma = 1, noise = 0}:forward(tensor.arange(8):reshape{1, 1, 8} * 2)
            assert((blurred - expected):abs():max():item() == 0)
            y[{{}}] = 1
            assert(y:sum():item() == 8)
            """)
    }
}
