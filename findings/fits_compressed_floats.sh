#!/usr/bin/env bash
# Expected: a compressed FITS image is losslessly compressed unless one asks for something else, as a
# compressed TIFF, HDF5 or netCDF is.
# Seen (astropy 8.0.2): CompImageHDU of floats quantises by default (quantize_level 16: a sixteenth of
# the noise that it estimates): noise of standard deviation 3 comes back with errors up to 0.12 and
# only a few dozen values a row. compression_type="GZIP_2" with quantize_level=0 is lossless.
# Why it matters: residuals, difference images and simulated references lose what is below the noise,
# which is just what a reconstruction is judged by.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 astropy==8.0.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import astropy
import numpy as np
from astropy.io import fits

print("astropy", astropy.__version__)
image = (100 + 3 * np.random.default_rng(0).standard_normal((64, 64))).astype(np.float32)
fits.CompImageHDU(image).writeto("default.fits")
fits.CompImageHDU(image, compression_type="GZIP_2", quantize_level=0).writeto("exact.fits")
default, exact = fits.getdata("default.fits"), fits.getdata("exact.fits")
print("default: largest error", float(abs(default - image).max()), "different values in the first row",
      len(np.unique(default[0])), "of 64; GZIP_2, quantize_level=0: largest error", float(abs(exact - image).max()))
check(0.05 < abs(default - image).max() < 0.3, "the default")
check((exact == image).all(), "the lossless one")
print("as recorded")
PY
