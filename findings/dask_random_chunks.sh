#!/usr/bin/env bash
# Expected: dask.array.random.default_rng(1).normal(size=n) is the same array whatever the chunks:
# chunks say how it is computed.
# Seen (dask 2026.8.0): each chunk has a stream of its own, so the numbers beyond the first chunk
# change with the chunk size.
# Why it matters: noise added to a large volume is another realisation when the chunks are tuned for a
# machine's memory, or chosen by "auto", which depends on the configured chunk size.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 dask==2026.8.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import dask
import dask.array as da
import numpy as np

print("dask", dask.__version__)


def draw(chunks):
    return da.random.default_rng(1).normal(size=8, chunks=chunks).compute()


whole, halves = draw(8), draw(4)
print("one chunk ", whole.round(3).tolist())
print("two chunks", halves.round(3).tolist())
check(np.array_equal(draw(4), halves), "the same chunks repeat")
check((whole[:4] == halves[:4]).all() and (whole[4:] != halves[4:]).all(), "other chunks")
print("as recorded")
PY
