#!/usr/bin/env bash
# Expected: RMSprop with the same rate, decay and epsilon makes the same steps in torch and in optax,
# up to rounding.
# Seen (torch 2.13.0, optax 0.2.8): they agree for gradients near 1, but optax puts epsilon inside the
# square root by default: its 1e-8 acts like 1e-4 in torch. At a gradient of 1e-6 the first step is
# 0.307 in torch and 0.001 in optax.
# Why it matters: gradients of architecture weights, and of mean squared errors near convergence, are
# often below 1e-4; there one is a sign method and the other plain gradient descent. eps_in_sqrt=False
# gives torch's rule.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 optax==0.2.8 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax.numpy as jnp
import optax
import torch
from importlib.metadata import version

print("torch", torch.__version__, "optax", version("optax"))


def torch_step(gradient):
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.full((1,), gradient)
    torch.optim.RMSprop([weight], lr=0.1, alpha=0.9, eps=1e-8).step()
    return -weight.item()


def optax_step(gradient, **options):
    transform = optax.rmsprop(0.1, decay=0.9, eps=1e-8, **options)
    weight = jnp.zeros(1)
    updates, _ = transform.update(jnp.full(1, gradient), transform.init(weight), weight)
    return -float(updates[0])


for gradient in (1.0, 1e-4, 1e-6):
    print(f"gradient {gradient:g}: torch {torch_step(gradient):.5f}, optax {optax_step(gradient):.5f}, "
          f"optax eps_in_sqrt=False {optax_step(gradient, eps_in_sqrt=False):.5f}")
check(abs(torch_step(1.0) / optax_step(1.0) - 1) < 1e-4, "agreement at 1")
check(torch_step(1e-6) > 300 * optax_step(1e-6), "difference at 1e-6")
check(abs(torch_step(1e-6) / optax_step(1e-6, eps_in_sqrt=False) - 1) < 1e-3, "eps_in_sqrt=False")
print("as recorded")
PY
