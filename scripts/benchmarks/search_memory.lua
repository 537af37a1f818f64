-- What a search says that it holds, beside what the process grew by while it ran, in bytes.
local function kilobytes(name)
  for line in io.lines("/proc/self/status") do
    local value = line:match("^" .. name .. ":%s+(%d+)")
    if value then return tonumber(value) end
  end
end
local space = darts.space{nodes = 20, operations = {operation.gradient_descent{}, operation.cnn{channels = 16, kernel = 3}, operation.roll{}, operation.noise{}}}
local data = dataset.cosines{length = 1024, train = 512, validation = 512, test = 16, seed = 1}
local drawn = data.train.clean:sum():item() + data.validation.clean:sum():item()
-- The same search on small signals: what the program itself needs is there before.
darts.search{space = space, data = dataset.cosines{length = 64, train = 16, validation = 16, test = 16, seed = 1}, steps = 2}
collectgarbage()
local before = kilobytes("VmRSS")
local found = darts.search{space = space, data = data, batch = 256, steps = 3}
local grown = (kilobytes("VmHWM") - before) * 1024
local known, memory = pcall(function() return found.memory end)
print("resident", grown)
if known and memory then print("stated", memory) end
