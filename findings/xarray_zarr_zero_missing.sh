#!/usr/bin/env bash
# Expected: an array with zeros in it, written with zarr, has zeros in it when xarray opens it.
# Seen (zarr 3.1.6, xarray 2026.9.0): in zarr format 2 every zero is read as NaN: zarr's default fill
# value 0 means "not written" there, and xarray takes it for the CF attribute "missing". In format 3
# the same program gives zeros. mask_and_scale=False reads the numbers.
# Why it matters: masks, sparse codes and background pixels become missing values, and every mean over
# them is a mean of the non-zero entries.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 xarray==2026.9.0 zarr==3.1.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import warnings

import numpy as np
import xarray
import zarr

print("xarray", xarray.__version__, "zarr", zarr.__version__)
seen = {}
for form in (2, 3):
    group = zarr.open_group(f"data{form}", mode="w", zarr_format=form)
    names = {"dimension_names": ["x"]} if form == 3 else {}
    array = group.create_array("image", shape=(4,), chunks=(2,), dtype="f4", fill_value=0, **names)
    if form == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["x"]
    array[:] = np.array([0, 1, 0, 3], np.float32)
    seen[form] = xarray.open_zarr(f"data{form}", consolidated=False)["image"].values.tolist()
    print("format", form, "zarr", array[:].tolist(), "xarray", seen[form])
raw = xarray.open_zarr("data2", consolidated=False, mask_and_scale=False)["image"].values.tolist()
print("format 2, mask_and_scale=False", raw)
check(str(seen[2]) == "[nan, 1.0, nan, 3.0]", "format 2")
check(seen[3] == raw == [0, 1, 0, 3], "format 3 and the raw numbers")
print("as recorded")
PY
