-- Gradients of alpha of first and second order (Liu, Simonyan and Yang 2019, equations 6 to 8).
-- The first order asks how the validation loss at the present weights depends on alpha. The second order asks it at the
-- weights that one more step on the training loss would give, which depend on alpha too. That dependence is a derivative
-- of a gradient: exact here, approximated by a difference of two gradients in the reference implementation.

local function batch(m, seed)
  local data = dataset.cosines{train = 16, validation = 16, test = 16, measurement = m, seed = seed}
  return {clean = data.train.clean, measured = data.train.measured, measurement = m}
end

local function relative(a, b) return ((a - b):norm() / b:norm()):item() end

local m = measurement.blur{}
local train, validation = batch(m, 1), batch(m, 2)

print(("%-10s %5s   %18s   %20s   %19s"):format("activation", "xi", "second - first", "difference - exact", "the same, of the"))
print(("%-10s %5s   %18s   %20s   %19s"):format("", "", "(of second)", "(of second)", "second-order part"))
for _, activation in ipairs{"relu", "tanh"} do
  local space = darts.space{nodes = 6, operations = {operation.gradient_descent{}, operation.cnn{activation = activation}, operation.roll{}, operation.noise{}}}
  local alpha = 0.1 * tensor.randn({6, 4}, {seed = 3, dtype = "float64"})
  local weights = darts.parameters{space = space, seed = 4, dtype = "float64"}
  for _, xi in ipairs{0.02, 0.2} do
    local function gradient(order, hvp)
      return darts.alpha_gradient{space = space, alpha = alpha, parameters = weights, train = train, validation = validation,
                                  order = order, hvp = hvp, rate = xi, seed = 5}
    end
    local first, second, difference = gradient(1), gradient(2), gradient(2, "finite_difference")
    local direct = second - first
    print(("%-10s %5.2f   %17.2f%%   %19.4f%%   %18.3f%%"):format(activation, xi, 100 * relative(first, second),
      100 * relative(difference, second), 100 * (difference - second):norm():item() / direct:norm():item()))
  end
end
-- On tanh the difference has only the error of its formula. On ReLU its two gradients are taken where some hidden values lie
-- on different sides of the kink, and the second-order part is off by a hundred times as much; the fewer the signals of the
-- batch, the more a single kink weighs.

-- A search with either; help(darts.search) has the options.
local space = darts.space{nodes = 4}
local data = dataset.cosines{seed = 1}
for order = 1, 2 do
  local s = darts.search{space = space, data = data, order = order, steps = 200, seed = 1}
  print(("order %d: one-shot %.2f dB after 200 steps, %s"):format(order, s.one_shot.relaxed, s.architecture))
end
