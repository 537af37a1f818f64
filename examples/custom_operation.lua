-- An operation of your own in a search: gradient descent that is pulled back to the first reconstruction A'y, with a step
-- and a pull that are learned. It is written in Lua, traced once, and then runs in the compiled core like a built-in one.

local anchored = operation.define{
  name = "anchored",
  parameters = function(shape, init)
    return {step = tensor.full({1}, 1), pull = tensor.full({1}, 0.1)}
  end,
  forward = function(p, x, context)
    local m = context.measurement
    local residual = context.initial - m:adjoint(m:forward(x))       -- A'(y - A x)
    return x + p.step * residual + p.pull * (context.initial - x)
  end,
}

local space = darts.space{nodes = 4, operations = {operation.gradient_descent{}, operation.cnn{}, anchored, operation.roll{}}}
local data = dataset.cosines{measurement = measurement.blur{sigma = 1, noise = 0.1}}

-- %% One search and its retraining
local found = darts.search{space = space, data = data, seed = 1, steps = 400}
print(found)
local trained = darts.train{space = space, architecture = found.architecture, data = data, seed = 1, steps = 400}
print(trained)

-- %% Is that luck? A few trials say
local s = study.new{
  name = "custom", trials = 4, data = {{name = "Blur", data}},
  methods = {
    {name = "DARTS", strategy = "darts", space = space, search = {steps = 400}, train = {steps = 400}},
    {name = "Anchored only", strategy = "fixed", architecture = "anchored", space = space, train = {steps = 400}},
  },
}
s:run{}
print(s:table())
