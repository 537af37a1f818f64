#!/usr/bin/env bash
# Expected: the interquartile mean averages the middle half of the scores, whatever their number, so
# one diverged run of three or four has little effect.
# Seen (rliable 1.2.0, scipy 1.17.1): a quarter of the number is cut down to a whole number and that
# many are dropped at each end. With three runs nothing is dropped: the IQM is the plain mean; with
# seven, one at each end (71 % kept); with ten, two at each end (60 % kept).
# Why it matters: comparisons of searches often have three runs on one task, just where robustness was
# wanted; and IQMs of studies with different numbers of runs trim different shares.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1
venv/bin/pip install --quiet --no-compile --disable-pip-version-check --no-deps rliable==1.2.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
from importlib.metadata import version
from rliable import metrics

print("rliable", version("rliable"), "scipy", version("scipy"))
for count in (3, 4, 7, 8, 10):
    scores = np.arange(count, dtype=float)[:, None] ** 2
    cut = count // 4
    print(f"{count} runs: {cut} dropped at each end, {(count - 2 * cut) / count:.0%} kept, "
          f"IQM {metrics.aggregate_iqm(scores):.4f}, mean {scores.mean():.4f}")
    check(abs(metrics.aggregate_iqm(scores) - scores[cut:count - cut].mean()) < 1e-9, "what is averaged")
three = np.array([[30.0], [31.0], [2.0]])
print("runs 30, 31, 2: IQM", metrics.aggregate_iqm(three), "mean", three.mean())
check(metrics.aggregate_iqm(three) == three.mean(), "three runs")
print("as recorded")
PY
