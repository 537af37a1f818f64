-- Steps of darts.search, timed for the driver. Sizes come as arguments (B=128 L=64 N=10 C=16 k=3, T: so many CNNs as the operations,
-- measurement=reference|blur|downsample). Each line `theta N` read is answered by the processor seconds of two searches in which only
-- theta moves, of one step and of N + 1, so that their difference is N steps; `whole N` by those of two in which alpha moves as well.
local o = {B = 128, L = 64, N = 10, C = 16, k = 3, T = 0, measurement = "reference"}
for _, word in ipairs(arg) do
  local name, value = word:match("^(%w+)=(.+)$")
  o[name] = math.tointeger(tonumber(value)) or value
end

local operations = {operation.gradient_descent{}, operation.cnn{channels = o.C, kernel = o.k}, operation.roll{}, operation.noise{}}
if o.T > 0 then
  operations = {}
  for t = 1, o.T do operations[t] = operation.cnn{name = "net" .. t, channels = o.C, kernel = o.k} end
end
local measurements = {
  reference = measurement.blur{sigma = 1.5, taps = 9, noise = 0.17},
  blur = measurement.blur{},
  downsample = measurement.downsample{},
}
local space = darts.space{nodes = o.N, operations = operations}
local data = dataset.cosines{length = o.L, train = 4 * o.B, validation = 4 * o.B, test = o.B, seed = 1, measurement = measurements[o.measurement]}

local function seconds(steps, warmup)
  local began = os.clock()
  darts.search{space = space, data = data, batch = o.B, steps = steps, alpha = {warmup = warmup}}
  return os.clock() - began
end

seconds(2, 0)
for line in io.lines() do
  local kind, n = line:match("^(%a+) (%d+)$")
  n = math.tointeger(tonumber(n))
  local warmup = kind == "theta" and n + 1 or 0
  print(("%.9g %.9g"):format(seconds(1, warmup), seconds(n + 1, warmup)))
  io.stdout:flush()
end
