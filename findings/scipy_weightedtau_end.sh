#!/usr/bin/env bash
# Expected: the weighted tau stresses rank 1 of the lists it is given, and rank 1 is the smallest, as
# in rankdata.
# Seen (scipy 1.17.1): the largest values weigh most. Five values with the two largest exchanged give
# 0.67, with the two smallest exchanged 0.90.
# Why it matters: for predictors of a validation loss or error the best architectures are the small
# values, and the statistic then grades agreement about the worst ones. Negate both lists.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import scipy
from scipy import stats

print("scipy", scipy.__version__)
order = [1, 2, 3, 4, 5]
low = stats.weightedtau(order, [2, 1, 3, 4, 5]).statistic
high = stats.weightedtau(order, [1, 2, 3, 5, 4]).statistic
negated = stats.weightedtau([-v for v in order], [-v for v in [2, 1, 3, 4, 5]]).statistic
print(f"two smallest exchanged {low:.4f}, two largest exchanged {high:.4f}, "
      f"smallest exchanged and negated {negated:.4f}")
check(abs(low - 0.9015) < 1e-3 and abs(high - 0.6715) < 1e-3, "which end weighs most")
check(abs(negated - high) < 1e-9, "negation exchanges the ends")
print("as recorded")
PY
