"""Eager tensors and loops over compiled steps from Lua, beside PyTorch and NumPy."""
import running
from figures import figure
from running import Peer, Unavailable, bench, lua_figures

KINDS = {"small": "add_16", "large": "add_1e7", "matmul": "matmul_512"}         # of the peers, and what they are in eager.lua
VARIANTS = [f"{library}-{kind}" for library in ("torch", "numpy") for kind in ("small", "large", "large-out", "matmul")]
CALLS = ["add_16", "subtract_16", "multiply_16", "scale_16", "exp_16", "relu_16", "shape", "element", "length"]


def run():
    result = {}
    try:
        result.update(ours())
    except Unavailable as reason:
        print(f"  without oche: {reason}")
    try:
        result.update(peers(result))
    except Unavailable as reason:
        print(f"  without peers: {reason}")
    if not result:
        raise Unavailable("nothing to measure")
    return result


def ours():
    machine = bench("machine")
    targets = dict({name: 250 for name in CALLS}, compiled_step=2000, compiled_step_table=2000,
                   add_1e7=0.9 * machine["bandwidth"] / 1e9, matmul_512=0.7 * machine["peak"] / 1e9)
    best = {}
    for _ in range(1 if running.OPTIONS.quick else 2):
        for name, value, unit in lua_figures("eager.lua"):
            choose = max if unit.endswith("/s") else min
            best[name] = (choose(value, best[name][0]) if name in best else value, unit)
    result = {name: figure(value, unit, targets.get(name), "more" if unit.endswith("/s") else "less") for name, (value, unit) in best.items()}
    # A copy reads and writes its bytes, a sum reads them: 1 is memory bandwidth or better.
    for name, (rate, _) in best.items():
        if name.startswith("sum_columns") and "copy_1e7" in best:
            result[f"{name} over a copy, time"] = figure(best["copy_1e7"][0] / (2 * rate), "times", 1, "less")
    return result


def peers(ours):
    result = {}
    with Peer("eager.py", "--variants", ",".join(VARIANTS)).wait_ready(VARIANTS[-1]) as peer:
        for name in peer.names:
            kind = name.split("-", 1)[1]
            runs = [run for run in (peer.run(name, 10) for _ in range(1 if running.OPTIONS.quick else 4)) if run]
            if not runs:
                continue
            seconds, rate = min(runs)
            if kind == "small":
                result[name] = figure(seconds * 1e9, "ns")
            else:
                result[name] = figure(rate / 1e9, "GFLOP/s" if kind == "matmul" else "GB/s", None, "more")
            mine = ours.get(KINDS.get(kind))
            if mine:
                ratio = result[name]["value"] / mine["value"]
                result[f"{name} over oche, time"] = figure(ratio if kind == "small" else 1 / ratio, "times", None, "more")
    return result
