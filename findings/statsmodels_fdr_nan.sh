#!/usr/bin/env bash
# Expected: a NaN among p-values (a test that could not be done) is left out of the correction, or
# refused.
# Seen (statsmodels 0.15.0): multipletests(method="fdr_bh") of .01, .02, NaN, .04 returns NaN for all
# adjusted values and at the same time rejects the first two; "holm" and "bonferroni" count the NaN as
# a fourth test.
# Why it matters: a comparison of identical reconstructions gives a NaN p-value; the table of a study
# then shows no adjusted p at all next to hypotheses marked as rejected, or every p is multiplied by
# too large a count. Drop NaN first.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import statsmodels
from statsmodels.stats.multitest import multipletests

print("statsmodels", statsmodels.__version__)
values = np.array([0.01, 0.02, np.nan, 0.04])
seen = {}
for method in ("fdr_bh", "holm", "bonferroni"):
    reject, adjusted = multipletests(values, method=method)[:2]
    seen[method] = (reject.tolist(), adjusted)
    clean = multipletests(values[~np.isnan(values)], method=method)[1]
    print(method, "reject", reject.tolist(), "adjusted", adjusted, "without the NaN", clean)
check(np.isnan(seen["fdr_bh"][1]).all() and seen["fdr_bh"][0][:2] == [True, True], "fdr_bh")
check(np.allclose(seen["bonferroni"][1][[0, 1, 3]], [0.04, 0.08, 0.16]), "bonferroni")
print("as recorded")
PY
