-- All strategies side by side on the default study's data: the PSNR of what they find, retrained, and how well the
-- search's own score predicts it.
--
--   oche examples/strategies.lua                 a few trials of each
--   oche examples/strategies.lua --trials 60     strategies.txt

local trials = 2
for i = 1, #arg, 2 do
  if arg[i] ~= "--trials" then error("unknown argument '" .. arg[i] .. "' (--trials N)", 0) end
  trials = math.tointeger(tonumber(arg[i + 1])) or error("--trials: a number expected, got " .. tostring(arg[i + 1]), 0)
end

local space = darts.space{}       -- 10 nodes of gradient step, network, roll and noise

-- %% The rows: one for each strategy, and variants that are options of any of them
local function row(name, strategy, search) return {name = name, strategy = strategy, space = space, search = search or {}} end
local methods = {
  row("Random", "random"),
  row("DARTS", "darts"),
  row("DARTS, second order", "darts", {order = 2}),
  row("DARTS, perturbation", "darts", {selection = "perturbation"}),
  row("DARTS, early stop", "darts", {early_stop = "hessian"}),
  row("GDAS", "gdas"),
  row("Fair DARTS", "fair"),
  row("SDARTS, random", "sdarts"),
  row("SDARTS, adversarial", "sdarts", {perturbation = "adversarial"}),
  row("PC-DARTS", "pc"),
  row("DrNAS", "drnas"),
  row("Random, shared weights", "random_ws"),
  -- The paper's population is far larger than a script that takes seconds can have.
  row("Evolution", "evolution", {population = 10, sample = 4, cycles = 10}),
}

-- %% The study
local s = study.new{
  name = "strategies", trials = trials, methods = methods,
  data = {{name = "Blur", dataset.cosines{measurement = measurement.blur{}}},
          {name = "Downsampling", dataset.cosines{measurement = measurement.downsample{}}}},
}
s:run{}
print(("Test PSNR in dB of the retrained architectures, %d trials per row"):format(trials))
print(s:table())

-- %% Does the score of the path selected, with the weights of the search, predict the final one?
print("\nCorrelation of one-shot (argmax) and final validation PSNR")
print(s:correlation{x = "one_shot.argmax", y = "psnr.validation"})
