-- Many steps of a small search or training: `search` or `train`, and how many steps.
local space, data = darts.space{nodes = 2}, dataset.cosines{train = 64, validation = 64, test = 16, seed = 1}
local steps = math.tointeger(tonumber(arg[2]))
if arg[1] == "search" then
  darts.search{space = space, data = data, steps = steps}
else
  darts.train{space = space, architecture = {"grad", "net"}, data = data, steps = steps}
end
