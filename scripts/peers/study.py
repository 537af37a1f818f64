"""The default study in JAX, as fast as one core runs it: all trials of a row vmapped into one program.

    venv/bin/python scripts/peers/study.py [--trials 100] [--data blur|downsample|both] [--method good|all|random|grad|nets|table]
                                           [--seed 0] [--core n] [--trial-values]

Prints a line for each row: retrained test PSNR max / mean +- standard error / median, the mean one-shot PSNR (validation,
relaxed) of the searches, and seconds: all of it, and its parts.
"""
import argparse
import functools
import time

import protocol

METHODS = {"good": "DARTS (good ops.)", "all": "DARTS (all ops.)", "random": "Random (all ops.)",
           "grad": "Learnable Grad. only", "nets": "Nets only"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--data", choices=["blur", "downsample", "both"], default="both")
    parser.add_argument("--method", choices=[*METHODS, "table"], default="table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", type=int)
    parser.add_argument("--trial-values", action="store_true", help="print every trial's architecture and PSNR as well")
    return parser.parse_args()


OPTIONS = arguments()
protocol.pin(OPTIONS.core)

import jax
import jax.numpy as jnp
import numpy as np

from study_network import GRAD, L, N, NET, NOISE, OPERATIONS, ROLL, SIGNALS, Plan, retrain, search


# ---- data -------------------------------------------------------------------------------------------------------

class Measurement:
    def __init__(self, name):
        sigma, self.noise, factor = {"blur": (1.0, 0.17, 1), "downsample": (3.5, 0.08, 4)}[name]
        distance = np.minimum(np.arange(L), L - np.arange(L))
        taps = np.exp(-distance ** 2 / (2 * sigma ** 2))
        blur = np.stack([np.roll(taps / taps.sum(), i) for i in range(L)])
        self.matrix = blur[::factor].astype(np.float32)                 # A {m, L}
        self.norm2 = np.linalg.norm(blur[::factor], 2) ** 2
        self.normal = (blur[::factor].T @ blur[::factor] / self.norm2).astype(np.float32)


@functools.partial(jax.jit, static_argnums=0)
@functools.partial(jax.vmap, in_axes=(None, 0))
def signals(measurement, key):
    """Each trial's clean signals and A'y, both {SIGNALS, L}."""
    a, f, phase, noise = jax.random.split(key, 4)
    uniform = lambda key, lo, hi: jax.random.uniform(key, (SIGNALS, 1), minval=lo, maxval=hi)
    time = jnp.arange(L) / L
    clean = uniform(a, .5, 1.5) * jnp.cos(2 * jnp.pi * uniform(f, 1, 1.5) * time + uniform(phase, 0, 2 * jnp.pi))
    measured = clean @ measurement.matrix.T
    measured = measured + measurement.noise * jax.random.normal(noise, measured.shape)
    return clean, measured @ measurement.matrix


# ---- rows of the table ------------------------------------------------------------------------------------------

class Clock:
    def __init__(self):
        self.seconds = dict(data=0.0, search=0.0, retrain=0.0, compile=0.0)

    def add(self, name, f, *a):
        start = time.perf_counter()
        result = jax.block_until_ready(f(*a))
        self.seconds[name] += time.perf_counter() - start
        return result


def blocks(trials, whole):
    """Slices of trials. Where every block is the same program a block is small, so that its hidden maps stay in the cache."""
    size = trials if whole else max(size for size in range(1, min(trials, 20) + 1) if trials % size == 0)
    return [slice(start, start + size) for start in range(0, trials, size)]


def run(clock, name, function, cuts, given):
    """`function` of what `given` gives for each cut, compiled once."""
    compiled, results = None, []
    for cut in cuts:
        arguments = given(cut)
        compiled = compiled or clock.add("compile", lambda: jax.jit(function).lower(*arguments).compile())
        results.append(clock.add(name, compiled, *arguments))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *results)


def row(measurement, method, trials, seed, clock):
    """Retrained PSNR, one-shot PSNR (None without a search) and architecture of each trial."""
    names = ["train", "validation", "test", "alpha", "search", "retrain", "architecture"]
    split = jax.vmap(lambda trial: jax.random.split(jax.random.fold_in(jax.random.key(seed), trial), len(names)))(jnp.arange(trials))
    keys = {name: split[:, i] for i, name in enumerate(names)}
    train, validation, test = (clock.add("data", signals, measurement, keys[name]) for name in names[:3])
    part = lambda data, cut: tuple(x[cut] for x in data)
    noise = lambda purpose, cut: jax.random.fold_in(jax.random.key(seed), 10 ** 6 + 1000 * purpose + cut.start)

    one_shot = None
    if method in ("good", "all"):
        operations = (GRAD, NET) if method == "good" else (GRAD, NET, ROLL, NOISE)
        cuts = blocks(trials, False)
        plan = Plan(cuts[0].stop, operations)
        alpha, one_shot = run(clock, "search", functools.partial(search, plan, measurement), cuts, lambda cut: (
            part(train, cut), part(validation, cut), plan.initial(keys["search"][cut]), keys["alpha"][cut], noise(0, cut)))
        architectures = np.array(operations)[alpha.argmax(-1)]
    elif method == "random":
        architectures = np.array(jax.vmap(lambda key: jax.random.randint(key, (N,), 0, 4))(keys["architecture"]))
    else:
        architectures = np.full((trials, N), GRAD if method == "grad" else NET)

    cuts = blocks(trials, Plan(trials, None, architectures).alike is None)
    final = Plan(cuts[0].stop, None, architectures[cuts[0]])
    psnr = run(clock, "retrain", functools.partial(retrain, final, measurement), cuts, lambda cut: (
        part(train, cut), part(test, cut), final.initial(keys["retrain"][cut]), noise(1, cut)))
    return psnr, one_shot, architectures


def main():
    o = OPTIONS
    total = time.perf_counter()
    for data in ["blur", "downsample"] if o.data == "both" else [o.data]:
        measurement = Measurement(data)
        for method in METHODS if o.method == "table" else [o.method]:
            clock, start = Clock(), time.perf_counter()
            final, one_shot, architectures = row(measurement, method, o.trials, o.seed, clock)
            relaxed = "" if one_shot is None else f"  one-shot {one_shot.mean():6.2f}"
            error = final.std(ddof=1) / len(final) ** .5 if len(final) > 1 else float("nan")
            parts = "  ".join(f"{name} {seconds:.1f}" for name, seconds in clock.seconds.items())
            print(f"{data:10s} {METHODS[method]:20s} max {final.max():6.2f}  mean {final.mean():6.2f} +- {error:.2f}  "
                  f"median {np.median(final):6.2f}{relaxed}  seconds {time.perf_counter() - start:.1f} ({parts})", flush=True)
            if o.trial_values:
                for i in range(o.trials):
                    shot = "" if one_shot is None else f"{one_shot[i]:7.2f}"
                    print(f"  {final[i]:7.2f} {shot}  {' > '.join(OPERATIONS[a] for a in architectures[i])}")
    print(f"total seconds {time.perf_counter() - total:.1f}")


if __name__ == "__main__":
    main()
