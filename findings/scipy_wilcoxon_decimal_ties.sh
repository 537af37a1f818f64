#!/usr/bin/env bash
# Expected: scores reported to one decimal, 24.1 against 24.0 and so on, give the same signed-rank
# test as the same scores in tenths, 241 against 240.
# Seen (scipy 1.17.1): differences such as 24.1 - 24.0 and 25.5 - 25.4 are not equal in binary, so
# what are ties (mean ranks) become an arbitrary order decided by rounding errors: W = 8 instead of 7,
# p = 0.195 instead of 0.180.
# Why it matters: published PSNR tables have two decimals and many ties; the p-value of a comparison
# then depends on representation error. Round the differences before the test, or use integers.
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


import numpy as np
import scipy
from scipy import stats

print("scipy", scipy.__version__)
a = np.array([24.1, 24.3, 25.0, 26.2, 23.9, 24.4, 25.5, 24.8])
b = np.array([24.0, 24.2, 25.1, 26.0, 23.8, 24.5, 25.4, 24.5])
decimal = stats.wilcoxon(a, b)
tenths = stats.wilcoxon(np.round(10 * a), np.round(10 * b))
rounded = stats.wilcoxon(np.round(a - b, 6))
print("decimals: W", decimal.statistic, "p", round(decimal.pvalue, 4))
print("tenths:   W", tenths.statistic, "p", round(tenths.pvalue, 4))
print("rounded differences: W", rounded.statistic, "p", round(rounded.pvalue, 4))
check(decimal.statistic == 8 and abs(decimal.pvalue - 0.1953) < 1e-3, "decimals")
check(tenths.statistic == rounded.statistic == 7 and abs(tenths.pvalue - 0.1797) < 1e-3, "tenths")
print("as recorded")
PY
