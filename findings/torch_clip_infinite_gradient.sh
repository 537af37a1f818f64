#!/usr/bin/env bash
# Expected: clipping by the global norm bounds the step, also when one entry has overflowed; at worst
# everything becomes NaN and is noticed.
# Seen (torch 2.13.0, optax 0.2.8): with one infinite entry that entry becomes NaN and every other
# gradient of the model becomes exactly 0: the rest of the network silently stops for that step while
# one weight is destroyed. A NaN entry instead makes everything NaN.
# Why it matters: an operation of a search cell that overflows once poisons only its own weight;
# losses of paths that do not use it look healthy, and the zero step of the others hides in the
# averages. Ask for error_if_nonfinite=True (torch) or apply_if_finite (optax).
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


def torch_clip(value):
    weights = [torch.zeros(2, requires_grad=True) for _ in range(2)]
    weights[0].grad = torch.tensor([value, 1.0])
    weights[1].grad = torch.tensor([1.0, 2.0])
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    return [w.grad.tolist() for w in weights]


def optax_clip(value):
    clip = optax.clip_by_global_norm(1.0)
    gradients = [jnp.array([value, 1.0]), jnp.array([1.0, 2.0])]
    return [g.tolist() for g in clip.update(gradients, clip.init(gradients))[0]]


for clip in (torch_clip, optax_clip):
    print(clip.__name__, "inf:", clip(float("inf")), "nan:", clip(float("nan")))
    check(str(clip(float("inf"))) == "[[nan, 0.0], [0.0, 0.0]]", clip.__name__ + " of an infinite entry")
    check(str(clip(float("nan"))) == "[[nan, nan], [nan, nan]]", clip.__name__ + " of a NaN")
print("as recorded")
PY
