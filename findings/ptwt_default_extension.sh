#!/usr/bin/env bash
# Expected: ptwt follows PyWavelets' interface, so wavedec(x, "db2") without a mode gives the
# coefficients of pywt.wavedec(x, "db2").
# Seen (ptwt 1.0.1, PyWavelets 1.9.0): the default extension is "reflect" (edge sample not repeated)
# in ptwt and "symmetric" (edge sample repeated) in PyWavelets: the coefficients at both ends differ,
# the middle agrees. Each inverts its own, so a round trip within one library shows nothing.
# Why it matters: coefficients thresholded in one and inverted in the other, or a torch port of a
# reference, are wrong in a frame around the image only, wider with each level.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 torch==2.13.0 ptwt==1.0.1 PyWavelets==1.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import ptwt
import pywt
import torch
from importlib.metadata import version

print("ptwt", version("ptwt"), "PyWavelets", pywt.__version__)
signal = np.random.default_rng(0).standard_normal(32)
first = pywt.wavedec(signal, "db2", level=1)[0]
other = ptwt.wavedec(torch.tensor(signal), "db2", level=1)[0].numpy().ravel()
same = ptwt.wavedec(torch.tensor(signal), "db2", level=1, mode="symmetric")[0].numpy().ravel()
differ = np.flatnonzero(abs(first - other) > 1e-9).tolist()
print("coefficients that differ with the defaults:", differ, "of", len(first))
print("with mode='symmetric' in both:", np.flatnonzero(abs(first - same) > 1e-9).tolist())
check(differ == [0, len(first) - 1], "the defaults")
check(np.allclose(first, same), "equal modes")
print("as recorded")
PY
