"""The network of the default study for many trials at once, its search and its retraining. See study.py.

Layout: signals {trial, length, batch}, so that a shift is a copy of rows, a convolution a batched GEMM and A'A one {L, L}
matrix. Weights are stored by (node, trial) pairs, node after node. In retraining only the pairs whose operation needs
weights exist: architectures are static, at each node trials stand sorted by operation, and nothing is computed in vain.
"""
import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from search_step_jax import cnn

N, L, B, C, K, STEPS, SIGNALS = 10, 32, 16, 8, 5, 1000, 512
SHIFT, SPREAD, CLIP = 8, 0.7, 0.5
OPERATIONS = ["grad", "net", "roll", "noise"]
GRAD, NET, ROLL, NOISE = range(4)


# ---- the network ------------------------------------------------------------------------------------------------

@jax.jit
def drawn(keys):
    """Weights and biases of every node's CNN, {trials, N, ...}, uniform within 1 / sqrt(fan in)."""
    sizes = dict(w1=(K, (C, K)), b1=(K, (C,)), w2=(C * K, (K, C)), b2=(C * K, ()))
    total = sum(math.prod(shape) for _, shape in sizes.values())
    numbers = jax.vmap(lambda key: jax.random.uniform(key, (N, total), minval=-1, maxval=1))(keys)
    parts = lax.split(numbers, [math.prod(shape) for _, shape in sizes.values()], axis=2)
    return {name: part.reshape(-1, N, *shape) / fan ** .5 for (name, (fan, shape)), part in zip(sizes.items(), parts)}


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
        """Step sizes 1, and what `drawn` draws for each pair's trial and node."""
        node, trial = self.owners(NET)
        return dict(step=jnp.ones(sum(self.counts(GRAD)))) | {name: w[trial, node] for name, w in drawn(keys).items()}

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


def batched(x, size):
    """{trial, SIGNALS, L} -> {SIGNALS / size, trial, L, size}"""
    return x.reshape(x.shape[0], -1, size, L).transpose(1, 0, 3, 2)


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


def search(plan, measurement, train, validation, weights, alpha_keys, noise):
    """alpha {trials, N, operations} and the relaxed network's PSNR on validation."""
    alpha = 1e-3 * jax.vmap(lambda key: jax.random.normal(key, (N, len(plan.operations))))(alpha_keys).transpose(1, 0, 2)
    train_batches, validation_batches = ([batched(x, B) for x in data] for data in (train, validation))

    def step(t, state):
        weights, theta_state, alpha, alpha_state = state
        theta_key, alpha_key = jax.random.split(jax.random.fold_in(noise, t))
        batch = pick(validation_batches, t)
        loss = lambda alpha: errors(plan, measurement, weights, alpha, batch, alpha_key).sum()
        gradient = jax.grad(loss)(alpha) + 1e-3 * alpha
        alpha, alpha_state = adam(alpha, gradient, alpha_state, t + 1, 2e-2, 0.5, 0.999)
        batch = pick(train_batches, t)
        weights, theta_state = theta_step(plan, measurement, weights, theta_state, alpha, batch, theta_key, t, 2e-2)
        return weights, theta_state, alpha, alpha_state

    weights, _, alpha, _ = lax.fori_loop(0, STEPS, step, (weights, zeros(weights), alpha, zeros(alpha)))
    whole = tuple(batched(v, SIGNALS)[0] for v in validation)
    one_shot = psnr(errors(plan, measurement, weights, alpha, whole, jax.random.fold_in(noise, STEPS)))
    return alpha.transpose(1, 0, 2), one_shot


def retrain(plan, measurement, train, test, weights, noise):
    """Test PSNR of each trial."""
    batches = [batched(x, B) for x in train]

    def step(t, state):
        batch = pick(batches, t)
        return theta_step(plan, measurement, *state, None, batch, jax.random.fold_in(noise, t), t, 1e-2)

    weights, _ = lax.fori_loop(0, STEPS, step, (weights, zeros(weights)))
    whole = tuple(batched(v, SIGNALS)[0] for v in test)
    return psnr(errors(plan, measurement, weights, None, whole, jax.random.fold_in(noise, STEPS)))
