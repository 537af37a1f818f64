#!/usr/bin/env bash
# Expected: the best run of a table is a run with a score; a NaN is ignored or gives NaN, and max,
# sorting and filters agree about it.
# Seen (duckdb 2.0.1, polars 2.1.0): both order NaN above every number. duckdb: max is NaN and arg_max
# returns the diverged run. polars: max is 31 and arg_max the right run, but sort(descending=True)
# puts the diverged run first and filter(score > 100) keeps it.
# Why it matters: "ORDER BY psnr DESC LIMIT 1" or "runs above 40 dB" pick exactly the runs that
# diverged. Store them as NULL.
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
import polars

print("duckdb", duckdb.__version__, "polars", polars.__version__)
runs = polars.DataFrame({"run": [1, 2, 3], "psnr": [30.1, float("nan"), 31.0]})
duck_max, duck_run, duck_above = duckdb.sql(
    "select max(psnr), arg_max(run, psnr), count(*) filter (psnr > 100) from runs").fetchall()[0]
duck_first = duckdb.sql("select run from runs order by psnr desc limit 1").fetchall()[0][0]
print("duckdb: max", duck_max, "arg_max", duck_run, "first by order", duck_first, "runs above 100:", duck_above)
first = runs.sort("psnr", descending=True)["run"][0]
above = runs.filter(polars.col("psnr") > 100)["run"].to_list()
best = runs["run"][runs["psnr"].arg_max()]
print("polars: max", runs["psnr"].max(), "arg_max", best, "first by order", first, "runs above 100:", above)
check(duck_max != duck_max and (duck_run, duck_first, duck_above) == (2, 2, 1), "duckdb's order")
check(runs["psnr"].max() == 31.0 and best == 3 and first == 2 and above == [2], "polars' order")
print("as recorded")
PY
