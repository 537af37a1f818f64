#!/usr/bin/env bash
# Expected: each name in NpzFile.files reads the array that was saved under it.
# Seen (numpy 2.4.6): with arrays "w" and "w.npy" in one archive both names return the first: a name
# is looked up as member "w.npy" before ".npy" is added to it, and that member belongs to "w". The
# second array is in the file and cannot be reached by its name.
# Why it matters: archives whose keys are file names (one entry for each of a folder of .npy signals,
# next to derived ones without the ending) silently give the wrong signal.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np

print("numpy", np.__version__)
np.savez("a.npz", **{"w": 1, "w.npy": 2})
archive = np.load("a.npz")
read = {name: int(archive[name]) for name in archive.files}
print("saved w: 1, w.npy: 2; read", read, " as w.npy.npy:", int(archive["w.npy.npy"]))
check(read == {"w": 1, "w.npy": 1} and int(archive["w.npy.npy"]) == 2, "names in the archive")
print("as recorded")
PY
