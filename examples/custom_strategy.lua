-- A strategy of your own: DARTS whose softmax sharpens while the search goes on, so that the relaxed network ends close to
-- the architecture that is read off it. Its functions are traced once; the search then runs in the compiled core.

local annealed = {
  name = "annealed",
  -- The weights of the mix, {nodes, operations}. context.progress goes from 0 to 1 over the steps.
  weights = function(alpha, context)
    local temperature = 1 - 0.9 * context.progress
    return (alpha / temperature):softmax(-1)
  end,
  -- Added to the loss that alpha follows: operations should not share a node.
  loss = function(alpha, weights, context)
    return 0.01 * context.progress * (1 - (weights ^ 2):sum(2)):mean()
  end,
  -- Scores, of which the largest of a node is selected. The default is alpha.
  select = function(alpha, weights, context) return weights end,
}

local space = darts.space{nodes = 6}
local data = dataset.cosines{measurement = measurement.blur{}}

-- %% One search
local found = darts.search{space = space, data = data, seed = 1, steps = 400, strategy = annealed}
print(found.architecture)
print(("relaxed %.2f dB, path %.2f dB"):format(found.one_shot.relaxed, found.one_shot.argmax))

-- %% Beside DARTS in a study: strategies are options like any other
local s = study.new{
  name = "annealed", trials = 3, data = {{name = "Blur", data}},
  methods = {
    {name = "DARTS", space = space, search = {steps = 400}, train = {steps = 400}},
    {name = "Annealed", strategy = annealed, space = space, search = {steps = 400}, train = {steps = 400}},
  },
}
s:run{}
print(s:table())
