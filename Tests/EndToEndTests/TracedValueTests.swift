import LuaHost
import Scripting
import XCTest

/// Small programs whose values or gradients were wrong once, with PyTorch's values: what random programs
/// (`scripts/parity`) were shrunk to.
final class TracedValueTests: XCTestCase {
    private func run(_ script: String) throws {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run(script, name: "test", arguments: [])
    }

    func testCastsReadViews() throws {
        try run("""
            local function same(a, b) assert(tensor.allclose(a, b, {rtol = 1e-6}), ("%s\\n%s"):format(a, b)) end
            local five = tensor{1, 2, 3, 4, 5}
            same(tensor.grad(function(x) return x:to("float64"):to("float32"):sum() end)(five), tensor.ones{5})
            local double = five:to("float64")
            same(tensor.grad(function(x) return (x:to("float32") * 2):to("float64"):sum() end)(double), tensor.full({5}, 2):to("float64"))
            local matrix = tensor{{1, 2}, {2, 0}}
            local function sine(a, b) return (a:transpose(1, 2):to("float64") * b:to("float64")):sin():to("float32") end
            same(tensor.compile(sine)(matrix, tensor(1)), tensor{{math.sin(1), math.sin(2)}, {math.sin(2), 0}})
            for _, view in ipairs{function(x) return x:flip(2) end, function(x) return x:permute{2, 1} end, function(x) return x[{{}, {1, 2, 1}}] end,
                                  function(x) return x:unsqueeze(1):expand{3, -1, -1} end} do
              same(tensor.compile(function(x) return view(x):to("float64") end)(matrix):to("float32"), view(matrix))
            end
            """)
    }

    func testEmptySumsAreZero() throws {
        try run("""
            for _ = 1, 5 do
              assert((tensor.zeros{0}:matmul(tensor.zeros{0, 3})):abs():max():item() == 0)
              assert((tensor.zeros{2, 0}:matmul(tensor.zeros{0, 3})):abs():max():item() == 0)
              assert((tensor.zeros{0}:matmul(tensor.zeros{8, 2, 1, 0, 1})):abs():max():item() == 0)
            end
            local y = tensor.compile(function(x, w) return tensor.conv1d(x:sum(-1), w) end)(tensor.zeros{2, 1, 17, 0}, tensor.ones{1, 1, 1})
            assert(table.concat(y.shape, " ") == "2 1 17" and y:abs():max():item() == 0)
            local function divided(x1, x2, x3, x4)
              local y1 = x1:flatten()
              return tensor.conv1d(x2, x3, {bias = x4, stride = 3}) / (select(2, y1:sort(1)) + y1)
            end
            assert(tensor.compile(divided)(tensor.zeros{1, 4, 5, 0, 16}, tensor.ones{1, 1, 1}, tensor.ones{2, 1, 1}, tensor.ones{2}).size == 0)
            """)
    }

    /// x - x is 0 in a compiled sum as well, though its halves are products.
    func testCompiledGradientsAreThoseOfTheTape() throws {
        try run("""
            for _, n in ipairs{16, 17, 33} do
              for _, scale in ipairs{1, 0.3} do
                local weights = tensor.randn({n, 1, 1}, {seed = 1})
                local function loss(p)
                  local u = tensor.conv1d(p[1], p[2], {bias = p[3]}) * 1
                  u[{n, {}}] = p[4]:sin()
                  local y = u * scale
                  return (weights * (y:isfinite() * y + (y - y):exp() * y + (y - y):eq(0) * y)):sum()
                end
                local p = {tensor.randn({n, 1, 1}, {seed = 2}), tensor.ones{1, 1, 1}, tensor{0.5}, tensor{{0.3}}}
                local eager, compiled = tensor.grad(loss)(p), tensor.compile(tensor.grad(loss))(p)
                for i = 1, 4 do
                  assert(tensor.allclose(eager[i], compiled[i], {rtol = 1e-4, atol = 1e-5}), ("%d: %s\\n%s"):format(i, eager[i], compiled[i]))
                  assert(eager[i]:abs():max():item() > 1e-3)
                end
              end
            end
            """)
    }

    func testKinksHaveFiniteDerivatives() throws {
        try run("""
            -- The side of a maximum that loses has the gradient 0, whatever comes from above.
            assert(tensor.grad(function(x) return tensor.maximum(x, 0):sqrt():sum() end)(tensor{-1}):item() == 0)
            assert(tensor.grad(function(x) return tensor.minimum(x, 0):abs():sqrt():sum() end)(tensor{1}):item() == 0)
            assert(tensor.grad(function(x) return tensor.maximum(x, 0):sum() end)(tensor{0}):item() == 0.5)
            -- x^0 is 1 for every x.
            assert(tensor.hvp(function(x) return (x ^ 0):sum() end, tensor{0}, tensor{1}):item() == 0)
            assert(tensor.hvp(function(x) return (x ^ 3):sum() end, tensor{0, 2}, tensor{1, 1})[2] == 12)
            -- An element 0 does not spoil the others' derivatives of a norm.
            local function norm(x) return x:pad{1, 0}:norm(1, {p = 0.5}) end
            local g, h = tensor.grad(norm)(tensor{4, 9}), tensor.hvp(norm, tensor{4, 9}, tensor{1, 0})
            assert(math.abs(g[1] - 2.5) < 1e-5 and math.abs(g[2] - 5 / 3) < 1e-5)
            assert(math.abs(h[1] + 3 / 16) < 1e-5 and math.abs(h[2] - 1 / 12) < 1e-5)
            """)
    }

    /// A batch of one signal: what is broadcast along another axis has one sample, not sixteen lanes.
    func testOneSampleIsBroadcast() throws {
        try run("""
            local w, b = tensor{{{-1, 0, 0, -1, -1}}}, tensor{1}
            for n = 11, 20 do
              local x = tensor.randn({1, n}, {seed = n})
              local function scaled(x)
                local y = tensor.conv_transpose1d(x, w, {bias = b, dilation = 2, padding = 2, output_padding = 1})
                local v = y * x:argmax(2)
                return (v * v):sum() * v
              end
              -- The formula written with numbers.
              local y = tensor.conv_transpose1d(x, w, {bias = b, dilation = 2, padding = 2, output_padding = 1})
              local place = x:argmax(2)[1]
              local expected = y * place * ((y * place) ^ 2):sum():item()
              assert(tensor.allclose(tensor.compile(scaled)(x), expected, {rtol = 1e-4}), ("%d: %s"):format(n, tensor.compile(scaled)(x)))
              assert(tensor.allclose(scaled(x), expected, {rtol = 1e-4}))
            end
            """)
    }

    func testSignsOfZeroAndNormsOfExtremes() throws {
        try run("""
            -- As NumPy and PyTorch have it.
            assert(1 / tensor{-0.2}:round()[1] == -math.huge and 1 / tensor{0.2}:round()[1] == math.huge)
            assert(1 / (tensor{-0.2}:round() % 0.5)[1] == -math.huge)
            for _, p in ipairs{0.5, 1, 1.5, 2, 3, 4, 7} do
              local plain = tensor({1, 2, 3}, {dtype = "float64"}):norm(1, {p = p}):item()
              for _, size in ipairs{1e-30, 1, 1e30} do
                local scaled = (tensor{1, 2, 3} * size):norm(1, {p = p}):item() / size
                assert(math.abs(scaled / plain - 1) < 1e-5, ("p %g of %g: %.8g, expected %.8g"):format(p, size, scaled, plain))
              end
            end
            assert(tensor{0, 0}:norm(1, {p = 3}):item() == 0 and tensor{1, 1 / 0}:norm(1, {p = 3}):item() == math.huge)
            assert(tensor.zeros{0}:norm(1, {p = 3}):item() == 0)
            """)
    }
}
