#!/usr/bin/env bash
# Expected: saving a transposed or strided array and loading it gives the same numbers, or saving
# refuses, as safetensors.torch does.
# Seen (safetensors 0.8.0): safetensors.numpy writes the memory as it lies and the shape as it is
# seen: a transposed 2 x 3 array comes back with its entries permuted, and x[::2] of 0..9 comes back
# as 0, 1, 2, 3, 4. No error, no warning. numpy.ascontiguousarray first is right.
# Why it matters: weights moved between layouts (kernels transposed for another framework, every
# second sample of a signal) are stored wrong in the very step that is meant to exchange them.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 safetensors==0.8.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import safetensors
import safetensors.numpy

print("safetensors", safetensors.__version__, "numpy", np.__version__)


def round_trip(array):
    safetensors.numpy.save_file({"a": array}, "a.safetensors")
    return safetensors.numpy.load_file("a.safetensors")["a"]


transposed = np.arange(6.0).reshape(2, 3).T
strided = np.arange(10.0)[::2]
print("transposed:", transposed.tolist(), "->", round_trip(transposed).tolist())
print("every second:", strided.tolist(), "->", round_trip(strided).tolist())
print("contiguous copy:", round_trip(np.ascontiguousarray(strided)).tolist())
check(round_trip(transposed).tolist() == [[0, 1], [2, 3], [4, 5]], "the transposed array")
check(round_trip(strided).tolist() == [0, 1, 2, 3, 4], "the strided array")
check((round_trip(np.ascontiguousarray(strided)) == strided).all(), "the contiguous copy")
print("as recorded")
PY
