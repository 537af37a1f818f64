#!/usr/bin/env bash
# Expected: log-determinant and solve of a symmetric positive matrix with linear_operator (the linear
# algebra of GPyTorch) are those of a factorisation, up to rounding; if a faster way is taken, it is
# as exact.
# Seen (linear_operator 0.6.1): up to 800 rows they are exact; with 801 rows the log-determinant is a
# random estimate (ten probes) that changes from call to call by several per cent, and the solution is
# conjugate gradients stopped at a residual of per cents.
# Why it matters: evidence and marginal likelihoods compare hyperparameters by differences of a few
# units; beyond 800 measurements, without any change of the program, they are noise of that size.
# settings.fast_computations(False, False, False) gives the exact way.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 torch==2.13.0 linear_operator==0.6.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import linear_operator
import torch
from importlib.metadata import version
from linear_operator.operators import DenseLinearOperator

print("linear_operator", version("linear_operator"), "torch", torch.__version__)
torch.manual_seed(0)
seen = {}
for size in (800, 801):
    factor = torch.randn(size, size, dtype=torch.float64)
    matrix = factor @ factor.T / size + 0.1 * torch.eye(size, dtype=torch.float64)
    ones = torch.ones(size, 1, dtype=torch.float64)
    operator = DenseLinearOperator(matrix)
    exact = torch.logdet(matrix).item()
    estimates = [DenseLinearOperator(matrix).logdet().item() for _ in range(3)]
    residual = ((matrix @ operator.solve(ones) - ones).norm() / ones.norm()).item()
    seen[size] = (exact, estimates, residual)
    print(f"{size} rows: exact {exact:.3f}, three calls {[round(e, 3) for e in estimates]}, "
          f"residual of solve {residual:.2g}")
exact, estimates, residual = seen[800]
check(all(abs(e - exact) < 1e-6 for e in estimates) and residual < 1e-10, "800 rows")
exact, estimates, residual = seen[801]
with linear_operator.settings.fast_computations(False, False, False):
    slow = DenseLinearOperator(matrix).logdet().item()
print("801 rows with fast_computations off:", round(slow, 3))
check(abs(slow - exact) < 1e-6, "fast_computations off")
check(len(set(estimates)) == 3 and residual > 1e-3, "801 rows")
print("as recorded")
PY
