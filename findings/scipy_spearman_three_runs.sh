#!/usr/bin/env bash
# Expected: the p-value of a rank correlation of three pairs cannot fall below 1/3 (two of the six
# orders are as extreme), as kendalltau says; small samples are treated exactly.
# Seen (scipy 1.17.1): spearmanr of three pairs in the same order has p = 0.0 exactly, and so has four
# pairs: the t approximation divides by 1 - r^2 = 0. kendalltau gives 0.333 and 0.083.
# Why it matters: "one-shot score against final score" over three or four architectures is then
# perfectly significant. scipy.stats.permutation_test with spearmanr's statistic gives the exact
# value.
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
for count in (3, 4):
    ranks = np.arange(count)
    exact = stats.permutation_test((ranks,), lambda x: stats.spearmanr(x, ranks).statistic,
                                   permutation_type="pairings", n_resamples=np.inf).pvalue
    spearman = stats.spearmanr(ranks, ranks).pvalue
    kendall = stats.kendalltau(ranks, ranks).pvalue
    print(f"{count} pairs in the same order: spearmanr p {spearman}, kendalltau p {kendall:.4f}, exact {exact:.4f}")
    check(spearman == 0.0, "spearmanr's p of perfect agreement")
    check(abs(kendall - exact) < 1e-9, "the exact values")
print("as recorded")
PY
