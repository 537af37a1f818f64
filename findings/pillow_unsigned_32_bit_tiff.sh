#!/usr/bin/env bash
# Expected: a 32-bit unsigned TIFF (photon counts, label images) is read with its values or refused.
# Seen (pillow 13.0.0): values from 2**31 on come back negative: 3000000000 is read as -1294967296,
# type int32. tifffile 2026.3.3 reads it right. (Signed 16-bit data are right in both.)
# Why it matters: accumulated detector counts and instance labels made by hashing lie in that range;
# the image shows black specks where it is brightest.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 tifffile==2026.3.3 pillow==13.0.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import PIL
import tifffile
from PIL import Image

print("pillow", PIL.__version__, "tifffile", tifffile.__version__)
tifffile.imwrite("a.tif", np.array([[3_000_000_000, 1]], np.uint32))
pillow = np.array(Image.open("a.tif"))
right = tifffile.imread("a.tif")
print("Pillow", pillow.dtype, pillow.tolist(), " tifffile", right.dtype, right.tolist())
check(pillow.tolist() == [[-1294967296, 1]] and right.tolist() == [[3_000_000_000, 1]], "values read")
print("as recorded")
PY
