#!/usr/bin/env bash
# Expected: writing 300 and -5 into an array of unsigned bytes gives the same in HDF5, netCDF-4 (which
# is HDF5 inside) and zarr; numpy's cast wraps to 44 and 251.
# Seen (h5py 3.16.0, netCDF4 1.7.5, zarr 3.1.6): HDF5 clamps to 255 and 0, also when reading with
# dataset.astype("u1"), whereas dataset[:].astype("u1") wraps; zarr and netCDF4 convert through numpy
# and wrap.
# Why it matters: a reconstruction stored as bytes is clipped in one format and has black specks in
# its brightest spots in the other; and two ways of reading the same HDF5 data set, that look alike,
# differ.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 h5py==3.16.0 netCDF4==1.7.5.1.post1 zarr==3.1.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import h5py
import netCDF4
import numpy as np
import zarr
from importlib.metadata import version

print("h5py", h5py.__version__, "netCDF4", version("netCDF4"), "zarr", zarr.__version__)
values = np.array([300, -5, 42])
with h5py.File("a.h5", "w") as file:
    written = file.create_dataset("bytes", data=values, dtype="u1")[:].tolist()
    wide = file.create_dataset("wide", data=values)
    view, copy = wide.astype("u1")[:].tolist(), wide[:].astype("u1").tolist()
with netCDF4.Dataset("a.nc", "w") as file:
    file.createDimension("x", 3)
    variable = file.createVariable("bytes", "u1", ("x",))
    variable[:] = values
    file.set_auto_mask(False)
    net = variable[:].tolist()
array = zarr.create_array("a.zarr", shape=(3,), dtype="u1", chunks=(3,))
array[:] = values
print("h5py written", written, "read by dataset.astype", view, "by dataset[:].astype", copy)
print("netCDF4", net, "zarr", array[:].tolist())
check(written == view == [255, 0, 42], "HDF5's conversion")
check(copy == array[:].tolist() == net == [44, 251, 42], "numpy's conversion")
print("as recorded")
PY
