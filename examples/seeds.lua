-- Where the spread of results comes from: the data drawn, the search, or the retraining of what it found? Seeds are nested: several
-- searches on each data set, several retrainings of each architecture found; the variance is then taken apart.
--
--   oche examples/seeds.lua                                        a small design
--   oche examples/seeds.lua --data 12 --search 4 --retrain 2          the full one, seeds.txt

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
    {name = "SDARTS, perturbation", strategy = "sdarts", space = all, search = {selection = "perturbation"}},
    {name = "DARTS, θ AdamW decay 1", strategy = "darts", space = all, search = {theta = {optimizer = "adamw", weight_decay = 1}}},
    {name = "Random (all ops.)", strategy = "random", space = all},
    {name = "Learnable Grad. only", strategy = "fixed", architecture = "grad", space = all},
    {name = "Nets only", strategy = "fixed", architecture = "net", space = all},
  },
}
s:run{}
print(("Test PSNR: %d data seeds, %d searches on each, %d retrainings of each; std in dB with 95 %% intervals, shares of the variance"):format(
  options.data, options.search, options.retrain))
print(s:variance{})

-- %% How well can any score predict? What two retrainings of one architecture do not share, no search can know: their correlation r
-- bounds that of a score with a single retraining by sqrt(r). Beside it, the search's scores against the mean of all retrainings.
print("\nOver searches: correlation of two retrainings of what was found (validation PSNR), the bound it sets, and Spearman's correlation")
print("of the search's scores with one retraining and with the mean of all")
local function text(f) return f.low and ("%+.2f [%+.2f, %+.2f]"):format(f.value, f.low, f.high) or "–" end
local function pad(name, width) return name .. (" "):rep(width - utf8.len(name)) end
for _, data in ipairs{"Blur", "Downsampling"} do
  print(("\n  %s %-21s %-6s %-9s %-21s %s"):format(pad(data, 26), "two retrainings", "bound", "score", "one retraining", "mean of all"))
  for _, method in ipairs{"DARTS (good ops.)", "DARTS (all ops.)", "DARTS (all), perturbation", "SDARTS, perturbation", "DARTS, θ AdamW decay 1"} do
    local searches, order = {}, {}
    for _, t in ipairs(s:trials()) do
      if t.data == data and t.method == method and t.status == "ok" then
        local found = searches[t.seeds.search]
        if not found then
          found = {one_shot = t.one_shot}
          searches[t.seeds.search], order[#order + 1] = found, found
        end
        found[#found + 1] = t.psnr.validation
      end
    end
    local first, second, mean = {}, {}, {}
    for i, found in ipairs(order) do
      local sum = 0
      for _, score in ipairs(found) do sum = sum + score end
      first[i], second[i], mean[i] = found[1], found[2] or 0 / 0, sum / #found
    end
    local r = study.correlate(first, second).pearson
    for i, name in ipairs{"relaxed", "argmax", "scaled"} do
      local x = {}
      for j, found in ipairs(order) do x[j] = found.one_shot[name] end
      print(("  %s %-21s %-6s %-9s %-21s %s"):format(pad(i == 1 and method or "", 26), i == 1 and text(r) or "",
        i == 1 and r.value and ("%.2f"):format(math.sqrt(math.max(r.value, 0))) or "", name, text(study.correlate(x, first).spearman), text(study.correlate(x, mean).spearman)))
    end
  end
end
