#!/usr/bin/env bash
# Expected: normal draws in bfloat16 are normal draws in float32, rounded.
# Seen (jax 0.10.2): the uniform number behind them is made in the asked type, so a million bfloat16
# draws take only 128 different values, none outside [-2.89, 2.52], with mean -0.012; float16 ends
# near 3.5 and has 1024 values. torch's (2.13.0) reach 4.7.
# Why it matters: noise added to measurements in mixed precision has no tail and a bias that averages
# of many samples show; draw in float32 and convert.
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
import numpy as np
import torch

print("jax", jax.__version__, "torch", torch.__version__)
key = jax.random.key(0)
rows = {}
for kind in (jnp.bfloat16, jnp.float16, jnp.float32):
    draws = np.asarray(jax.random.normal(key, (1_000_000,), kind).astype(jnp.float32))
    rows[kind.__name__] = (draws.min(), draws.max(), draws.mean(dtype=np.float64), len(np.unique(draws)))
    print(f"jax {kind.__name__}: {draws.min():.3f} .. {draws.max():.3f}, mean {rows[kind.__name__][2]:.5f}, "
          f"{rows[kind.__name__][3]} values")
torch.manual_seed(0)
other = torch.randn(1_000_000, dtype=torch.bfloat16).float()
print(f"torch bfloat16: {other.min():.3f} .. {other.max():.3f}, mean {other.mean():.5f}")
low, high, mean, values = rows["bfloat16"]
check(values == 128 and low == -2.890625 and high == 2.515625 and mean < -0.01, "jax's bfloat16 draws")
check(rows["float16"][1] < 3.3 and rows["float32"][1] > 4, "jax's other types")
check(other.max() > 4, "torch's bfloat16 draws")
print("as recorded")
PY
