#!/usr/bin/env bash
# Expected: ConvTranspose with the kernel of Conv is its transpose, as in torch and Keras: <Cx, y> =
# <x, C'y>.
# Seen (flax 0.12.8): by default the kernel is not flipped: with kernel 1 2 4 the impulse gives 4 2 1
# where the transpose gives 1 2 4. transpose_kernel=True is the transpose (and then takes the kernel
# with its channels exchanged).
# Why it matters: gradient steps A'(Ax - y) of unrolled reconstructions, written with a pair of Conv
# and ConvTranspose that share weights, use a mirrored operator: for symmetric blurs all is well, for
# motion blur the iteration converges to something else or diverges.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 flax==0.12.8

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import flax
import flax.linen as nn
import jax
import jax.numpy as jnp

print("flax", flax.__version__)
kernel = {"params": {"kernel": jnp.array([1.0, 2.0, 4.0]).reshape(3, 1, 1)}}
conv = nn.Conv(1, (3,), padding="VALID", use_bias=False)
impulse = jnp.array([1.0, 0.0, 0.0]).reshape(1, 3, 1)
adjoint = jax.vjp(lambda x: conv.apply(kernel, x), jnp.zeros((1, 5, 1)))[1](impulse)[0].ravel().tolist()
seen = {}
for flip in (False, True):
    layer = nn.ConvTranspose(1, (3,), padding="VALID", use_bias=False, transpose_kernel=flip)
    seen[flip] = layer.apply(kernel, impulse).ravel().tolist()
print("true transpose", adjoint, "ConvTranspose", seen[False], "with transpose_kernel=True", seen[True])
check(adjoint == [1, 2, 4, 0, 0] and seen[True] == adjoint, "transpose_kernel=True is the transpose")
check(seen[False] == [4, 2, 1, 0, 0], "the default is not")
print("as recorded")
PY
