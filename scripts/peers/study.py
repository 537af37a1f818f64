"""The default study in JAX, as fast as one core runs it: all trials of a row vmapped into one program.

    venv/bin/python scripts/peers/study.py [--trials 100] [--data blur|downsample|both] [--method good|all|random|grad|nets|table]
                                           [--seed 0] [--core 0] [--trial-values]

Prints a line for each row: retrained test PSNR max / mean +- standard error / median, the mean one-shot PSNR (validation,
relaxed) of the searches, and seconds: searching, retraining, compiling (which the first two leave out), and all of it.

Layout: signals {trial, length, batch}, so that a shift is a copy of rows, a convolution a batched GEMM and A'A one {L, L}
matrix. Weights are stored by (node, trial) pairs, node after node. In retraining only the pairs whose operation needs
weights exist: architectures are static, at each node trials stand sorted by operation, and nothing is computed in vain.
"""
import argparse
import dataclasses
import functools
import time

import protocol

N, L, B, C, K, STEPS, SIGNALS = 10, 32, 16, 8, 5, 1000, 512
SHIFT, SPREAD, CLIP = 8, 0.7, 0.5
OPERATIONS = ["grad", "net", "roll", "noise"]
GRAD, NET, ROLL, NOISE = range(4)
METHODS = {"good": "DARTS (good ops.)", "all": "DARTS (all ops.)", "random": "Random (all ops.)",
           "grad": "Learnable Grad. only", "nets": "Nets only"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--data", choices=["blur", "downsample", "both"], default="both")
    parser.add_argument("--method", choices=[*METHODS, "table"], default="table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--trial-values", action="store_true", help="print every trial's architecture and PSNR as well")
    return parser.parse_args()


OPTIONS = arguments()
protocol.pin(OPTIONS.core)

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from search_step_jax import cnn


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


def signals(measurement, key):
    """Clean signals and A'y, both {SIGNALS, L}."""
    a, f, phase, noise = jax.random.split(key, 4)
    uniform = lambda key, lo, hi: jax.random.uniform(key, (SIGNALS, 1), minval=lo, maxval=hi)
    time = jnp.arange(L) / L
    clean = uniform(a, .5, 1.5) * jnp.cos(2 * jnp.pi * uniform(f, 1, 1.5) * time + uniform(phase, 0, 2 * jnp.pi))
    measured = clean @ measurement.matrix.T
    measured = measured + measurement.noise * jax.random.normal(noise, measured.shape)
    return clean, measured @ measurement.matrix


def batched(x, size):
    """{trial, SIGNALS, L} -> {SIGNALS / size, trial, L, size}"""
    return x.reshape(x.shape[0], -1, size, L).transpose(1, 0, 3, 2)


# ---- the network ------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Plan:
    """Which trial applies what at each node. In a relaxation every trial applies every operation."""
    trials: int
    operations: tuple
    architectures: np.ndarray = None            # {trials, N}; None: relaxed

    def __post_init__(self):
        everyone = np.arange(self.trials)
        self.alike = None                       # the operations of every node and trial, if they are the same everywhere
        if self.architectures is None:
            self.alike = self.operations
            self.order = [everyone] * N
            self.members = [{o: everyone for o in self.operations}] * N
        else:
            self.order = [np.argsort(self.architectures[:, i], kind="stable") for i in range(N)]
            self.members = [{o: np.flatnonzero(self.architectures[:, i] == o) for o in range(4)} for i in range(N)]
            if (self.architectures == self.architectures[0, 0]).all():
                self.alike = (int(self.architectures[0, 0]),)

    def counts(self, operation):
        return [len(m.get(operation, ())) for m in self.members]

    def owners(self, operation):
        """The (node, trial) of each pair that has weights for `operation`."""
        members = [m.get(operation, np.array([], int)) for m in self.members]
        return np.repeat(np.arange(N), [len(m) for m in members]), np.concatenate(members)

    def initial(self, keys):
        """Step sizes 1; weights and biases uniform within 1 / sqrt(fan in). Drawn per trial, whatever its architecture."""
        def draw(key):
            w1, b1, w2, b2 = jax.random.split(key, 4)
            uniform = lambda key, fan, *shape: jax.random.uniform(key, (N, *shape), minval=-1, maxval=1) / fan ** .5
            return uniform(w1, K, C, K), uniform(b1, K, C), uniform(w2, C * K, K, C), uniform(b2, C * K)

        node, trial = self.owners(NET)
        w1, b1, w2, b2 = (w[trial, node] for w in jax.vmap(draw)(keys))
        return dict(step=jnp.ones(sum(self.counts(GRAD))), w1=w1, b1=b1, w2=w2, b2=b2)

    def per_trial(self):
        """Matrices {trials, pairs} that add up what belongs to one trial."""
        return {o: np.eye(self.trials, dtype=np.float32)[:, self.owners(o)[1]] for o in (GRAD, NET)}


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def permuted(x, order):
    """x[order]; its gradient is the inverse permutation, not a scatter."""
    return x[np.array(order)]


permuted.defvjp(lambda x, order: (permuted(x, order), None),
                lambda order, _, g: (g[np.argsort(np.array(order))],))


def roll(x):
    return jnp.concatenate([x[:, -SHIFT:], x[:, :-SHIFT]], 1)


def apply_operation(operation, measurement, x, weights, normal, pull):
    """x {trials, L, B}; `pull` is A'y / |A|^2 of the same trials."""
    if operation == GRAD:
        normal_x = jnp.einsum("ij,tjb->tib", measurement.normal, x)
        return x - weights["step"][:, None, None] * (normal_x - pull)
    if operation == NET:
        return jax.vmap(cnn)(x, *(weights[name] for name in ("w1", "b1", "w2", "b2")))
    return roll(x) if operation == ROLL else x + SPREAD * normal


def network(plan, measurement, weights, alpha, start, key):
    """x(N) from x(0) = A'y {trials, L, B}; alpha {N, trials, operations}, or None for fixed architectures."""
    pull = start / measurement.norm2
    normals = jax.random.normal(key, (sum(plan.counts(NOISE)), *start.shape[1:]))
    if plan.alike is not None:
        return alike_nodes(plan, measurement, weights, alpha, start, pull, normals)
    return different_nodes(plan, measurement, weights, start, pull, normals)


def alike_nodes(plan, measurement, weights, alpha, x, pull, normals):
    """Every node and trial applies the same operations: a scan, which compiles fast and keeps XLA from fusing across nodes
    (unrolled, it computes shifted sums over and over, and takes three times as long)."""
    def node(x, given):
        weights, a, normal = given
        outputs = [apply_operation(o, measurement, x, weights, normal, pull) for o in plan.alike]
        if a is None:
            return outputs[0], None
        return sum(a[:, j, None, None] * output for j, output in enumerate(outputs)), None

    by_node = lambda w: w.reshape(N, -1, *w.shape[1:]) if w.size else jnp.zeros((N, 0))
    a = None if alpha is None else jax.nn.softmax(alpha)
    return lax.scan(node, x, (jax.tree.map(by_node, weights), a, by_node(normals)))[0]


def different_nodes(plan, measurement, weights, x, pull, normals):
    # lax.split has one concatenation for a gradient; indexing would have a padded sum for every node.
    split = {name: lax.split(w, plan.counts(GRAD if name == "step" else NET)) for name, w in weights.items()}
    normals = lax.split(normals, plan.counts(NOISE))
    here = np.arange(plan.trials)
    for i in range(N):
        x = permuted(x, tuple(np.argsort(here)[plan.order[i]].tolist()))    # from the last node's order straight to this one's
        here, members = plan.order[i], plan.members[i]
        parts = lax.split(x, [len(members[o]) for o in range(4)])
        own = {name: w[i] for name, w in split.items()}
        x = jnp.concatenate([apply_operation(o, measurement, part, own, normals[i], pull[members[o]])
                             for o, part in enumerate(parts) if len(part)])
    return permuted(x, tuple(np.argsort(here).tolist()))


def errors(plan, measurement, weights, alpha, batch, key):
    """Mean squared error of each trial."""
    clean, start = batch
    return ((network(plan, measurement, weights, alpha, start, key) - clean) ** 2).mean((1, 2))


# ---- optimisation -----------------------------------------------------------------------------------------------

def adam(value, gradient, state, t, rate, beta1, beta2):
    """t counts from 1."""
    m, v = state
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradient)
    step = lambda x, m, v: x - rate * (m / (1 - beta1 ** t)) / (jnp.sqrt(v / (1 - beta2 ** t)) + 1e-8)
    return jax.tree.map(step, value, m, v), (m, v)


def clipped(plan, gradient):
    """Each trial's gradient, over all its weights, to norm CLIP at most."""
    sums = plan.per_trial()
    square = lambda g: (g * g).sum(tuple(range(1, g.ndim)))
    owner = {name: GRAD if name == "step" else NET for name in gradient}
    nets = sum(square(g) for name, g in gradient.items() if name != "step")
    norm = jnp.sqrt(sums[GRAD] @ square(gradient["step"]) + sums[NET] @ nets)
    scale = jnp.minimum(1, CLIP / (norm + 1e-6))
    return {name: g * (scale @ sums[owner[name]]).reshape(len(g), *[1] * (g.ndim - 1)) for name, g in gradient.items()}


def zeros(value):
    return jax.tree.map(jnp.zeros_like, value), jax.tree.map(jnp.zeros_like, value)


def pick(batches, t):
    """Batches come round in their order."""
    return tuple(lax.dynamic_index_in_dim(b, t % (SIGNALS // B), keepdims=False) for b in batches)


def theta_step(plan, measurement, weights, state, alpha, batch, key, t, rate):
    loss = lambda weights: errors(plan, measurement, weights, alpha, batch, key).sum()
    gradient = clipped(plan, jax.grad(loss)(weights))
    cosine = rate * .5 * (1 + jnp.cos(jnp.pi * t / STEPS))
    return adam(weights, gradient, state, t + 1, cosine, 0.9, 0.999)


def psnr(error):
    return -10 * jnp.log10(error)


def search(plan, measurement, train, validation, keys):
    """alpha {trials, N, operations} and the relaxed network's PSNR on validation."""
    alpha = 1e-3 * jax.vmap(lambda k: jax.random.normal(k, (N, len(plan.operations))))(keys["alpha"]).transpose(1, 0, 2)
    weights = plan.initial(keys["search"])
    train_batches, validation_batches = ([batched(x, B) for x in data] for data in (train, validation))

    def step(t, state):
        weights, theta_state, alpha, alpha_state = state
        theta_key, alpha_key = jax.random.split(jax.random.fold_in(keys["noise"], t))
        batch = pick(validation_batches, t)
        loss = lambda alpha: errors(plan, measurement, weights, alpha, batch, alpha_key).sum()
        gradient = jax.grad(loss)(alpha) + 1e-3 * alpha
        alpha, alpha_state = adam(alpha, gradient, alpha_state, t + 1, 2e-2, 0.5, 0.999)
        batch = pick(train_batches, t)
        weights, theta_state = theta_step(plan, measurement, weights, theta_state, alpha, batch, theta_key, t, 2e-2)
        return weights, theta_state, alpha, alpha_state

    weights, _, alpha, _ = lax.fori_loop(0, STEPS, step, (weights, zeros(weights), alpha, zeros(alpha)))
    whole = tuple(batched(v, SIGNALS)[0] for v in validation)
    one_shot = psnr(errors(plan, measurement, weights, alpha, whole, jax.random.fold_in(keys["noise"], STEPS)))
    return alpha.transpose(1, 0, 2), one_shot


def retrain(plan, measurement, train, test, keys):
    """Test PSNR of each trial."""
    weights = plan.initial(keys["retrain"])
    batches = [batched(x, B) for x in train]

    def step(t, state):
        batch = pick(batches, t)
        return theta_step(plan, measurement, *state, None, batch, jax.random.fold_in(keys["noise"], t), t, 1e-2)

    weights, _ = lax.fori_loop(0, STEPS, step, (weights, zeros(weights)))
    whole = tuple(batched(v, SIGNALS)[0] for v in test)
    return psnr(errors(plan, measurement, weights, None, whole, jax.random.fold_in(keys["noise"], STEPS)))


# ---- rows of the table ------------------------------------------------------------------------------------------

class Clock:
    def __init__(self):
        self.seconds = dict(compile=0.0, search=0.0, retrain=0.0)

    def add(self, name, f, *a):
        start = time.perf_counter()
        result = jax.block_until_ready(f(*a))
        self.seconds[name] += time.perf_counter() - start
        return result


def block_size(trials):
    """Searching runs in blocks of trials: their hidden maps then stay in the cache."""
    return max(size for size in range(1, min(trials, 25) + 1) if trials % size == 0)


def row(data, method, trials, seed, clock):
    measurement = Measurement(data)
    names = ["train", "validation", "test", "alpha", "search", "retrain", "architecture"]
    one = jax.vmap(lambda trial: jax.random.split(jax.random.fold_in(jax.random.key(seed), trial), len(names)))
    split = one(jnp.arange(trials))
    keys = {name: split[:, i] for i, name in enumerate(names)}
    draw = jax.jit(jax.vmap(functools.partial(signals, measurement)))
    sets = {name: clock.add("search", draw, keys[name]) for name in names[:3]}
    noise = jax.random.fold_in(jax.random.key(seed), 10 ** 6)

    one_shot = None
    if method in ("good", "all"):
        operations = (GRAD, NET) if method == "good" else (GRAD, NET, ROLL, NOISE)
        size = block_size(trials)
        plan, run, found = Plan(size, operations), None, []
        for start in range(0, trials, size):
            cut = functools.partial(jax.tree.map, lambda x: x[start:start + size])
            given = (cut(sets["train"]), cut(sets["validation"]),
                     cut({n: keys[n] for n in ("alpha", "search")}) | {"noise": jax.random.fold_in(noise, start)})
            if run is None:
                run = clock.add("compile", lambda: jax.jit(functools.partial(search, plan, measurement)).lower(*given).compile())
            found.append(clock.add("search", run, *given))
        alpha, one_shot = (np.concatenate(parts) for parts in zip(*found))
        architectures = np.array(operations)[alpha.argmax(-1)]
    elif method == "random":
        architectures = np.array(jax.vmap(lambda k: jax.random.randint(k, (N,), 0, 4))(keys["architecture"]))
    else:
        architectures = np.full((trials, N), GRAD if method == "grad" else NET)

    plan = Plan(trials, None, architectures)
    given = sets["train"], sets["test"], {"retrain": keys["retrain"], "noise": noise}
    run = clock.add("compile", lambda: jax.jit(functools.partial(retrain, plan, measurement)).lower(*given).compile())
    return np.array(clock.add("retrain", run, *given)), one_shot, architectures


def main():
    o = OPTIONS
    total = time.perf_counter()
    for data in ["blur", "downsample"] if o.data == "both" else [o.data]:
        for method in METHODS if o.method == "table" else [o.method]:
            clock, start = Clock(), time.perf_counter()
            final, one_shot, architectures = row(data, method, o.trials, o.seed, clock)
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
