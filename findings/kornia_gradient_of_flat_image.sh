#!/usr/bin/env bash
# Expected: the Sobel gradient magnitude of a constant image is 0.
# Seen (kornia 0.9.0): it is 0.001 everywhere: 1e-6 is added under the square root. For images in 0..1
# weak edges below 0.001 all read about the same.
# Why it matters: a total-variation or edge loss on flat images has a floor of 0.001 a pixel instead
# of 0, sparsity of gradients cannot be counted, and the value is not proportional to the image:
# halving the contrast does not halve the sum.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 torch==2.13.0 kornia==0.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import kornia
import torch

print("kornia", kornia.__version__)
flat = kornia.filters.sobel(torch.zeros(1, 1, 8, 8))
ramp = torch.arange(8.0).repeat(8, 1)[None, None] * 1e-3
strong, weak = kornia.filters.sobel(ramp)[0, 0, 4, 4].item(), kornia.filters.sobel(ramp / 10)[0, 0, 4, 4].item()
print("flat image:", flat.min().item(), "to", flat.max().item(), " ramp of 1e-3 a pixel:", strong, " of 1e-4:", weak)
check(abs(flat - 1e-3).max() < 1e-6, "the flat image")
check(abs(strong - 2 ** 0.5 * 1e-3) < 1e-5 and weak > 1e-3, "weak ramps")
print("as recorded")
PY
