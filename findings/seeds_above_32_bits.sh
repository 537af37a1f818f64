#!/usr/bin/env bash
# Expected: both libraries take 64-bit seeds, so two different 64-bit seeds (hashes of a
# configuration, say) give two different streams.
# Seen (torch 2.13.0, jax 0.10.2): on the CPU both use the low 32 bits only: seed 1 and seed 1 + 2**32
# give the same numbers in each, and in torch so does any multiple of 2**32 on top. numpy's
# SeedSequence uses all bits.
# Why it matters: seeds of trials are often made by hashing to 64 bits or as (study << 32) + trial; in
# the second form every study repeats the trials of the first.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax
import numpy as np
import torch

print("torch", torch.__version__, "jax", jax.__version__, "numpy", np.__version__)


def torch_draw(seed):
    torch.manual_seed(seed)
    return torch.rand(2).tolist()


def jax_draw(seed):
    return jax.random.uniform(jax.random.key(seed), (2,)).tolist()


def numpy_draw(seed):
    return np.random.default_rng(seed).random(2).tolist()


for seed in (1, 1 + 2**32, 1 + 2**40):
    print(seed, "torch", torch_draw(seed), "jax", jax_draw(seed), "numpy", numpy_draw(seed))
check(torch_draw(1) == torch_draw(1 + 2**32) == torch_draw(1 + 2**40), "torch's use of the seed's high bits")
check(jax_draw(1) == jax_draw(1 + 2**32), "jax's use of the seed's high bits")
check(numpy_draw(1) != numpy_draw(1 + 2**32), "numpy's use of the seed's high bits")
print("as recorded")
PY
