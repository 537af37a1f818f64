#!/usr/bin/env bash
# Expected: hp.quniform("x", 0, 10, 5) takes 0, 5 and 10 with the same probability.
# Seen (hyperopt 0.3.0): it rounds a uniform number to the nearest multiple, so the two ends have half
# the weight of the others: 25 %, 50 %, 25 %.
# Why it matters: numbers of layers, widths and kernel sizes at the ends of the range are tried half
# as often, also by plain random search, the baseline of architecture search: with three values it is
# a different baseline. Use hp.choice, or a range wider by half a step on each side.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 hyperopt==0.3.0 setuptools==80.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import collections
from importlib.metadata import version

import numpy as np
from hyperopt import hp
from hyperopt.pyll.stochastic import sample

print("hyperopt", version("hyperopt"))
space = hp.quniform("x", 0, 10, 5)
random = np.random.default_rng(0)
shares = collections.Counter(float(sample(space, rng=random)) for _ in range(2000))
print("shares of 2000 draws:", {k: shares[k] / 2000 for k in sorted(shares)})
check(set(shares) == {0.0, 5.0, 10.0}, "values drawn")
check(abs(shares[5.0] / 2000 - 0.5) < 0.04 and abs(shares[0.0] / 2000 - 0.25) < 0.04, "their shares")
print("as recorded")
PY
