"""The reference search step in JAX and PyTorch: one core, one thread, float32.

    venv/bin/python scripts/peers/search_step.py [--B 128 --L 64 --N 10 --C 16 --k 3] [--core n] [--variants a,b] [--check]

Speaks the protocol of protocol.py: `time NAME seconds_per_theta_step seconds_per_alpha_step`.

The step: x(0) = A'y; ten nodes, each the softmax(alpha)-weighted sum of a gradient step, a CNN 1->C->1, a roll by 8 and
additive noise drawn in the step; mean squared error. A theta step is the loss, the gradient of every weight, clipping to
global norm 0.5 and Adam; an alpha step the loss on the validation batch, the gradient of alpha and Adam.

    jax, torch                  as one would write it: convolutions, automatic differentiation
    jax-rewritten, -blocked     signals {L, B}, convolutions as GEMM, the linear operations of a node as one matrix;
                                blocked: the batch in blocks of 64 if it is a multiple, so that hidden maps stay in the cache
    torch-rewritten             the same rewriting, with the CNN's backward pass written by hand
    torch-compile, -rewritten   both under torch.compile; only when named in --variants, and given up after 60 s

--check compares loss and gradients of all variants on the same noise instead of serving.
"""
import argparse
import time

import protocol

DEFAULT = ["jax", "jax-rewritten", "jax-blocked", "torch", "torch-rewritten"]
EXTRA = ["torch-compile", "torch-compile-rewritten"]


class Problem:
    """Sizes, batches {B, L}, the blur and the initial weights, as NumPy arrays shared by every variant."""
    SHIFT, NOISE, RATE, CLIP = 8, 0.7, 2e-2, 0.5
    ALPHA_RATE, ALPHA_BETAS, ALPHA_DECAY = 2e-2, (0.5, 0.999), 1e-3

    def __init__(self, B, L, N, C, k):
        import numpy as np
        self.B, self.L, self.N, self.C, self.k = B, L, N, C, k
        rng = np.random.default_rng(0)
        offsets = np.arange(-4, 5)
        taps = np.exp(-offsets ** 2 / (2 * 1.5 ** 2))
        self.taps = (taps / taps.sum()).astype(np.float32)          # positive, sum 1: spectral norm 1
        self.blur = sum(t * np.roll(np.eye(L), o, 1) for t, o in zip(self.taps, offsets)).astype(np.float32)

        def batch():
            a, f, phase = rng.uniform(.5, 1.5, (B, 1)), rng.uniform(1, 1.5, (B, 1)), rng.uniform(0, 2 * np.pi, (B, 1))
            x = a * np.cos(2 * np.pi * f * np.arange(L) / L + phase)
            return x.astype(np.float32), (x @ self.blur.T + .17 * rng.standard_normal((B, L))).astype(np.float32)

        self.train, self.validation = batch(), batch()               # (clean, measured)
        uniform = lambda *shape, fan: rng.uniform(-1, 1, shape).astype(np.float32) / np.float32(np.sqrt(fan))
        self.weights = dict(step=np.ones(N, np.float32),
                            w1=uniform(N, C, 1, k, fan=k), b1=uniform(N, C, fan=k),
                            w2=uniform(N, 1, C, k, fan=C * k), b2=uniform(N, 1, fan=C * k))
        self.alpha = (1e-3 * rng.standard_normal((N, 4))).astype(np.float32)
        self.noise = rng.standard_normal((N, B, L)).astype(np.float32)   # for --check only: steps draw their own


def build(name, problem):
    if name.startswith("jax"):
        import search_step_jax as variants
    else:
        import search_step_torch as variants
    return variants.make(name, problem)


def prepared(name, problem):
    v = build(name, problem)

    def timed(step, reps):
        start = time.process_time()
        for _ in range(reps):
            step()
        v.block()
        return (time.process_time() - start) / reps

    def run(reps):
        return timed(v.theta_step, reps), timed(v.alpha_step, reps)

    run(5)
    return run


def check(names, problem):
    import numpy as np
    reference = None
    for name in names:
        try:
            loss, weights, alpha = build(name, problem).evaluate(problem.noise)
        except TimeoutError as error:
            print(f"{name:24s} {error}")
            continue
        flat = np.concatenate([np.ravel(weights[key]) for key in problem.weights] + [np.ravel(alpha)])
        reference = (loss, flat) if reference is None else reference
        error = np.abs(flat - reference[1]).max() / np.abs(reference[1]).max()
        print(f"{name:24s} loss {loss:.6f}  |gradient| {np.linalg.norm(flat):.6f}  differs by {error:.1e}")
        assert abs(loss - reference[0]) < 1e-5 * reference[0] and error < 1e-4, name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(B=128, L=64, N=10, C=16, k=3, core=None).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--variants", default=",".join(DEFAULT), help="of " + ", ".join(DEFAULT + EXTRA))
    parser.add_argument("--check", action="store_true")
    o = parser.parse_args()
    names = o.variants.split(",")
    for name in names:
        if name not in DEFAULT + EXTRA:
            parser.error(f"unknown variant '{name}'")
    if o.k % 2 == 0:
        parser.error("--k must be odd")
    protocol.pin(o.core)
    problem = Problem(o.B, o.L, o.N, o.C, o.k)
    if o.check:
        check(names, problem)
    else:
        protocol.serve({name: lambda name=name: prepared(name, problem) for name in names})


if __name__ == "__main__":
    main()
