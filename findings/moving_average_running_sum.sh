#!/usr/bin/env bash
# Expected: a moving average over three pixels depends on these three pixels.
# Seen (scipy 1.17.1, bottleneck 1.6.0): ndimage.uniform_filter and bottleneck.move_mean add the value
# that enters and subtract the one that leaves. After a NaN or an infinity uniform_filter gives NaN to
# the end of the row (and in two dimensions of all rows below); after a value of 1e17 both give 0 for
# ever where the data are 1. ndimage.convolve with the same weights is local.
# Why it matters: local statistics of images with dead pixels or masked regions (local variance, SSIM
# with a uniform window, smoothed loss curves with one spike) lose everything behind the first bad
# value.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 bottleneck==1.6.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import warnings
from importlib.metadata import version

import bottleneck
import numpy as np
import scipy
from scipy import ndimage

print("scipy", scipy.__version__, "bottleneck", version("bottleneck"))
warnings.simplefilter("ignore")
image = np.ones((7, 7))
image[3, 3] = np.nan
box = np.isnan(ndimage.uniform_filter(image, 3)).sum()
local = np.isnan(ndimage.convolve(image, np.full((3, 3), 1 / 9))).sum()
print("NaN after a 3 x 3 average of an image with one NaN: uniform_filter", box, "convolve", local)
spike = np.array([1e17, 1, 1, 1, 1, 1])
scaled = ndimage.uniform_filter1d(spike, 3).tolist()
moved = bottleneck.move_mean(spike, 2).tolist()
near = ndimage.convolve1d(spike, np.full(3, 1 / 3)).tolist()
print("after a spike: uniform_filter1d", scaled[2:], "move_mean", moved[2:],
      "convolve1d", [round(v, 3) for v in near[2:]])
check(box == 25 and local == 9, "the reach of a NaN")
check(scaled[2:] == 4 * [0] and moved[2:] == 4 * [0] and abs(near[3] - 1) < 1e-9, "after a spike")
print("as recorded")
PY
