"""The driver of scripts/bench: lets oche and its peers take turns on one core, and prints what came of it."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

OCHE, BENCH = os.environ["OCHE"], os.environ["BENCH"]
HERE = os.path.dirname(os.path.abspath(__file__))


def pinned(command, **options):
    return subprocess.Popen(["taskset", "-c", str(ARGUMENTS.core)] + command, text=True, **options)


def output(command, **options):
    return subprocess.run(["taskset", "-c", str(ARGUMENTS.core)] + command, text=True, check=True, capture_output=True, **options).stdout


class Peer:
    """A process that speaks the line protocol of peers/protocol.py."""

    def __init__(self, script, *arguments):
        self.process = pinned([sys.executable, os.path.join(HERE, "peers", script), "--core", str(ARGUMENTS.core), *arguments],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.names = []

    def wait_ready(self, expected):
        for line in self.process.stdout:
            words = line.split()
            if words and words[0] == "ready":
                self.names.append(words[1])
            elif words:
                print(f"  peer {' '.join(words[1:])}", file=sys.stderr)
            if len(words) > 1 and words[1] == expected[-1]:
                break

    def run(self, name, reps):
        self.process.stdin.write(f"run {name} {reps}\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        return [float(word) for word in words[2:]] if words and words[0] == "time" else None

    def quit(self):
        self.process.stdin.close()
        self.process.wait()


STEP = """
local B, L, N, C, k, sigma, taps, steps, warmup = {B}, {L}, {N}, {C}, {k}, 1.5, 9, {steps}, {warmup}
local space = darts.space{{nodes = N, operations = {{operation.gradient_descent{{}}, operation.cnn{{channels = C, kernel = k}},
  operation.roll{{}}, operation.noise{{}}}}}}
local data = dataset.cosines{{length = L, train = 4 * B, validation = 4 * B, test = B, seed = 1,
  measurement = measurement.blur{{sigma = sigma, taps = taps, noise = 0.17}}}}
local function run(n, warmup) return darts.search{{space = space, data = data, batch = B, steps = n, alpha = {{warmup = warmup}}}} end
run(5, 0)
while true do
  local line = io.read("l")
  if not line or line == "quit" then break end
  local n = math.tointeger(tonumber(line:match("%d+")))
  local function seconds(warmup)
    local few, many = run(1, warmup).seconds, run(n + 1, warmup).seconds
    return (many - few) / n
  end
  local theta = seconds(n + 1)
  print(("time %.9g %.9g"):format(theta, seconds(0) - theta))
  io.stdout:flush()
end
"""


class Ours:
    """oche driven by a Lua script, through darts.search: theta steps alone (alpha rests), and both."""

    def __init__(self, sizes, environment=None):
        self.process = pinned([OCHE, "--quiet", "--threads", "1", "-e", STEP.format(**sizes, steps=0, warmup=0)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})})

    def run(self, reps):
        self.process.stdin.write(f"{reps}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()[1:]]

    def quit(self):
        self.process.stdin.close()
        self.process.wait()


def flops(B, L, N, C, k, taps=9):
    """Algorithmic flops of a theta step: the CNN's two convolutions forward, by input and by weight; A and A' forward and back."""
    return B * N * L * (6 * 2 * C * k + 4 * 2 * taps)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    figures = dict(line.split() for line in output([BENCH, "machine"]).splitlines())
    print(f"machine    {model}, {figures['instruction_set']}, one core")
    print(f"peak       {float(figures['peak']) / 1e9:.1f} GFLOP/s fused multiply-add in float32")
    print(f"bandwidth  {float(figures['bandwidth']) / 1e9:.1f} GB/s copying 64 MB")
    return float(figures["peak"])


def step(peak):
    sizes = dict(B=128, L=64, N=10, C=16, k=3)
    ours = Ours(sizes)
    peer, names = None, []
    if ARGUMENTS.peers:
        peer = Peer("search_step.py")
        peer.wait_ready(["jax", "jax-rewritten", "jax-blocked", "torch", "torch-rewritten"])
        names = peer.names
    best, peaks = {}, []
    for round in range(ARGUMENTS.rounds):
        peaks.append(float(dict(line.split() for line in output([BENCH, "machine"]).splitlines())["peak"]))
        for name in ["oche"] + names:
            figures = ours.run(200) if name == "oche" else peer.run(name, 10)
            if figures:
                best[name] = [min(a, b) for a, b in zip(best.get(name, figures), figures)]
    ours.quit()
    if peer:
        peer.quit()
    peak = max(peaks + [peak])
    work = flops(**sizes)
    theta, alpha = best["oche"]
    print(f"\nreference search step: B=128 L=64 N=10 C=16 k=3, 9-tap blur, best of {ARGUMENTS.rounds}")
    print(f"{'':18}{'theta ms':>10}{'alpha ms':>10}{'step ms':>10}{'times oche':>12}")
    for name, (t, a) in best.items():
        print(f"{name:18}{t * 1e3:10.3f}{a * 1e3:10.3f}{(t + a) * 1e3:10.3f}{(t + a) / (theta + alpha):12.1f}")
    print(f"theta step: {work / 1e6:.1f} MFLOP, {work / theta / 1e9:.1f} GFLOP/s, {100 * work / theta / peak:.0f} % of peak")
    return {"theta": theta, "alpha": alpha, "peak_share": work / theta / peak, "peers": {n: b for n, b in best.items() if n != "oche"}}


def sweep(peak):
    print(f"\nsweep: theta step, share of peak on algorithmic flops\n{'B':>5}{'L':>6}{'C':>4}{'k':>3}{'N':>4}{'theta ms':>10}{'share':>7}")
    base = dict(B=128, L=64, N=10, C=16, k=3)
    points = [base, dict(B=16, L=32, N=10, C=8, k=5)]
    points += [dict(base, **{name: value}) for name, values in
               dict(B=[16, 32, 256, 100], L=[32, 50, 63, 128, 1000], C=[8, 32], k=[5, 9], N=[2, 20]).items() for value in values]
    rows = []
    for sizes in points:
        ours = Ours(sizes)
        reps = max(5, int(2e9 / flops(**sizes)))
        theta = min(ours.run(reps)[0] for _ in range(3))
        ours.quit()
        share = flops(**sizes) / theta / peak
        rows.append(dict(sizes, theta=theta, share=share))
        print(f"{sizes['B']:5}{sizes['L']:6}{sizes['C']:4}{sizes['k']:3}{sizes['N']:4}{theta * 1e3:10.3f}{100 * share:6.0f}%")
    return rows


def compilation():
    figures = dict(line.split() for line in output([BENCH, "compile"]).splitlines())
    print(f"\nplan of the reference supernet with gradients  {float(figures['supernet']) * 1e3:.2f} ms")
    print(f"plan of a discrete architecture                {float(figures['discrete']) * 1e3:.2f} ms")
    return {name: float(value) for name, value in figures.items()}


def start():
    times = []
    for _ in range(30):
        began = time.perf_counter()
        subprocess.run([OCHE, "-e", "print(1)"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    print(f"oche -e 'print(1)'                             {statistics.median(times) * 1e3:.1f} ms (best {min(times) * 1e3:.1f})")
    return statistics.median(times)


COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
static long calls;
static void *(*next)(size_t);
static int (*nextAligned)(void **, size_t, size_t);
void *malloc(size_t n) { if (!next) next = dlsym(RTLD_NEXT, "malloc"); __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED); return next(n); }
int posix_memalign(void **p, size_t a, size_t n) { if (!nextAligned) nextAligned = dlsym(RTLD_NEXT, "posix_memalign"); __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED); return nextAligned(p, a, n); }
__attribute__((destructor)) static void report(void) { fprintf(stderr, "allocations %ld\n", calls); }
"""

LONG = """
local space, data = darts.space{{nodes = 2}}, dataset.cosines{{train = 64, validation = 64, test = 16, seed = 1}}
darts.search{{space = space, data = data, steps = {steps}}}
"""


def memory():
    """Allocations per step, as the difference of a long and a short run; and what 10^5 steps add to memory in use."""
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "count.c"), os.path.join(folder, "count.so")
        open(source, "w").write(COUNTER)
        if subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]).returncode == 0:
            def calls(steps):
                text = subprocess.run([OCHE, "--quiet", "-e", LONG.format(steps=steps)], capture_output=True, text=True, check=True,
                                      env={**os.environ, "LD_PRELOAD": library}).stderr
                return int(re.search(r"allocations (\d+)", text).group(1))
            result["allocations_per_step"] = (calls(4000) - calls(2000)) / 2000
            print(f"allocations per search step                    {result['allocations_per_step']:.3f}")

        def resident(steps):
            process = subprocess.Popen([OCHE, "--quiet", "-e", LONG.format(steps=steps)])
            _, status, usage = os.wait4(process.pid, 0)
            return usage.ru_maxrss
        short, long = resident(1000), resident(100_000)
        result["resident_growth_kb"] = long - short
        history = 100_000 * (8 + 2) * 4 / 1024
        print(f"memory of 10^5 steps over 10^3                 {(long - short) / 1024:.1f} MB, of which the histories are {history / 1024:.1f} MB")
    return result


def study():
    """The full default study: ours from the command line, JAX with every trial of a row vmapped."""
    trials = str(ARGUMENTS.trials)
    rows = {}
    for threads in [1, 2]:
        core = ["taskset", "-c", "0"] if threads == 1 else []
        began = time.perf_counter()
        subprocess.run([*core, OCHE, "--threads", str(threads), "--quiet", os.path.join(HERE, "..", "examples", "table1.lua"), "--trials", trials],
                       check=True, stdout=subprocess.DEVNULL)
        rows[f"oche, {threads} core{'s' if threads > 1 else ''}"] = time.perf_counter() - began
    if ARGUMENTS.peers:
        began = time.perf_counter()
        subprocess.run([sys.executable, os.path.join(HERE, "peers", "study.py"), "--trials", trials], check=True, stdout=subprocess.DEVNULL)
        rows["JAX, vmapped, 1 core"] = time.perf_counter() - began
    print(f"\nthe default study, {trials} trials per row")
    for name, seconds in rows.items():
        print(f"{name:24}{seconds:8.1f} s   {seconds / rows['oche, 1 core']:.2f} times oche on one core")
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--record", metavar="FILE", help="append the figures as a line of JSON")
    ARGUMENTS = parser.parse_args()
    if ARGUMENTS.peers:
        try:
            import jax  # noqa: F401
        except ImportError:
            ARGUMENTS.peers = False
    peak = machine()
    figures = {"peak": peak}
    if ARGUMENTS.study:
        figures["study"] = study()
    else:
        figures["step"] = step(peak)
        if ARGUMENTS.sweep:
            figures["sweep"] = sweep(peak)
        figures["compile"] = compilation()
        figures["start"] = start()
        figures["memory"] = memory()
    if ARGUMENTS.record:
        with open(ARGUMENTS.record, "a") as file:
            file.write(json.dumps(figures) + "\n")
