#!/usr/bin/env bash
# Expected: a NumPy scalar passed to Lua through lupa is a number or a boolean there, since Python
# numbers are.
# Seen (lupa 2.8): np.float64 (a Python float by inheritance) becomes a number; np.float32 and
# np.int64 become opaque objects: no arithmetic, and equality with a number is false; np.bool_(False)
# is an object too, and so it is true in every "if".
# Why it matters: losses taken from float32 arrays and conditions such as (a < b).all() are of these
# types; "if converged then" holds at once. Convert with .item() at the border.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 lupa==2.8

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import lupa
import numpy as np
from importlib.metadata import version

lua = lupa.LuaRuntime()
print("lupa", version("lupa"), lua.lua_implementation)
kind = lua.eval("function(x) return type(x) end")
holds = lua.eval("function(x) if x then return 'taken' else return 'not taken' end end")
equal = lua.eval("function(x) return x == 1 end")
kinds = {type(v).__name__: kind(v) for v in (1.0, np.float64(1), np.float32(1), np.int64(1), np.bool_(True))}
print(kinds)
print("np.float32(1) == 1 in Lua:", equal(np.float32(1)), " np.float64(1) == 1:", equal(np.float64(1)))
print("if False:", holds(False), " if np.bool_(False):", holds(np.bool_(False)))
check(kinds["float64"] == "number" and kinds["float32"] == kinds["int64"] == "userdata", "types in Lua")
check(equal(np.float64(1)) and not equal(np.float32(1)), "equality")
check(holds(False) == "not taken" and holds(np.bool_(False)) == "taken", "truth of np.bool_")
print("as recorded")
PY
