import LuaHost
import Scripting
import XCTest

/// Every line of the tensor section of the Lua contract, as assertions in Lua.
final class TensorContractTests: XCTestCase {
    private static let assertions = """
    function shape(t, ...)
      local expected = {...}
      assert(#t.shape == #expected, "rank " .. #t.shape .. ", expected " .. #expected)
      for i, n in ipairs(expected) do assert(t.shape[i] == n, "size " .. i .. " is " .. t.shape[i] .. ", expected " .. n) end
    end
    local function flat(x, out)
      if type(x) == "number" then out[#out + 1] = x else for _, v in ipairs(x) do flat(v, out) end end
      return out
    end
    function near(t, expected, tolerance)
      local a = flat(type(t) == "number" and t or t:totable(), {})
      local b = flat(expected, {})
      assert(#a == #b, #a .. " values, expected " .. #b)
      for i = 1, #a do assert(math.abs(a[i] - b[i]) <= (tolerance or 1e-6), "value " .. i .. " is " .. a[i] .. ", expected " .. b[i]) end
    end
    function fails(pattern, f, ...)
      local ok, message = pcall(f, ...)
      assert(not ok, "no error")
      assert(string.find(message, pattern, 1, true), message .. " | expected: " .. pattern)
    end
    """

    private func run(_ text: String, line: UInt = #line) {
        do {
            let environment = try ScriptingEnvironment()
            try environment.state.run(TensorContractTests.assertions, name: "assertions")
            try environment.state.run(text, name: "contract")
        } catch {
            XCTFail("\((error as? LuaError)?.report ?? "\(error)")", line: line)
        }
    }

    func testCreation() {
        run("""
        local a = tensor{{1, 2, 3}, {4, 5, 6}}
        shape(a, 2, 3) assert(a.dtype == "float32") near(a, {{1, 2, 3}, {4, 5, 6}})
        assert(tensor({1, 2}, {dtype = "float64"}).dtype == "float64")
        near(tensor.zeros{2, 3}, {0, 0, 0, 0, 0, 0}) near(tensor.ones{2, 3}, {1, 1, 1, 1, 1, 1}) near(tensor.full({2, 3}, 7), {7, 7, 7, 7, 7, 7})
        near(tensor.eye(3), {1, 0, 0, 0, 1, 0, 0, 0, 1})
        near(tensor.arange(1, 10, 2), {1, 3, 5, 7, 9})
        near(tensor.linspace(0, 1, 11), {0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1})
        local r = tensor.randn({2, 3}, {seed = 1}) shape(r, 2, 3) near(r, tensor.randn({2, 3}, {seed = 1}):totable(), 0)
        local u = tensor.rand({2, 3}, {seed = 1, dtype = "float64"}) assert(u.dtype == "float64") assert(u:min():item() >= 0 and u:max():item() < 1)
        assert(a.size == 6 and #a == 2 and a.shape[1] == 2 and a.shape[2] == 3)
        shape(tensor{}, 0) shape(tensor{{}, {}}, 2, 0) shape(tensor(3)) shape(tensor.zeros{}, table.unpack{})
        shape(tensor{tensor{1, 2}, tensor{3, 4}}, 2, 2)
        """)
    }

    func testRandomStreams() {
        run("""
        local a, b = tensor.randn{3}, tensor.randn{3}
        assert((a - b):abs():sum():item() > 0)
        local s, t = tensor.stream(5), tensor.stream(5)
        near(tensor.rand({4}, {seed = s}), tensor.rand({4}, {seed = t}):totable(), 0)
        assert(s.seed == 5 and s.draws == 1)
        local n = tensor.randn({100000}, {seed = 3})
        assert(math.abs(n:mean():item()) < 0.02 and math.abs(n:std():item() - 1) < 0.02)
        """)
        // The session's stream begins at the seed, whatever the clock says.
        func draw(_ seed: Int) throws -> String {
            let environment = try ScriptingEnvironment(.init(seed: seed))
            return try environment.state.run("return tostring(tensor.randn{3}) .. tostring(tensor.randn{3})")[0].as(String.self)!
        }
        XCTAssertEqual(try draw(0), try draw(0))
        XCTAssertNotEqual(try draw(0), try draw(1))
    }

    func testIndexing() {
        run("""
        local a = tensor{{1, 2, 3}, {4, 5, 6}}
        near(a[1], {1, 2, 3}) assert(a[1][2] == 2 and math.type(a[1][2]) == "float") assert(a[{1, 2}] == 2)
        near(a[{{1, 2}, 3}], {3, 6}) near(a[{{}, -1}], {3, 6}) near(a[-1], {4, 5, 6}) shape(a[{{1, 1}}], 1, 3) shape(a[{}], 2, 3)
        near(a[{{}, {1, 3, 2}}], {1, 3, 4, 6}) near(a[{{}, {3, 1, -1}}], {3, 2, 1, 6, 5, 4}) near(a[{1, {-2, -1}}], {2, 3})
        shape(a[{{1, 0}}], 0, 3) shape(a[{{3, 2}}], 0, 3)
        a[{{}, 1}] = 0 near(a, {0, 2, 3, 0, 5, 6})
        a[2] = tensor{7, 8, 9} near(a, {0, 2, 3, 7, 8, 9}) a[{{}, {2, 3}}] = tensor{{1}, {2}} near(a, {0, 1, 1, 7, 2, 2})
        a[{1, 2}] = tensor(5) assert(a[{1, 2}] == 5) a[1] = {1, 2, 3} near(a[1], {1, 2, 3})
        -- others keep their values
        local b = a[1] a[{1, 1}] = 0 near(b, {1, 2, 3}) b[1] = 9 assert(a[{1, 1}] == 0)
        local c = a:transpose(1, 2) c[{1, 1}] = 42 assert(a[{1, 1}] == 0)
        local e = tensor.zeros{1}:expand{3} e[2] = 1 near(e, {0, 1, 0})
        local d = a:to("float32") d[{1, 1}] = 8 assert(a[{1, 1}] == 0)
        for _, f in ipairs{function(x) return x:clone() end, function(x) return x:reshape{2, 3} end, function(x) return x:squeeze() end,
                           function(x) return x:expand{2, 3} end, function(x) return tensor(x) end, function(x) return tensor.cat({x}, 1) end,
                           function(x) return x:roll(0, 1) end, function(x) return x:pad{0, 0} end, function(x) return x:permute{1, 2} end} do
          local y = f(a) y[{1, 1}] = 99 assert(a[{1, 1}] == 0)
        end
        -- overlapping parts of itself
        local o = tensor{1, 2, 3, 4} o[{{2, 4}}] = o[{{1, 3}}] near(o, {1, 1, 2, 3})
        -- iteration
        local seen = {} for i, row in ipairs(a) do seen[i] = row end assert(#seen == 2) near(seen[2], {7, 2, 2})
        local sum = 0 for i, v in pairs(tensor{1, 2, 3}) do sum = sum + i * v end assert(sum == 14)
        for i, v in ipairs{5, 6} do assert(v == 4 + i) end
        assert(a[a:argmax(1)[1]] ~= nil)
        """)
    }

    func testArithmetic() {
        run("""
        local a, b = tensor{1, 2, 3}, tensor{{10}, {20}}
        near(a + b, {11, 12, 13, 21, 22, 23}) near(a - 1, {0, 1, 2}) near(2 * a, {2, 4, 6}) near(a / tensor{2, 2, 2}, {.5, 1, 1.5})
        near(a ^ 2, {1, 4, 9}) near(2 ^ a, {2, 4, 8}) near(-a, {-1, -2, -3}) near(1 - a, {0, -1, -2}) near(6 / a, {6, 3, 2})
        local d = tensor({1, 2, 3}, {dtype = "float64"})
        assert((a + d).dtype == "float64" and (d * a).dtype == "float64" and (d + 1).dtype == "float64" and (a * 0.1).dtype == "float32")
        near(d * 0.1, {.1, .2, .3}, 1e-16)
        local x = tensor{0.5, 1, 2}
        for _, f in ipairs{{"exp", math.exp}, {"log", math.log}, {"sqrt", math.sqrt}, {"abs", math.abs}, {"sin", math.sin}, {"cos", math.cos},
                           {"tanh", function(v) return (math.exp(2 * v) - 1) / (math.exp(2 * v) + 1) end},
                           {"sigmoid", function(v) return 1 / (1 + math.exp(-v)) end}, {"relu", function(v) return math.max(v, 0) end}} do
          near(x[f[1]](x), {f[2](0.5), f[2](1), f[2](2)}) near(tensor[f[1]](x), {f[2](0.5), f[2](1), f[2](2)})
        end
        near(tensor{-2, 0.5, 2}:clamp(-1, 1), {-1, .5, 1}) near(tensor{-2, 2}:clamp(nil, 1), {-2, 1}) near(tensor{-2, 2}:clamp(0), {0, 2})
        near(a:gt(2), {0, 0, 1}) near(a:ge(2), {0, 1, 1}) near(a:lt(2), {1, 0, 0}) near(a:le(2), {1, 1, 0}) near(a:eq(2), {0, 1, 0}) near(a:gt(b), {0, 0, 0, 0, 0, 0})
        near(tensor.where(a:gt(1), a, 0), {0, 2, 3}) near(tensor.where(a:gt(1), 1, -1), {-1, 1, 1})
        near(tensor.maximum(a, 2), {2, 2, 3}) near(tensor.minimum(a, tensor{3, 2, 1}), {1, 2, 1}) near(tensor.maximum(2, a), {2, 2, 3})
        assert(tensor(1) < tensor(2) and tensor{3} <= 3 and 1 < tensor(2))
        """)
    }

    func testReductions() {
        run("""
        local a = tensor{{1, 2, 3}, {4, 5, 6}}
        near(a:sum(), {21}) shape(a:sum()) near(a:sum(2), {6, 15}) near(a:sum(-1), {6, 15}) shape(a:sum(2, {keepdim = true}), 2, 1) near(a:sum{1, 2}, {21})
        near(a:mean(), {3.5}) near(a:max(1), {4, 5, 6}) near(a:min(2), {1, 4}) near(a:argmax(2), {3, 3}) near(a:argmin(), {1}) near(a:argmax(), {6})
        near(a:var(), {3.5}) near(a:std(2), {1, 1}) near(a:norm(), {math.sqrt(91)}) near(a:prod(1), {4, 10, 18})
        for _, name in ipairs{"sum", "mean", "max", "min", "argmax", "argmin", "var", "std", "norm", "prod"} do
          shape(a[name](a)) shape(a[name](a, 1), 3) shape(a[name](a, -1, {keepdim = true}), 2, 1) shape(tensor[name](a, 2), 2)
        end
        near(a:cumsum(1), {1, 2, 3, 5, 7, 9})
        local sorted, order = tensor{{3, 1, 2}, {1, 3, 2}}:sort(2)
        near(sorted, {1, 2, 3, 1, 2, 3}) near(order, {2, 3, 1, 1, 3, 2})
        near(a:softmax(-1):sum(-1), {1, 1}) near(a:log_softmax(1):exp():sum(1), {1, 1, 1})
        near(tensor.zeros{0}:sum(), {0}) assert(tensor.zeros{0}:mean():item() ~= tensor.zeros{0}:mean():item())
        """)
    }

    func testShapes() {
        run("""
        local a, b = tensor{{1, 2, 3}, {4, 5, 6}}, tensor{{7, 8, 9}}
        shape(a:reshape{3, -1}, 3, 2) near(a:transpose(1, 2), {1, 4, 2, 5, 3, 6}) near(a:permute{2, 1}, {1, 4, 2, 5, 3, 6}) shape(a:unsqueeze(1), 1, 2, 3)
        shape(a:unsqueeze(-1), 2, 3, 1) shape(a:unsqueeze(1):squeeze(), 2, 3) shape(a:unsqueeze(1):squeeze(1), 2, 3) near(b:expand{2, 3}, {7, 8, 9, 7, 8, 9})
        near(a:flip(1), {4, 5, 6, 1, 2, 3}) near(a:roll(1, -1), {3, 1, 2, 6, 4, 5})
        near(tensor.cat({a, b}, 1), {1, 2, 3, 4, 5, 6, 7, 8, 9}) shape(tensor.stack({a, a}, 1), 2, 2, 3) shape(tensor.stack({a, a}, -1), 2, 3, 2)
        near(b:pad({1, 2}, {mode = "circular"}), {9, 7, 8, 9, 7, 8}) near(b:pad({1, 1}, {mode = "reflect"}), {8, 7, 8, 9, 8}) near(b:pad{1, 0}, {0, 7, 8, 9})
        shape(a:pad{1, 1, 2, 0}, 4, 5)
        near(a:matmul(b:transpose(1, 2)), {50, 122}) near(a:matmul(tensor{1, 1, 1}), {6, 15}) near(tensor{1, 2}:matmul(a), {9, 12, 15}) near(tensor{1, 2}:matmul(tensor{3, 4}), {11})
        shape(tensor.zeros{5, 1, 2, 3}:matmul(tensor.zeros{4, 3, 6}), 5, 4, 2, 6)
        """)
    }

    func testConvolutions() {
        run("""
        local x, w = tensor{{{1, 2, 3, 4}}}, tensor{{{1, 0, -1}}}
        near(tensor.conv1d(x, w), {-2, -2}) near(tensor.conv1d(x, w, {padding = "same"}), {-2, -2, -2, 3}) near(tensor.conv1d(x, w, {padding = 1, mode = "circular"}), {2, -2, -2, 2})
        near(tensor.conv1d(x, w, {padding = "valid", bias = tensor{1}, stride = 1, dilation = 1, groups = 1}), {-1, -1})
        near(tensor.conv1d(x, w, {padding = "same", mode = "reflect"}), {0, -2, -2, 0})
        shape(tensor.conv1d(x[1], w), 1, 2)
        near(tensor.conv_transpose1d(tensor{{{1, 2}}}, tensor{{{1, 1, 1}}}, {stride = 2}), {1, 1, 3, 2, 2})
        shape(tensor.conv_transpose1d(tensor.zeros{2, 4, 5}, tensor.zeros{4, 3, 3}, {stride = 2, groups = 2, output_padding = 1, padding = 1}), 2, 6, 10)
        near(tensor.conv2d(tensor.ones{1, 1, 3, 3}, tensor.ones{1, 1, 2, 2}), {4, 4, 4, 4}) shape(tensor.conv2d(tensor.ones{1, 1, 5, 7}, tensor.ones{1, 1, 2, 2}, {stride = {2, 3}}), 1, 1, 2, 2)
        -- the adjoint: <conv1d(x, w), y> = <x, conv_transpose1d(y, w)>
        local x, w = tensor.randn({2, 4, 9}, {seed = 1, dtype = "float64"}), tensor.randn({6, 2, 3}, {seed = 2, dtype = "float64"})
        local o = {stride = 2, padding = 1, groups = 2, dilation = 1}
        local y = tensor.randn({2, 6, 5}, {seed = 3, dtype = "float64"})
        near((tensor.conv1d(x, w, o) * y):sum(), {(x * tensor.conv_transpose1d(y, w, o)):sum():item()}, 1e-12)
        """)
    }

    func testValues() {
        run("""
        local a = tensor{{1, 2}, {3, 4}}
        assert(a:sum():item() == 10 and a:totable()[2][1] == 3 and tensor(5):totable() == 5)
        assert(a:to("float64").dtype == "float64" and a:clone().size == 4)
        assert(tensor.allclose(a, a + 1e-9, {rtol = 1e-5, atol = 1e-8}) and not tensor.allclose(a, a + 1) and tensor.allclose(a, a + 1, {atol = 1}))
        assert(not tensor.allclose(tensor(0 / 0), tensor(0 / 0)) and tensor.allclose(tensor(math.huge), math.huge))
        local path = os.tmpname()
        tensor.save(path .. ".npy", a) near(tensor.load(path .. ".npy"), a:totable(), 0)
        tensor.save(path .. ".safetensors", {w = a}) near(tensor.load(path .. ".safetensors").w, a:totable(), 0)
        tensor.save(path .. ".npz", {w = a}) near(tensor.load(path .. ".npz").w, a:totable(), 0)
        for _, ending in ipairs{"", ".npy", ".npz", ".safetensors"} do os.remove(path .. ending) end
        assert(require("oche").tensor.zeros{2}.size == 2)
        """)
    }

    func testGradients() {
        run("""
        local x, y = tensor{1, 2, 3}, tensor{2, 4, 7}
        local f = function(p) return ((p.w * x + p.b - y) ^ 2):mean() end
        local p = {w = tensor(1.0), b = tensor(0.0)}
        local g = tensor.grad(f)(p) near(g.w, {-34 / 3}, 1e-5) near(g.b, {-14 / 3}, 1e-5)
        local loss, h = tensor.value_and_grad(f)(p) near(loss, {7}) near(h.w, {-34 / 3}, 1e-5) shape(loss)
        local f2 = function(u) return (u ^ 3):sum() end
        near(tensor.grad(function(u) return tensor.grad(f2)(u):sum() end)(x), {6, 12, 18})
        near(tensor.hvp(f2, x, tensor{1, 0, 1}), {6, 0, 18})
        local ok, worst = tensor.gradcheck(f, p) assert(ok and worst < 1e-7)
        assert(not tensor.gradcheck(function(u) return (u * u:detach()):sum() end, x))
        -- nested tables, other arguments, other results
        local v, g, extra = tensor.value_and_grad(function(p, k, name) return (p[1].a * p[2].b):sum() * k, name, p[1].a * 2 end)({{a = x}, {b = y}}, 2, "name")
        near(g[1].a, {4, 8, 14}) near(g[2].b, {2, 4, 6}) assert(extra == "name")
        -- Lua's control flow, by values that are known
        local branch = tensor.grad(function(u) if u[1]:item() > 0 then return (u ^ 2):sum() else return u:sum() end end)
        near(branch(tensor{1, 2}), {2, 4}) near(branch(tensor{-1, 2}), {1, 1})
        local newton = tensor.grad(function(a) local r = a while (r * r - a):abs():item() > 1e-6 do r = 0.5 * (r + a / r) end return r end)
        near(newton(tensor(4, {dtype = "float64"})), {0.25}, 1e-6)
        -- elements inside are tensors, of what is differentiated and of what is not
        near(tensor.grad(function(u) return u[1]:exp() * x[2]:log() end)(tensor{0, 5}), {math.log(2), 0})
        -- assignment inside
        near(tensor.grad(function(u) local v = tensor.zeros{3} for i = 1, 3 do v[i] = u[i] ^ i end v[1] = 5 return (v * y):sum() end)(x), {0, 16, 189})
        near(tensor.grad(function(u) local v = u * 2 v[{{1, 2}}] = 0 return v:sum() end)(x), {0, 0, 2})
        -- closures over what an outer gradient follows
        local outer = tensor.grad(function(u) local inner = tensor.grad(function(v) return (u * v * v):sum() end)(x) return inner:sum() end)
        near(outer(y), {2, 4, 6})
        -- third order
        local d = tensor.grad
        near(d(function(u) return d(function(v) return d(function(w) return (w ^ 4):sum() end)(v):sum() end)(u):sum() end)(x), {24, 48, 72})
        -- what is kept from a gradient has its value
        local kept tensor.grad(function(u) kept = u * 10 return u:sum() end)(x) near(kept + 1, {11, 21, 31})
        -- numbers as parameters
        near(tensor.grad(function(u) return u * u end)(3), {6})
        -- integer results, unused parameters
        near(tensor.grad(function(p) return p.a:sum() end){a = x, b = y}.b, {0, 0, 0})
        """)
    }

    func testCompile() {
        run("""
        local calls = 0
        local step = tensor.compile(function(p, x, rate)
          calls = calls + 1
          local loss, g = tensor.value_and_grad(function(p) return ((p.w * x - 1) ^ 2):mean() end)(p)
          return {w = p.w - rate * g.w}, loss, 7, "done"
        end)
        local p = {w = tensor{1, 2}}
        local q, loss, seven, text = step(p, tensor{1, 1}, 0.5)
        near(q.w, {1, 1.5}) near(loss, {0.5}) near(seven, {7}) assert(text == "done")
        q, loss = step(q, tensor{1, 1}, 0.25) near(q.w, {1, 1.375}) near(loss, {0.125}) assert(calls == 1)
        step({w = tensor{1, 2, 3}}, tensor(1), 0.5) assert(calls == 2)
        step({w = tensor({1, 2}, {dtype = "float64"})}, tensor{1, 1}, 0.5) assert(calls == 3)
        assert(q.w.dtype == "float32" and step({w = tensor({1, 2}, {dtype = "float64"})}, tensor{1, 1}, 0.5).w.dtype == "float64")
        -- what a compiled function gave is not overwritten by the next call
        local double = tensor.compile(function(x) return 2 * x end)
        local a = double(tensor{1}) local b = double(tensor{2}) near(a, {2}) near(b, {4})
        -- views and other layouts
        near(double(tensor{{1, 2}, {3, 4}}:transpose(1, 2)), {2, 6, 4, 8})
        -- random draws differ, and follow the session
        local draw = tensor.compile(function(x) return x + tensor.rand{2}, tensor.rand({2}, {seed = 4}) end)
        local r, s = draw(0) local t, u = draw(0) assert((r - t):abs():sum():item() > 0) near(s, u:totable(), 0)
        local stream = tensor.stream(1)
        local own = tensor.compile(function(x) return x + tensor.rand({2}, {seed = stream}) end)
        own(0) own(0) assert(stream.draws == 2)
        -- strings and booleans are part of the recording
        local mode = tensor.compile(function(x, squared) if squared then return x ^ 2 else return x end end)
        near(mode(tensor{3}, true), {9}) near(mode(tensor{3}, false), {3})
        -- within gradients and other compiled functions
        near(tensor.grad(function(x) return double(x):sum() end)(tensor{1, 2}), {2, 2})
        near(tensor.compile(function(x) return double(double(x)) end)(tensor{1}), {4})
        -- control flow by value is an error that says so
        fails("is being compiled is not known yet", tensor.compile(function(x) if x:item() > 0 then return x end end), tensor(1))
        fails("is being compiled is not known yet", tensor.compile(function(x) if x < 0 then return x end end), tensor(1))
        local leak tensor.compile(function(x) leak = x * 2 return x end)(tensor(1))
        fails("used outside it", function() return leak + 1 end)
        assert(tostring(leak):find("being compiled"))
        near(tensor.compile(function(x) local y = tensor.zeros{2} y[1] = x return y end)(3), {3, 0})
        assert(select("#", tensor.compile(function() end)()) == 0)
        """)
    }

    /// Replays take no time in Lua: the function's own code can be anything, it is not run.
    func testCompiledReplayIsFast() throws {
        let environment = try ScriptingEnvironment()
        try environment.state.run("""
        local n = 0
        local f = tensor.compile(function(x) n = n + 1 for i = 1, 1000 do x = x + 1e-3 end return x end)
        local x = tensor.zeros({8}, {dtype = "float64"})
        for i = 1, 2000 do x = f(x) end
        assert(n == 1 and math.abs(x[1] - 2000) < 1e-6)
        """)
    }
}
