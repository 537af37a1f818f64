#!/usr/bin/env bash
# Expected: the same chart specification and the same data give the same picture.
# Seen (altair 6.3.0, vl-convert 1.9.0): a confidence interval (mark_errorbar(extent="ci"), aggregates
# ci0 and ci1) is bootstrapped inside Vega with an unseeded generator: every rendering has other ends.
# extent="stderr" and "stdev" repeat.
# Why it matters: a notebook that is run again shows a changed figure, tests that compare pictures
# fail, and the interval in the figure is not the one computed for the table.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 altair==6.3.0 vl-convert-python==1.9.0.post1 pandas==3.1.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import altair
import numpy as np
import pandas
import vl_convert

print("altair", altair.__version__, "vl-convert", vl_convert.__version__)
table = pandas.DataFrame({"group": "a", "score": np.random.default_rng(0).random(8)})


def pictures(extent):
    chart = altair.Chart(table).mark_errorbar(extent=extent).encode(x="score:Q", y="group:N")
    return len({vl_convert.vegalite_to_svg(chart.to_json()) for _ in range(3)})


print("different pictures of three: ci", pictures("ci"), " stderr", pictures("stderr"))
check(pictures("ci") > 1 and pictures("stderr") == 1, "repeated renderings")
print("as recorded")
PY
