"""How a theta step's time and its plan's memory grow with each size: exponents fitted on logarithms, beside the flop count's over the
same range. A ratio of 1.05 is a growth 5 % steeper than the work's."""
import flops
import running
from figures import figure
from fitting import exponent
from running import Lua, Steps, bench

# Three taps have kernels of another kind, which keep no hidden maps; one operation is nothing to choose from.
RANGES = dict(N=[4, 8, 16, 32], B=[32, 64, 128, 256, 512], L=[32, 64, 128, 256, 512, 1024], C=[8, 16, 32, 64], k=[5, 7, 9], T=[2, 4, 8, 16])
REFERENCE = dict(B=128, L=64, N=10, C=16, k=3, T=0)


def run():
    result = {}
    for axis, values in RANGES.items():
        time, memory, work = {}, {}, {}
        for value in values:
            sizes = dict(REFERENCE, **{axis: value})
            work[value] = flops.theta_step(**sizes)
            memory[value] = bench("memory", *(f"{name}={size}" for name, size in sizes.items()))["bytes"]
            with Lua("search_step.lua", **sizes) as lua:
                time[value] = Steps(lua, "theta", max(20, int(3e9 / work[value]))).rounds(1 if running.OPTIONS.quick else 4).seconds
        t, m, w = exponent(time), exponent(memory), exponent(work)
        row = f"{axis} from {values[0]} to {values[-1]}"
        result[f"{row}: flops"], result[f"{row}: time"], result[f"{row}: memory"] = (figure(value, "exponent") for value in (w, t, m))
        result[f"{row}: time / flops"], result[f"{row}: memory / flops"] = (figure(value / w, "exponents", 1.05) for value in (t, m))
    return result
