-- Runs the programs of a file and writes their results: oche programs.lua PROGRAMS RESULTS
-- A record is the program's number, the stage, the element type, the rank, the sizes and the values as doubles; of an
-- error the message stands for the values. A program that ends the process has a "begin" and no "end".
local output = assert(io.open(arg[2], "wb"))

local formats = {}
local function packed(values)
  local pieces = {}
  for first = 1, #values, 100 do
    local last = math.min(first + 99, #values)
    local n = last - first + 1
    formats[n] = formats[n] or "<" .. ("d"):rep(n)
    pieces[#pieces + 1] = string.pack(formats[n], table.unpack(values, first, last))
  end
  return table.concat(pieces)
end

local function note(number, stage, text)
  output:write(string.pack("<I4s2s2I4", number, stage, text or "", 0xFFFFFFFF))
end

local function record(number, stage, result)
  if type(result) == "number" then result = tensor(result, {dtype = "float64"}) end
  local sizes = {}
  for i, n in ipairs(result.shape) do sizes[i] = string.pack("<I4", n) end
  output:write(string.pack("<I4s2s2I4", number, stage, result.dtype, result.rank), table.concat(sizes))
  if result.size > 0 then output:write(packed(result:flatten():totable())) end
end

local function copies(list)
  local result = {}
  for i, x in ipairs(list) do result[i] = x:clone() end
  return result
end

local stages = {}
function stages.value(f, inputs) return {f(table.unpack(copies(inputs)))} end
function stages.compiled(f, inputs) return {tensor.compile(f)(table.unpack(inputs))} end
function stages.gradient(f, inputs, loss) return tensor.grad(loss)(inputs) end
stages["compiled_gradient"] = function(f, inputs, loss) return tensor.compile(tensor.grad(loss))(inputs) end
function stages.hvp(f, inputs, loss, directions) return tensor.hvp(loss, inputs, directions) end
function stages.second(f, inputs, loss)
  return tensor.grad(function(p)
    local sum = 0
    for _, g in ipairs(tensor.grad(loss)(p)) do sum = sum + (g * g):sum() end
    return sum
  end)(inputs)
end

function program(number, f, inputs, cotangent, directions, names)
  note(number, "begin")
  output:flush()
  local before = {}
  for i, x in ipairs(inputs) do before[i] = packed(x:flatten():totable()) end
  local function loss(p) return (cotangent * f(table.unpack(p))):sum() end
  for stage in names:gmatch("%S+") do
    local ok, results = pcall(stages[stage], f, inputs, loss, directions)
    if ok then
      for _, result in ipairs(results) do record(number, stage, result) end
    else
      note(number, "error " .. stage, tostring(results))
    end
  end
  local changed = {}
  for i, x in ipairs(inputs) do
    if packed(x:flatten():totable()) ~= before[i] then changed[#changed + 1] = "input " .. i end
  end
  if #changed > 0 then note(number, "error unchanged", table.concat(changed, ", ") .. " changed") end
  note(number, "end")
end

dofile(arg[1])
output:close()
