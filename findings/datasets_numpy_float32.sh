#!/usr/bin/env bash
# Expected: a column stored as float64 comes back as float64 in the "numpy" format of Hugging Face
# datasets.
# Seen (datasets 5.2.0): it comes back as float32 (with_format("torch") too): 1/3 loses nine digits
# and 1e300 becomes infinite, while ds.features still says float64. with_format("numpy",
# dtype=numpy.float64) keeps it.
# Why it matters: reference reconstructions, phases and time stamps of measurements are stored in
# double on purpose; errors of 1e-8 relative come from the reader, not from the method.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 datasets==5.2.0 pyarrow==26.0.1

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import datasets
import numpy as np

print("datasets", datasets.__version__)
data = datasets.Dataset.from_dict({"x": [[1 / 3, 1e300]]})
default = data.with_format("numpy")[0]["x"]
kept = data.with_format("numpy", dtype=np.float64)[0]["x"]
print("stored", data.features["x"], "read", default.dtype, default.tolist(), "with dtype", kept.dtype, kept.tolist())
check(default.dtype == np.float32 and np.isinf(default[1]), "the default")
check(kept.dtype == np.float64 and kept.tolist() == [1 / 3, 1e300], "with dtype")
print("as recorded")
PY
