#!/usr/bin/env bash
# Expected: scan_0.5.npy and scan_0.7.npy in a WebDataset archive are two samples with a field "npy".
# Seen (webdataset 1.0.2): the name is cut at the first dot, not the last: both belong to one sample
# "scan_0" with the fields "5.npy" and "7.npy".
# Why it matters: file names with noise levels, rates or angles in them merge: the data set is shorter
# than the archive, and code that reads the field "npy" finds nothing. Write numbers without dots.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 webdataset==1.0.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import io
import tarfile

import numpy as np
import webdataset
from importlib.metadata import version

print("webdataset", version("webdataset"))
with tarfile.open("scans.tar", "w") as archive:
    for name in ("scan_0.5.npy", "scan_0.7.npy"):
        buffer = io.BytesIO()
        np.save(buffer, np.ones(2))
        member = tarfile.TarInfo(name)
        member.size = buffer.tell()
        buffer.seek(0)
        archive.addfile(member, buffer)
samples = [(s["__key__"], sorted(k for k in s if not k.startswith("__")))
           for s in webdataset.WebDataset("scans.tar", shardshuffle=False)]
print("two files give", samples)
check(samples == [("scan_0", ["5.npy", "7.npy"])], "keys and fields")
print("as recorded")
PY
