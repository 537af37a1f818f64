#!/usr/bin/env bash
# Expected: a confidence interval has the precision of the estimate.
# Seen (pingouin 0.7.0): compute_bootci and the CI95 column of ttest are rounded to two decimals: for
# errors near 0.001 the interval is [0, 0], beside a p-value of 0.046. compute_bootci(decimals=...)
# gives the digits.
# Why it matters: mean squared errors of images in 0..1 are of that size; the interval "[0, 0]"
# contains neither the mean nor any data, and copied into a table it looks like a very precise zero.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 pingouin==0.7.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import pingouin

print("pingouin", pingouin.__version__)
errors = 1e-3 * (1 + 0.1 * np.random.default_rng(0).standard_normal(12))
short = pingouin.compute_bootci(errors, func="mean", seed=1)
full = pingouin.compute_bootci(errors, func="mean", seed=1, decimals=6)
table = pingouin.ttest(errors, 1.05e-3)
column = [name for name in table.columns if name.startswith("CI95")][0]
interval = np.asarray(table[column].iloc[0])
print("mean", errors.mean(), "bootstrap interval", short, "with decimals=6", full, "ttest interval", interval)
check((np.asarray(short) == 0).all() and (interval == 0).all(), "the rounded intervals")
check(9e-4 < full[0] < errors.mean() < full[1] < 1.1e-3, "the interval with six decimals")
print("as recorded")
PY
