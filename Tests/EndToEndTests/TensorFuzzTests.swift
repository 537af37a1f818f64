import Foundation
import LuaHost
import Scripting
import XCTest

/// Random calls with random types, shapes and values: an error or a result, never a crash or a hang, and never a shape
/// that the rules of broadcasting, reduction and indexing do not give. OCHE_FUZZ_CALLS sets how many, OCHE_FUZZ_SEED where it starts.
final class TensorFuzzTests: XCTestCase {
    private static let program = """
    local calls, seed = ...
    math.randomseed(seed)
    local random = math.random
    local function pick(t) return t[random(#t)] end
    local function size() return pick{0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 17} end
    local function shape()
      local s = {}
      for i = 1, pick{0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8} do s[i] = size() end
      local n = 1
      for i = 1, #s do n = n * s[i] if n > 3000 then s[i] = 1 n = n // 3 end end
      return s
    end
    local strange = {0, -1, 1, 2, 3, 1.5, -0.0, 1e300, -1e300, 0/0, 1/0, -1/0, 2^53, math.maxinteger, math.mininteger, 1e9, 100000, 65536}
    local function fresh()
      local t = tensor.randn(shape(), {seed = random(1000), dtype = pick{"float32", "float32", "float64"}})
      local kind = random(10)
      if kind == 1 and t.rank >= 2 then t = t:transpose(random(t.rank), -random(t.rank))
      elseif kind == 2 and t.rank >= 1 then t = t:flip(random(t.rank))
      elseif kind == 3 and t.rank <= 6 then t = t:unsqueeze(1):expand{3, table.unpack(t.shape)}
      elseif kind == 4 and t.size > 0 then t = t * pick(strange) end
      return t
    end
    local names, modes = {}, {"same", "valid", "zeros", "circular", "reflect", "float64", "float32", "x", ""}
    for name, f in pairs(tensor) do
      if type(f) == "function" and name ~= "save" and name ~= "load" then names[#names + 1] = name end
    end
    local functions = {function(x) return x end, function(x) return x:sum() end, function(x, y) return (x * x):mean() end, function() error("mine") end,
      function(x) return {x, 2} end, function(x) return x:item() > 0 and x or -x end, function(x) return tensor.randn(x.shape) * x end}
    local value
    local function number() return random() < 0.7 and random(-4, 5) or pick(strange) end
    local function options()
      local t = {}
      for _ = 1, random(0, 3) do
        t[pick{"dtype", "keepdim", "seed", "mode", "padding", "stride", "dilation", "groups", "bias", "p", "value", "rtol", "descending", "output_padding", "step"}] = value(2)
      end
      return t
    end
    function value(depth)
      local kind = random(depth > 1 and 12 or 16)
      if kind <= 6 then return fresh() end
      if kind <= 9 then return number() end
      if kind == 10 then return pick(modes) end
      if kind == 11 then return pick{true, false} end
      if kind == 12 then return nil end
      if kind == 13 then return options() end
      if kind == 14 then local t = {} for i = 1, random(0, 4) do t[i] = number() end return t end
      if kind == 15 then local t = {} for i = 1, random(0, 3) do t[i] = value(depth + 1) end return t end
      return pick(functions)
    end
    local operators = {function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end, function(a, b) return a / b end,
      function(a, b) return a ^ b end, function(a) return -a end, function(a, b) return a < b end, function(a, b) return a <= b end, function(a) return #a end,
      function(a, i) return a[i] end, function(a, i) return a[{i, i}] end, function(a, i, j) return a[{{i, j}}] end, function(a, i, j, k) return a[{{}, {i, j, k}}] end,
      function(a, i, v) a[i] = v return a end, function(a, i, v) a[{{}, i}] = v return a end, function(a) for i, v in pairs(a) do if i > 5 then break end end end,
      function(a) for i, v in ipairs(a) do if i > 5 then break end end end, function(a, b) return a == b end, function(a) return a.shape end}
    local function broadcast(a, b)
      local s = {}
      for i = 1, math.max(#a, #b) do
        local x, y = a[#a - i + 1] or 1, b[#b - i + 1] or 1
        table.insert(s, 1, x == 1 and y or x)
      end
      return s
    end
    local function same(a, b) return table.concat(a, ",") == table.concat(b, ",") end
    local function sane(t, what)
      if not tensor.is_tensor(t) then return end
      local n = 1
      for _, s in ipairs(t.shape) do assert(s >= 0, what) n = n * s end
      assert(n == t.size and #t.shape == t.rank and t.rank <= 8, what)
      if t.size <= 4096 and random(8) == 1 then tostring(t) assert(t.rank == 0 or #t:totable() == t.shape[1], what) end
    end
    local results, failures = 0, {}
    for call = 1, calls do
      local what, results_of
      if random() < 0.3 then
        local f, a, b, c, d = pick(operators), value(1), value(1), value(1), value(1)
        if random() < 0.8 and not tensor.is_tensor(a) then a = fresh() end
        what = "operator"
        results_of = table.pack(pcall(f, a, b, c, d))
      else
        local name = pick(names)
        local args = {}
        for i = 1, random(0, 4) do args[i] = value(1) end
        if random() < 0.8 then args[1] = fresh() end
        what = name
        results_of = table.pack(pcall(tensor[name], table.unpack(args, 1, 4)))
        if results_of[1] and type(results_of[2]) == "function" then results_of = table.pack(pcall(results_of[2], value(1), value(1))) end
        -- Silent wrong shapes: what the rules say for the simplest functions.
        if results_of[1] then
          local a, r = args[1], results_of[2]
          if (name == "maximum" or name == "lt") and tensor.is_tensor(a) and tensor.is_tensor(args[2]) then assert(same(r.shape, broadcast(a.shape, args[2].shape)), what) end
          if (name == "sum" or name == "argmax") and math.type(args[2]) == "integer" and args[3] == nil then assert(r.rank == a.rank - 1, what) end
          if name == "exp" or name == "cumsum" or name == "softmax" then assert(same(r.shape, a.shape), what) end
          if name == "stack" then assert(r.rank == args[1][1].rank + 1, what) end
          if name == "matmul" and a.rank >= 2 and args[2].rank >= 2 then assert(r.shape[r.rank] == args[2].shape[args[2].rank] and r.shape[r.rank - 1] == a.shape[a.rank - 1], what) end
        end
      end
      if results_of[1] then
        results = results + 1
        for i = 2, results_of.n do sane(results_of[i], what) end
      else
        local message = results_of[2]
        assert(type(message) == "string" and #message > 5, what)
        failures[message:gsub("[%d.]+", "#")] = true
      end
    end
    local kinds = 0
    for _ in pairs(failures) do kinds = kinds + 1 end
    return results, kinds
    """

    func testRandomCalls() throws {
        let settings = ProcessInfo.processInfo.environment
        let calls = settings["OCHE_FUZZ_CALLS"].flatMap { Int($0) } ?? 10_000, seed = settings["OCHE_FUZZ_SEED"].flatMap { Int($0) } ?? 1
        print("\(calls) random calls from seed \(seed)")
        let environment = try ScriptingEnvironment(.init(memoryLimit: 400_000_000))
        let program = try environment.state.compile(TensorFuzzTests.program, name: "fuzz")
        let began = Date()
        let results = try environment.state.run(program, [calls, seed])
        print("\(results[0].as(Int.self)!) gave a result, \(results[1].as(Int.self)!) different messages, \(Int(Date().timeIntervalSince(began) * 1000)) ms")
    }
}
