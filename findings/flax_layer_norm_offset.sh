#!/usr/bin/env bash
# Expected: layer normalisation gives standard deviation 1 whatever the offset of the data.
# Seen (flax 0.12.8): by default the variance is mean(x^2) - mean(x)^2 in float32. Noise of standard
# deviation 1 on an offset of 1000 is off in the third digit, on 10000 it comes out several hundred
# times too large; torch 2.13.0 gives 1.0. The same option and default stand in flax's BatchNorm,
# GroupNorm and InstanceNorm.
# Why it matters: raw detector counts, CT numbers and 16-bit images have such offsets; a network that
# trains well on data scaled to 0..1 explodes on the unscaled. use_fast_variance=False cures it.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 flax==0.12.8

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import flax
import flax.linen as nn
import jax
import numpy as np
import torch

print("flax", flax.__version__, "torch", torch.__version__)
random = np.random.default_rng(0)
seen = {}
for offset in (0.0, 1e3, 1e4):
    data = (random.standard_normal((64, 64)) + offset).astype(np.float32)
    out = []
    for fast in (True, False):
        layer = nn.LayerNorm(use_fast_variance=fast)
        out.append(float(np.std(layer.apply(layer.init(jax.random.key(0), data), data), dtype=np.float64)))
    out.append(torch.nn.LayerNorm(64)(torch.tensor(data)).std().item())
    seen[offset] = out
    print(f"offset {offset:g}: standard deviation out: flax default {out[0]:.4f}, "
          f"use_fast_variance=False {out[1]:.4f}, torch {out[2]:.4f}")
check(abs(seen[0.0][0] - 1) < 1e-3, "no offset")
check(seen[1e4][0] > 10, "flax's default with an offset")
check(all(abs(v - 1) < 1e-3 for row in seen.values() for v in row[1:]), "the two others")
print("as recorded")
PY
