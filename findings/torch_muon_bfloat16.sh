#!/usr/bin/env bash
# Expected: Muon replaces the momentum by the nearest orthogonal matrix: all singular values of the
# update are 1, in the precision of the weights.
# Seen (torch 2.13.0): the orthogonalisation is done in bfloat16 whatever the weights' type (a float64
# update has 8 significant bits), and its five steps leave singular values anywhere from about 0.7 to
# 1.15.
# Why it matters: gradient checks and comparisons between float32 and float64 runs of a search see
# errors of 1e-3 that no precision setting removes; and "orthogonal" has to be read as "of the order
# of one".
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
torch.manual_seed(0)
weight = torch.nn.Parameter(torch.zeros(8, 8, dtype=torch.float64))
weight.grad = torch.randn(8, 8, dtype=torch.float64)
torch.optim.Muon([weight], lr=1.0, weight_decay=0, momentum=0, nesterov=False).step()
update = weight.detach()
values = torch.linalg.svdvals(update)
print("singular values of the float64 update:", [round(v, 3) for v in values.tolist()])
exact = bool((update == update.bfloat16().double()).all())
print("every entry is a bfloat16 number:", exact)
check(exact, "the precision of the update")
check(values.min() < 0.9 and values.max() > 1.05, "the spread of the singular values")
print("as recorded")
PY
