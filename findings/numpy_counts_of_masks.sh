#!/usr/bin/env bash
# Expected: counting with einsum or a product (number of kept samples, overlap of two masks) gives the
# count, as sum does: numpy.sum of bytes or booleans adds in 64 bits.
# Seen (numpy 2.4.6): einsum("i->") and mask @ mask keep the type: 300 ones of uint8
# give 44 and 300 booleans give True, while .sum() gives 300.
# Why it matters: undersampling factors, Dice overlaps and numbers of valid pixels are computed from
# uint8 masks; for small test masks (under 256) all is right, for real ones the result is the count
# modulo 256.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np

print("numpy", np.__version__)
mask = np.ones(300, np.uint8)
print("uint8: sum", mask.sum(), "einsum", np.einsum("i->", mask), "product", mask @ mask)
truth = mask.astype(bool)
print("bool: sum", truth.sum(), "einsum", np.einsum("i->", truth), "product", truth @ truth)
check(mask.sum() == 300 and np.einsum("i->", mask) == 44 and mask @ mask == 44, "numpy's bytes")
check(truth.sum() == 300 and np.einsum("i->", truth) is np.True_, "numpy's booleans")
print("as recorded")
PY
