#!/usr/bin/env bash
# Expected: SGD with momentum m and dampening d: the buffer is an exponential average, every gradient
# enters with weight 1 - dampening.
# Seen (torch 2.13.0): the first gradient enters undampened. With momentum 0.9 and dampening 0.9 a
# first gradient of 1 followed by zeros moves the weight by 1 in the first step and by 10 in the long
# run; the same gradient one step later moves it by 0.1 and 1 in all.
# Why it matters: "dampening = momentum" is how one writes an averaged gradient in torch; the first
# batch of each run then counts ten times as much as any other, also after the optimizer is rebuilt in
# the middle of a search.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import torch

print("torch", torch.__version__)


def moved(gradients):
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=0.9, dampening=0.9)
    for gradient in gradients:
        weight.grad = torch.full((1,), float(gradient), dtype=torch.float64)
        optimizer.step()
    return -weight.item()


first = moved([1] + 400 * [0])
second = moved([0, 1] + 400 * [0])
print("total move by a gradient of 1 at the first step:", round(first, 6), "at the second:", round(second, 6))
check(abs(first - 10) < 1e-6 and abs(second - 1) < 1e-6, "the weight of the first gradient")
print("as recorded")
PY
