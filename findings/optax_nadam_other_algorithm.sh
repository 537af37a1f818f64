#!/usr/bin/env bash
# Expected: NAdam is NAdam: with the same rate and betas torch and optax differ by rounding.
# Seen (torch 2.13.0, optax 0.2.8): the first step at rate 0.1 is 0.1056 in torch and 0.1474 in optax.
# torch follows the version with a momentum schedule (momentum_decay), optax the simplified one
# without; no option of either gives the other.
# Why it matters: a rate tuned in one is 40 % off in the other at the start, and "NAdam" in a table of
# optimizers does not say which.
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
weight = torch.nn.Parameter(torch.zeros(1))
optimizer = torch.optim.NAdam([weight], lr=0.1)
transform = optax.nadam(0.1)
other = jnp.zeros(1)
state = transform.init(other)
pairs = []
for _ in range(3):
    weight.grad = torch.ones(1)
    optimizer.step()
    updates, state = transform.update(jnp.ones(1), state, other)
    other = optax.apply_updates(other, updates)
    pairs.append((round(-weight.item(), 4), round(-float(other[0]), 4)))
print("distance moved by a constant gradient of 1 (torch, optax):", pairs)
check(pairs == [(0.1056, 0.1474), (0.184, 0.2631), (0.2572, 0.3709)], "the two NAdams")
print("as recorded")
PY
