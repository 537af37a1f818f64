#!/usr/bin/env bash
# Expected: an initializer given without a seed draws new weights for each layer it is passed to.
# Seen (keras 3.15.1): an initializer object draws its seed once, when it is made, and returns the
# same numbers at every call: two layers of one shape that share it begin with identical weights.
# Passing the name ("glorot_uniform") gives each its own.
# Why it matters: candidate operations of a search cell are built in a loop with one initializer; the
# parallel paths are then copies of each other, get equal gradients from a symmetric mixture, and the
# comparison between them starts as a tie.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 keras==3.15.1 jax==0.10.2 jaxlib==0.10.2

export KERAS_BACKEND=jax TF_CPP_MIN_LOG_LEVEL=3
venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import keras
import numpy as np

print("keras", keras.__version__)


def weights(initializer):
    layers = [keras.layers.Dense(4, kernel_initializer=initializer) for _ in range(2)]
    for layer in layers:
        layer.build((None, 4))
    return [np.asarray(layer.kernel.value) for layer in layers]


shared = weights(keras.initializers.GlorotUniform())
named = weights("glorot_uniform")
print("one object, two layers, equal weights:", np.array_equal(*shared))
print("by name, two layers, equal weights:", np.array_equal(*named))
check(np.array_equal(*shared), "one object gives equal weights")
check(not np.array_equal(*named), "a name gives different weights")
print("as recorded")
PY
