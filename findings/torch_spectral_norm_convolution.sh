#!/usr/bin/env bash
# Expected: a convolution under spectral_norm has Lipschitz constant 1.
# Seen (torch 2.13.0): the kernel is reshaped to a matrix (channels out, channels in * height * width)
# and that matrix gets norm 1; the operator on images has another norm, here 1.48 for a 3x3 kernel of
# four channels with zero padding.
# Why it matters: plug-and-play and deep-equilibrium reconstructions need a denoiser whose layers are
# non-expansive; with this layer three such convolutions in a row may expand by a factor of three, and
# the iteration's convergence proof does not apply.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import torch

print("torch", torch.__version__)
torch.manual_seed(0)
layer = torch.nn.utils.parametrizations.spectral_norm(
    torch.nn.Conv2d(4, 4, 3, padding=1, bias=False), n_power_iterations=100)
image = torch.zeros(1, 4, 8, 8)
for _ in range(5):
    layer(image)
layer.eval()
matrix = layer.weight.detach().flatten(1)
jacobian = torch.autograd.functional.jacobian(lambda x: layer(x.view(1, 4, 8, 8)).ravel(), torch.zeros(256))
norm = torch.linalg.matrix_norm(jacobian, 2).item()
print("norm of the reshaped kernel", round(torch.linalg.matrix_norm(matrix, 2).item(), 4))
print("norm of the convolution on 8 x 8 images", round(norm, 4))
check(abs(torch.linalg.matrix_norm(matrix, 2).item() - 1) < 1e-3, "the reshaped kernel's norm")
check(1.3 < norm < 1.7, "the operator's norm")
print("as recorded")
PY
