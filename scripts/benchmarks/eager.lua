-- What tensors cost from a script: a line `name value unit` for every figure. Run on one core:
--     taskset -c 0 oche --threads 1 scripts/benchmarks/eager.lua [part of a name]
-- ns: processor time of one call beyond the loop around it; GB/s: bytes of operands and results; GFLOP/s: 2 operations
-- per multiply-add. Each is the best of several repetitions.
local only = arg and arg[1] or ""
local repetitions = 7

--- Best seconds of one run of `body(n)`, which repeats its work n times.
local function best(body, n)
  local least = math.huge
  for _ = 1, repetitions do
    local start = os.clock()
    body(n)
    least = math.min(least, (os.clock() - start) / n)
  end
  return least
end

local function report(name, value, unit) print(string.format("%-32s %10.4g %s", name, value, unit)) end

-- A call whose cost is that of the call: the loop around the snippet is measured without it and taken off.
local function overhead(name, snippet, n)
  if not name:find(only, 1, true) then return end
  n = n or 100000
  local function body(text)
    return load("local a, b, c, step, step_table, p = ...\nreturn function(n)\n  local r\n  for i = 1, n do " .. text .. " end\n  return r\nend")
  end
  local step = tensor.compile(function(x, y) return x + y end)
  local step_table = tensor.compile(function(q, y) return {w = q.w + y, b = q.b - y} end)
  local a, b = tensor.randn({16}, {seed = 1}), tensor.randn({16}, {seed = 2})
  local c, p = tensor.randn({4, 4}, {seed = 3}), {w = a, b = b}
  local run, empty = body(snippet)(a, b, c, step, step_table, p), body("r = i")(a)
  run(n // 10)
  report(name, (best(run, n) - best(empty, n)) * 1e9, "ns")
end

overhead("add_16", "r = a + b")
overhead("subtract_16", "r = a - b")
overhead("multiply_16", "r = a * b")
overhead("scale_16", "r = 2 * a")
overhead("negate_16", "r = -a")
overhead("exp_16", "r = a:exp()")
overhead("relu_16", "r = a:relu()")
overhead("shape", "r = a.shape")
overhead("size", "r = a.size")
overhead("dtype", "r = a.dtype")
overhead("length", "r = #a")
overhead("element", "r = a[1]")
overhead("row", "r = c[1]")
overhead("set_element", "a[1] = 2")
overhead("sum_16", "r = a:sum()")
overhead("matmul_4", "r = c:matmul(c)")
overhead("compiled_step", "a = step(a, b)")
overhead("compiled_step_table", "p = step_table(p, b)")

--- Large work: `amount` bytes or operations.
local function large(name, unit, amount, n, f)
  if not name:find(only, 1, true) then return end
  f()
  report(name, amount / best(function(n) for _ = 1, n do f() end end, n) / 1e9, unit)
end

do
  local n = 10000000
  local a, b = tensor.randn({n}, {seed = 1}), tensor.randn({n}, {seed = 2})
  large("add_1e7", "GB/s", 12 * n, 3, function() return a + b end)
  large("scale_1e7", "GB/s", 8 * n, 3, function() return 2 * a end)
  large("sum_1e7", "GB/s", 4 * n, 3, function() return a:sum() end)
end
do
  local n = 1000000
  local a, b = tensor.randn({n}, {seed = 1}), tensor.randn({n}, {seed = 2})
  local m, c = a:reshape{1000, 1000}, tensor.randn({64, 64, 256}, {seed = 3})
  for _, f in ipairs{"exp", "tanh", "sigmoid", "sin", "log", "relu", "sqrt"} do
    large(f .. "_1e6", "GB/s", 8 * n, 10, function() return a[f](a) end)
  end
  large("add_1e6", "GB/s", 12 * n, 10, function() return a + b end)
  large("power_1e6", "GB/s", 8 * n, 5, function() return a ^ 2 end)
  large("broadcast_1e6", "GB/s", 8 * n, 10, function() return m + m[1] end)
  large("sum_1e6", "GB/s", 4 * n, 10, function() return a:sum() end)
  large("mean_rows_1e6", "GB/s", 4 * n, 10, function() return m:mean(2) end)
  large("mean_columns_1e6", "GB/s", 4 * n, 10, function() return m:mean(1) end)
  large("max_1e6", "GB/s", 4 * n, 10, function() return a:max() end)
  large("var_1e6", "GB/s", 4 * n, 10, function() return a:var() end)
  large("norm_1e6", "GB/s", 4 * n, 10, function() return a:norm() end)
  large("argmax_1e6", "GB/s", 4 * n, 3, function() return a:argmax() end)
  large("softmax_1e6", "GB/s", 8 * n, 3, function() return m:softmax(-1) end)
  large("softmax_columns_1e6", "GB/s", 8 * n, 3, function() return m:softmax(1) end)
  large("transpose_1e6", "GB/s", 8 * n, 5, function() return m:transpose(1, 2) + 0 end)
  large("permute_1e6", "GB/s", 8 * c.size, 5, function() return c:permute{3, 1, 2} + 0 end)
  local wide = a:to("float64")
  large("cumsum_1e6", "GB/s", 8 * n, 5, function() return a:cumsum(1) end)
  large("cumsum_1e6_float64", "GB/s", 16 * n, 5, function() return wide:cumsum(1) end)
  large("cumsum_columns_1e6", "GB/s", 8 * n, 5, function() return m:cumsum(1) end)
  large("cat_1e6", "GB/s", 16 * n, 5, function() return tensor.cat({a, b}, 1) end)
  large("roll_1e6", "GB/s", 8 * n, 5, function() return a:roll(7, 1) end)
  large("flip_1e6", "GB/s", 8 * n, 5, function() return a:flip(1) + 0 end)
  large("where_1e6", "GB/s", 16 * n, 5, function() return tensor.where(a, a, b) end)
  large("clamp_1e6", "GB/s", 8 * n, 5, function() return a:clamp(-1, 1) end)
  large("double_1e6", "GB/s", 12 * n, 5, function() return a:to("float64") end)
  large("randn_1e6", "GB/s", 4 * n, 5, function() return tensor.randn({n}, {seed = 1}) end)
  large("sort_1e6", "Melem/s", 1e3 * n, 1, function() return a:sort(1) end)
  large("totable_1e6", "Melem/s", 1e3 * n, 1, function() return a:totable() end)
  local t = a:totable()
  large("from_table_1e6", "Melem/s", 1e3 * n, 1, function() return tensor(t) end)
end

do
  -- Sums down the columns, beside a copy of the same bytes (a negative: a clone shares its memory until one is written to).
  local n = 10000000
  local a = tensor.rand({n}, {seed = 1})
  large("copy_1e7", "GB/s", 8 * n, 3, function() return -a end)
  for _, columns in ipairs{2, 10, 100, 1000, 10000} do
    local m = a:reshape{n // columns, columns}
    large("sum_columns_1e7_" .. columns, "GB/s", 4 * n, 3, function() return m:sum(1) end)
  end
  local m = a:reshape{n // 100, 100}
  large("var_columns_1e7_100", "GB/s", 4 * n, 3, function() return m:var(1) end)
  large("modulo_1e7", "GB/s", 8 * n, 3, function() return a % 0.37 end)
end

local function product(name, left, right, dtype, transposed)
  local a, b = tensor.randn(left, {seed = 1, dtype = dtype}), tensor.randn(right, {seed = 2, dtype = dtype})
  if transposed then a, b = a:transpose(-1, -2), b:transpose(-1, -2) end
  local c = a:matmul(b)
  local flops = 2 * c.size * a.shape[a.rank]
  large(name, "GFLOP/s", flops, math.max(1, 1e8 // flops), function() return a:matmul(b) end)
end
product("matmul_512", {512, 512}, {512, 512})
product("matmul_512_transposed", {512, 512}, {512, 512}, nil, true)
product("matmul_512_float64", {512, 512}, {512, 512}, "float64")
product("matmul_1024", {1024, 1024}, {1024, 1024})
product("matmul_127", {127, 127}, {127, 127})
product("matmul_64", {64, 64}, {64, 64})
product("matmul_batch_64", {32, 64, 64}, {32, 64, 64})
product("matmul_thin", {2000, 16}, {16, 2000})
product("matmul_deep", {16, 20000}, {20000, 16})
product("matmul_vector_1000", {1000, 1000}, {1000})
product("vector_matmul_1000", {1000}, {1000, 1000})
product("dot_1e6", {1000000}, {1000000})

do
  local function conv(name, x, w, f, options)
    local a, k = tensor.randn(x, {seed = 1}), tensor.randn(w, {seed = 2})
    local y = f(a, k, options)
    local flops = 2 * y.size
    for i = 2, #w do flops = flops * w[i] end
    large(name, "GFLOP/s", flops, math.max(1, 3e7 // flops), function() return f(a, k, options) end)
  end
  conv("conv1d", {32, 16, 256}, {32, 16, 5}, tensor.conv1d, {padding = "same"})
  conv("conv1d_one_sample", {1, 16, 8192}, {32, 16, 5}, tensor.conv1d, {padding = "same"})
  conv("conv1d_few", {4, 64, 256}, {64, 64, 3}, tensor.conv1d, {padding = "same"})
  conv("conv1d_stride", {32, 16, 256}, {32, 16, 5}, tensor.conv1d, {stride = 2})
  conv("conv2d", {32, 16, 32, 32}, {32, 16, 3, 3}, tensor.conv2d, {padding = "same"})
  conv("conv2d_one_sample", {1, 16, 128, 128}, {32, 16, 3, 3}, tensor.conv2d, {padding = "same"})
  conv("blur", {128, 1, 64}, {1, 1, 9}, tensor.conv1d, {padding = "same", mode = "circular"})
end
