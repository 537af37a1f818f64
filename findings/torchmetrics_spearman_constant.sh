#!/usr/bin/env bash
# Expected: a rank correlation with a constant list is undefined: NaN, as in scipy and as
# torchmetrics' own Pearson and Kendall.
# Seen (torchmetrics 1.9.0): SpearmanCorrCoef gives exactly 0.0: a small number is added to the
# denominator. Kendall and Pearson give NaN.
# Why it matters: a predictor of architectures that says the same for all, or a seed in which all
# finals are equal, is averaged over seeds as "no correlation" in one column and is missing in the
# next.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 torch==2.13.0 torchmetrics==1.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import warnings

import torch
import torchmetrics
from scipy import stats
from torchmetrics import functional

warnings.simplefilter("ignore")
print("torchmetrics", torchmetrics.__version__)
constant, rising = torch.ones(10), torch.arange(10.0)
spearman = functional.spearman_corrcoef(constant, rising).item()
kendall = functional.kendall_rank_corrcoef(constant, rising).item()
pearson = functional.pearson_corrcoef(constant, rising).item()
other = stats.spearmanr(constant.numpy(), rising.numpy()).statistic
print("constant against rising: Spearman", spearman, "Kendall", kendall, "Pearson", pearson, " scipy's Spearman", other)
check(spearman == 0.0, "Spearman")
check(kendall != kendall and pearson != pearson and other != other, "the others")
print("as recorded")
PY
