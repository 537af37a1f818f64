#!/usr/bin/env bash
# Expected: the proximal operator of total variation is exact to a tolerance, as those of the other
# functions are.
# Seen (pyproximal 0.13.0): TV(dims) makes ten iterations by default: a step 0 to 1 of 8 pixels a
# side, whose exact result with weight 0.1 is 0.025 and 0.975 in every pixel, comes out as 0.018 to
# 0.030 and 0.970 to 0.982. niter=1000, rtol=0 gives the exact one.
# Why it matters: convergence proofs of proximal gradient and ADMM assume exact or increasingly exact
# steps; with this one they stop at another point, by an error of the size of the effect looked for.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 pyproximal==0.13.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import pyproximal
from importlib.metadata import version

print("pyproximal", version("pyproximal"))
step = np.zeros((8, 8))
step[:, 4:] = 1
default = pyproximal.TV(dims=(8, 8), sigma=0.1).prox(step.ravel(), 1.0).reshape(8, 8)[0]
long = pyproximal.TV(dims=(8, 8), sigma=0.1, niter=1000, rtol=0).prox(step.ravel(), 1.0).reshape(8, 8)[0]
print("default", default.round(4).tolist())
print("1000 iterations", long.round(4).tolist())
exact = np.where(np.arange(8) < 4, 0.025, 0.975)
check(0.004 < abs(default - exact).max() < 0.01, "the default's error")
check(abs(long - exact).max() < 1e-4, "the long iteration")
print("as recorded")
PY
