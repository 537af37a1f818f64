import LuaHost
import Scripting
import Tensors
import XCTest

/// The plan of an eager function is kept under the function with the very attributes that it has: calls that differ in
/// anything are answered by themselves. The values are those of the definition.
final class EagerKeyTests: XCTestCase {
    private func run(_ script: String) throws -> [LuaValue] {
        try ScriptingEnvironment(.init(isQuiet: true)).state.compile(script, name: "test").call([])
    }

    func testBoundsOfClamp() throws {
        _ = try run("""
            local function f64(t) return tensor(t, {dtype = "float64"}) end
            local a = f64{-1, 0, 3}
            local tiny, inf, nan = 5e-324, math.huge, 0 / 0
            local function is(t, ...)
              for i, expected in ipairs{...} do
                local got = t[i]
                assert(got == expected and (got ~= 0 or 1 / got == 1 / expected), "got " .. got .. " for " .. expected
                  .. " at " .. i)
              end
            end
            -- Every order of calls that could share a key: no bound and each number whose bits could stand for it.
            for _ = 1, 2 do
              is(a:clamp(nil, 2), -1, 0, 2)
              is(a:clamp(tiny, 2), tiny, tiny, 2)
              is(a:clamp(-tiny, 2), -tiny, 0, 2)
              is(a:clamp(1, nil), 1, 1, 3)
              is(a:clamp(1, tiny + 1), 1, 1, 1)
              is(a:clamp(nil, tiny), -1, 0, tiny)
              is(a:clamp(-inf, 2), -1, 0, 2)
              is(a:clamp(0.0, inf), 0.0, 0, 3)
              is(a:clamp(-0.0, inf), -0.0, 0, 3)
              is(a:clamp(1, inf), 1, 1, 3)
              is(a:clamp(nan, 2), -1, 0, 2)
              is(a:clamp(nil, nan), -1, 0, 3)
            end
            """)
    }

    func testValuesOfPaddingAndOrdersOfNorms() throws {
        _ = try run("""
            local a = tensor({3, 4}, {dtype = "float64"})
            for _ = 1, 2 do
              assert(1 / a:pad({1, 0}, {value = 0.0})[1] == math.huge)
              assert(1 / a:pad({1, 0}, {value = -0.0})[1] == -math.huge)
              assert(a:pad({1, 0}, {value = 5e-324})[1] == 5e-324)
              local nan = a:pad({1, 0}, {value = 0 / 0})[1]
              assert(nan ~= nan)
              assert(a:pad({1, 0}, {mode = "circular"})[1] == 4 and a:pad({0, 1}, {mode = "circular"})[3] == 3)
              assert(a:pad({1, 0}, {mode = "reflect"})[1] == 4)
              assert(a:norm():item() == 5 and a:norm(1, {p = 1}):item() == 7 and a:norm(1, {p = math.huge}):item() == 4)
              assert(math.abs(a:norm(1, {p = 3}):item() - 91 ^ (1 / 3)) < 1e-14)
              assert(math.abs(a:norm(1, {p = 2.0000000000000004}):item() - 5) < 1e-14)
            end
            """)
    }

    /// Functions that differ in one attribute each, by the definition of each: all are called before any is called
    /// again.
    func testOneAttributeApart() throws {
        _ = try run("""
            local a = tensor.arange(24, nil, nil, {dtype = "float64"}):reshape{2, 3, 4} % 7 - 2
            local function element(i, j, k) return (((i - 1) * 12 + (j - 1) * 4 + k - 1) % 7) - 2 end
            local function along(dim, f) -- f over the elements of each row along dim, keeping it
              local n, result = {2, 3, 4}, {}
              for i = 1, n[1] do for j = 1, n[2] do for k = 1, n[3] do
                local at, row = {i, j, k}, {}
                for m = 1, n[dim] do at[dim] = m row[m] = element(at[1], at[2], at[3]) end
                result[#result + 1] = f(row, ({i, j, k})[dim])
              end end end
              return tensor(result, {dtype = "float64"}):reshape{2, 3, 4}
            end
            local function sum(row) local s = 0 for _, v in ipairs(row) do s = s + v end return s end
            local cases = {}
            for dim = 1, 3 do
              local n = ({2, 3, 4})[dim]
              local whole = function(t) return t:unsqueeze(dim):expand{2, 3, 4} end
              for _, kept in ipairs{true, false} do
                local o = {keepdim = kept}
                local function full(t) return kept and t:expand{2, 3, 4} or whole(t) end
                cases[#cases + 1] = {function() return full(a:sum(dim, o)) end, along(dim, sum)}
                cases[#cases + 1] = {function() return full(a:mean(dim, o)) end, along(dim, function(r) return sum(r)
                  / n end)}
                cases[#cases + 1] = {function() return full(a:max(dim, o)) end, along(dim, function(r) return
                  math.max(table.unpack(r)) end)}
                cases[#cases + 1] = {function() return full(a:min(dim, o)) end, along(dim, function(r) return
                  math.min(table.unpack(r)) end)}
                cases[#cases + 1] = {function() return full(a:prod(dim, o)) end, along(dim, function(r) local p = 1
                  for _, v in ipairs(r) do p = p * v end return p end)}
                cases[#cases + 1] = {function() return full(a:var(dim, o)) end, along(dim, function(r)
                  local m, s = sum(r) / n, 0
                  for _, v in ipairs(r) do s = s + (v - m) ^ 2 end
                  return s / (n - 1)
                end)}
              end
              cases[#cases + 1] = {function() return a:cumsum(dim) end, along(dim, function(r, m) local s = 0 for i =
                1, m do s = s + r[i] end return s end)}
              cases[#cases + 1] = {function() return a:softmax(dim) end, along(dim, function(r, m) local s = 0 for _,
                v in ipairs(r) do s = s + math.exp(v) end return math.exp(r[m]) / s end)}
              cases[#cases + 1] = {function() return a:log_softmax(dim) end, along(dim, function(r, m) local s = 0 for
                _, v in ipairs(r) do s = s + math.exp(v) end return r[m] - math.log(s) end)}
              for shift = 1, 3 do
                cases[#cases + 1] = {function() return a:roll(shift, dim) end, along(dim, function(r, m) return r[(m -
                  1 - shift) % n + 1] end)}
              end
              for _, descending in ipairs{true, false} do
                cases[#cases + 1] = {function() return (a:sort(dim, {descending = descending})) end, along(dim,
                  function(r, m)
                  table.sort(r, function(x, y) if descending then return x > y end return x < y end)
                  return r[m]
                end)}
              end
            end
            for round = 1, 2 do
              for i, case in ipairs(cases) do assert((case[1]() - case[2]):abs():max():item() < 1e-12, "case " .. i ..
                " in round " .. round) end
            end
            """)
    }
}
