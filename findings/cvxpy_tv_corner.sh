#!/usr/bin/env bash
# Expected: cvxpy.tv of an image is the isotropic total variation with differences ending at the
# border, as in Chambolle's method: each pixel has an influence.
# Seen (cvxpy 1.9.3): differences along the last row and along the last column are left out, and the
# lower right pixel does not occur at all: an image with a single 1 has total variation 3.41 inside, 1
# in the last row and 0 in that corner. Denoising leaves the corner pixel as noisy as it was.
# Why it matters: as reference for a TV solver it differs by a border effect that looks like an error
# of the solver under test, most on the small images on which references are computed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 cvxpy==1.9.3

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import cvxpy
import numpy as np

print("cvxpy", cvxpy.__version__)


def total_variation(row, column):
    image = np.zeros((4, 4))
    image[row, column] = 1
    return float(cvxpy.tv(image).value)


inside, edge, corner = total_variation(1, 1), total_variation(3, 1), total_variation(3, 3)
print("single 1 inside", inside, "in the last row", edge, "in the last corner", corner,
      "in the first corner", total_variation(0, 0))
noisy = np.zeros((4, 4))
noisy[3, 3] = 1
image = cvxpy.Variable((4, 4))
cvxpy.Problem(cvxpy.Minimize(0.5 * cvxpy.sum_squares(image - noisy) + 0.2 * cvxpy.tv(image))).solve()
print("denoised:", image.value.round(4)[2:].tolist())
check(abs(inside - 3.4142) < 1e-3 and edge == 1 and corner == 0, "total variations")
check(abs(image.value[3, 3] - 1) < 1e-4, "the corner pixel after denoising")
print("as recorded")
PY
