#!/usr/bin/env bash
# Expected: smoothing an 8-bit image keeps its mean up to rounding errors that average out.
# Seen (scipy 1.17.1): results are cut, not rounded, to whole numbers, and gaussian_filter does so
# after each axis: the mean of a random image falls by 1.0 grey level in two dimensions, by 0.5 with
# convolve, 0.67 with uniform_filter.
# Why it matters: a blur as measurement operator has a bias of one level (an error of 48 dB PSNR) and
# is no longer linear; three smoothed volumes in a row lose several. Convert to float first.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import scipy
from scipy import ndimage

print("scipy", scipy.__version__)
image = (50 + 100 * np.random.default_rng(0).random((256, 256))).astype(np.uint8)
filters = {
    "gaussian_filter": lambda x: ndimage.gaussian_filter(x, 2),
    "uniform_filter": lambda x: ndimage.uniform_filter(x, 3),
    "convolve": lambda x: ndimage.convolve(x, np.full((3, 3), 1 / 9)),
}
lost = {}
for name, apply in filters.items():
    lost[name] = apply(image.astype(float)).mean() - apply(image).mean()
    print(f"{name}: mean of the float result minus mean of the 8-bit result {lost[name]:.3f}")
check(abs(lost["gaussian_filter"] - 1) < 0.05, "gaussian_filter")
check(abs(lost["convolve"] - 0.5) < 0.05 and 0.6 < lost["uniform_filter"] < 0.75, "convolve and uniform_filter")
print("as recorded")
PY
