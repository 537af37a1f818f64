import LuaHost
import Scripting
import XCTest

/// tensor.gradcheck over every function that has a gradient, once (first derivatives) and through its own gradient
/// (second derivatives), on contiguous and on transposed parameters.
final class TensorGradientTests: XCTestCase {
    /// Functions of a {3, 4} tensor with values from 0.3 to 2, none equal.
    private static let functions: [(String, String)] = [
        ("exp", "a:exp()"), ("log", "a:log()"), ("sqrt", "a:sqrt()"), ("abs", "(a - 1.03):abs()"), ("sin", "a:sin()"), ("cos", "a:cos()"),
        ("tanh", "a:tanh()"), ("sigmoid", "a:sigmoid()"), ("relu", "(a - 1.03):relu() * a"), ("reciprocal", "a:reciprocal()"), ("negate", "-a * a"),
        ("clamp", "a:clamp(0.5, 1.53) * a"), ("add", "(a + a[1]) * a"), ("subtract", "(a - a[{{}, {1, 1}}]) ^ 2"), ("multiply", "a * a[1]"),
        ("divide", "a / a[2]"), ("number / a", "2 / a"), ("power", "a ^ a[1]"), ("number ^ a", "2 ^ a"), ("a ^ 2.5", "a ^ 2.5"),
        ("maximum", "tensor.maximum(a, a[1] + 0.011) * a"), ("minimum", "tensor.minimum(a, 1.03) * a"), ("where", "tensor.where(a:gt(1.03), a * a, a:exp())"),
        ("sum", "a:sum(1) ^ 2"), ("sum all", "a:sum() ^ 2"), ("mean", "a:mean(2, {keepdim = true}) * a"), ("max", "a:max(2) ^ 2"), ("min", "a:min(1) ^ 2"),
        ("prod", "a:prod(2)"), ("prod all", "a:prod()"), ("prod two", "a:reshape{3, 2, 2}:prod{1, 3}"), ("var", "a:var(1)"), ("std", "a:std(2)"), ("norm", "a:norm(1)"),
        ("norm 1", "a:norm(1, {p = 1}) ^ 2"), ("norm 3", "a:norm(2, {p = 3})"), ("norm inf", "a:norm(1, {p = math.huge}) ^ 2"),
        ("cumsum", "a:cumsum(2) ^ 2"), ("sort", "a:sort(2, {descending = true}) * tensor.arange(4)"), ("softmax", "a:softmax(1)"), ("log_softmax", "a:log_softmax(-1)"),
        ("reshape", "a:reshape{4, 3} ^ 2"), ("transpose", "a:transpose(1, 2):reshape{12} ^ 2"), ("permute", "a:reshape{3, 2, 2}:permute{3, 1, 2} ^ 2"), ("squeeze", "a:unsqueeze(2):squeeze(2) ^ 2"),
        ("expand", "a:unsqueeze(1):expand{2, 3, 4} ^ 2"), ("flip", "a:flip(1) * a"), ("roll", "a:roll(1, 1) * a"), ("pad zeros", "a:pad({1, 2}) ^ 2"),
        ("pad circular", "a:pad({2, 1, 1, 1}, {mode = 'circular'}) ^ 2"), ("pad reflect", "a:pad({2, 1}, {mode = 'reflect'}) ^ 2"), ("cat", "tensor.cat({a, a * a, a}, 2) ^ 2"),
        ("stack", "tensor.stack({a, a:exp()}, 2) ^ 2"), ("index", "a[2] * a[{{1, 3, 2}, {4, 1, -1}}]"), ("element", "a[{2, 3}] * a[1][2]"),
        ("assignment", "(function() local b = a * 1 b[2] = a[1] * a[3] b[{{}, {1, 3, 2}}] = 2 return b * a end)()"),
        ("matmul", "a:matmul(a:transpose(1, 2))"), ("matmul vector", "a:matmul(a[1])"), ("matmul batch", "a:reshape{3, 2, 2}:matmul(a:reshape{3, 2, 2})"),
        ("to", "a:to('float32'):to('float64') * 0 + a ^ 2"),
        ("conv1d", "tensor.conv1d(a:reshape{1, 2, 6}, a:reshape{2, 2, 3}, {padding = 'same', mode = 'circular', bias = a[{{1, 2}, 1}]})"),
        ("conv1d reflect", "tensor.conv1d(a:reshape{1, 2, 6}, a:reshape{2, 2, 3}, {padding = 2, mode = 'reflect', stride = 2, dilation = 2})"),
        ("conv1d groups", "tensor.conv1d(a:reshape{1, 4, 3}, a:reshape{4, 1, 3}, {groups = 4, padding = 1})"),
        ("conv_transpose1d", "tensor.conv_transpose1d(a:reshape{1, 2, 6}, a:reshape{2, 2, 3}, {stride = 2, padding = 1, output_padding = 1})"),
        ("conv2d", "tensor.conv2d(a:reshape{1, 1, 3, 4}, a:reshape{3, 1, 2, 2}, {padding = {1, 0}, stride = {1, 2}})"),
        ("modulo", "a % 0.35 * a"), ("modulo tensor", "5.3 % a * a"), ("floor divide", "(a // 0.35) * a"), ("ceil", "a:ceil() * a"), ("round", "(3 * a):round() * a"),
        ("flatten", "a:flatten() ^ 2"), ("t", "a:t():matmul(a)"), ("dot", "a[1]:dot(a[2])"),
        ("hvp", "tensor.hvp(function(u) return (u ^ 3):sum() end, a, a)"), ("compiled", "square(a)"),
    ]

    func testGradientsOfEverything() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        square = tensor.compile(function(x) return x ^ 2 end)
        point = tensor({1.7, 0.31, 0.9, 1.21, 0.52, 1.93, 1.37, 0.44, 1.11, 0.73, 1.58, 0.83}, {dtype = "float64"})
        weights = tensor.rand({400}, {seed = 1, dtype = "float64"})
        function check(f, p)
          local ok, worst = tensor.gradcheck(f, p)
          assert(ok, "gradient: relative error " .. worst)
          local function slope(p)
            return tensor.grad(function(p) local y = f(p) return (y:reshape{-1} * weights[{{1, y.size}}]):sum() end)(p)
          end
          local ok, worst = tensor.gradcheck(slope, p)
          assert(ok, "second derivative: relative error " .. worst)
        end
        """)
        for (name, text) in TensorGradientTests.functions {
            do {
                try environment.state.run("""
                check(function(a) return \(text) end, point:reshape{3, 4})
                check(function(a) return \(text) end, point:reshape{4, 3}:transpose(1, 2))
                """, name: name)
            } catch {
                XCTFail("\(name): \(error)")
            }
        }
    }

    /// At points where a derivative is a convention, it is PyTorch's; nowhere is it NaN.
    func testConventionsAtKinks() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        local function slope(f, x) return tensor.grad(function(u) return f(u):sum() end)(x):totable() end
        local function is(f, x, expected) local g = slope(f, tensor(x)) for i, v in ipairs(expected) do assert(g[i] == v, i .. ": " .. g[i]) end end
        is(function(x) return x:norm() end, {0, 0}, {0, 0})
        is(function(x) return x:std() end, {2, 2}, {0, 0})
        is(function(x) return x:max() end, {2, 2, 1}, {0.5, 0.5, 0})
        is(function(x) return x:prod() end, {0, 3, 2}, {6, 0, 0})
        is(function(x) return x:abs() + x:relu() end, {0, -1, 2}, {0, -1, 2})
        is(function(x) return x:clamp(-1, 1) end, {-1, 1, 2}, {1, 1, 0})
        is(function(x) return x ^ 2 end, {0, 3}, {0, 6})
        is(function(x) return x ^ 0 end, {0, 3}, {0, 0})
        """)
    }
}
