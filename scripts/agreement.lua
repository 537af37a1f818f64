-- Compares the default study with the figures of an independent JAX implementation, 100 trials on seeds of its own:
-- mean and standard error of the retrained networks' test PSNR, and the mean of the relaxed network's validation PSNR.

local trials = math.tointeger(tonumber(arg[1] or "24")) or error("a number of trials expected, got " .. arg[1], 0)

local jax = {
  {"Blur", "DARTS (good ops.)", mean = 20.84, error = .09}, {"Downsampling", "DARTS (good ops.)", mean = 17.43, error = .09},
  {"Blur", "DARTS (all ops.)", mean = 15.37, error = .70, one_shot = 19.94},
  {"Downsampling", "DARTS (all ops.)", mean = 14.78, error = .38, one_shot = 17.46},
  {"Blur", "Random (all ops.)", mean = 7.90, error = .81}, {"Downsampling", "Random (all ops.)", mean = 6.04, error = .66},
  {"Blur", "Learnable Grad. only", mean = 16.83, error = .01}, {"Downsampling", "Learnable Grad. only", mean = 13.84, error = .02},
  {"Blur", "Nets only", mean = 19.09, error = .39}, {"Downsampling", "Nets only", mean = 13.58, error = .49},
}

local gradient, net = operation.gradient_descent{}, operation.cnn{}
local good = darts.space{operations = {gradient, net}}
local all = darts.space{operations = {gradient, net, operation.roll{}, operation.noise{}}}
local s = study.new{
  name = "agreement", trials = trials,
  data = {
    {name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
    {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}},
  },
  methods = {
    {name = "DARTS (good ops.)", strategy = "darts", space = good},
    {name = "DARTS (all ops.)", strategy = "darts", space = all},
    {name = "Random (all ops.)", strategy = "random", space = all},
    {name = "Learnable Grad. only", strategy = "fixed", architecture = "grad", space = all},
    {name = "Nets only", strategy = "fixed", architecture = "net", space = all},
  },
}
s:run{}

local function moments(values)
  local n, sum, squares = #values, 0, 0
  for _, v in ipairs(values) do sum = sum + v end
  for _, v in ipairs(values) do squares = squares + (v - sum / n) ^ 2 end
  return sum / n, math.sqrt(squares / (n - 1))
end

local failed = 0
local function compare(row, what, values, mean, theirs)
  local ours, deviation = moments(values)
  -- JAX's one-shot means came without an error: that of 100 trials that vary as ours do.
  local spread = math.sqrt(deviation ^ 2 / #values + (theirs or deviation / 10) ^ 2)
  local distance = (ours - mean) / spread
  local good = math.abs(distance) <= 3
  if not good then failed = failed + 1 end
  print(("%-13s %-21s %-9s %7.2f %7.2f %8.2f  %+5.1f  %s"):format(row[1], row[2], what, ours, mean, spread, distance, good and "agrees" or "DIFFERS"))
end

print(("%-13s %-21s %-9s %7s %7s %8s  %5s"):format("data", "method", "PSNR", "ours", "JAX", "error", "off by"))
for _, row in ipairs(jax) do
  local final, relaxed = {}, {}
  for _, t in ipairs(s:trials()) do
    if t.data == row[1] and t.method == row[2] and t.status == "ok" then
      final[#final + 1] = t.psnr.test
      if t.one_shot and t.one_shot.relaxed then relaxed[#relaxed + 1] = t.one_shot.relaxed end
    end
  end
  compare(row, "retrained", final, row.mean, row.error)
  if row.one_shot then compare(row, "one-shot", relaxed, row.one_shot) end
end
if failed > 0 then
  print(("%d of the means differ by more than three standard errors"):format(failed))
  os.exit(1)
end
print("every mean is within three standard errors of the difference")
