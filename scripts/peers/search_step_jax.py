"""The reference search step in JAX: `natural` as one would write it, `rewritten` for one core. See search_step.py."""
import functools

import jax
import jax.numpy as jnp
from jax import lax


# ---- natural: signals {B, 1, L}, convolutions, automatic differentiation ----------------------------------------

def conv(x, w):
    return lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("NCH", "OIH", "NCH"))


def natural_loss(p, weights, alpha, batch, noise):
    clean, measured = (b[:, None] for b in batch)
    taps = jnp.asarray(p.taps)[None, None]

    def blur(x):                                # symmetric, so its own adjoint
        return lax.conv_general_dilated(jnp.pad(x, ((0, 0), (0, 0), (4, 4)), mode="wrap"), taps, (1,), "VALID",
                                        dimension_numbers=("NCH", "OIH", "NCH"))

    x = blur(measured)
    for i in range(p.N):
        hidden = jax.nn.relu(conv(x, weights["w1"][i]) + weights["b1"][i][:, None])
        outputs = [x - weights["step"][i] * blur(blur(x) - measured),
                   conv(hidden, weights["w2"][i]) + weights["b2"][i],
                   jnp.roll(x, p.SHIFT, -1),
                   x + p.NOISE * noise[i][:, None]]
        x = sum(a * output for a, output in zip(jax.nn.softmax(alpha[i]), outputs))
    return jnp.mean((x - clean) ** 2)


# ---- rewritten: signals {L, B}, so that a shift is a copy of rows and a convolution a GEMM -----------------------

def shift(x, t):
    """Row l becomes row l + t, zero beyond the ends."""
    before, after = max(-t, 0), max(t, 0)
    return lax.slice_in_dim(jnp.pad(x, ((before, after), (0, 0))), after, after + x.shape[0])


def patches(x, k):
    """{k + 1, L B}: the shifted signals, and ones for the bias."""
    return jnp.stack([shift(x, t - k // 2) for t in range(k)] + [jnp.ones_like(x)]).reshape(k + 1, -1)


def hidden(x, w1, b1):
    return jax.nn.relu(jnp.concatenate([w1, b1[:, None]], 1) @ patches(x, w1.shape[1]))


def gather(rows, like, sign):
    k = len(rows)
    rows = rows.reshape(k, *like.shape)
    return sum(shift(rows[t], sign * (t - k // 2)) for t in range(k))


@jax.custom_vjp
def cnn(x, w1, b1, w2, b2):
    """w1 {C, k}, w2 {k, C}. The gradient is by hand: it recomputes the hidden map, which is cheaper than keeping ten of them."""
    return gather(w2 @ hidden(x, w1, b1), x, 1) + b2


def cnn_forward(x, w1, b1, w2, b2):
    return cnn(x, w1, b1, w2, b2), (x, w1, b1, w2)


def cnn_backward(saved, g):
    x, w1, b1, w2 = saved
    k = w1.shape[1]
    h = hidden(x, w1, b1)
    rows = jnp.stack([shift(g, k // 2 - t) for t in range(k)]).reshape(k, -1)
    gh = jnp.where(h > 0, w2.T @ rows, 0)
    gw = gh @ patches(x, k).T
    return gather(w1.T @ gh, x, -1), gw[:, :k], gw[:, k], rows @ h.T, g.sum()


cnn.defvjp(cnn_forward, cnn_backward)


def node_weights(p, weights):
    return [(weights["w1"][i, :, 0], weights["b1"][i], weights["w2"][i, 0].T, weights["b2"][i, 0]) for i in range(p.N)]


def rewritten_output(p, weights, alpha, measured, noise, one_matrix):
    """`one_matrix`: gradient step, roll and identity as one {L, L} matrix per node. Best for the gradient of the weights;
    for alpha's it would cost another product per node."""
    blur = jnp.asarray(p.blur)
    x = start = blur @ measured
    normal = blur @ blur
    a, tau = jax.nn.softmax(alpha), weights["step"]
    if one_matrix:
        eye = jnp.eye(p.L)
        linear = ((a[:, 0] + a[:, 3])[:, None, None] * eye - (a[:, 0] * tau)[:, None, None] * normal
                  + a[:, 2][:, None, None] * jnp.roll(eye, p.SHIFT, 0))
    for i, w in enumerate(node_weights(p, weights)):
        if one_matrix:
            x = linear[i] @ x + (a[i, 0] * tau[i]) * start + a[i, 1] * cnn(x, *w) + (p.NOISE * a[i, 3]) * noise[i]
        else:
            x = (a[i, 0] * (x - tau[i] * (normal @ x - start)) + a[i, 1] * cnn(x, *w)
                 + a[i, 2] * jnp.roll(x, p.SHIFT, 0) + a[i, 3] * (x + p.NOISE * noise[i]))
    return x


def rewritten_loss(p, weights, alpha, batch, noise, one_matrix):
    """noise {N, L, B}"""
    clean, measured = (b.T for b in batch)
    return jnp.mean((rewritten_output(p, weights, alpha, measured, noise, one_matrix) - clean) ** 2)


# ---- steps ------------------------------------------------------------------------------------------------------

def adam(value, gradient, state, rate, beta1, beta2):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradient)
    scale = rate * jnp.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
    return jax.tree.map(lambda x, m, v: x - scale * m / (jnp.sqrt(v) + 1e-8), value, m, v), (m, v, t)


def clipped(gradient, limit):
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradient)))
    return jax.tree.map(lambda g: g * jnp.minimum(1, limit / (norm + 1e-6)), gradient)


class Search:
    def __init__(self, p, name):
        self.p, self.name = p, name
        self.batch_last = name != "jax"
        start = lambda value: (jax.tree.map(jnp.asarray, value), (*[jax.tree.map(jnp.zeros_like, value)] * 2, 0.0))
        self.weights, self.weights_state = start(p.weights)
        self.alpha, self.alpha_state = start(p.alpha)
        self.key = jax.random.key(0)
        self.train, self.validation = jax.tree.map(jnp.asarray, (p.train, p.validation))
        self._theta, self._alpha = jax.jit(self.theta), jax.jit(self.alpha_update)

    def gradient(self, argument, weights, alpha, batch, noise):
        """Loss and gradient for the weights (argument 0) or alpha (argument 1)."""
        p = self.p
        if self.name == "jax":
            loss = functools.partial(natural_loss, p)
        else:
            loss = functools.partial(rewritten_loss, p, one_matrix=argument == 0)
        if self.name == "jax-blocked" and p.B > 64 and p.B % 64 == 0:
            blocks = p.B // 64

            def block(total, part):
                batch, noise = part
                return jax.tree.map(jnp.add, total, jax.value_and_grad(loss, argument)(weights, alpha, batch, noise)), None

            parts = jax.tree.map(lambda b: b.reshape(blocks, 64, p.L), batch), noise.reshape(blocks, p.N, p.L, 64)
            zero = jax.tree.map(jnp.zeros_like, (jnp.zeros(()), (weights, alpha)[argument]))
            return jax.tree.map(lambda t: t / blocks, lax.scan(block, zero, parts)[0])
        return jax.value_and_grad(loss, argument)(weights, alpha, batch, noise)

    def draw(self, key):
        p = self.p
        return jax.random.normal(key, (p.N, p.L, p.B) if self.batch_last else (p.N, p.B, p.L))

    def theta(self, weights, state, alpha, batch, key):
        key, sub = jax.random.split(key)
        loss, gradient = self.gradient(0, weights, alpha, batch, self.draw(sub))
        weights, state = adam(weights, clipped(gradient, self.p.CLIP), state, self.p.RATE, 0.9, 0.999)
        return weights, state, key, loss

    def alpha_update(self, weights, alpha, state, batch, key):
        key, sub = jax.random.split(key)
        loss, gradient = self.gradient(1, weights, alpha, batch, self.draw(sub))
        alpha, state = adam(alpha, gradient + self.p.ALPHA_DECAY * alpha, state, self.p.ALPHA_RATE, *self.p.ALPHA_BETAS)
        return alpha, state, key, loss

    def theta_step(self):
        self.weights, self.weights_state, self.key, self.loss = self._theta(
            self.weights, self.weights_state, self.alpha, self.train, self.key)

    def alpha_step(self):
        self.alpha, self.alpha_state, self.key, self.loss = self._alpha(
            self.weights, self.alpha, self.alpha_state, self.validation, self.key)

    def block(self):
        jax.block_until_ready((self.weights, self.alpha, self.loss))

    def evaluate(self, noise):
        noise = jnp.asarray(noise)
        if self.batch_last:
            noise = noise.transpose(0, 2, 1)
        if self.name == "jax-blocked":          # blocks are cut from the draw's memory, so lay it out by blocks
            blocks = max(1, self.p.B // 64) if self.p.B % 64 == 0 else 1
            noise = jnp.stack(jnp.split(noise, blocks, axis=2)).reshape(noise.shape)
        (loss, weights), (_, alpha) = (self.gradient(i, self.weights, self.alpha, self.train, noise) for i in (0, 1))
        return float(loss), jax.tree.map(jnp.asarray, weights), alpha


def make(name, problem):
    return Search(problem, name)
