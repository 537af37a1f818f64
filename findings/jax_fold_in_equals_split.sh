#!/usr/bin/env bash
# Expected: fold_in(key, i) and split(key) are two ways to derive keys, and what they derive from one
# key is unrelated.
# Seen (jax 0.10.2, default threefry keys): fold_in(key, i) is split(key, n)[i], bit for bit, for
# every n.
# Why it matters: the usual pattern "key, sub = split(key)" for the weights and "fold_in(key, trial)"
# on the same key for trials or steps gives trial 1 exactly the stream of sub: initial weights and
# noise, or two trials' data, come from one key and are the same numbers. Derive from different
# parents.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax
import numpy as np

print("jax", jax.__version__, jax.config.jax_default_prng_impl)
key = jax.random.key(0)
data = jax.random.key_data
for count in (2, 3, 8):
    parts = jax.random.split(key, count)
    same = [bool((data(parts[i]) == data(jax.random.fold_in(key, i))).all()) for i in range(count)]
    print("split into", count, "equals fold_in(key, i):", same)
    check(all(same), "fold_in and split agree")
weights = jax.random.normal(jax.random.split(key)[1], (3,))
noise = jax.random.normal(jax.random.fold_in(key, 1), (3,))
print("weights of the second part", weights.tolist(), "noise of fold_in 1", noise.tolist())
check(np.array_equal(weights, noise), "the streams are equal")
print("as recorded")
PY
