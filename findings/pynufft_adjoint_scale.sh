#!/usr/bin/env bash
# Expected: NUFFT.adjoint is the adjoint of NUFFT.forward: <F x, y> = <x, F* y>.
# Seen (pynufft 2025.2.1): it is the adjoint divided by the number of points of the oversampled grid:
# for 16 x 16 pixels on a 32 x 32 grid the two products differ by the factor 1024; the forward
# transform itself is the plain sum.
# Why it matters: gradient steps F*(F x - y) with the usual step 1/L are a thousand times too small
# and look like slow convergence; a step found by trial changes when the oversampling is changed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 pynufft==2025.2.1 setuptools==80.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import pynufft
from importlib.metadata import version

print("pynufft", version("pynufft"))
random = np.random.default_rng(0)
size, count = 16, 50
image = random.standard_normal((size, size)) + 1j * random.standard_normal((size, size))
data = random.standard_normal(count) + 1j * random.standard_normal(count)
points = (random.random((count, 2)) - 0.5) * 2 * np.pi
grid = np.arange(size) - size // 2
exact = np.array([(image * np.exp(-1j * (p[0] * grid[:, None] + p[1] * grid[None]))).sum() for p in points])
ratios = {}
for oversampled in (32, 48):
    transform = pynufft.NUFFT()
    transform.plan(points, (size, size), (oversampled, oversampled), (6, 6))
    forward = transform.forward(image)
    ratios[oversampled] = (np.vdot(data, forward) / np.vdot(transform.adjoint(data), image)).real
    print(f"grid {oversampled}: forward error {np.linalg.norm(forward - exact) / np.linalg.norm(exact):.2g}, "
          f"<Fx, y> / <x, adjoint y> = {ratios[oversampled]:.3f}")
check(abs(ratios[32] - 1024) < 0.1 and abs(ratios[48] - 2304) < 0.3, "the factor")
print("as recorded")
PY
