#!/usr/bin/env bash
# Expected: counting with einsum or a product (number of kept samples, overlap of two masks) gives the
# count, as sum does: numpy.sum of bytes or booleans adds in 64 bits.
# Seen (numpy 2.4.6, torch 2.13.0): einsum("i->") and mask @ mask keep the type: 300 ones of uint8
# give 44 in both libraries, and 300 booleans give True in numpy, while .sum() gives 300.
# Why it matters: undersampling factors, Dice overlaps and numbers of valid pixels are computed from
# uint8 masks; for small test masks (under 256) all is right, for real ones the result is the count
# modulo 256.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 torch==2.13.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import torch

print("numpy", np.__version__, "torch", torch.__version__)
mask = np.ones(300, np.uint8)
tensor = torch.tensor(mask)
print("uint8: sum", mask.sum(), "einsum", np.einsum("i->", mask), "product", mask @ mask,
      "; torch: sum", tensor.sum().item(), "einsum", torch.einsum("i,i->", tensor, tensor).item())
truth = mask.astype(bool)
print("bool: sum", truth.sum(), "einsum", np.einsum("i->", truth), "product", truth @ truth)
check(mask.sum() == 300 and np.einsum("i->", mask) == 44 and mask @ mask == 44, "numpy's bytes")
check(tensor.sum() == 300 and torch.einsum("i,i->", tensor, tensor) == 44, "torch's bytes")
check(truth.sum() == 300 and np.einsum("i->", truth) is np.True_, "numpy's booleans")
print("as recorded")
PY
