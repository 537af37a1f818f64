-- The tabular benchmark examples/tabular.csv: all 4096 architectures of 6 nodes and the default study's 4 operations, trained
-- from scratch with 4 seeds on both data formations. examples/exhaustive.lua reads it. Takes about 20 minutes of one core.
--
--   oche examples/tabulate.lua tabular.csv                          the whole table
--   oche examples/tabulate.lua tabular.csv --store t.oche           goes on where it was stopped
--   oche examples/tabulate.lua small.csv --nodes 2 --seeds 2 --steps 50     a small one, in a second

local path = arg[1] or "tabular.csv"
local options = {nodes = 6, seeds = 4, seed = 40000, steps = 1000, workers = false, store = false}
for i = 2, #arg, 2 do
  local name, value = arg[i]:match("^%-%-(%a+)$"), arg[i + 1]
  if options[name] == nil or not value then error("unknown argument '" .. arg[i] .. "' (PATH, --nodes N, --seeds N, --seed N, --steps N, --workers N, --store PATH)", 0) end
  options[name] = name == "store" and value or math.tointeger(tonumber(value)) or error(arg[i] .. ": a number expected, got " .. value, 0)
end

local t = darts.tabulate{
  space = darts.space{nodes = options.nodes},
  data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
          {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
  seeds = options.seeds, seed = options.seed, train = {steps = options.steps},
  store = options.store or nil, workers = options.workers or nil,
}
t:save(path)
print(t)
