#!/usr/bin/env bash
# Expected: a test of two groups is most certain when every value of one is below every value of the
# other.
# Seen (scipy 1.17.1): brunnermunzel of completely separated groups has statistic inf and p-value NaN,
# for any group size: the variance estimate is 0 and the degrees of freedom are 0/0. mannwhitneyu
# gives the exact p.
# Why it matters: the clearest improvement of one search over another is reported as "no result", and
# a filter such as p < 0.05 drops it.
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
for count in (4, 10):
    low = np.arange(count, dtype=float)
    high = low + count
    result = stats.brunnermunzel(low, high)
    exact = stats.mannwhitneyu(low, high).pvalue
    print(f"{count} against {count}, separated: brunnermunzel statistic {result.statistic}, p {result.pvalue}; "
          f"mannwhitneyu p {exact:.2g}")
    check(np.isnan(result.pvalue) and exact < 0.03, "p of separated groups")
print("as recorded")
PY
