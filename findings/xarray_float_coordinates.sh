#!/usr/bin/env bash
# Expected: a - b of two arrays over the learning rates 0.1, 0.2, 0.3 has three entries, or fails if
# the rates are not the same.
# Seen (xarray 2026.9.0): with rates [0.1, 0.2, 0.3] in one and numpy.arange(1, 4) * 0.1 in the other
# the result has two entries: coordinates are matched exactly, 0.30000000000000004 is not 0.3, and
# what has no partner is dropped without a word.
# Why it matters: tables of runs over grids of rates or noise levels lose exactly those settings whose
# floats were computed in another way; means over the rest look fine.
# xarray.set_options(arithmetic_join="exact") raises instead.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 xarray==2026.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import xarray

print("xarray", xarray.__version__)
first = xarray.DataArray([30.0, 31.0, 20.0], coords={"rate": [0.1, 0.2, 0.3]}, dims="rate")
second = xarray.DataArray([29.0, 30.0, 29.0], coords={"rate": np.arange(1, 4) * 0.1}, dims="rate")
difference = first - second
print("entries", difference.sizes["rate"], "mean difference", float(difference.mean()),
      "in truth", float((first.values - second.values).mean()))
with xarray.set_options(arithmetic_join="exact"):
    try:
        first - second
        raised = False
    except Exception as error:
        raised = True
        print("exact:", type(error).__name__)
check(difference.sizes["rate"] == 2 and float(difference.mean()) == 1.0 and raised, "the joined coordinates")
print("as recorded")
PY
