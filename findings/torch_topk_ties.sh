#!/usr/bin/env bash
# Expected: among equal values topk returns the first indices, as argmax does (torch) and as
# jax.lax.top_k does.
# Seen (torch 2.13.0, CPU): argmax of ten zeros is 0, topk of ten zeros is [8, 6]: which of the equal
# ones come back is left to the selection algorithm and changes with the length.
# Why it matters: architecture weights of a differentiable search start equal. Keeping "the two best
# incoming edges" by topk before they have moved, or when symmetry keeps them equal, picks arbitrary
# edges, others than argmax or another library picks.
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
import jax.numpy as jnp
import torch

print("torch", torch.__version__, "jax", jax.__version__)
seen = {}
for count in (3, 8, 10, 16, 32):
    zeros = torch.zeros(count)
    seen[count] = torch.topk(zeros, 2).indices.tolist()
    print(count, "equal values: argmax", zeros.argmax().item(), "topk", seen[count],
          "jax top_k", jax.lax.top_k(jnp.zeros(count), 2)[1].tolist())
    check(zeros.argmax().item() == 0, "argmax of ties")
    check(jax.lax.top_k(jnp.zeros(count), 2)[1].tolist() == [0, 1], "jax top_k of ties")
check(seen == {3: [0, 1], 8: [6, 5], 10: [8, 6], 16: [10, 11], 32: [22, 21]}, "topk of ties")
print("as recorded")
PY
