#!/usr/bin/env bash
# Expected: an array that numpy.save writes comes back from numpy.load with its type, or saving is
# refused.
# Seen (numpy 2.4.6, ml_dtypes 0.6.0): a bfloat16 array (what jax hands to numpy) is written as two
# raw bytes per entry and comes back as dtype V2, on which no arithmetic is defined; the name of the
# type is lost, so nothing tells it from float16 bits. safetensors 0.8.0 keeps it.
# Why it matters: checkpoints of mixed-precision runs saved as .npy or .npz look complete and open
# without error; .view(ml_dtypes.bfloat16) rescues them only if one remembers what they were.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 ml_dtypes==0.6.0 safetensors==0.8.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy
from importlib.metadata import version

print("numpy", np.__version__, "ml_dtypes", version("ml_dtypes"), "safetensors", safetensors.__version__)
weights = np.array([1.5, -2.0], dtype=ml_dtypes.bfloat16)
np.save("weights.npy", weights)
loaded = np.load("weights.npy")
safetensors.numpy.save_file({"w": weights}, "weights.safetensors")
kept = safetensors.numpy.load_file("weights.safetensors")["w"]
print("npy:", loaded.dtype, loaded, " viewed:", loaded.view(ml_dtypes.bfloat16), " safetensors:", kept.dtype, kept)
check(loaded.dtype == np.dtype("V2"), "the type in .npy")
check((loaded.view(ml_dtypes.bfloat16) == weights).all(), "the bytes in .npy")
check(kept.dtype == ml_dtypes.bfloat16, "the type in .safetensors")
print("as recorded")
PY
