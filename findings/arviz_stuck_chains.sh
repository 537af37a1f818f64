#!/usr/bin/env bash
# Expected: chains that never moved have an effective sample size near 0 or undefined.
# Seen (arviz 0.23.4): ess of four chains of one constant is the full number of draws, 400 of 400,
# while rhat is NaN. A sampler that rejected every proposal looks perfectly mixed.
# Why it matters: a posterior over reconstructions or architecture weights with a clamped or masked
# component passes "ess > 100" checks, and rhat < 1.01 is false for NaN only if it is written that way
# round.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 arviz==0.23.4

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import arviz
import numpy as np

print("arviz", arviz.__version__)
stuck = np.ones((4, 100))
moving = np.random.default_rng(0).standard_normal((4, 100))
print("stuck: ess", float(arviz.ess(stuck)), "rhat", float(arviz.rhat(stuck)))
print("independent draws: ess", float(arviz.ess(moving)), "rhat", float(arviz.rhat(moving)))
check(float(arviz.ess(stuck)) == 400 and np.isnan(float(arviz.rhat(stuck))), "stuck chains")
print("as recorded")
PY
