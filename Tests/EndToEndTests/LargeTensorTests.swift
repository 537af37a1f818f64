import Foundation
import LuaHost
import Scripting
import XCTest

/// Work on many elements is done in pieces, between which it can be stopped: the results are those of the definitions, written out with
/// loops, at sizes of several pieces.
final class LargeTensorTests: XCTestCase {
    private func check(_ text: String, line: UInt = #line) throws {
        let environment = try ScriptingEnvironment(.init())
        let prelude = """
            local n = 600001
            local a, b = tensor.randn({n}, {seed = 1, dtype = "float64"}), tensor.rand({n}, {seed = 2, dtype = "float64"})
            local p, q = a:totable(), b:totable()
            local function same(x, f, what)
              local values = x:reshape{-1}:totable()
              for i, value in ipairs(values) do
                local wanted = f(i)
                if math.abs(value - wanted) > 1e-9 * math.max(1, math.abs(wanted)) then error(what .. ": at " .. i .. " " .. value .. ", expected " .. wanted, 2) end
              end
              return #values
            end

            """
        XCTAssertNoThrow(try environment.state.run(prelude + text, name: "large"), line: line)
    }

    func testElementwise() throws {
        try check("""
            same(-a, function(i) return -p[i] end, "negative")
            same(a:exp(), function(i) return math.exp(p[i]) end, "exp")
            same(a + b, function(i) return p[i] + q[i] end, "sum")
            same(a * 3, function(i) return p[i] * 3 end, "scaled")
            same(2 - a, function(i) return 2 - p[i] end, "difference from a number")
            same(tensor.where(a:gt(0), a, b), function(i) return p[i] > 0 and p[i] or q[i] end, "where")
            local c = tensor{{1}, {-2}}:to("float64")
            same(a + c, function(i) return p[(i - 1) % n + 1] + (i <= n and 1 or -2) end, "broadcast")
            same(a:flip(1), function(i) return p[n + 1 - i] end, "flip")
            same(a[{{2, n - 1}}] * b[{{3, n}}], function(i) return p[i + 1] * q[i + 2] end, "of views")
            same(a:to("float32"):to("float64"), function(i) return string.unpack("f", string.pack("f", p[i])) end, "to")
            same(tensor.full({n}, 7), function() return 7 end, "full")
            same(tensor.arange(1, n + 1, 1, {dtype = "float64"}), function(i) return i end, "arange")
            same(tensor.compile(function(x, y) return 2 * x - 3 * y + x * y end)(a, b), function(i) return 2 * p[i] - 3 * q[i] + p[i] * q[i] end, "compiled")
            same(tensor.compile(function(x, y) return (2 * x - 3 * y + 0.5 * x:tanh()):reshape{1, n}:transpose(1, 2) end)(a, b),
              function(i) local e = math.exp(2 * p[i]) return 2 * p[i] - 3 * q[i] + 0.5 * (e - 1) / (e + 1) end, "linear combination")
            """)
    }

    func testLayout() throws {
        try check("""
            local rows, columns = 700, 857
            local x = a[{{1, rows * columns}}]:reshape{rows, columns}
            same(x:transpose(1, 2):clone() + 0, function(i) return p[(i - 1) % rows * columns + (i - 1) // rows + 1] end, "transposed")
            same(tensor.cat({a, b}, 1), function(i) return i <= n and p[i] or q[i - n] end, "cat")
            same(a:roll(5, 1), function(i) return p[(i - 6) % n + 1] end, "roll")
            local y = a:clone()
            y[{{1, n - 1}}] = b[{{2, n}}]
            same(y, function(i) return i < n and q[i + 1] or p[n] end, "assignment")
            for _, ending in ipairs{"npy", "npz", "safetensors"} do
              local path = os.tmpname() .. "." .. ending
              tensor.save(path, ending == "npy" and a or {a = a, b = b:to("float32")})
              local back = tensor.load(path)
              os.remove(path)
              same(ending == "npy" and back or back.a, function(i) return p[i] end, ending)
            end
            """)
    }

    func testReductions() throws {
        try check("""
            local sum, largest, place, running = 0, -math.huge, 0, {}
            for i = 1, n do
              sum = sum + p[i]
              running[i] = sum
              if p[i] > largest then largest, place = p[i], i end
            end
            same(a:sum(), function() return sum end, "sum")
            same(a:max(), function() return largest end, "max")
            same(a:argmax(), function() return place end, "argmax")
            same(a:cumsum(1), function(i) return running[i] end, "cumsum")
            same(a[{{1, 600000}}]:reshape{300000, 2}:sum(2), function(i) return p[2 * i - 1] + p[2 * i] end, "sums of short rows")
            same(a[{{1, 600000}}]:reshape{2, 300000}:max(1), function(i) return math.max(p[i], p[i + 300000]) end, "of few rows")
            same(a[{{1, 600000}}]:reshape{2, 300000}:argmin(1), function(i) return p[i] <= p[i + 300000] and 1 or 2 end, "argmin of columns")
            local columns = {0, 0, 0}
            for i = 1, 600000 do columns[(i - 1) % 3 + 1] = columns[(i - 1) % 3 + 1] + p[i] end
            same(a[{{1, 600000}}]:reshape{200000, 3}:sum(1), function(i) return columns[i] end, "sums of long columns")
            local dot = 0
            for i = 1, n do dot = dot + p[i] * q[i] end
            same(a:reshape{1, n}:matmul(b:reshape{n, 1}), function() return dot end, "inner product")
            local sorted, order = a:sort(1)
            table.sort(p)
            same(sorted, function(i) return p[i] end, "sort")
            local unsorted = a:totable()
            same(order, function(i) local at = order[i] assert(unsorted[at] == p[i], "order") return at end, "order")
            """)
    }

    func testProducts() throws {
        // Many rows of few columns; and all paths of large products, through 64-bit integers that are exact.
        try check("""
            local x, w = a[{{1, 600000}}]:reshape{200000, 3}, tensor{{1, 2}, {3, 4}, {5, 6}}:to("float64")
            same(x:matmul(w), function(i) local r = (i - 1) // 2 * 3 return (i % 2 == 1) and p[r + 1] + 3 * p[r + 2] + 5 * p[r + 3] or 2 * p[r + 1] + 4 * p[r + 2] + 6 * p[r + 3] end, "rows")
            local m, k, l = 470, 530, 610
            local u, v = (tensor.rand({m, k}, {seed = 3}) * 10 // 1), (tensor.rand({k, l}, {seed = 4}) * 10 // 1)
            local f, g, h = u:reshape{-1}:totable(), v:reshape{-1}:totable(), u:matmul(v):reshape{-1}:totable()
            for i = 1, m * l, 97 do
              local s, row, column = 0, (i - 1) // l, (i - 1) % l
              for j = 1, k do s = s + f[row * k + j] * g[(j - 1) * l + column + 1] end
              assert(s == h[i], "product at " .. i)
            end
            local length = 20000
            local y, taps = tensor.conv1d(a[{{1, 4 * length}}]:reshape{2, 2, length}, b[{{1, 5 * 2 * 7}}]:reshape{5, 2, 7}, {padding = 3}), 7
            same(y, function(i)
              local sample, channel, t = (i - 1) // (5 * length), (i - 1) // length % 5, (i - 1) % length
              local s = 0
              for c = 0, 1 do for j = 0, taps - 1 do
                local at = t + j - 3
                if at >= 0 and at < length then s = s + p[sample * 2 * length + c * length + at + 1] * q[channel * 14 + c * 7 + j + 1] end
              end end
              return s
            end, "conv1d")
            """)
    }
}
