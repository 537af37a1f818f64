#!/usr/bin/env bash
# Expected: np.median inside numba follows numpy: with a NaN among the values the median is NaN.
# Seen (numba 0.68.1): it depends on where the NaN stands: [1, nan, 3] gives NaN, [nan, 1, 3] and [1,
# 3, nan] give 3.0, the largest value (numpy: NaN for all).
# Why it matters: the median over runs, or over a window of an image, is a plausible number although a
# run diverged, and which number depends on the order of the runs.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 numba==0.68.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import itertools

import numba
import numpy as np

print("numba", numba.__version__, "numpy", np.__version__)
median = numba.njit(lambda x: np.median(x))
seen = {}
for order in itertools.permutations([1.0, np.nan, 3.0]):
    seen[str(order)] = float(median(np.array(order)))
    print(order, "numba", seen[str(order)], "numpy", np.median(order))
    check(np.isnan(np.median(order)), "numpy's median")
check(np.isnan(seen["(1.0, nan, 3.0)"]) and seen["(nan, 1.0, 3.0)"] == 3.0, "numba's medians")
print("as recorded")
PY
