#!/usr/bin/env bash
# Expected: default_rng([study, trial]) gives each pair a stream of its own.
# Seen (numpy 2.4.6): zeros at the end do not count: seeds 7, [7], [7, 0] and [7, 0, 0] are the same
# stream; and [7, 0, 0, 0, 0] is the first child that SeedSequence(7).spawn gives.
# Why it matters: counting trials from 0, trial 0 shares all its random numbers with whatever was
# drawn from the study's own seed (the data set, say). Count from 1, or use spawn_key.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np

print("numpy", np.__version__)


def draw(seed):
    return np.random.default_rng(seed).random()


for seed in (7, [7], [7, 0], [7, 0, 0], [7, 1]):
    print("seed", seed, draw(seed))
child = np.random.default_rng(np.random.SeedSequence(7).spawn(1)[0]).random()
print("first child of 7", child, "seed [7, 0, 0, 0, 0]", draw([7, 0, 0, 0, 0]))
check(draw(7) == draw([7]) == draw([7, 0]) == draw([7, 0, 0]), "zeros at the end")
check(draw(7) != draw([7, 1]), "other trials")
check(child == draw([7, 0, 0, 0, 0]), "the spawned child")
print("as recorded")
PY
