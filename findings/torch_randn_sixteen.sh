#!/usr/bin/env bash
# Expected: after the same seed, randn(15) is the beginning of randn(16), as it is for rand and for
# numpy.
# Seen (torch 2.13.0, CPU): from 16 values on another algorithm (blocks of sixteen) is used, and all
# values differ; with 17 to 31 values the tail is redrawn over the block's end, so randn(17) agrees
# with randn(16) in the first value only.
# Why it matters: the same seed with one channel, one sample or one pixel more is a new noise field,
# not the old one and a little more: comparisons "with the same noise" across sizes are not. Draw the
# largest once and cut.
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


def draw(function, count):
    torch.manual_seed(0)
    return function(count)


for count in (8, 15, 16, 17):
    print("randn", count, draw(torch.randn, count)[:3].tolist())


def common(function, short, long):
    return int((draw(function, short) == draw(function, long)[:short]).sum())


print("values in common, randn: 8 and 15:", common(torch.randn, 8, 15), " 15 and 16:", common(torch.randn, 15, 16),
      " 16 and 17:", common(torch.randn, 16, 17), " 16 and 32:", common(torch.randn, 16, 32))
print("rand: 15 and 16:", common(torch.rand, 15, 16))
check(common(torch.randn, 8, 15) == 8 and common(torch.randn, 15, 16) == 0, "the change at sixteen values")
check(common(torch.randn, 16, 17) == 1 and common(torch.randn, 16, 32) == 16, "the overlapping last block")
check(common(torch.rand, 15, 16) == 15, "rand's prefix")
print("as recorded")
PY
