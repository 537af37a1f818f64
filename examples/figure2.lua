-- Figure 2 of "DARTS for Inverse Problems: a Study on Stability": does the score of a search, the validation PSNR of the relaxed network,
-- predict that of the architecture it finds once retrained? A point for each trial, with fit and its 95 % band, a figure for
-- each data formation, in the folder it is run in. The trials are those of table1.lua: with its store nothing is computed twice.
--
--   oche examples/figure2.lua                                a few trials
--   oche examples/figure2.lua --trials 100 --store t.oche     the full figure

local options = {trials = 6, seed = 0, store = false}
for i = 1, #arg, 2 do
  local name, value = arg[i]:match("^%-%-(%a+)$"), arg[i + 1]
  if options[name] == nil or not value then error("unknown argument '" .. arg[i] .. "' (--trials N, --seed N, --store PATH)", 0) end
  options[name] = name == "store" and value or math.tointeger(tonumber(value)) or error(arg[i] .. ": a number expected, got " .. value, 0)
end

-- %% The study
local gradient, net = operation.gradient_descent{}, operation.cnn{}
local good = darts.space{operations = {gradient, net}}
local all = darts.space{operations = {gradient, net, operation.roll{}, operation.noise{}}}
local s = study.new{
  name = "figure2", trials = options.trials, seed = options.seed, store = options.store or nil,
  data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
          {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
  methods = {{name = "DARTS (good ops.)", strategy = "darts", space = good}, {name = "DARTS (all ops.)", strategy = "darts", space = all}},
}
s:run{}

-- %% The figures
for _, data in ipairs{"Blur", "Downsampling"} do
  local path = "figure2-" .. data:lower() .. ".svg"
  local ok, message = pcall(function() s:scatter{data = data, x = "psnr.validation", y = "one_shot.relaxed"}:save(path) end)
  print(ok and "wrote " .. path or message)
end

-- %% In numbers, signed, with intervals; of the relaxed network and of the path that was selected
for _, x in ipairs{"one_shot.relaxed", "one_shot.argmax", "one_shot.scaled"} do print(s:correlation{x = x}) end

-- %% Without the trials that lost the signal, what is left of it?
print("\nThe same without trials more than 6 dB below the median of their row (relaxed against retrained)")
for _, data in ipairs{"Blur", "Downsampling"} do
  for _, method in ipairs{"DARTS (good ops.)", "DARTS (all ops.)"} do
    local median, x, y = s:statistics{score = "psnr.validation"}[data][method].median.value, {}, {}
    for _, t in ipairs(s:trials()) do
      if t.data == data and t.method == method and t.psnr.validation > median - 6 then
        x[#x + 1], y[#y + 1] = t.one_shot.relaxed, t.psnr.validation
      end
    end
    local c = study.correlate(x, y)
    local function text(f) return f.low and ("%+.2f [%+.2f, %+.2f]"):format(f.value, f.low, f.high) or "– (" .. f.reason .. ")" end
    print(("  %-13s %-18s n = %3d  Pearson %s  Spearman %s"):format(data, method, c.n, text(c.pearson), text(c.spearman)))
  end
end
