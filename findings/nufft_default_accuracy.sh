#!/usr/bin/env bash
# Expected: non-uniform FFTs of the field compute the same sum to about single precision with their
# defaults, up to a stated scale.
# Seen (sigpy 0.1.27, finufft 2.5.1): sigpy's nufft is scaled by 1/sqrt(number of pixels) and, that
# aside, 0.7 % off (kernel width 4, oversampling 1.25); finufft is 2e-6 off. width=8 and oversamp=2
# bring sigpy to 1e-7. Its nufft_adjoint is the exact transpose of its own inexact forward.
# Why it matters: an error of 0.7 % is a floor of about 43 dB for anything simulated with one library
# and reconstructed with the other, and none in a test that uses the same library for both.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 sigpy==0.1.27 finufft==2.5.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import finufft
import numpy as np
import sigpy

print("sigpy", sigpy.__version__, "finufft", finufft.__version__)
random = np.random.default_rng(0)
size, count = 16, 50
image = random.standard_normal((size, size)) + 1j * random.standard_normal((size, size))
data = random.standard_normal(count) + 1j * random.standard_normal(count)
points = (random.random((count, 2)) - 0.5) * 2 * np.pi
grid = np.arange(size) - size // 2
exact = np.array([(image * np.exp(-1j * (p[0] * grid[:, None] + p[1] * grid[None]))).sum() for p in points])


def error(value):
    return np.linalg.norm(value - exact) / np.linalg.norm(exact)


units = points * size / (2 * np.pi)
first = error(finufft.nufft2d2(points[:, 0].copy(), points[:, 1].copy(), image))
plain = error(size * sigpy.nufft(image, units))
fine = error(size * sigpy.nufft(image, units, oversamp=2, width=8))
forward = np.vdot(data, sigpy.nufft(image, units))
backward = np.vdot(sigpy.nufft_adjoint(data, units, (size, size)), image)
print(f"errors: finufft {first:.2g}, sigpy times {size} {plain:.2g}, with width 8 and oversampling 2 {fine:.2g}")
print("sigpy <Fx, y> and <x, F*y> differ by", abs(forward - backward) / abs(forward))
check(first < 1e-5 and 2e-3 < plain < 2e-2 and fine < 1e-6, "errors")
check(abs(forward - backward) < 1e-10 * abs(forward), "sigpy's transpose")
print("as recorded")
PY
