"""Reference values of the loss and the alpha gradients of a relaxed network, from JAX in float64.

    .build/peers/bin/python scripts/reference-search.py     # writes Tests/EndToEndTests/Fixtures/search.json

Every case is a small space, weights, alpha, a training and a validation batch, and of them: the validation loss, its
gradient in alpha, and the gradient in alpha of the validation loss after one inner step on the training loss,
theta - rate (momentum velocity + gradient + weight_decay theta), by jax.grad of that whole objective. No operation draws.
Inputs are multiples of 1/4096, hence exact in float32 too. For ReLU no preactivation is near the kink, so that float32
is on the same side of it.
"""
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

OUTPUT = pathlib.Path(__file__).parent.parent / "Tests/EndToEndTests/Fixtures/search.json"


def blur_matrix(length, sigma, taps):
    offsets = np.arange(taps) - (taps - 1) // 2
    k = np.exp(-offsets ** 2 / (2 * sigma ** 2))
    a = np.zeros((length, length))
    for p in range(length):
        for o, weight in zip(offsets, k / k.sum()):
            a[p, (p + o) % length] += weight
    return a


def same(x, w, b):
    """{n, cin, length} with {cout, cin, taps}: zero padding, (taps - 1) / 2 of it on the left, written out as matrix products."""
    taps, length = w.shape[2], x.shape[2]
    left = (taps - 1) // 2
    padded = jnp.pad(x, ((0, 0), (0, 0), (left, taps - 1 - left)))
    return sum(jnp.einsum("ncl,oc->nol", padded[:, :, t:t + length], w[:, :, t]) for t in range(taps)) + b[None, :, None]


def output(case, p, alpha, measured, preactivations=None):
    a = blur_matrix(case["length"], case["sigma"], case["taps"])
    norm = np.linalg.norm(a, 2)
    activation = dict(relu=jax.nn.relu, tanh=jnp.tanh)[case["activation"]]
    start = measured @ a                                                        # x(0) = A'y, rows are signals
    x = start
    for node, weights in zip(p, jax.nn.softmax(alpha, axis=1)):
        net = node["net"]
        pre = same(x[:, None, :], net["weight1"], net["bias1"])
        if preactivations is not None:
            preactivations.append(np.asarray(pre))
        choices = [x - node["grad"]["step"] * (x @ a.T @ a - start) / norm ** 2,
                   same(activation(pre), net["weight2"], net["bias2"])[:, 0, :],
                   jnp.roll(x, case["shift"], axis=1)]
        x = sum(w * y for w, y in zip(weights, choices))
    return x


def loss(case, p, alpha, batch):
    return jnp.mean((output(case, p, alpha, batch["measured"]) - batch["clean"]) ** 2)


def inner(case, p, alpha, train, velocity):
    g = jax.grad(lambda q: loss(case, q, alpha, train))(p)
    return jax.tree.map(lambda t, d, v: t - case["rate"] * (case["momentum"] * v + d + case["weight_decay"] * t), p, g, velocity)


def build(case, seed):
    rng = np.random.default_rng(seed)
    grid = lambda x: np.round(np.asarray(x) * 4096) / 4096
    n, length, c, k = case["signals"], case["length"], case["channels"], case["kernel"]
    uniform = lambda *shape, fan: grid(rng.uniform(-1, 1, shape) / np.sqrt(fan))

    def weights():
        return [dict(grad=dict(step=grid(rng.uniform(0.5, 1.5, 1))),
                     net=dict(weight1=uniform(c, 1, k, fan=k), bias1=uniform(c, fan=k),
                              weight2=uniform(1, c, k, fan=c * k), bias2=uniform(1, fan=c * k))) for _ in range(case["nodes"])]

    def batch():
        t = np.arange(length)
        a, f, phase = rng.uniform(0.5, 1.5, (n, 1)), rng.uniform(1, 1.5, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
        clean = grid(a * np.cos(2 * np.pi * f * t / length + phase))
        measured = grid(clean @ blur_matrix(length, case["sigma"], case["taps"]).T + 0.17 * rng.standard_normal((n, length)))
        return dict(clean=clean, measured=measured)

    p, velocity = weights(), jax.tree.map(lambda t: grid(0.3 * rng.standard_normal(t.shape)), weights())
    alpha, train, validation = grid(0.5 * rng.standard_normal((case["nodes"], 3))), batch(), batch()
    moved = inner(case, p, alpha, train, velocity)
    if case["activation"] == "relu":
        pre = []
        for q, b in [(p, train), (p, validation), (moved, validation)]:
            output(case, q, alpha, b["measured"], pre)
        if min(np.abs(values).min() for values in pre) < 5e-5:
            return None
    second = jax.grad(lambda a: loss(case, inner(case, p, a, train, velocity), a, validation))(alpha)
    return dict(case, parameters=p, velocity=velocity, alpha=alpha, train=train, validation=validation,
                loss=loss(case, p, alpha, validation), first=jax.grad(lambda a: loss(case, p, a, validation))(alpha), second=second)


def encoded(x):
    if isinstance(x, dict):
        return {name: encoded(value) for name, value in x.items()}
    if isinstance(x, list):
        return [encoded(value) for value in x]
    if isinstance(x, (int, float, str)):
        return x
    x = np.asarray(x)
    return float(x) if x.ndim == 0 else dict(shape=list(x.shape), data=[float(v) for v in x.ravel()])


CASES = [
    dict(name="tanh", nodes=3, activation="tanh", channels=3, kernel=3, signals=5, length=12, rate=0.3, momentum=0.0, weight_decay=0.0),
    dict(name="relu", nodes=3, activation="relu", channels=4, kernel=3, signals=18, length=13, rate=0.3, momentum=0.0, weight_decay=0.0),
    dict(name="relu, wide kernel, momentum and decay", nodes=3, activation="relu", channels=4, kernel=5, signals=6, length=16,
         rate=0.2, momentum=0.9, weight_decay=0.01),
    dict(name="tanh, momentum and decay", nodes=2, activation="tanh", channels=5, kernel=5, signals=17, length=11, rate=0.1, momentum=0.5, weight_decay=0.1),
]

if __name__ == "__main__":
    lines = []
    for index, case in enumerate(CASES):
        case = dict(case, sigma=1.0, taps=5, shift=3)
        result = next(r for seed in range(100 * index, 100 * index + 100) if (r := build(case, seed)) is not None)
        lines.append(json.dumps(encoded(result), separators=(",", ":")))
    OUTPUT.write_text('{"made_by":"scripts/reference-search.py, JAX %s","cases":[\n%s\n]}\n' % (jax.__version__, ",\n".join(lines)))
    print(f"{len(lines)} cases in {OUTPUT.name}")
