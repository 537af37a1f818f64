-- Where the spread of results comes from: the data drawn, the search, or the retraining of what it found? Seeds are nested: several
-- searches on each data set, several retrainings of each architecture found; the variance is then taken apart.
--
--   oche examples/seeds.lua                                        a small design
--   oche examples/seeds.lua --data 20 --search 5 --retrain 4          the full one, seeds.txt

local options = {data = 4, search = 2, retrain = 2, seed = 7000, store = false}
for i = 1, #arg, 2 do
  local name, value = arg[i]:match("^%-%-(%a+)$"), arg[i + 1]
  if options[name] == nil or not value then error("unknown argument '" .. arg[i] .. "' (--data N, --search N, --retrain N, --seed N, --store PATH)", 0) end
  options[name] = name == "store" and value or math.tointeger(tonumber(value)) or error(arg[i] .. ": a number expected, got " .. value, 0)
end

-- %% The study
local gradient, net = operation.gradient_descent{}, operation.cnn{}
local good = darts.space{operations = {gradient, net}}
local all = darts.space{operations = {gradient, net, operation.roll{}, operation.noise{}}}
local s = study.new{
  name = "seeds", seeds = {data = options.data, search = options.search, retrain = options.retrain}, seed = options.seed, store = options.store or nil,
  data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
          {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
  methods = {
    {name = "DARTS (good ops.)", strategy = "darts", space = good},
    {name = "DARTS (all ops.)", strategy = "darts", space = all},
    {name = "DARTS (all), perturbation", strategy = "darts", space = all, search = {selection = "perturbation"}},
    {name = "Random (all ops.)", strategy = "random", space = all},
    {name = "Learnable Grad. only", strategy = "fixed", architecture = "grad", space = all},
    {name = "Nets only", strategy = "fixed", architecture = "net", space = all},
  },
}
s:run{}
print(("Test PSNR: %d data seeds, %d searches on each, %d retrainings of each; std in dB, shares with 95 %% bootstrap intervals over data seeds"):format(
  options.data, options.search, options.retrain))
print(s:variance{})

-- %% Retrainings of one architecture: how far apart are they, and how far searches?
print("\nCorrelation of two retrainings of one architecture (test PSNR), and of two searches on the same data")
for _, data in ipairs{"Blur", "Downsampling"} do
  for _, method in ipairs{"DARTS (good ops.)", "DARTS (all ops.)", "DARTS (all), perturbation"} do
    local retrained, searched, before, first = {{}, {}}, {{}, {}}, {}, {}
    for _, t in ipairs(s:trials()) do
      if t.data == data and t.method == method then
        local key = t.seeds.search
        local seen = before[key]
        if not seen then
          before[key] = t.psnr.test
          local other = first[t.seeds.data]
          if other == nil then first[t.seeds.data] = t.psnr.test
          elseif other then table.insert(searched[1], other) table.insert(searched[2], t.psnr.test) first[t.seeds.data] = false end
        elseif seen ~= true then
          table.insert(retrained[1], seen) table.insert(retrained[2], t.psnr.test)
          before[key] = true
        end
      end
    end
    local function text(x)
      local f = study.correlate(x[1], x[2]).pearson
      return f.low and ("%+.2f [%+.2f, %+.2f] (%d)"):format(f.value, f.low, f.high, #x[1]) or "– (" .. f.reason .. ")"
    end
    print(("  %-13s %-26s retrainings %s, searches %s"):format(data, method, text(retrained), text(searched)))
  end
end
