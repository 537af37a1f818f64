import LuaHost
import Scripting
import Tensors
import XCTest

/// The short ways that frequent calls take give what the long ways give: products, segments of signals, replays of
/// compiled functions, sorting by digits, memory that is used again.
final class EagerPathTests: XCTestCase {
    private func run(_ text: String, memory: Int? = nil, line: UInt = #line) {
        do {
            let environment = try ScriptingEnvironment(.init(memoryLimit: memory))
            try environment.state.run(text, name: "paths")
        } catch {
            XCTFail("\((error as? LuaError)?.report ?? "\(error)")", line: line)
        }
    }

    /// Against the definition in Lua numbers.
    func testProductsOfAnyShape() {
        run("""
        local function close(a, b, k) assert(math.abs(a - b) <= 1e-5 * k + 1e-12, a .. " against " .. b) end
        for _, dtype in ipairs{"float32", "float64"} do
          for i, s in ipairs{{1, 1, 1}, {1, 40, 1}, {20, 33, 1}, {1, 50, 40}, {13, 300, 35}, {24, 16, 600}, {65, 17, 66}, {40, 260, 33}, {3, 0, 2}} do
            local m, k, n = table.unpack(s)
            local views = {
              {tensor.randn({m, k}, {seed = i, dtype = dtype}), tensor.randn({k, n}, {seed = i + 50, dtype = dtype})},
              {tensor.randn({k, m}, {seed = i, dtype = dtype}):transpose(1, 2), tensor.randn({n, k}, {seed = i + 50, dtype = dtype}):transpose(1, 2)},
            }
            for _, ab in ipairs(views) do
              local c, a, b = ab[1]:matmul(ab[2]), ab[1]:totable(), ab[2]:totable()
              assert(c.shape[1] == m and c.shape[2] == n and c.dtype == dtype)
              local values = c:totable()
              for row = 1, m do for column = 1, n do
                local sum = 0
                for l = 1, k do sum = sum + a[row][l] * b[l][column] end
                close(values[row][column], sum, k)
              end end
              if n == 1 and k > 0 then
                local v = ab[1]:matmul(ab[2]:reshape{k}):totable()
                for row = 1, m do close(v[row], values[row][1], 1) end
              end
            end
          end
        end
        local a, b = tensor.randn({3, 1, 4, 70}, {seed = 1}), tensor.randn({2, 70, 9}, {seed = 2})
        local c = a:matmul(b)
        assert(table.concat(c.shape, " ") == "3 2 4 9")
        for i = 1, 3 do for j = 1, 2 do assert(tensor.allclose(c[{i, j}], a[{i, 1}]:matmul(b[j]), {rtol = 1e-5, atol = 1e-5})) end end
        local tall, w = tensor.randn({3, 5, 7, 20}, {seed = 4}), tensor.randn({20, 6}, {seed = 5})
        for _, t in ipairs{tall, tall:transpose(2, 3), tall[{{}, {1, 5, 2}}]} do
          local y = t:matmul(w)
          for i = 1, 3 do for j = 1, #t[1] do assert(tensor.allclose(y[{i, j}], t[{i, j}]:matmul(w), {rtol = 1e-5, atol = 1e-5})) end end
        end
        local v = tensor.randn({1003}, {seed = 3, dtype = "float64"})
        assert(math.abs(v:matmul(v):item() - (v * v):sum():item()) < 1e-9)
        """)
    }

    /// A signal alone gives what it gives among many, which are not cut.
    func testFewSignalsAsManySegments() {
        run("""
        local function same(a, b) assert((a - b):abs():max():item() == 0) end
        for _, n in ipairs{1, 2, 3, 5, 8} do
          for _, options in ipairs{{}, {padding = 3}, {padding = "same", mode = "circular"}, {padding = 2, mode = "reflect"}, {stride = 3, padding = 1},
                                   {dilation = 2, padding = "same"}, {groups = 2, padding = "same"}, {bias = tensor.randn({8}, {seed = 9})}} do
            local x = tensor.randn({n, 4, 1111}, {seed = n})
            local w = tensor.randn({8, options.groups and 2 or 4, 5}, {seed = 2})
            local few, many = tensor.conv1d(x, w, options), tensor.conv1d(tensor.cat({x, tensor.randn({16, 4, 1111}, {seed = 3})}, 1), w, options)
            assert(#few == n)
            same(few, many[{{1, n}}])
          end
        end
        same(tensor.conv1d(tensor.ones{4, 2000}, tensor.ones{8, 4, 5}), tensor.full({8, 1996}, 20))
        local x, w = tensor.randn({1, 3, 150, 23}, {seed = 4}), tensor.randn({5, 3, 3, 5}, {seed = 5})
        for _, options in ipairs{{}, {padding = "same"}, {padding = {1, 2}, stride = {2, 1}}, {padding = "same", mode = "circular"}} do
          same(tensor.conv2d(x, w, options), tensor.conv2d(tensor.cat({x, tensor.randn({16, 3, 150, 23}, {seed = 6})}, 1), w, options)[{{1, 1}}])
        end
        """)
    }

    func testReplaysOfEveryStructure() {
        run("""
        local traced = 0
        local f = tensor.compile(function(p, x, flag, rate)
          traced = traced + 1
          if flag == "double" then x = 2 * x end
          return {w = p.w + x, list = {p.list[1] * rate, p.list[2]}, name = "kept"}, (p.w * x):sum()
        end)
        local function check(p, x, flag, rate)
          local factor = flag == "double" and 2 or 1
          local r, s = f(p, x, flag, rate)
          assert(tensor.allclose(r.w, p.w + factor * x) and tensor.allclose(r.list[1], p.list[1] * rate) and tensor.allclose(r.list[2], p.list[2]))
          assert(r.name == "kept" and #r.list == 2 and tensor.allclose(s, (p.w * x * factor):sum()))
        end
        local function parameters(n, seed)
          return {w = tensor.randn({n}, {seed = seed}), list = {tensor.randn({2, n}, {seed = seed + 1}), tensor.randn({3}, {seed = seed + 2})}}
        end
        for i = 1, 5 do
          check(parameters(4, i), tensor.randn({4}, {seed = i + 20}), "double", i / 3)
          check(parameters(4, i), tensor.randn({4}, {seed = i + 30}), nil, i)
          check(parameters(7, i), tensor.randn({14}, {seed = i})[{{1, 14, 2}}], "double", 2)
        end
        assert(traced == 3, traced)
        -- Another dtype, one more entry, another key, a number where a tensor was: each is another function.
        check(parameters(4, 1), tensor.randn({4}, {seed = 1, dtype = "float64"}), "double", 2)
        local more = parameters(4, 1)
        more.extra = tensor.ones{1}
        check(more, tensor.ones{4}, "double", 1)
        local other = parameters(4, 1)
        other.w, other.v = nil, other.w
        assert(not pcall(f, other, tensor.ones{4}, "double", 1))
        check(parameters(4, 1), 3, "double", 1)
        local before = traced
        check(parameters(4, 1), 5, "double", 1.5)
        check(parameters(4, 2), tensor.ones{4}, "double", 1)
        assert(traced == before)
        -- What a call gave stays when the next one comes.
        local step = tensor.compile(function(a, b) return a + b end)
        local a, kept = tensor.zeros{16}, {}
        for i = 1, 10 do a = step(a, tensor.ones{16}) kept[i] = a end
        for i = 1, 10 do assert(kept[i][1] == i) end
        """)
    }

    func testSortingByDigits() {
        run("""
        local inf, nan = math.huge, 0 / 0
        for _, dtype in ipairs{"float32", "float64"} do
          for _, n in ipairs{5, 33, 200, 3000} do
            local values = (tensor.randn({n}, {seed = n, dtype = dtype}) * 3):floor():totable()
            values[1], values[2], values[3], values[4], values[5] = 0.0, -0.0, inf, -inf, nan
            for _, descending in ipairs{false, true} do
              local places = {}
              for i = 1, n do places[i] = i end
              table.sort(places, function(i, j)
                local a, b = values[i], values[j]
                if a ~= a or b ~= b then return a == a and b ~= b or (a ~= a and b ~= b and i < j) end
                if a == b then return i < j end
                return (a < b) ~= descending
              end)
              local sorted, order = tensor(values, {dtype = dtype}):sort(1, {descending = descending})
              for i = 1, n do
                assert(order[i] == places[i], i .. ": " .. order[i] .. " against " .. places[i])
                assert(sorted[i] == values[places[i]] or (sorted[i] ~= sorted[i] and values[places[i]] ~= values[places[i]]))
              end
            end
          end
        end
        local columns = tensor.randn({50, 3}, {seed = 1})
        local sorted = columns:sort(1)
        for j = 1, 3 do assert(tensor.allclose(sorted[{{}, j}], (columns[{{}, j}]:sort(1)))) end
        assert(tensor{2, nan, 5}:argmax():item() == 2 and tensor{3, 1, 1}:argmin():item() == 2 and tensor{{1, 4, 4}, {-1, -inf, -2}}:argmax(2)[2] == 1)
        """)
    }

    /// Blocks that wait to be used again never make an allocation fail that fits the limit.
    func testMemoryUsedAgainStaysWithinTheLimit() {
        run("""
        for i = 1, 40 do local a = tensor.ones{5000000 + 100000 * i} + 1 assert(a[1] == 2 and a[-1] == 2) end
        local large = tensor.ones{40000000}
        assert(large[-1] == 1)
        large = nil
        assert(not pcall(tensor.ones, {60000000}))
        for i = 1, 5 do assert((tensor.ones{20000000} * i)[-1] == i) end
        """, memory: 200_000_000)
    }

    func testRowsAndNumbersOfViews() {
        run("""
        local a = tensor{{1, 2, 3}, {4, 5, 6}}
        local t = a:transpose(1, 2)
        assert(t[2][1] == 2 and t[3][2] == 6 and t[-1].shape[1] == 2 and a[2][-1] == 6 and a[{{}, 2}][2] == 5)
        assert(not pcall(function() return a[3] end) and not pcall(function() return a[0] end))
        local row = a[1]
        a[{1, 1}] = 9
        assert(row[1] == 1 and a[1][1] == 9)
        assert(tensor.zeros{2, 0}[1].size == 0 and tensor.zeros{2, 3, 4}[2][3].size == 4)
        assert((2 - a)[2][1] == -2 and (a / 2)[2][2] == 2.5 and (1 + a:to("float64")).dtype == "float64")
        assert(not pcall(function() return a + "x" end) and not pcall(function() return {} + a end))
        """)
    }

    /// Objects are released with their userdata, also when the state closes.
    func testObjectsLiveAsLongAsTheirValues() throws {
        weak var tensor: Tensor?
        let environment = try ScriptingEnvironment()
        try autoreleased {
            let held = Tensor([1, 2, 3], shape: [3])
            tensor = held
            environment.state.setGlobal("held", held)
        }
        XCTAssertNotNil(tensor)
        try environment.state.run("local copy = {held} held = nil collectgarbage() assert(copy[1][3] == 3) copy = nil")
        environment.state.collectGarbage()
        XCTAssertNil(tensor)
        try autoreleased {
            let held = Tensor([4], shape: [1])
            tensor = held
            environment.state.setGlobal("held", held)
        }
        environment.state.close()
        XCTAssertNil(tensor)
    }
    private func autoreleased(_ body: () throws -> Void) rethrows { try body() }
}
