#!/usr/bin/env bash
# Expected: fastmath lets the compiler reorder sums; a test like isnan still tells NaN from numbers.
# Seen (numba 0.68.1): fastmath=True also promises that no NaN occurs, so np.isnan(x) is compiled to
# "false": of two values, one NaN, it counts none. fastmath={"reassoc", "contract", "nsz", "arcp",
# "afn"} keeps the test.
# Why it matters: masks of missing pixels and "skip the runs that diverged" in a compiled kernel stop
# working when it is made fast, and the NaN flows into the average.
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


import numba
import numpy as np

print("numba", numba.__version__)


def missing(values):
    count = 0
    for value in values:
        if np.isnan(value):
            count += 1
    return count


data = np.array([1.0, np.nan])
plain = numba.njit(missing)(data)
fast = numba.njit(missing, fastmath=True)(data)
some = numba.njit(missing, fastmath={"reassoc", "contract", "nsz", "arcp", "afn"})(data)
print("NaN counted in [1, nan]: plain", plain, " fastmath", fast, " fastmath without nnan", some)
check((plain, fast, some) == (1, 0, 1), "counts of NaN")
print("as recorded")
PY
