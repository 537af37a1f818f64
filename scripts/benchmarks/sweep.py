"""Search steps over sizes, as shares of peak on algorithmic flops, with a roofline picture: the reference (B=128 L=64 N=10 C=16 k=3)
with one size changed, and the default study's shape (B=16 L=32 N=10 C=8 k=5) with its own measurements."""
import os
import shutil
import subprocess

import flops
import running
from figures import figure, share
from running import Lua, Peak, Steps, bench

REFERENCE = dict(B=128, L=64, N=10, C=16, k=3, measurement="reference")
AXES = dict(B=[16, 32, 256, 100], L=[32, 50, 63, 128, 1000], C=[8, 32], k=[5, 9], N=[2, 20])


def points():
    default = dict(B=16, L=32, N=10, C=8, k=5)
    yield "default study, blur", dict(default, measurement="blur")
    yield "default study, downsampling", dict(default, measurement="downsample")
    yield "reference", REFERENCE
    for axis, values in AXES.items():
        for value in values[:1] if running.OPTIONS.quick else values:
            yield f"{axis}={value}", dict(REFERENCE, **{axis: value})


def run():
    result, rows = {}, []
    for name, sizes in points():
        peak = Peak()
        work = flops.theta_step(**sizes), flops.theta_step(**sizes) + flops.alpha_step(**sizes)
        with Lua("search_step.lua", **sizes) as lua:
            n = max(20, int(4e9 / work[0]))
            theta, whole = Steps(lua, "theta", n), Steps(lua, "whole", n)
            for _ in range(1 if running.OPTIONS.quick else 4):
                theta.round()
                whole.round()
                peak.look()
        t, w = theta.seconds, whole.seconds
        shares = work[0] / t / peak.flops, work[1] / w / peak.flops
        result[f"{name}: theta"], result[f"{name}: whole"] = figure(t * 1e3, "ms"), figure(w * 1e3, "ms")
        result[f"{name}: theta share"], result[f"{name}: whole share"] = share(shares[0]), share(shares[1])
        rows.append((name, work[0] / flops.theta_step_bytes(**sizes), work[0] / t / 1e9, work[1] / w / 1e9))
    roofline(rows, peak.flops / 1e9)
    return result


def roofline(rows, peak):
    """GFLOP/s over flops for each byte that a theta step must move, under the roofs of arithmetic and of copying."""
    folder = running.OPTIONS.output
    os.makedirs(folder, exist_ok=True)
    data, picture = os.path.join(folder, "sweep.dat"), os.path.join(folder, "roofline.svg")
    with open(data, "w") as file:
        file.write("# flops per byte, GFLOP/s of a theta step, GFLOP/s of a whole step, number, name\n")
        file.writelines(f"{intensity:.1f} {theta:.2f} {whole:.2f} {i} \"{name}\"\n" for i, (name, intensity, theta, whole) in enumerate(rows, 1))
    if not shutil.which("gnuplot"):
        return print(f"  no gnuplot, so no roofline picture; its points are in {data}")
    bandwidth = bench("machine")["bandwidth"] / 1e9
    names = "\n        ".join(f"set label '{i}  {row[0]}' at graph 0.21, {0.86 - 0.036 * i:.3f} font 'sans,10'" for i, row in enumerate(rows, 1))
    script = f"""
        set terminal svg size 900, 560 font 'sans,13'
        set output '{picture}'
        set logscale xy
        set xlabel 'algorithmic flops for each byte that must be moved'
        set ylabel 'GFLOP/s'
        set key right bottom
        {names}
        set samples 1000
        set title 'Search steps on one core under {peak:.0f} GFLOP/s and {bandwidth:.1f} GB/s'
        plot [1 : 1e4] [20 : {1.3 * peak:.0f}] (x * {bandwidth} < {peak} ? x * {bandwidth} : {peak}) with lines lw 2 lc 'black' title 'roof', \\
          '{data}' using 1:2 with points pt 7 lc rgb '#1b6ca8' title 'theta step', \\
          '{data}' using 1:3 with points pt 6 lc rgb '#c05020' title 'theta and alpha step', \\
          '{data}' using 1:2:4 with labels offset 0, 0.8 font 'sans,9' notitle
    """
    made = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True)
    print(f"  roofline picture: {picture}" if made.returncode == 0 else f"  gnuplot: {running.last_line(made.stderr)}")
