-- Random calls of everything in the tensor namespace: functions, methods, operators, indices, assignments.
--     oche tensor-fuzz.lua CALLS SEED
-- Half of the calls are plausible, half take anything at all. Each gives a result or an error in words. The shape of every
-- result is compared with a rule written here, from the definitions of NumPy and PyTorch and not from the program's code;
-- what the rule calls possible must not be refused, except for want of memory, and what it calls impossible must be.
local calls, seed = tonumber((...)), tonumber((select(2, ...)))
math.randomseed(seed)
local random, unpack, mtype = math.random, table.unpack, math.type
local is_tensor = tensor.is_tensor
local function pick(t) return t[random(#t)] end
local function copy(t) return {unpack(t)} end
local function product(s) local n = 1 for i = 1, #s do n = n * s[i] end return n end
local function text(x)
  if is_tensor(x) then return "tensor" .. tostring(x.shape) .. (x.dtype == "float64" and "d" or "") end
  if type(x) ~= "table" then return type(x) == "string" and ("%q"):format(x) or tostring(x) end
  local words = {}
  for k, v in pairs(x) do words[#words + 1] = (k == #words + 1 and "" or "[" .. tostring(k) .. "] = ") .. text(v) end
  return "{" .. table.concat(words, ", ") .. "}"
end

-- ---- random values

local function size() return pick{0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 17} end
local function shape(rank)
  local s = {}
  for i = 1, rank or pick{0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8} do s[i] = size() end
  local n = 1
  for i = 1, #s do n = n * s[i] if n > 600 then s[i] = 1 n = n // 3 end end
  return s
end
local strange = {0, -1, 1, 2, 3, 1.5, -0.0, 1e300, -1e300, 0/0, 1/0, -1/0, 2^53, math.maxinteger, math.mininteger, 1e9, 100000, 65536}
local function dtype() return pick{"float32", "float32", "float64"} end
local function of(s) return tensor.randn(s, {seed = random(1000), dtype = dtype()}) end
local function fresh(rank)
  local t = of(shape(rank))
  local kind = random(10)
  if kind == 1 and t.rank >= 2 then t = t:transpose(random(t.rank), -random(t.rank))
  elseif kind == 2 and t.rank >= 1 then t = t:flip(random(t.rank))
  elseif kind == 3 and not rank and t.rank <= 6 then t = t:unsqueeze(1):expand{3, unpack(t.shape)}
  elseif kind == 4 and t.size > 0 then t = t * pick(strange) end
  return t
end
-- A tensor whose shape broadcasts with the one given, mostly.
local function partner(a)
  if random(8) == 1 then return fresh() end
  local s = {}
  for i = random(1, #a.shape + 1), #a.shape do s[#s + 1] = random(4) == 1 and 1 or a.shape[i] end
  return of(s)
end
local words = {"same", "valid", "zeros", "circular", "reflect", "float64", "float32", "x", ""}
local functions = {function(x) return x end, function(x) return x:sum() end, function(x, y) return (x * x):mean() end, function() error("mine") end,
  function(x) return {x, 2} end, function(x) return x:item() > 0 and x or -x end, function(x) return tensor.randn(x.shape) * x end}
local value
local function number() return random() < 0.7 and random(-4, 5) or pick(strange) end
local option_names = {"dtype", "keepdim", "seed", "mode", "padding", "stride", "dilation", "groups", "bias", "p", "value", "rtol", "descending", "output_padding", "step"}
function value(depth)
  local kind = random(depth > 1 and 12 or 16)
  if kind <= 6 then return fresh() end
  if kind <= 9 then return number() end
  if kind == 10 then return pick(words) end
  if kind == 11 then return pick{true, false} end
  if kind == 12 then return nil end
  if kind == 13 then local t = {} for _ = 1, random(0, 3) do t[pick(option_names)] = value(2) end return t end
  if kind == 14 then local t = {} for i = 1, random(0, 4) do t[i] = number() end return t end
  if kind == 15 then local t = {} for i = 1, random(0, 3) do t[i] = value(depth + 1) end return t end
  return pick(functions)
end
local function dim(a) return pick{1, -1, 2, -2, random(-a.rank - 1, a.rank + 1)} end
local function dims(a)
  local kind = random(4)
  if kind == 1 then return nil elseif kind <= 3 then return dim(a) end
  local t = {}
  for i = 1, random(0, a.rank) do t[i] = random(-a.rank, a.rank) end
  return t
end
local function maybe(options) if random(3) > 1 then return options end end

-- ---- rules: a shape, nil where the call is impossible, "?" where the rule does not say

local function axis(d, rank)
  if mtype(d) == "float" and d == math.floor(d) and math.abs(d) < 100 then d = math.tointeger(d) end
  if mtype(d) ~= "integer" then return nil end
  if d >= 1 and d <= rank then return d end
  if d < 0 and d >= -rank then return rank + 1 + d end
end
local function broadcast(...)
  local result = {}
  for _, s in ipairs{...} do
    local joined = {}
    for i = 1, math.max(#result, #s) do
      local x, y = result[#result + 1 - i] or 1, s[#s + 1 - i] or 1
      if x ~= y and x ~= 1 and y ~= 1 then return nil end
      table.insert(joined, 1, x == 1 and y or x)
    end
    result = joined
  end
  return result
end
local function operand(x) if is_tensor(x) then return x.shape elseif type(x) == "number" then return {} end end
local function elementwise(...)
  local shapes = {}
  for i = 1, select("#", ...) do
    local s = operand((select(i, ...)))
    if not s then return nil end
    shapes[i] = s
  end
  return broadcast(unpack(shapes))
end
local function plain_options(o, ...)
  if o == nil then return {} end
  if type(o) ~= "table" then return nil end
  for k in pairs(o) do
    local known = false
    for _, name in ipairs{...} do known = known or k == name end
    if not known then return nil end
  end
  return o
end
local function integers(t)
  if type(t) ~= "table" then return nil end
  local keys = 0
  for k, v in pairs(t) do
    keys = keys + 1
    if not mtype(k) or mtype(v) ~= "integer" then return nil end
  end
  return keys == #t and keys <= 8 and t or nil
end
local function reduced(a, d, o)
  o = plain_options(o, "keepdim", "p")
  if not o or not is_tensor(a) then return nil end
  if (o.keepdim ~= nil and type(o.keepdim) ~= "boolean") or (o.p ~= nil and not (type(o.p) == "number" and o.p > 0)) then return nil end
  local gone = {}
  if d == nil then for i = 1, a.rank do gone[i] = true end
  else
    for _, x in ipairs(mtype(d) and {d} or integers(d) or {0}) do
      local i = axis(x, a.rank)
      if not i or gone[i] then return nil end
      gone[i] = true
    end
  end
  local s, some = {}, true
  for i, n in ipairs(a.shape) do
    if not gone[i] then s[#s + 1] = n elseif o.keepdim then s[#s + 1] = 1 end
    if gone[i] and n == 0 then some = false end
  end
  return s, some
end
local function extreme(a, d, o)
  local s, some = reduced(a, d, o)
  -- The largest of nothing, where there is something to be the largest of, is impossible.
  if s and not some then return product(s) == 0 and "?" or nil end
  return s
end
local function same(a) return is_tensor(a) and a.shape or nil end
local function along(default) return function(a, d)
  if not is_tensor(a) then return nil end
  if d == nil then d = default end
  return d ~= nil and axis(d, a.rank) and a.shape or nil
end end
local function with_shape(s, o)
  if type(o) == "number" then return nil end
  s = mtype(s) and {s} or s
  local options = plain_options(o, "dtype", "seed")
  if not options or not integers(s) then return "?" end
  if o ~= nil and (options.seed ~= nil or options.dtype ~= nil) then
    if options.dtype ~= nil and options.dtype ~= "float32" and options.dtype ~= "float64" then return nil end
    if options.seed ~= nil and mtype(options.seed) ~= "integer" then return "?" end
  end
  for _, n in ipairs(s) do if n < 0 then return nil end end
  local n = 1.0
  for _, x in ipairs(s) do n = n * x end
  return n < 1e7 and s or "?"
end
local function sizes(o, name, count, default)
  local v = o[name]
  if v == nil then v = default end
  if mtype(v) == "integer" then local t = {} for i = 1, count do t[i] = v end return t end
  local t = integers(v)
  return t and #t == count and t or nil
end
local function convolved(axes) return function(x, w, o)
  o = plain_options(o, "bias", "stride", "dilation", "groups", "padding", "mode")
  if not is_tensor(x) or not is_tensor(w) or not o then return nil end
  if x.rank ~= axes + 2 and x.rank ~= axes + 1 or w.rank ~= axes + 2 then return nil end
  local lead = x.rank - axes  -- the channels
  local groups = o.groups or 1
  local stride, dilation = sizes(o, "stride", axes, 1), sizes(o, "dilation", axes, 1)
  local mode, padding = o.mode or "zeros", o.padding == nil and 0 or o.padding
  if mtype(groups) ~= "integer" or groups < 1 or not stride or not dilation then return nil end
  if mode ~= "zeros" and mode ~= "circular" and mode ~= "reflect" then return nil end
  if x.shape[lead] ~= w.shape[2] * groups or w.shape[1] % groups ~= 0 then return nil end
  if o.bias ~= nil and not (is_tensor(o.bias) and o.bias.rank == 1 and o.bias.shape[1] == w.shape[1]) then return nil end
  local s = lead == 2 and {x.shape[1], w.shape[1]} or {w.shape[1]}
  for i = 1, axes do
    local n, taps = x.shape[lead + i], w.shape[2 + i]
    if stride[i] < 1 or dilation[i] < 1 or taps < 1 then return nil end
    local reach = dilation[i] * (taps - 1)
    local left, right
    if padding == "same" then
      if stride[i] ~= 1 then return nil end
      left, right = reach // 2, reach - reach // 2
    elseif padding == "valid" then left, right = 0, 0
    else
      local p = sizes({padding = padding}, "padding", axes)
      if not p or p[i] < 0 then return nil end
      left, right = p[i], p[i]
    end
    local most = math.max(left, right)
    if mode == "circular" and most > n or mode == "reflect" and most > 0 and most >= n then return nil end
    local length = (n + left + right - reach - 1) // stride[i] + 1
    if n + left + right < reach + 1 then return nil end
    s[#s + 1] = length
  end
  return product(x.shape) * product(w.shape) > 0 and s or "?"
end end
local function transposed(x, w, o)
  o = plain_options(o, "bias", "stride", "dilation", "groups", "padding", "output_padding")
  if not is_tensor(x) or not is_tensor(w) or not o then return nil end
  if x.rank ~= 3 and x.rank ~= 2 or w.rank ~= 3 then return nil end
  local lead = x.rank - 1
  local stride, dilation, groups, padding, extra = o.stride or 1, o.dilation or 1, o.groups or 1, o.padding or 0, o.output_padding or 0
  for _, v in ipairs{stride, dilation, groups, padding, extra} do if mtype(v) ~= "integer" then return nil end end
  if stride < 1 or dilation < 1 or groups < 1 or padding < 0 or extra < 0 then return nil end
  if x.shape[lead] ~= w.shape[1] or w.shape[1] % groups ~= 0 then return nil end
  if o.bias ~= nil and not (is_tensor(o.bias) and o.bias.rank == 1 and o.bias.shape[1] == w.shape[2] * groups) then return nil end
  local length = (x.shape[lead + 1] - 1) * stride - 2 * padding + dilation * (w.shape[3] - 1) + extra + 1
  if product(x.shape) * product(w.shape) == 0 or extra >= math.max(stride, dilation) or length < 1 then return "?" end
  return lead == 2 and {x.shape[1], w.shape[2] * groups, length} or {w.shape[2] * groups, length}
end
local function indexed(a, index)
  if is_tensor(index) then return "?" end
  if type(index) ~= "table" then
    local i = a.rank > 0 and axis(index, a.shape[1])
    return i and {unpack(a.shape, 2)} or nil
  end
  if #index > a.rank then return nil end
  local s = {}
  for k, v in pairs(index) do if mtype(k) ~= "integer" or k < 1 or k > #index then return "?" end if is_tensor(v) then return "?" end end
  for d = 1, a.rank do
    local x, n = index[d], a.shape[d]
    if x == nil then s[#s + 1] = n
    elseif type(x) ~= "table" then if not axis(x, n) then return nil end
    elseif #x == 0 then if next(x) then return "?" end s[#s + 1] = n
    else
      if #x ~= 2 and #x ~= 3 then return nil end
      for i = 1, #x do if mtype(x[i]) ~= "integer" then return "?" end end
      local first, last, step = axis(x[1], n), axis(x[2], n), x[3] or 1
      if step == 0 then return nil end
      local count = 0
      if first and last then
        if (last - first) * step < 0 then return step > 0 and x[1] > 0 and x[2] > 0 and last == first - 1 and "?" or "?" end
        count = (last - first) // step + 1
      else return "?" end
      s[#s + 1] = count
    end
  end
  return s
end

local rule = {
  where = function(c, x, y) return is_tensor(c) and elementwise(c, x, y) or nil end,
  clamp = function(a, lo, hi)
    if not is_tensor(a) or lo == nil and hi == nil then return nil end
    for _, v in pairs{lo, hi} do if type(v) ~= "number" then return nil end end
    return not (lo and hi and lo > hi) and a.shape or nil
  end,
  argmax = function(a, d, o) if d ~= nil and not mtype(d) then return nil end return extreme(a, d, o) end,
  cumsum = along(nil), softmax = along(-1), log_softmax = along(-1), flip = along(nil),
  sort = function(a, d, o)
    o = plain_options(o, "descending")
    if not o or o.descending ~= nil and type(o.descending) ~= "boolean" then return nil end
    return along(-1)(a, d)
  end,
  roll = function(a, shift, d) return mtype(shift) == "integer" and along(-1)(a, d) or (mtype(shift) == "float" and "?" or nil) end,
  reshape = function(a, s, next)
    if mtype(s) and type(next) == "number" then return nil end
    s = mtype(s) and {s} or s
    if not is_tensor(a) then return nil end
    if not integers(s) then return "?" end
    local known, open = 1.0, nil
    for i, n in ipairs(s) do
      if n == -1 then if open then return nil end open = i
      elseif n < 0 then return nil else known = known * n end
    end
    s = copy(s)
    if open then
      if known == 0 or a.size % known ~= 0 then return nil end
      s[open] = math.tointeger(a.size // known)
    end
    return (open or known == a.size) and s or nil
  end,
  expand = function(a, s, next)
    if mtype(s) and type(next) == "number" then return nil end
    s = mtype(s) and {s} or s
    if not is_tensor(a) or not integers(s) then return "?" end
    if #s < a.rank then return nil end
    s = copy(s)
    for i = 1, #s do
      local own = a.shape[i - (#s - a.rank)]
      if s[i] == -1 then if not own then return nil end s[i] = own end
      if s[i] < 0 or own and own ~= s[i] and own ~= 1 then return nil end
    end
    local n = 1.0
    for _, x in ipairs(s) do n = n * math.max(x, 1) end
    return n < 1e7 and s or "?"
  end,
  transpose = function(a, i, j)
    if not is_tensor(a) then return nil end
    i, j = axis(i == nil and -2 or i, a.rank), axis(j == nil and -1 or j, a.rank)
    if not i or not j then return nil end
    local s = copy(a.shape)
    s[i], s[j] = s[j], s[i]
    return s
  end,
  t = function(a) return is_tensor(a) and a.rank <= 2 and (a.rank == 2 and {a.shape[2], a.shape[1]} or a.shape) or nil end,
  flatten = function(a) return is_tensor(a) and {a.size} or nil end,
  permute = function(a, order)
    if not is_tensor(a) or not integers(order) then return "?" end
    if #order ~= a.rank then return nil end
    local s, seen = {}, {}
    for i, d in ipairs(order) do
      local x = axis(d, a.rank)
      if not x or seen[x] then return nil end
      seen[x], s[i] = true, a.shape[x]
    end
    return s
  end,
  unsqueeze = function(a, d)
    local i = is_tensor(a) and axis(d, a.rank + 1)
    if not i then return nil end
    local s = copy(a.shape)
    table.insert(s, i, 1)
    return a.rank < 8 and s or nil
  end,
  squeeze = function(a, d)
    if not is_tensor(a) or d ~= nil and not axis(d, a.rank) then return nil end
    local s = {}
    for i, n in ipairs(a.shape) do if n ~= 1 or d ~= nil and axis(d, a.rank) ~= i then s[#s + 1] = n end end
    return s
  end,
  pad = function(a, w, o)
    o = plain_options(o, "mode", "value")
    if not is_tensor(a) or not o or not integers(w) or #w % 2 ~= 0 or #w < 2 or #w // 2 > a.rank then return type(w) == "table" and "?" or nil end
    if o.value ~= nil and type(o.value) ~= "number" then return nil end
    local mode = o.mode or "zeros"
    if mode ~= "zeros" and mode ~= "circular" and mode ~= "reflect" then return nil end
    local s = copy(a.shape)
    for i = 1, #w // 2 do
      local d, left, right = #s + 1 - i, w[2 * i - 1], w[2 * i]
      local most = math.max(left, right)
      if left < 0 or right < 0 then return nil end
      if mode == "circular" and most > s[d] or mode == "reflect" and most > 0 and most >= s[d] then return nil end
      s[d] = s[d] + left + right
      if most > 1000 then return "?" end
    end
    return s
  end,
  matmul = function(a, b)
    if not is_tensor(a) or not is_tensor(b) or a.rank == 0 or b.rank == 0 then return nil end
    local x, y = copy(a.shape), copy(b.shape)
    if #x == 1 then table.insert(x, 1, 1) end
    if #y == 1 then y[2] = 1 end
    if x[#x] ~= y[#y - 1] then return nil end
    local s = broadcast({unpack(x, 1, #x - 2)}, {unpack(y, 1, #y - 2)})
    if not s then return nil end
    if a.rank > 1 then s[#s + 1] = x[#x - 1] end
    if b.rank > 1 then s[#s + 1] = y[#y] end
    return s
  end,
  dot = function(a, b) return is_tensor(a) and is_tensor(b) and a.rank == 1 and b.rank == 1 and a.size == b.size and {} or nil end,
  cat = function(list, d)
    if type(list) ~= "table" or #list == 0 then return nil end
    for k, v in pairs(list) do if mtype(k) ~= "integer" or not is_tensor(v) then return "?" end end
    local i = axis(d == nil and 1 or d, list[1].rank)
    if not i then return nil end
    local s = copy(list[1].shape)
    for k = 2, #list do
      local o = list[k].shape
      if #o ~= #s then return nil end
      for j = 1, #s do if j ~= i and o[j] ~= s[j] then return nil end end
      s[i] = s[i] + o[i]
    end
    return s
  end,
  stack = function(list, d)
    if type(list) ~= "table" or #list == 0 then return nil end
    for k, v in pairs(list) do if mtype(k) ~= "integer" or not is_tensor(v) then return "?" end if v.shape ~= list[1].shape then return nil end end
    local i = axis(d == nil and 1 or d, list[1].rank + 1)
    if not i or list[1].rank == 8 then return nil end
    local s = copy(list[1].shape)
    table.insert(s, i, #list)
    return s
  end,
  conv1d = convolved(1), conv2d = convolved(2), conv_transpose1d = transposed,
  zeros = with_shape, ones = with_shape, rand = with_shape, randn = with_shape,
  full = function(s, v, o) if not operand(v) or is_tensor(v) and v.size ~= 1 then return nil end return with_shape(s, o) end,
  eye = function(n, m, o)
    if mtype(n) ~= "integer" or m ~= nil and mtype(m) ~= "integer" or not plain_options(o, "dtype") then return "?" end
    m = m or n
    if n < 0 or m < 0 then return nil end
    return n * m < 1e7 and n < 1e7 and m < 1e7 and (o == nil or next(o) == nil) and {n, m} or "?"
  end,
  arange = function(a, b, step, o)
    if type(a) ~= "number" or b ~= nil and type(b) ~= "number" or step ~= nil and type(step) ~= "number" then return nil end
    if b == nil then a, b = 0, a end
    step = step or 1
    local n = math.ceil((b - a) / step)
    if step == 0 or n ~= n or math.abs(a) == 1/0 or math.abs(b) == 1/0 or math.abs(step) == 1/0 then return nil end
    return n < 1e6 and o == nil and {math.max(0, math.tointeger(n) or 0)} or "?"
  end,
  linspace = function(a, b, n, o)
    if type(a) ~= "number" or type(b) ~= "number" or mtype(n) ~= "integer" then return "?" end
    return n >= 0 and n < 1e6 and o == nil and {n} or "?"
  end,
  to = function(a, d) return is_tensor(a) and (d == "float32" or d == "float64") and a.shape or nil end,
  item = function(a) return is_tensor(a) and a.size == 1 and "number" or nil end,
  totable = function(a) return is_tensor(a) and (a.rank == 0 and "number" or "table") or nil end,
  is_tensor = function() return "boolean" end,
  allclose = function(a, b, o) if not elementwise(a, b) then return nil end return o == nil and "boolean" or "?" end,
  stream = function(s) return mtype(s) == "integer" and "userdata" or "?" end,
}
for _, name in ipairs{"exp", "log", "sqrt", "abs", "sign", "floor", "ceil", "round", "reciprocal", "sin", "cos", "tanh", "sigmoid", "relu", "isnan", "isfinite",
                      "clone", "detach", "zeros_like", "ones_like"} do rule[name] = same end
for _, name in ipairs{"gt", "ge", "lt", "le", "eq", "ne"} do rule[name] = function(a, b) return is_tensor(a) and elementwise(a, b) or nil end end
rule.maximum = function(a, b) return elementwise(a, b) end
rule.minimum, rule.argmin = rule.maximum, rule.argmax
for _, name in ipairs{"sum", "mean", "prod", "var", "std", "any", "all"} do
  rule[name] = function(a, d, o) if o ~= nil and type(o) == "table" and o.p ~= nil then return nil end return (reduced(a, d, o)) end
end
rule.max = function(a, d, o) if o ~= nil and type(o) == "table" and o.p ~= nil then return nil end return extreme(a, d, o) end
rule.min = rule.max
rule.norm = function(a, d, o) if type(o) == "table" and o.p == 1/0 then return extreme(a, d, o) end return (reduced(a, d, o)) end
for _, name in ipairs{"grad", "value_and_grad", "compile"} do rule[name] = function(f) return type(f) == "function" and "function" or "?" end end
for _, name in ipairs{"hvp", "gradcheck"} do rule[name] = function() return "?" end end

-- ---- plausible arguments

local function keep() return maybe{keepdim = pick{true, false}} end
local function creation() return {shape(), maybe{dtype = dtype()}} end
local function convolution(axes) return function()
  local groups = pick{1, 1, 1, 2, 3}
  local x, w = {random(0, 3), groups * random(0, 2)}, {groups * random(0, 2), random(0, 2)}
  if random(10) > 1 then w[2] = x[2] // groups end
  for i = 1, axes do x[#x + 1], w[#w + 1] = pick{0, 1, 2, 3, 5, 8, 16}, pick{1, 1, 2, 3, 3, 4, 5} end
  if random(6) == 1 then table.remove(x, 1) end
  local o = {}
  if random(3) == 1 then o.stride = random(1, 3) end
  if random(3) == 1 then o.dilation = random(1, 3) end
  if random(2) == 1 then o.padding = pick{"same", "valid", 0, 1, 2, 3} end
  if random(2) == 1 then o.mode = pick{"zeros", "circular", "reflect"} end
  if random(4) == 1 then o.bias = of{w[1]} end
  if groups > 1 then o.groups = groups end
  return {of(x), of(w), o}
end end
local plausible = {
  where = function() local a = fresh() return {a:gt(0), partner(a), random(3) == 1 and 0 or partner(a)} end,
  clamp = function() return {fresh(), pick{-1, 0, nil}, pick{1, 2}} end,
  cumsum = function() local a = fresh() return {a, dim(a)} end,
  roll = function() local a = fresh() return {a, random(-9, 9), dim(a)} end,
  pad = function()
    local a, w = fresh(), {}
    for i = 1, random(1, math.max(1, math.min(a.rank, 3))) * 2 do w[i] = random(0, 3) end
    return {a, w, maybe{mode = pick{"zeros", "circular", "reflect"}}}
  end,
  reshape = function()
    local a = fresh()
    local s, n = {}, a.size
    for _ = 1, random(0, 3) do local d = pick{1, 2, 3} if n % d == 0 then s[#s + 1] = d n = n // d end end
    s[#s + 1] = random(3) == 1 and -1 or n
    return {a, s}
  end,
  expand = function()
    local a = fresh()
    local s = {}
    for i, n in ipairs(a.shape) do s[i] = random(3) == 1 and -1 or n == 1 and random(4) or n end
    if #s < 8 and random(2) == 1 then table.insert(s, 1, random(3)) end
    return {a, s}
  end,
  permute = function()
    local a = fresh()
    local order = {}
    for i = 1, a.rank do table.insert(order, random(#order + 1), random(2) == 1 and i or i - a.rank - 1) end
    return {a, order}
  end,
  matmul = function()
    local a, k = fresh(), size()
    if a.rank == 0 then return {a, fresh()} end
    local s = {a.shape[a.rank], k}
    if random(3) == 1 then s = {a.shape[a.rank]} elseif a.rank > 2 and random(2) == 1 then s = {unpack(a.shape, 1, a.rank - 2)} s[#s + 1] = a.shape[a.rank] s[#s + 1] = k end
    return {a, of(s)}
  end,
  dot = function() local n = size() return {of{n}, of{random(5) > 1 and n or size()}} end,
  cat = function()
    local a = fresh()
    local d, list = dim(a), {a}
    for _ = 1, random(0, 3) do
      local s = copy(a.shape)
      local i = axis(d, a.rank)
      if i then s[i] = random(0, 3) end
      list[#list + 1] = of(s)
    end
    return {list, d}
  end,
  stack = function()
    local a = fresh()
    local list = {a}
    for _ = 1, random(0, 3) do list[#list + 1] = of(a.shape) end
    return {list, dim(a)}
  end,
  conv1d = convolution(1), conv2d = convolution(2),
  conv_transpose1d = function()
    local c = convolution(1)()
    local groups = c[3].groups or 1
    local s = c[2].shape
    c[2] = of{c[1].shape[c[1].rank - 1], s[2], s[3]}
    local stride = c[3].stride or 1
    c[3] = {stride = stride, dilation = c[3].dilation, groups = c[3].groups, padding = pick{nil, 0, 1}, output_padding = pick{nil, 0, stride - 1}}
    return c
  end,
  zeros = creation, ones = creation, rand = creation, randn = creation,
  full = function() return {shape(), number(), maybe{dtype = dtype()}} end,
  eye = function() return {random(0, 5), pick{nil, 3}} end,
  arange = function() return {random(-5, 5), random(-5, 20), pick{nil, 1, 0.5, -1, 2}} end,
  linspace = function() return {random(-5, 5), random(-5, 5), random(0, 20)} end,
  to = function() return {fresh(), dtype()} end,
  item = function() return {of(pick{{}, {1}, {1, 1}})} end,
  allclose = function() local a = fresh() return {a, partner(a)} end,
  stream = function() return {random(100)} end,
  t = function() return {fresh(random(0, 2))} end,
  unsqueeze = function() local a = fresh() return {a, pick{1, -1, random(-a.rank - 2, a.rank + 2)}} end,
  transpose = function() local a = fresh() return {a, dim(a), dim(a)} end,
  squeeze = function() local a = fresh() return {a, random(2) == 1 and dim(a) or nil} end,
  hvp = function() local a = fresh() return {functions[3], a, of(a.shape)} end,
  gradcheck = function() return {functions[3], of(pick{{}, {2}, {2, 3}})} end,
}
for _, name in ipairs{"sort", "softmax", "log_softmax", "flip"} do plausible[name] = plausible.cumsum end
for _, name in ipairs{"gt", "ge", "lt", "le", "eq", "ne", "maximum", "minimum"} do
  plausible[name] = function() local a = fresh() return {a, random(4) == 1 and number() or partner(a)} end
end
for _, name in ipairs{"sum", "mean", "prod", "var", "std", "any", "all", "max", "min", "norm"} do plausible[name] = function() local a = fresh() return {a, dims(a), keep()} end end
for _, name in ipairs{"argmax", "argmin"} do plausible[name] = function() local a = fresh() return {a, random(2) == 1 and dim(a) or nil, keep()} end end
for _, name in ipairs{"grad", "value_and_grad", "compile"} do plausible[name] = function() return {pick(functions)} end end

-- ---- operators and indices

local function index(a)
  local t = {}
  for d = 1, random(0, a.rank) do
    local n = a.shape[d]
    local kind = random(6)
    if kind == 1 then t[d] = {} elseif kind <= 3 then t[d] = n > 0 and pick{random(n), -random(n)} or 1
    elseif kind == 4 then t[d] = number()
    elseif n > 0 then local i, j = random(n), random(n) t[d] = random(2) == 1 and {math.min(i, j), math.max(i, j), random(3) == 1 and 2 or nil} or {math.max(i, j), math.min(i, j), -1}
    else t[d] = {} end
  end
  return t
end
local function arithmetic(f) return {f = f, rule = function(a, b) return (is_tensor(a) or is_tensor(b)) and elementwise(a, b) or nil end,
  make = function() local a = fresh() local b = random(4) == 1 and number() or partner(a) if random(2) == 1 then return {a, b} end return {b, a} end} end
local operators = {
  ["+"] = arithmetic(function(a, b) return a + b end), ["-"] = arithmetic(function(a, b) return a - b end), ["*"] = arithmetic(function(a, b) return a * b end),
  ["/"] = arithmetic(function(a, b) return a / b end), ["^"] = arithmetic(function(a, b) return a ^ b end), ["//"] = arithmetic(function(a, b) return a // b end),
  ["%"] = arithmetic(function(a, b) return a % b end),
  ["unary -"] = {f = function(a) return -a end, rule = same, make = function() return {fresh()} end},
  ["#"] = {f = function(a) return #a end, rule = function(a) return is_tensor(a) and a.rank > 0 and "number" or nil end, make = function() return {fresh()} end},
  ["<"] = {f = function(a, b) return a < b end, rule = function(a, b)
    for i = 1, 2 do
      local x = i == 1 and a or b
      if is_tensor(x) and x.size ~= 1 or not operand(x) then return nil end
    end
    return "boolean" end, make = function() return {of{1}, number()} end},
  ["<="] = {f = function(a, b) return a <= b end, rule = function() return "?" end, make = function() return {of{1}, of{}} end},
  ["=="] = {f = function(a, b) return a == b end, rule = function() return "boolean" end, make = function() local a = fresh() return {a, pick{a:clone(), fresh()}} end},
  [".."] = {f = function(a, b) return a .. b end, rule = function(a, b)
    for i = 1, 2 do
      local x = i == 1 and a or b
      if type(x) ~= "string" and not operand(x) then return nil end
    end
    return "string" end, make = function() return {fresh(), "x"} end},
  ["index"] = {f = function(a, i) return a[i] end, rule = function(a, i) return is_tensor(a) and type(i) ~= "string" and indexed(a, i) or (type(i) == "string" and "?" or nil) end,
    make = function() local a = fresh() return {a, random(4) == 1 and a.rank > 0 and random(-a.shape[1] - 1, a.shape[1] + 1) or index(a)} end},
  ["assign"] = {f = function(a, i, v) a[i] = v return a end, rule = function(a, i, v)
    local s = is_tensor(a) and indexed(a, i)
    if not s or s == "?" then return s or nil end
    local given = operand(v)
    if not given then return "?" end
    local joined = broadcast(given, s)
    return joined and #joined == #s and table.concat(joined, ",") == table.concat(s, ",") and a.shape or nil end,
    make = function()
      local a = fresh()
      local i = index(a)
      local s = indexed(a, i)
      return {a, i, random(2) == 1 and number() or s and s ~= "?" and of(s) or fresh()} end},
  ["pairs"] = {f = function(a) local n = 0 for i, v in pairs(a) do n = n + 1 end return n end, rule = function() return "?" end, make = function() return {fresh()} end},
  ["ipairs"] = {f = function(a) local n = 0 for i, v in ipairs(a) do n = n + 1 end return n == #a end, rule = function() return "?" end, make = function() return {fresh()} end},
  ["properties"] = {f = function(a) return #a.shape == a.rank and product(a.shape) == a.size and (a.dtype == "float32" or a.dtype == "float64") end, rule = function() return "?" end,
    make = function() return {fresh()} end},
  ["literal"] = {f = function(v, o) return tensor(v, o) end, rule = function() return "?" end, make = function()
    local a = fresh()
    return {random(2) == 1 and a:totable() or {a, a}, maybe{dtype = dtype()}} end},
}

-- ---- the calls

local names, kinds = {}, {}
for name, f in pairs(tensor) do if type(f) == "function" and name ~= "save" and name ~= "load" then names[#names + 1] = name end end
for name in pairs(operators) do kinds[#kinds + 1] = name end
for _, name in ipairs(names) do assert(rule[name], "no rule for tensor." .. name) end
local is_method = {}
for _, name in ipairs(names) do is_method[name] = pcall(function() return tensor(1)[name] end) end

local function sane(t)
  assert(#t.shape == t.rank and t.rank <= 8 and product(t.shape) == t.size, "shape and size differ")
  if t.size <= 4096 and random(8) == 1 then
    assert(tostring(t):find("tensor " .. tostring(t.shape) .. " " .. t.dtype, 1, true), "printed without its shape")
    assert(t.rank == 0 or #t:totable() == t.shape[1], "totable of another length")
  end
end
local function check(expected, ok, result, what)
  if not ok then
    assert(type(result) == "string" and #result > 5, "an error without words")
    assert(expected == nil or expected == "?" or result:find("memory", 1, true) or result:find("mine", 1, true), "refused: " .. result)
    return
  end
  if is_tensor(result) then sane(result) end
  if expected == "?" then return end
  assert(expected ~= nil, "gave a result, though impossible")
  if type(expected) == "string" then assert(type(result) == expected, "a " .. type(result) .. " instead of a " .. expected)
  elseif type(result) == "number" then assert(#expected == 0, "a number instead of shape {" .. table.concat(expected, ", ") .. "}")
  else
    assert(is_tensor(result), "no tensor")
    assert(table.concat(result.shape, ",") == table.concat(expected, ","), "shape " .. tostring(result.shape) .. " instead of {" .. table.concat(expected, ", ") .. "}")
  end
end
local given, messages, results, tried = {}, {}, 0, 0
for call = 1, calls do
  local name, f, make, expects, as_method
  if random() < 0.3 then
    name = pick(kinds)
    f, make, expects = operators[name].f, operators[name].make, operators[name].rule
  else
    name = pick(names)
    f, make, expects = tensor[name], plausible[name] or function() return {fresh()} end, rule[name]
    as_method = is_method[name] and random(2) == 1
    if as_method then f = function(a, ...) return a[name](a, ...) end end
  end
  local args = {}
  if random(2) == 1 then args = make()
  else
    for i = 1, random(0, 4) do args[i] = value(1) end
    if random() < 0.8 or operators[name] then args[1] = fresh() end
  end
  local expected = expects(unpack(args, 1, 4))
  if as_method and not is_tensor(args[1]) then expected = "?" end
  -- A shape that the call may change afterwards.
  if type(expected) == "table" then expected = copy(expected) end
  local r = table.pack(pcall(f, unpack(args, 1, 4)))
  local fine, why = pcall(check, expected, r[1], r[2])
  if fine and r[1] and type(r[2]) == "function" then
    -- What grad, value_and_grad and compile return is called in its turn; a gradient has the shape of its parameter.
    local p = value(1)
    local s = table.pack(pcall(r[2], p, value(1)))
    for i = 2, s.n do if s[1] and is_tensor(s[i]) then sane(s[i]) end end
    if s[1] and name == "grad" and is_tensor(p) then fine, why = pcall(check, p.shape, true, s[2]) end
    if not s[1] and type(s[2]) ~= "string" then fine, why = false, "an error without words" end
  end
  if not fine then error(("call %d of seed %d: %s%s: %s"):format(call, seed, name, text(args), why), 0) end
  if r[1] then
    results, given[name] = results + 1, true
    for i = 3, r.n do if is_tensor(r[i]) then sane(r[i]) end end
  else
    messages[r[2]:gsub("[%d.]+", "#")] = true
  end
end
local count = 0
for _ in pairs(messages) do count = count + 1 end
if calls >= 20000 then
  for _, list in ipairs{names, kinds} do for _, name in ipairs(list) do assert(given[name], name .. " never gave a result") end end
end
return results, count
