#!/usr/bin/env bash
# Expected: trunc_normal_(std=s) draws from a normal distribution cut at two standard deviations, with
# standard deviation s; jax's truncated initializers do that.
# Seen (torch 2.13.0): the bounds a=-2, b=2 are absolute, not multiples of std. With std=0.02 nothing
# is cut (values beyond 4.5 std occur); with std=1 the result has standard deviation 0.880.
# Why it matters: initial weights copied from a paper as "truncated normal, std 0.02" are a plain
# normal, with outliers that the truncation was meant to exclude; the same words in jax mean another
# distribution.
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
import torch

print("torch", torch.__version__, "jax", jax.__version__)
torch.manual_seed(0)
small = torch.nn.init.trunc_normal_(torch.empty(1_000_000), std=0.02)
unit = torch.nn.init.trunc_normal_(torch.empty(1_000_000), std=1.0)
other = jax.nn.initializers.truncated_normal(0.02)(jax.random.key(0), (1_000_000,))
other = other / 0.02
print("torch std=0.02: largest |value| / std", round(small.abs().max().item() / 0.02, 3))
print("torch std=1: standard deviation", round(unit.std().item(), 4))
print("jax truncated_normal(0.02): largest |value| / std", float(abs(other).max()))
check(small.abs().max() / 0.02 > 4.5, "no truncation at std 0.02")
check(abs(unit.std().item() - 0.8796) < 0.003, "standard deviation at std 1")
check(float(abs(other).max()) < 2.3, "jax's truncation")
print("as recorded")
PY
