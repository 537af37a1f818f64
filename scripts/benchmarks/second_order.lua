-- What a second-order step of alpha costs beside a first-order one, at the reference shape and at the default study's:
-- `name value unit` lines. The steps are timed through darts.search, as differences of long and short runs, in processor
-- time on one thread, which a busy machine disturbs less than the clock on the wall.
--   oche --quiet --threads 1 scripts/benchmarks/second_order.lua [rounds]
local rounds = tonumber(arg and arg[1]) or 5

local function shape(name, o)
  local space = darts.space{nodes = o.N, operations = {operation.gradient_descent{}, operation.cnn{channels = o.C, kernel = o.k},
    operation.roll{}, operation.noise{}}}
  local data = dataset.cosines{length = o.L, train = 4 * o.B, validation = 4 * o.B, test = o.B, seed = 1, measurement = o.measurement}
  local function run(steps, order, warmup)
    local began = os.clock()
    darts.search{space = space, data = data, batch = o.B, steps = steps, order = order, seed = 1, alpha = {warmup = warmup}}
    return os.clock() - began
  end
  -- Seconds of one step; alpha rests when `warmup` is longer than the run.
  local function step(order, warmup)
    return (run(o.steps + 1, order, warmup) - run(1, order, warmup)) / o.steps
  end
  run(5, 1, 0)
  run(5, 2, 0)
  local best = {theta = math.huge, both1 = math.huge, both2 = math.huge}
  for _ = 1, rounds do
    best.theta = math.min(best.theta, step(1, o.steps + 1))
    best.both1 = math.min(best.both1, step(1, 0))
    best.both2 = math.min(best.both2, step(2, 0))
  end
  local first, second = best.both1 - best.theta, best.both2 - best.theta
  print(("second_order.%s.theta %.4f ms"):format(name, best.theta * 1e3))
  print(("second_order.%s.alpha_first %.4f ms"):format(name, first * 1e3))
  print(("second_order.%s.alpha_second %.4f ms"):format(name, second * 1e3))
  print(("second_order.%s.ratio %.3f times"):format(name, second / first))
end

shape("reference", {B = 128, L = 64, N = 10, C = 16, k = 3, steps = 200, measurement = measurement.blur{sigma = 1.5, taps = 9, noise = 0.17}})
shape("study", {B = 16, L = 32, N = 10, C = 8, k = 5, steps = 1000, measurement = measurement.blur{}})
