#!/usr/bin/env bash
# Expected: the 0.5 quantile of 1, 2, 3, 4 is the median 2.5, and functions called quantile agree on
# it.
# Seen (polars 2.1.0, duckdb 2.0.1): polars' quantile(0.5) is 3.0, duckdb's quantile(x, 0.5) is 2.0,
# and the median of either is 2.5: one takes the nearest value (halves upwards), the other the lower
# one, numpy interpolates.
# Why it matters: medians and quartiles of an even number of runs, written with quantile, shift by a
# whole run, in opposite directions, between two tools that are used on the same tables.
# interpolation="linear" and quantile_cont are numpy's.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import duckdb
import numpy as np
import polars

print("polars", polars.__version__, "duckdb", duckdb.__version__, "numpy", np.__version__)
runs = polars.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
query = "select quantile(x, 0.5), quantile_cont(x, 0.5), median(x) from runs"
lower, continuous, median = duckdb.sql(query).fetchall()[0]
nearest = runs["x"].quantile(0.5)
linear = runs["x"].quantile(0.5, interpolation="linear")
print("polars quantile", nearest, "linear", linear, "median", runs["x"].median())
print("duckdb quantile", lower, "quantile_cont", continuous, "median", median, " numpy", np.quantile(runs["x"], 0.5))
check((nearest, lower) == (3.0, 2.0), "quantile(0.5)")
check(linear == continuous == median == runs["x"].median() == 2.5, "the interpolated ones")
print("as recorded")
PY
