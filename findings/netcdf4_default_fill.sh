#!/usr/bin/env bash
# Expected: values of a variable that has no _FillValue are all valid.
# Seen (netCDF4 1.7.5, xarray 2026.9.0): netCDF4 masks the library's default fill values all the same:
# -32767 in 16-bit data, -127 in signed bytes, 9.97e36 in floats. xarray reads the same file as plain
# numbers.
# Why it matters: full-scale 16-bit recordings reach -32767; that sample disappears from sums and
# means in one reader and is there in the other. set_auto_mask(False) reads everything.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 netCDF4==1.7.5.1.post1 xarray==2026.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import netCDF4
import numpy as np
import xarray
from importlib.metadata import version

print("netCDF4", version("netCDF4"), "xarray", xarray.__version__)
kinds = {"i2": -32767, "i1": -127, "f8": 9.969209968386869e36}
with netCDF4.Dataset("a.nc", "w") as file:
    file.createDimension("x", 3)
    for kind, value in kinds.items():
        file.createVariable(kind, kind, ("x",))[:] = [1, value, 3]
with netCDF4.Dataset("a.nc") as file:
    plain = xarray.open_dataset("a.nc")
    for kind, value in kinds.items():
        read = file[kind][:]
        print(kind, "netCDF4", read, "xarray", plain[kind].values)
        check(np.ma.is_masked(read) and read.mask.tolist() == [False, True, False], "netCDF4's mask")
        check(plain[kind].values.tolist() == [1, value, 3], "xarray's values")
print("as recorded")
PY
