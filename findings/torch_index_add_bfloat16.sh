#!/usr/bin/env bash
# Expected: sums of bfloat16 values are accumulated in float32, as torch.sum, cumsum and matrix
# products do.
# Seen (torch 2.13.0, CPU): index_add_ adds in bfloat16 itself: a million times 0.1 gives 32.0, where
# torch.sum gives 100352. Beyond 32 an addend of 0.1 is less than half a step and is lost.
# Why it matters: index_add_ is how gradients of gathers, non-uniform sampling, back-projection and
# mixture-of-paths accumulations are written; in mixed precision the sum stands still instead of being
# a little inexact.
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
values = torch.full((1_000_000,), 0.1, dtype=torch.bfloat16)
index = torch.zeros(1_000_000, dtype=torch.long)
added = torch.zeros(1, dtype=torch.bfloat16).index_add_(0, index, values).item()
print("sum", values.sum().item(), "cumsum", values.cumsum(0)[-1].item(), "index_add_", added)
check(values.sum().item() > 99000, "sum")
check(added == 32.0, "index_add_")
print("as recorded")
PY
