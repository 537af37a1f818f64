"""Writes gamma.json: JAX's implicit derivative of gamma draws, digamma, log gamma, and the divergence of Dirichlet
distributions from the uniform one, in float64. Run with an environment that has jax."""
import json, pathlib
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
from jax.scipy.special import digamma, gammaln

shapes = [0.05, 0.3, 0.7, 1.0, 1.4, 2.5, 4.0, 9.0]
draws = [1e-4, 0.02, 0.3, 1.0, 2.0, 2.9, 3.1, 5.0, 9.0, 16.0]
a, x = map(jnp.ravel, jnp.meshgrid(jnp.array(shapes), jnp.array(draws), indexing="ij"))
alphas = jnp.array([[-1.5, 0.2, 0.9], [0.0, 0.0, 0.0], [2.0, -0.4, 0.1]])


def divergence(alpha):
    c = jax.nn.elu(alpha) + 1
    total = c.sum(1)
    n = alpha.shape[1]
    return jnp.sum(gammaln(total) - gammaln(c).sum(1) - gammaln(float(n)) + ((c - 1) * (digamma(c) - digamma(total)[:, None])).sum(1))


out = {
    "a": a.tolist(), "x": x.tolist(), "derivative": jax.lax.random_gamma_grad(a, x).tolist(),
    "points": shapes, "digamma": digamma(jnp.array(shapes)).tolist(), "gammaln": gammaln(jnp.array(shapes)).tolist(),
    "alpha": alphas.ravel().tolist(), "divergence": float(divergence(alphas)), "divergence_gradient": jax.grad(divergence)(alphas).ravel().tolist(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out))
