-- Runs the searches of a file and saves what a search in PyTorch starts from and is compared with:
-- oche searches.lua SEARCHES FOLDER
local folder = arg[2]

-- `names` are the operations', in the order of the space.
function search(number, length, seed, names, make)
  local ok, message = pcall(function()
    local space, data, measurement, options = make()
    options.space, options.data, options.seed = space, data, seed
    -- A rate of 0 leaves alpha where it starts.
    local rest = darts.search{space = space, data = data, seed = seed, steps = 1, batch = 1, theta = {rate = 0},
                              alpha = {rate = 0, warmup = 0, init = options.alpha.init}}
    local s = darts.search(options)
    local saved = {
      matrix = measurement:forward(tensor.eye(length, nil, {dtype = "float64"})),
      peak = tensor(data.peak, {dtype = "float64"}),
      start = rest.history.alpha[1], alpha = s.history.alpha, weights = s.weights, final = s.alpha,
      one_shot = tensor({s.one_shot.relaxed, s.one_shot.argmax, s.one_shot.scaled}, {dtype = "float64"}),
    }
    for _, name in ipairs{"training", "validation", "score", "eigenvalue"} do
      local values = s.history[name]
      if values and #values > 0 then
        saved[name] = tensor.is_tensor(values) and values or tensor(values, {dtype = "float64"})
      end
    end
    for _, split in ipairs{"train", "validation"} do
      saved[split .. "_clean"], saved[split .. "_measured"] = data[split].clean, data[split].measured
    end
    for row, operations in ipairs(darts.parameters{space = space, shape = {1, length}, seed = seed}) do
      for place, name in ipairs(names) do
        for parameter, value in pairs(operations[name] or {}) do
          saved[("weights.%d.%d.%s"):format(row, place, parameter)] = value
        end
      end
    end
    tensor.save(folder .. "/" .. number .. ".npz", saved)
    local text = assert(io.open(folder .. "/" .. number .. ".txt", "w"))
    text:write(tostring(s.architecture), "\n", tostring(s.stopped or 0), "\n")
    text:close()
  end)
  if not ok then
    local text = assert(io.open(folder .. "/" .. number .. ".error", "w"))
    text:write(tostring(message))
    text:close()
  end
end

dofile(arg[1])
