-- Steps of darts.train and reconstructions, timed for the driver; sizes as in search_step.lua. Lines read, and the answer to each in
-- processor seconds:
--   train NAME,NAME,.. N          two trainings of that architecture, of one step and of N + 1
--   reconstruct NAME,NAME,.. N    one reconstruction of N signals (the second call), what a network would be used for
-- Names are those of the space: grad, net, roll, noise, and lua_net, which is the same CNN defined in Lua.
local o = {B = 128, L = 64, C = 16, k = 3, measurement = "reference"}
for _, word in ipairs(arg) do
  local name, value = word:match("^(%w+)=(.+)$")
  o[name] = math.tointeger(tonumber(value)) or value
end

local lua_net = operation.define{
  name = "lua_net",
  parameters = function(shape, init)
    local first, second = 1 / math.sqrt(o.k), 1 / math.sqrt(o.C * o.k)
    local function uniform(shape, bound, seed) return (tensor.rand(shape, {seed = seed}) * 2 - 1) * bound end
    return {w1 = uniform({o.C, 1, o.k}, first, 1), b1 = uniform({o.C}, first, 2), w2 = uniform({1, o.C, o.k}, second, 3), b2 = uniform({1}, second, 4)}
  end,
  forward = function(p, x, context)
    local hidden = tensor.conv1d(x, p.w1, {bias = p.b1, padding = "same"}):relu()
    return tensor.conv1d(hidden, p.w2, {bias = p.b2, padding = "same"})
  end,
}
local measurements = {
  reference = measurement.blur{sigma = 1.5, taps = 9, noise = 0.17},
  blur = measurement.blur{},
  downsample = measurement.downsample{},
}
local data = dataset.cosines{length = o.L, train = 4 * o.B, validation = o.B, test = o.B, seed = 1, measurement = measurements[o.measurement]}
local operations = {operation.gradient_descent{}, operation.cnn{channels = o.C, kernel = o.k}, operation.roll{}, operation.noise{}, lua_net}

local function timed(f)
  local began = os.clock()
  local result = f()
  return os.clock() - began, result
end

for line in io.lines() do
  local kind, list, n = line:match("^(%a+) (%S+) (%d+)$")
  n = math.tointeger(tonumber(n))
  local names = {}
  for name in list:gmatch("[^,]+") do names[#names + 1] = name end
  local space = darts.space{nodes = #names, operations = operations}
  local function train(steps) return darts.train{space = space, architecture = names, data = data, batch = o.B, steps = steps, seed = 1} end
  local network = train(1)
  if kind == "train" then
    print(("%.9g %.9g"):format((timed(function() return train(1) end)), (timed(function() return train(n + 1) end))))
  else
    local measured = tensor.randn({n, 1, data.test.measured.shape[3]}, {seed = 1})
    network:reconstruct(measured)
    print(("%.9g"):format((timed(function() return network:reconstruct(measured) end))))
  end
  io.stdout:flush()
end
