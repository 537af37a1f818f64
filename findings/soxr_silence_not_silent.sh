#!/usr/bin/env bash
# Expected: resampling 16-bit silence gives silence, and resampling is linear up to rounding.
# Seen (soxr 1.1.0): for integer input the output is dithered: zeros come back as values of -1, 0 and
# 1. Floats are not touched; the noise repeats from call to call.
# Why it matters: counts of exact zeros (gaps, gated or masked parts of a recording) vanish, a sparse
# signal is no longer sparse, and a difference of two resampled recordings has a floor. Convert to
# float32 before, round after.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 soxr==1.1.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import soxr

print("soxr", soxr.__version__)
whole = soxr.resample(np.zeros(1000, np.int16), 100, 50)
real = soxr.resample(np.zeros(1000, np.float32), 100, 50)
print("int16 zeros:", np.unique(whole, return_counts=True), " float32 zeros:", np.unique(real))
check(set(np.unique(whole)) == {-1, 0, 1}, "16-bit silence")
check((real == 0).all(), "float silence")
print("as recorded")
PY
