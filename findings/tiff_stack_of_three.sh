#!/usr/bin/env bash
# Expected: a stack of three slices (3, 20, 30) is written and read like a stack of two or five.
# Seen (tifffile 2026.3.3, scikit-image 0.26.0): with three or four slices, floats too, tifffile marks
# the file as one RGB image of separate planes, and skimage.io.imread returns (20, 30, 3) or (20, 30,
# 4); with two or five it returns (n, 20, 30). photometric="minisblack" mends the file, but not
# skimage, which moves a first axis of length 3 or 4 to the end in any case; tifffile.imread returns
# the stack.
# Why it matters: focal series and batches of three reconstructions change axes, so an index meant for
# the slice picks a row; code tested on five slices does not show it.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 tifffile==2026.3.3 scikit-image==0.26.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import warnings

import numpy as np
import skimage
import skimage.io
import tifffile

print("tifffile", tifffile.__version__, "scikit-image", skimage.__version__)
warnings.simplefilter("ignore")


def shapes(count, **options):
    tifffile.imwrite("a.tif", np.zeros((count, 20, 30), np.float32), **options)
    with tifffile.TiffFile("a.tif") as file:
        kind = file.pages[0].photometric.name
    return kind, tifffile.imread("a.tif").shape, skimage.io.imread("a.tif").shape


seen = {n: shapes(n) for n in (2, 3, 4, 5)}
gray = shapes(3, photometric="minisblack")
for count, row in seen.items():
    print(count, "slices: marked", row[0], "tifffile", row[1], "skimage", row[2])
print("3 slices, photometric='minisblack': marked", gray[0], "tifffile", gray[1], "skimage", gray[2])
check(seen[2][2] == (2, 20, 30) and seen[5][2] == (5, 20, 30), "two and five slices")
check(seen[3][::2] == ("RGB", (20, 30, 3)) and seen[4][::2] == ("RGB", (20, 30, 4)), "three and four slices")
check(gray == ("MINISBLACK", (3, 20, 30), (20, 30, 3)), "three slices marked as grey")
print("as recorded")
PY
