#!/usr/bin/env bash
# Expected: numpy.linalg.pinv chooses its threshold for small singular values from the type, as
# matrix_rank, lstsq, scipy.linalg.pinv and torch.linalg.pinv do.
# Seen (numpy 2.4.6): the default is 1e-15 times the largest singular value also for float32, whose
# rounding is 1e-7: a float32 matrix of rank 5 gets a "pseudo-inverse" with entries of several
# millions, and A P A is not A. matrix_rank of the same matrix says 5; scipy and torch give entries of
# a few hundredths.
# Why it matters: pseudo-inverses of rank-deficient measurement operators (masks, blurs, tomography)
# are starting points and baselines; in float32 this one returns amplified rounding noise without a
# warning.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 torch==2.13.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import scipy
import torch

print("numpy", np.__version__, "scipy", scipy.__version__, "torch", torch.__version__)
random = np.random.default_rng(0)
matrix = (random.standard_normal((30, 5)) @ random.standard_normal((5, 20))).astype(np.float32)
results = {
    "numpy": np.linalg.pinv(matrix),
    "numpy, rcond 2e-6": np.linalg.pinv(matrix, rcond=2e-6),
    "scipy": scipy.linalg.pinv(matrix),
    "torch": torch.linalg.pinv(torch.tensor(matrix)).numpy(),
}
print("matrix_rank", np.linalg.matrix_rank(matrix))
for name, inverse in results.items():
    error = abs(matrix @ inverse @ matrix - matrix).max()
    print(f"{name}: largest entry {abs(inverse).max():.3g}, largest |A P A - A| {error:.3g}")
check(abs(results["numpy"]).max() > 1e4, "numpy's default in float32")
check(all(abs(v).max() < 1 for k, v in results.items() if k != "numpy"), "the others")
print("as recorded")
PY
