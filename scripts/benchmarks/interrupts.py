"""Ctrl-C at the prompt: from the key to the next prompt, whatever runs."""
import fcntl
import os
import pty
import re
import select
import subprocess
import tempfile
import termios
import time

from figures import figure
from running import OCHE, Unavailable

BOUND = 300     # ms
SETTING = """
wide = tensor.ones{6000, 6000}; long = tensor.rand({30000000}, {seed = 1}); image = tensor.ones{1, 64, 256, 256}
data = dataset.cosines{measurement = measurement.blur{}, seed = 1}; space = darts.space{nodes = 4}
list = {} for i = 1, 1000000 do list[i] = i * 7919 % 1000003 end; words = {} for i = 1, 1000000 do words["w" .. i] = i end
slow = setmetatable({}, {__tostring = function() while true do end end}); text = ("a = 1 "):rep(1000000); kept = 42
"""
# What runs; half a second later the key is pressed.
CASES = {
    # Lua
    "loop": "while true do end",
    "pcall in a loop": "while true do pcall(function() while true do end end) end",
    "nested pcalls": "local function again() while true do pcall(again) end end again()",
    "coroutine": "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()",
    "chain of coroutines": "local function chain(n) return coroutine.wrap(function() if n == 0 then while true do end end chain(n - 1) end)() end chain(100)",
    "xpcall handler": "while true do xpcall(error, function() while true do end end) end",
    "__gc": "setmetatable({}, {__gc = function() while true do end end}) collectgarbage() while true do end",
    "__close": "do local c <close> = setmetatable({}, {__close = function() while true do end end}) end",
    "__close of an interrupt": "local c <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
    "__tostring in print": "print(slow)",
    "__tostring of a value": "slow",
    "table.sort, comparator": "while true do table.sort(list, function(a, b) return a < b end) end",
    "table.sort": "while true do table.sort(list) table.sort(list, nil) list[1], list[#list] = list[#list], list[1] end",
    "pairs": "while true do for k in pairs(words) do break end end",
    "string.find": 'string.find(("a"):rep(30), (".-"):rep(30) .. "b")',
    "string.gsub": 'string.gsub(("a"):rep(40), ("a*"):rep(30) .. "b", "")',
    "string.rep": 'for i = 1, 1000 do ("x"):rep(100000000) end',
    "table.concat": "while true do table.concat(list, ' ') end",
    "load": "while true do load(text) end",
    "printing": "while true do print(list[1], list) end",
    "io.read": "io.read()",
    "os.execute": "os.execute('sleep 100')",
    "os.execute in a loop": "while true do pcall(os.execute, 'sleep 100') end",
    "io.popen": "local p = io.popen('sleep 100') p:read('a')",
    # one operation of the engine
    "matmul 6000": "wide:matmul(wide)",
    "matmul of few columns": "for i = 1, 1000 do tensor.ones{20000000, 8}:matmul(tensor.ones{8, 8}) end",
    "sort 3e7": "long:sort(1)",
    "cumsum": "local x = tensor.ones{100000000} while true do x:cumsum(1) end",
    "conv1d": "tensor.conv1d(tensor.ones{16, 64, 20000}, tensor.ones{64, 64, 31})",
    "conv2d": "tensor.conv2d(image, tensor.ones{256, 64, 9, 9}, {padding = 4})",
    "conv2d, one channel": "tensor.conv2d(tensor.ones{1, 1, 4000, 4000}, tensor.ones{1, 1, 91, 91})",
    "gradient of conv2d": "tensor.grad(function(w) return tensor.conv2d(image, w, {padding = 4}):sum() end)(tensor.ones{256, 64, 9, 9})",
    "conv_transpose1d": "tensor.conv_transpose1d(tensor.ones{16, 64, 20000}, tensor.ones{64, 64, 31})",
    "exp": "local x = tensor.ones{300000000} while true do x:exp() end",
    "power": "local _ = tensor.ones{300000000}:exp() ^ 1.7",
    "broadcast": "for i = 1, 100 do local _ = tensor.ones{20000, 1} + tensor.ones{1, 20000} end",
    "randn": "while true do tensor.randn({100000000}, {seed = 1}) end",
    "randn, float64": "while true do tensor.randn({50000000}, {seed = 1, dtype = 'float64'}) end",
    "sums": "local x = tensor.ones{100000000} while true do x:sum() end",
    "sum of rows": "local x = tensor.ones{10000000, 3} while true do x:max(2) end",
    "transposed copy": "local x = tensor.ones{20000, 20000} while true do x:transpose(1, 2):clone() end",
    "save": "while true do tensor.save('long.npy', tensor.ones{200000000}) end",
    "load of a tensor": "tensor.save('long.npz', {a = long}) while true do tensor.load('long.npz') end",
    "totable": "local x = tensor.ones{3000000} while true do x:totable() end",
    "print of a tensor": "while true do print(long) end",
    # what takes long in the compiled core
    "search": "darts.search{space = space, data = data, steps = 10000000}",
    "search, 300 nodes": "darts.search{space = darts.space{nodes = 300}, data = data, steps = 500000}",
    "search, second order": "darts.search{space = space, data = data, order = 2, steps = 10000000}",
    "training": "darts.train{space = space, architecture = space:random{}, data = data, steps = 10000000}",
    "compilation": "local f = tensor.compile(function(x) for i = 1, 100000 do x = (x * 1.5):tanh() + x end return x:sum() end) f(tensor.ones{4, 4})",
    "tracing and gradient": "tensor.grad(function(x) for i = 1, 20000 do x = (x * 1.5):tanh() + x end return x:sum() end)(tensor.ones{4, 4})",
    "study": 'study.new{name = "long", trials = 4, store = "long.oche", data = {{name = "Blur", data}}, methods = {{name = "DARTS", '
             'strategy = "darts", space = space, search = {steps = 10000000}}}}:run{workers = 2}',
    "gnuplot that hangs": 'plot.line{x = {1, 2}, y = {1, 2}}:save("f.png")',
}


class Prompt:
    """oche on a pseudo-terminal."""

    def __init__(self, folder):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (50, 100))
        os.makedirs(os.path.join(folder, "bin"))
        hangs = os.path.join(folder, "bin", "gnuplot")
        with open(hangs, "w") as file:
            file.write("#!/bin/sh\nexec sleep 1000\n")
        os.chmod(hangs, 0o755)
        environment = dict(os.environ, TERM="xterm", NO_COLOR="1", OCHE_HISTORY=os.path.join(folder, "history"), HOME=folder,
                           PATH=os.path.join(folder, "bin") + ":" + os.environ["PATH"])
        # The leader of a session has the terminal as its own, so that the key is a signal.
        self.process = subprocess.Popen([OCHE], stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = b""

    def wait(self, pattern, seconds):
        """Waits until what comes matches; gives whether it did, and forgets it."""
        end = time.perf_counter() + seconds
        while True:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return True
            self.seen = self.seen[-4096:]
            left = end - time.perf_counter()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                return False
            try:
                self.seen += os.read(self.master, 1 << 16)
            except OSError:
                raise Unavailable("oche ended")

    def wait_prompt(self, number, seconds):
        return self.wait(rb"In \[%d\]: " % number, seconds)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def run():
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        prompt = Prompt(folder)
        try:
            number = 1
            if not prompt.wait_prompt(number, 30):
                raise Unavailable("no prompt")
            for line in SETTING.strip().splitlines():
                prompt.type(line + "\r")
                number += 1
                if not prompt.wait_prompt(number, 120):
                    raise Unavailable(f"no prompt after {line}")
            for name, cell in CASES.items():
                # A value alone is displayed by the session, which has no beginning to see.
                is_value = cell == "slow"
                prompt.type(cell + "\r" if is_value else f"io.write('beg', 'un\\n') do {cell} end\r")
                if not is_value and not prompt.wait(rb"begun\r\n", 30):
                    raise Unavailable(f"{name} did not begin")
                number += 1
                if prompt.wait_prompt(number, 0.5):
                    print(f"  {name}: over before the key was pressed", flush=True)
                    continue
                began = time.perf_counter()
                prompt.type("\x03")
                if not prompt.wait_prompt(number, 100):
                    raise Unavailable(f"{name} did not stop")
                result[name] = figure((time.perf_counter() - began) * 1e3, "ms", BOUND)
        finally:
            prompt.end()
    return result
