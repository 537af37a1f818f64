-- What a table of every architecture tells: examples/tabular.csv holds all 4096 chains of 6 operations, trained from scratch with 4
-- seeds on both data formations (examples/tabulate.lua made it). First the space itself, then how near to its best each strategy comes.
--
--   oche examples/exhaustive.lua                 a few searches of each strategy
--   oche examples/exhaustive.lua --trials 40      many, exhaustive.txt

local options = {trials = 4, seed = 0, store = false}
for i = 1, #arg, 2 do
  local name, value = arg[i]:match("^%-%-(%a+)$"), arg[i + 1]
  if options[name] == nil or not value then error("unknown argument '" .. arg[i] .. "' (--trials N, --seed N, --store PATH)", 0) end
  options[name] = name == "store" and value or math.tointeger(tonumber(value)) or error(arg[i] .. ": a number expected, got " .. value, 0)
end
local folder = arg[0]:match("^(.*/)") or ""
local t = darts.tabular(folder .. "tabular.csv")
local function interval(f) return f.low and ("%.2f [%.2f, %.2f]"):format(f.value, f.low, f.high) or f.value and ("%.2f"):format(f.value) or "–" end

-- %% The space: how good its architectures are, and how noisy that is
print(t)
for _, data in ipairs(t.data) do
  local d = study.describe(t:distribution{data = data})
  print(("\n%s: test PSNR of %d architectures (mean of %d seeds): median %.2f, quartiles %.2f and %.2f, best %.2f, worst %.2f dB"):format(
    data, d.n, #t.seeds, d.median.value, d.lower_quartile.value, d.upper_quartile.value, d.max.value, d.min.value))
  for _, b in ipairs(t:best{data = data, count = 5}) do
    local seeds = {}
    for i, score in ipairs(t:scores(b.architecture, {data = data}).test) do seeds[i] = ("%.2f"):format(score) end
    print(("  %d. %-36s %.2f dB (%s)"):format(b.rank, b.architecture, b.mean, table.concat(seeds, ", ")))
  end
  -- A seed is new data and new weights. Two seeds agree about the whole space, less about its best part.
  local first, second = t:distribution{data = data, seed = 1}, t:distribution{data = data, seed = 2}
  local c = study.correlate(first, second)
  local x, y = {}, {}
  for i, mean in ipairs(t:distribution{data = data, split = "validation"}) do
    if mean > d.upper_quartile.value then x[#x + 1], y[#y + 1] = first[i], second[i] end
  end
  print(("  seed 1 against seed 2: Spearman %s over all, %s over the best quarter"):format(interval(c.spearman), interval(study.correlate(x, y).spearman)))
  -- Within an architecture, over seeds: the standard deviation, for those that work and those that do not.
  local spread = {}
  for a in t.space:all() do
    spread[#spread + 1] = tensor(t:scores(a, {data = data}).test, {dtype = "float64"}):std():item()
  end
  local s = study.describe(spread)
  print(("  standard deviation over seeds: median %.2f, upper quartile %.2f, largest %.2f dB"):format(s.median.value, s.upper_quartile.value, s.max.value))
end

-- %% What makes an architecture good: how many of each operation, and what stands after the last noise
print("\nSpearman's correlation of the test PSNR with the number of each operation, over all architectures")
local counts, means, tail = {}, {}, {}
for _, name in ipairs(t.space.operations) do counts[name] = {} end
for a in t.space:all() do
  local n, last_noise, nets_after = {}, 0, 0
  for i, name in ipairs(a:names()) do
    n[name] = (n[name] or 0) + 1
    if name == "noise" then last_noise, nets_after = i, 0 elseif name == "net" then nets_after = nets_after + 1 end
  end
  for name, list in pairs(counts) do list[#list + 1] = n[name] or 0 end
  tail[#tail + 1] = last_noise > 0 and nets_after == 0
end
for _, data in ipairs(t.data) do
  local scores, line = t:distribution{data = data}, {}
  for _, name in ipairs(t.space.operations) do line[#line + 1] = name .. " " .. interval(study.correlate(counts[name], scores).spearman) end
  print("  " .. data .. ": " .. table.concat(line, ", "))
  line = {}
  for n = 0, t.space.nodes do
    local of = {}
    for i, count in ipairs(counts.net) do if count == n then of[#of + 1] = scores[i] end end
    line[#line + 1] = ("%d: %.2f"):format(n, study.describe(of).median.value)
  end
  print("    median by number of networks: " .. table.concat(line, ", "))
  local with, without = {}, {}
  for i, score in ipairs(scores) do
    local group = tail[i] and with or without
    group[#group + 1] = score
  end
  print(("    noise with no network after it: median %.2f of %d architectures; all others %.2f of %d"):format(
    study.describe(with).median.value, #with, study.describe(without).median.value, #without))
end
local across = study.correlate(t:distribution{data = t.data[1]}, t:distribution{data = t.data[2]})
print(("  %s against %s: Spearman %s"):format(t.data[1], t.data[2], interval(across.spearman)))

-- %% The strategies on it: those that train candidates look them up, those that share weights really search
local space = t.space
local methods = {}
local function row(name, strategy, search) methods[#methods + 1] = {name = name, strategy = strategy, space = space, search = search or {}} end
row("Random", "random")
row("Evolution, 200 trained", "evolution")
row("Local search, 200 trained", "local_search")
row("Exhaustive", "exhaustive", {limit = 4096})
row("DARTS", "darts")
row("DARTS, perturbation", "darts", {selection = "perturbation"})
row("DARTS, early stop", "darts", {early_stop = "hessian"})
row("DARTS, θ decay 1e-2", "darts", {theta = {weight_decay = 1e-2}})
row("GDAS", "gdas")
row("GDAS, perturbation", "gdas", {selection = "perturbation"})
row("Fair DARTS", "fair")
row("SDARTS", "sdarts")
row("SDARTS, perturbation", "sdarts", {selection = "perturbation"})
row("PC-DARTS", "pc")
row("DrNAS", "drnas")
row("DrNAS, perturbation", "drnas", {selection = "perturbation"})
row("Random, shared weights", "random_ws")
local s = study.new{
  name = "exhaustive", trials = options.trials, seed = options.seed, store = options.store or nil, tabular = t, methods = methods,
  data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
          {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
}
s:run{}
print(("\nWhat %d searches of each strategy find, on the %d seeds of the table in turn: by the mean over seeds, so that a find's own luck"):format(options.trials, #t.seeds))
print("does not count. Percentile 100 and regret 0 are the best of the space. Means with 95 % intervals over searches.")
for _, data in ipairs(t.data) do
  print(("\n  %-27s %-23s %-18s %-13s %s"):format(data, "percentile", "regret, dB", "median rank", "in the best 1 %"))
  for _, m in ipairs(methods) do
    local percentile, regret, rank, top = {}, {}, {}, 0
    for _, trial in ipairs(s:trials()) do
      if trial.data == data and trial.method == m.name and trial.status == "ok" then
        local r = t:rank(trial.architecture, {data = data})
        percentile[#percentile + 1], regret[#regret + 1], rank[#rank + 1] = r.percentile, r.regret, r.rank
        if r.percentile >= 99 then top = top + 1 end
      end
    end
    print(("  %s %-23s %-18s %-13s %d of %d"):format(m.name .. (" "):rep(27 - utf8.len(m.name)), interval(study.describe(percentile).mean), interval(study.describe(regret).mean),
      ("%.0f"):format(study.describe(rank).median.value), top, #rank))
  end
end

-- %% Does a search's score predict how good its find is? Against the architecture's mean over the table's seeds, which has hardly any
-- noise of retraining; each score less its mean over the searches on the same table seed, so that an easy data set predicts nothing.
print("\nSpearman's correlation of a search's score with the mean validation PSNR of what it found (95 % intervals)")
for _, data in ipairs(t.data) do
  print(("\n  %-27s %-21s %-21s %s"):format(data, "relaxed", "argmax", "scaled"))
  for _, m in ipairs(methods) do
    local line, any = {}, false
    for _, score in ipairs{"relaxed", "argmax", "scaled"} do
      local sums, counts, found = {}, {}, {}
      for _, trial in ipairs(s:trials()) do
        local value = trial.one_shot[score]
        if trial.data == data and trial.method == m.name and trial.status == "ok" and value then
          local seed = trial.seeds.data
          sums[seed], counts[seed] = (sums[seed] or 0) + value, (counts[seed] or 0) + 1
          found[#found + 1] = {value = value, seed = seed, mean = t:rank(trial.architecture, {data = data, split = "validation"}).mean}
        end
      end
      local x, y = {}, {}
      for i, f in ipairs(found) do x[i], y[i] = f.value - sums[f.seed] / counts[f.seed], f.mean end
      local c = study.correlate(x, y).spearman
      line[#line + 1] = c.low and ("%+.2f [%+.2f, %+.2f]"):format(c.value, c.low, c.high) or "–" .. (" "):rep(20)
      any = any or #x > 0
    end
    if any then print(("  %s %s"):format(m.name .. (" "):rep(27 - utf8.len(m.name)), table.concat(line, " "))) end
  end
end
