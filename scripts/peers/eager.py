"""Eager micro-benchmarks in PyTorch and NumPy: one core, one thread, float32.

    venv/bin/python scripts/peers/eager.py [--core n] [--variants a,b]

Speaks the protocol of protocol.py: `time NAME seconds_per_call rate`, where the rate of a variant is

    torch-small, numpy-small          a + b of 16 numbers; additions per second
    torch-large, numpy-large          a + b of 10^7 numbers into a new array; bytes read and written (12 per number) per second
    torch-large-out, numpy-large-out  the same into an array that exists, so without the page faults of a new one
    torch-matmul, numpy-matmul        512 x 512 times 512 x 512; multiplications and additions per second

A repetition of the small ones is 10 000 calls in a loop whose own cost is measured and taken off.
"""
import argparse
import time

import protocol

SMALL, LARGE, SIDE, INNER = 16, 10_000_000, 512, 10_000


def elapsed(f, calls):
    start = time.process_time()
    for _ in range(calls):
        f()
    return time.process_time() - start


def variants(library):
    if library == "torch":
        import torch as xp
        xp.set_num_threads(1)
        xp.manual_seed(0)
        draw = xp.rand
    else:
        import numpy as xp
        rng = xp.random.default_rng(0)
        draw = lambda *shape: rng.random(shape, dtype=xp.float32)

    def bench(shape, operation, work, inner=1):
        def make():
            a, b = draw(*shape), draw(*shape)
            f = operation(a, b)

            def run(reps):
                calls = reps * inner
                # A loop over an empty function costs what the loop and the call of `f` cost.
                overhead = elapsed(lambda: None, calls) if inner > 1 else 0
                seconds = (elapsed(f, calls) - overhead) / calls
                return seconds, work / seconds

            run(3)
            return run
        return make

    def into(a, b):
        out = a + b
        return lambda: xp.add(a, b, out=out)

    return {
        "small": bench((SMALL,), lambda a, b: lambda: a + b, SMALL, INNER),
        "large": bench((LARGE,), lambda a, b: lambda: a + b, 12 * LARGE),
        "large-out": bench((LARGE,), into, 12 * LARGE),
        "matmul": bench((SIDE, SIDE), lambda a, b: lambda: a @ b, 2 * SIDE ** 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [f"{library}-{kind}" for library in ("torch", "numpy") for kind in ("small", "large", "large-out", "matmul")]
    parser.add_argument("--core", type=int)
    parser.add_argument("--variants", default=",".join(names), help="of " + ", ".join(names))
    o = parser.parse_args()
    for name in o.variants.split(","):
        if name not in names:
            parser.error(f"unknown variant '{name}'")
    protocol.pin(o.core)

    def maker(name):
        library, kind = name.split("-", 1)
        return lambda: variants(library)[kind]()

    protocol.serve({name: maker(name) for name in o.variants.split(",")})


if __name__ == "__main__":
    main()
