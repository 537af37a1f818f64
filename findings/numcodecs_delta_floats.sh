#!/usr/bin/env bash
# Expected: the Delta filter of zarr stores differences and gives back the same array: it is used
# before lossless compressors.
# Seen (numcodecs 0.16.6): with a floating type the differences are rounded and the sum of the rounded
# differences is returned: of 1000 float32 normal values many change in the last digits, and once a
# large value has passed, small ones are gone for good: 1, 1e8, 2, 3 comes back as 1, 1e8, 0, 1.
# Why it matters: a chunk of a recording "losslessly" stored with Delta drifts, and a single spike
# destroys the rest of its chunk. Use it on integers only.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 numcodecs==0.16.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
from importlib.metadata import version

import numcodecs

print("numcodecs", version("numcodecs"))
codec = numcodecs.Delta(dtype="f4")
values = np.random.default_rng(0).standard_normal(1000, dtype=np.float32)
back = codec.decode(codec.encode(values))
spike = np.array([1, 1e8, 2, 3], np.float32)
print("changed values of 1000:", int((back != values).sum()), "largest change", float(abs(back - values).max()))
print("1, 1e8, 2, 3 comes back as", codec.decode(codec.encode(spike)).tolist())
check((back != values).sum() > 100, "random values")
check(codec.decode(codec.encode(spike)).tolist() == [1, 1e8, 0, 1], "after a spike")
print("as recorded")
PY
