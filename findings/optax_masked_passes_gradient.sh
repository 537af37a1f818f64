#!/usr/bin/env bash
# Expected: optax.masked(adam, mask) trains the masked-in leaves and leaves the others where they are.
# Seen (optax 0.2.8): the gradients of the others are passed through as they stand, and apply_updates
# adds them: the "frozen" weight moves by the raw gradient, with rate 1 and uphill.
# Why it matters: freezing the operations while the architecture weights are trained (and the reverse)
# is the core of alternating search; written this way the frozen half climbs its loss. Chain with
# masked(set_to_zero(), inverted mask), or use multi_transform.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 optax==0.2.8 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax.numpy as jnp
import optax
from importlib.metadata import version

print("optax", version("optax"))
weights = {"trained": jnp.ones(1), "frozen": jnp.ones(1)}
gradients = {"trained": jnp.full(1, 3.0), "frozen": jnp.full(1, 3.0)}


def step(transform):
    updates, _ = transform.update(gradients, transform.init(weights), weights)
    return {k: round(float(v[0]), 4) for k, v in optax.apply_updates(weights, updates).items()}


alone = step(optax.masked(optax.adam(0.01), {"trained": True, "frozen": False}))
parts = {"train": optax.adam(0.01), "freeze": optax.set_to_zero()}
both = step(optax.multi_transform(parts, {"trained": "train", "frozen": "freeze"}))
print("from 1 with gradient 3: masked", alone, " multi_transform", both)
check(alone == {"trained": 0.99, "frozen": 4.0}, "masked passes gradients through")
check(both == {"trained": 0.99, "frozen": 1.0}, "multi_transform freezes")
print("as recorded")
PY
