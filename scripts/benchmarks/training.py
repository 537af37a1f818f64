"""Training and using one architecture: shares of peak for every mix of operations, downsampling beside blur, a CNN defined in Lua
beside the built-in one, and reconstruction of 16384 signals. Reference: B=128 L=64 C=16 k=3, 9-tap blur; default: the default study's."""
import random

import flops
import running
from figures import figure, share
from running import Lua, Peak, Steps

SHAPES = {"reference": dict(B=128, L=64, C=16, k=3, measurement="reference"), "default": dict(B=16, L=32, C=8, k=5, measurement="blur")}
MIXES = {
    "nets only": ["net"] * 10,
    "grad only": ["grad"] * 10,
    "alternating": ["grad", "net"] * 5,
    "with roll": ["grad", "net", "roll", "net", "grad", "net", "roll", "net", "grad", "net"],
    "with noise": ["grad", "net", "noise", "net", "grad", "net", "noise", "net", "grad", "net"],
}
DRAWN = [random.Random(seed).choices(["grad", "net", "roll", "noise"], k=10) for seed in range(3)]


def steps(lua, architecture, sizes):
    return Steps(lua, f"train {','.join(architecture)}", max(20, int(4e9 / max(1e6, flops.training_step(architecture, **sizes)))))


def rounds():
    return 1 if running.OPTIONS.quick else 5


def run():
    result = {}
    for shape, sizes in SHAPES.items():
        with Lua("training_step.lua", **sizes) as lua:
            def measure(architectures):
                """Flops a second over all of them, and seconds of a step."""
                peak, timed = Peak(), [steps(lua, a, sizes) for a in architectures]
                for _ in range(rounds()):
                    for t in timed:
                        t.round()
                    peak.look()
                seconds = sum(t.seconds for t in timed)
                return sum(flops.training_step(a, **sizes) for a in architectures) / seconds / peak.flops, seconds / len(timed)

            for mix, architectures in dict({mix: [a] for mix, a in MIXES.items()}, random=DRAWN).items():
                part, seconds = measure(architectures)
                result[f"{shape}, {mix}: step"], result[f"{shape}, {mix}: share"] = figure(seconds * 1e3, "ms"), share(part)

            built_in, own = steps(lua, ["net"] * 10, sizes), steps(lua, ["lua_net"] * 10, sizes)
            for _ in range(rounds()):
                built_in.round()
                own.round()
            result[f"CNN defined in Lua over built-in, {shape}"] = figure(own.seconds / built_in.seconds, "times", 1.2)

            signals = 16384
            for mix in ["nets only", "alternating"]:
                times, peak = [], Peak()
                for _ in range(rounds()):
                    times += lua.ask(f"reconstruct {','.join(MIXES[mix])} {signals}")
                    peak.look()
                work = flops.forward(MIXES[mix], **dict(sizes, B=signals))
                result[f"reconstruct, {shape}, {mix}"] = share(work / min(times) / peak.flops, 80)
    result.update(downsampling())
    return result


def downsampling():
    """A step with downsampling over the same step with blur, at the default study's shape."""
    sizes = {kind: dict(SHAPES["default"], measurement=kind) for kind in ("blur", "downsample")}
    result = {}
    with Lua("training_step.lua", **sizes["blur"]) as blur, Lua("training_step.lua", **sizes["downsample"]) as down:
        for mix in ["grad only", "alternating"]:
            a, b = (steps(lua, MIXES[mix], sizes["blur"]) for lua in (blur, down))
            for _ in range(rounds()):
                a.round()
                b.round()
            result[f"downsampling over blur, {mix}"] = figure(b.seconds / a.seconds, "times")
    with Lua("search_step.lua", N=10, **sizes["blur"]) as blur, Lua("search_step.lua", N=10, **sizes["downsample"]) as down:
        a, b = Steps(blur, "whole", 1000), Steps(down, "whole", 1000)
        for _ in range(rounds()):
            a.round()
            b.round()
        result["downsampling over blur, search step"] = figure(b.seconds / a.seconds, "times")
    return result
