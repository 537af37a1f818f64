import Foundation
import LuaHost
import Scripting
import XCTest

/// Random programs of convolutions, products, reductions and rearrangements, in float64: compiled (fused, in blocks of
/// samples) they give what they give operator by operator, and gradients agree with differences along a random
/// direction, first and second order. OCHE_FUZZ_PROGRAMS sets how many.
final class RandomProgramTests: XCTestCase {
    private static let program = """
    local programs, seed = ...
    math.randomseed(seed)
    local random = math.random
    local function pick(t) return t[random(#t)] end
    local function noise(...) return tensor.randn({...}, {seed = random(1 << 30), dtype = "float64"}) * 0.7 end

    -- Each step is made once, with its numbers, and then applied to whatever stands for x {n, c, l} and p (weights).
    local function step(s)
      local n, c, l = s[1], s[2], s[3]
      local kind = random(34)
      if kind <= 5 then
        local out, taps, o = pick{1, 2, 3, c}, pick{1, 2, 3, 5}, {mode = pick{"zeros", "circular", "reflect"}, padding = "same"}
        if l < 6 then o.mode = "zeros" end
        local w, b = #s.p + 1, random() < 0.5
        s.p[w] = noise(out, c, taps)
        if b then s.p[w + 1] = noise(out) end
        s[2] = out
        return "conv1d", function(x, p) o.bias = b and p[w + 1] or nil return tensor.conv1d(x, p[w], o) end
      elseif kind == 6 and l >= 5 then
        local stride, w = pick{1, 2}, #s.p + 1
        s.p[w] = noise(2, c, 3)
        s[2], s[3] = 2, (l - 3) // stride + 1
        return "strided", function(x, p) return tensor.conv1d(x, p[w], {stride = stride}) end
      elseif kind == 7 then
        local w = #s.p + 1
        s.p[w] = noise(c, 2, 3)
        s[2], s[3] = 2, (l - 1) * 2 + 1
        return "transposed", function(x, p) return tensor.conv_transpose1d(x, p[w], {stride = 2, padding = 1}) end
      elseif kind <= 9 then return "tanh", function(x) return x:tanh() end
      elseif kind == 10 then return "relu", function(x) return x:relu() end
      elseif kind == 11 then local k, d = random(-9, 9), pick{1, 2, 3, -1} return "roll", function(x) return x:roll(k, d) end
      elseif kind == 12 then local w = #s.p + 1 s.p[w] = noise(n, c, l) return "add tensor", function(x, p) return x + p[w] end
      elseif kind == 13 then local w = #s.p + 1 s.p[w] = noise(l, l) return "matmul", function(x, p) return x:matmul(p[w]) * 0.5 end
      elseif kind == 14 then local w = #s.p + 1 s.p[w] = noise(c, c) return "matmul left", function(x, p) return p[w]:matmul(x) end
      elseif kind == 15 then local d = pick{1, 2, 3} return "centre", function(x) return x - x:mean(d, {keepdim = true}) end
      elseif kind == 16 then local d = pick{1, 2, 3} return "softmax", function(x) return x:softmax(d) * 2 end
      elseif kind == 17 then local w = #s.p + 1 s.p[w] = noise(3) return "mix", function(x, p) local a = p[w]:softmax(1) return a[1] * x + a[2] * x:sin() + a[3] * x:roll(1, -1) end
      elseif kind == 18 then s[2] = 2 * c return "cat channels", function(x) return tensor.cat({x, x:sin()}, 2) end
      elseif kind == 19 and c > 1 then s[2] = 1 return "channel", function(x) return x[{{}, {1, 1}}] end
      elseif kind == 20 then local w = #s.p + 1 s.p[w] = noise(1, c, 1) return "scale", function(x, p) return x * p[w] end
      elseif kind == 21 then s[2], s[3] = l, c return "transpose", function(x) return x:transpose(2, 3) end
      elseif kind == 22 then s[2], s[3] = 1, c * l return "flatten", function(x) return x:reshape{n, 1, -1} end
      elseif kind == 23 then return "cumsum", function(x) return x:cumsum(pick{2}) * 0.5 end
      elseif kind == 24 then local w = #s.p + 1 s.p[w] = noise(1) return "gradient step", function(x, p) return x - p[w] * tensor.grad(function(u) return (u:sin() ^ 2):sum() end)(x) end
      elseif kind == 27 then local w, k = #s.p + 1, pick{1, 3} s.p[w] = noise(c * 2, 1, k) s[2] = c * 2 return "depthwise", function(x, p) return tensor.conv1d(x, p[w], {groups = c, padding = "same"}) end
      elseif kind == 28 then local d = pick{1, 2, 3} return "standardise", function(x) local y = x - x:mean(d, {keepdim = true}) return y / ((y ^ 2):mean(d, {keepdim = true}) + 1):sqrt() end
      elseif kind == 29 then local a = random(3) s[3] = l + a return "pad", function(x) return x:pad({a, 0}, {mode = l > a and "circular" or "zeros"}) end
      elseif kind == 30 then local d = pick{1, 2, 3} return "sort", function(x) return (x:sort(d)) * 0.9 end
      elseif kind == 31 then local d = pick{1, 2, 3} return "max", function(x) return x - 0.5 * x:max(d, {keepdim = true}) end
      elseif kind == 32 then return "where", function(x) return tensor.where(x:gt(0.1), x, x:sin()) end
      elseif kind == 33 then return "sum of samples", function(x) return x + 0.1 * x:sum(1, {keepdim = true}):expand{n, -1, -1} end
      elseif kind == 34 and l % 2 == 0 then s[3] = l // 2 return "halves", function(x) return x[{{}, {}, {1, l, 2}}] * x[{{}, {}, {2, l, 2}}] end
      elseif kind == 25 and n > 1 then return "mix samples", function(x) return x + 0.1 * x:flip(1) end
      else local k = random(l) return "split", function(x) if k == l then return x end return tensor.cat({x[{{}, {}, {k + 1, l}}], x[{{}, {}, {1, k}}]}, 3) end
      end
    end

    for number = 1, programs do
      local s = {pick{1, 2, 3, 15, 16, 17, 33}, pick{1, 1, 2, 3}, pick{4, 7, 8, 12}, p = {}}
      local x = noise(s[1], s[2], s[3])
      local steps, names = {}, {}
      for i = 1, random(1, 7) do names[i], steps[i] = step(s) end
      local parameters = {x = x, p = s.p}
      local loss = function(q)
        local y = q.x
        for i, f in ipairs(steps) do y = f(y, q.p) end
        return (y ^ 2):mean(), y
      end
      local what = "program " .. number .. " of seed " .. seed .. ": x " .. table.concat(x.shape, " ") .. ": " .. table.concat(names, ", ")
      local function close(a, b, tolerance, of)
        local distance, scale = (a - b):abs():max():item(), math.max(1e-3, a:abs():max():item(), b:abs():max():item())
        assert(distance <= tolerance * scale, what .. "\\n  " .. of .. ": differs by " .. distance .. " of " .. scale)
      end
      local ok, message = pcall(function()
        local value, y = loss(parameters)
        local compiled, z = tensor.compile(loss)(parameters)
        close(value, compiled, 1e-11, "compiled loss") close(y, z, 1e-11, "compiled result")
        local v = {x = noise(table.unpack(x.shape)), p = {}}
        for i, p in ipairs(s.p) do v.p[i] = noise(table.unpack(p.shape)) end
        local function moved(h)
          local q = {x = x + h * v.x, p = {}}
          for i, p in ipairs(s.p) do q.p[i] = p + h * v.p[i] end
          return q
        end
        local function along(g)
          local d = (g.x * v.x):sum()
          for i, p in ipairs(g.p) do d = d + (p * v.p[i]):sum() end
          return d
        end
        local g = tensor.grad(loss)(parameters)
        local h = 1e-5
        local has_relu = false
        for _, name in ipairs(names) do has_relu = has_relu or name == "relu" or name == "max" or name == "sort" or name == "where" end
        if not has_relu then close(along(g), (loss(moved(h)) - loss(moved(-h))) / (2 * h), 3e-4, "gradient") end
        local gc = tensor.compile(tensor.grad(loss))(parameters)
        close(along(g), along(gc), 1e-10, "compiled gradient")
        local hv = tensor.hvp(loss, parameters, v)
        if not has_relu then close(along(hv), (along(tensor.grad(loss)(moved(h))) - along(tensor.grad(loss)(moved(-h)))) / (2 * h), 1e-3, "second derivative") end
      end)
      if not ok then error(what .. "\\n" .. message, 0) end
    end
    """

    func testRandomPrograms() throws {
        let settings = ProcessInfo.processInfo.environment
        let programs = settings["OCHE_FUZZ_PROGRAMS"].flatMap { Int($0) } ?? 200, seed = settings["OCHE_FUZZ_SEED"].flatMap { Int($0) } ?? 1
        print("\(programs) random programs from seed \(seed)")
        for threads in [1, 2] {
            let environment = try ScriptingEnvironment(.init(threads: threads))
            do {
                try environment.state.run(environment.state.compile(RandomProgramTests.program, name: "programs"), [programs, seed + threads])
            } catch {
                XCTFail("\(error)")
            }
        }
    }
}
