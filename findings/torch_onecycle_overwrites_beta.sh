#!/usr/bin/env bash
# Expected: a learning-rate schedule changes the learning rate; Adam's betas stay what the caller set.
# Seen (torch 2.13.0): OneCycleLR cycles "momentum" too by default, and for Adam that is beta1: the
# given 0.5 is replaced by 0.95 before the first step and moves between 0.95 and 0.85.
# Why it matters: DARTS sets beta1 = 0.5 for its architecture weights on purpose; with this schedule
# the setting is gone and nothing says so. cycle_momentum=False keeps it.
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


def betas(**options):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([weight], lr=1e-3, betas=(0.5, 0.999))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=10, **options)
    seen = []
    for _ in range(9):
        seen.append(round(optimizer.param_groups[0]["betas"][0], 3))
        optimizer.step()
        schedule.step()
    return seen


print("beta1 given 0.5, used:", betas())
print("with cycle_momentum=False:", betas(cycle_momentum=False))
check(betas()[:3] == [0.95, 0.9, 0.85], "beta1 under OneCycleLR")
check(set(betas(cycle_momentum=False)) == {0.5}, "beta1 with cycle_momentum=False")
print("as recorded")
PY
