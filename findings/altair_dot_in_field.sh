#!/usr/bin/env bash
# Expected: a column "psnr.mean" can be plotted like "psnr_mean", or altair says that it cannot.
# Seen (altair 6.3.0, vl-convert 1.9.0): the dot is read as "field mean of object psnr": all values
# are undefined, the axis runs from NaN to NaN, and a chart without a point comes out, without an
# error. "psnr\\.mean" works.
# Why it matters: flattened tables of results (pandas.json_normalize, names of grouped statistics,
# logged metrics) have dotted names; an empty plot is taken for missing data.
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


import re

import altair
import pandas
import vl_convert

print("altair", altair.__version__, "vl-convert", vl_convert.__version__)
table = pandas.DataFrame({"step": [1, 2, 3], "psnr.mean": [30.0, 31.0, 32.0]})


def axis(field):
    chart = altair.Chart(table).mark_point().encode(x="step:Q", y=altair.Y(field, type="quantitative"))
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    return re.search(r'aria-label="Y-axis[^"]*values from ([^"]*)"', svg).group(1)


plain, escaped = axis("psnr.mean"), axis("psnr\\.mean")
print("psnr.mean: axis from", plain, " escaped: axis from", escaped)
check(plain == "NaN to NaN" and escaped.startswith("0 to 3"), "the axes")
print("as recorded")
PY
