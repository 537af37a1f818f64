#!/usr/bin/env bash
# Expected: Adam with the same rate, betas and epsilon makes the same steps in Keras and in torch, up
# to rounding.
# Seen (keras 3.15.1, torch 2.13.0): Keras adds epsilon to the root before the bias correction
# ("epsilon hat" of the paper), which at the first step makes it 31.6 times as large. With epsilon
# 1e-8 and a gradient of 1e-7 the first step at rate 0.1 is 0.0240 in Keras and 0.0909 in torch; the
# default epsilons (1e-7 and 1e-8) add another factor of ten.
# Why it matters: gradients of architecture weights and of well-fitted reconstructions are of that
# size; the number called epsilon has to be scaled when a setting moves from one to the other.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 keras==3.15.1 jax==0.10.2 jaxlib==0.10.2

export KERAS_BACKEND=jax TF_CPP_MIN_LOG_LEVEL=3
venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import keras
import numpy as np
import torch

print("keras", keras.__version__, "torch", torch.__version__)


def torch_step(gradient):
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.full((1,), gradient)
    torch.optim.Adam([weight], lr=0.1, eps=1e-8).step()
    return -weight.item()


def keras_step(gradient):
    weight = keras.Variable(np.zeros(1, "float32"))
    optimizer = keras.optimizers.Adam(learning_rate=0.1, epsilon=1e-8)
    optimizer.apply_gradients([(keras.ops.convert_to_tensor(np.full(1, gradient, "float32")), weight)])
    return -float(np.asarray(weight.value)[0])


for gradient in (1.0, 1e-5, 1e-7):
    print(f"gradient {gradient:g}: torch {torch_step(gradient):.4f}, keras {keras_step(gradient):.4f}")
check(abs(torch_step(1.0) - keras_step(1.0)) < 1e-5, "agreement at 1")
check(abs(torch_step(1e-7) - 0.0909) < 2e-4 and abs(keras_step(1e-7) - 0.0240) < 2e-4, "steps at 1e-7")
print("as recorded")
PY
