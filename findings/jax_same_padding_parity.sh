#!/usr/bin/env bash
# Expected: a convolution of three taps with stride 2 and "SAME" padding samples at the same places
# whatever the length; torch's padding=1 always takes samples 0, 2, 4, ...
# Seen (jax 0.10.2): with an even length it takes samples 1, 3, 5, 7, with an odd length 0, 2, 4, 6,
# 8: the padding is split so that the extra zero goes to the right, and how many zeros are needed
# depends on the length.
# Why it matters: reductions in a search cell shift by one sample against each other and against a
# torch model with the same weights when the image size changes from even to odd, and an up- and
# downsampling pair that was aligned at training size is not at test size.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax
import jax.numpy as jnp
import torch

print("jax", jax.__version__, "torch", torch.__version__)


def jax_samples(length):
    signal = jnp.arange(float(length)).reshape(1, 1, length)
    middle = jnp.array([0.0, 1.0, 0.0]).reshape(1, 1, 3)
    return jax.lax.conv(signal, middle, (2,), "SAME").ravel().tolist()


def torch_samples(length):
    signal = torch.arange(float(length)).reshape(1, 1, length)
    middle = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 1, 3)
    return torch.nn.functional.conv1d(signal, middle, stride=2, padding=1).ravel().tolist()


for length in (8, 9):
    print("length", length, "jax SAME", jax_samples(length), "torch padding=1", torch_samples(length))
check(jax_samples(8) == [1, 3, 5, 7] and jax_samples(9) == [0, 2, 4, 6, 8], "jax's samples")
check(torch_samples(8) == [0, 2, 4, 6] and torch_samples(9) == [0, 2, 4, 6, 8], "torch's samples")
print("as recorded")
PY
