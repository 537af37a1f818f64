#!/usr/bin/env bash
# Expected: torch.compile does not change results beyond rounding, so a compiled function gives the
# same dropout mask after the same seed.
# Seen (torch 2.13.0, CPU, needs a C++ compiler): the compiled function uses a generator of its own
# kind: after torch.manual_seed(0) the mask, and randn, differ from the eager ones; each repeats
# itself.
# Why it matters: a search that is compiled and one that is not are different trials under the same
# seed, so neither losses nor found architectures can be compared one to one.
# torch._inductor.config.fallback_random = True gives the eager numbers.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 setuptools==80.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import torch
import torch._inductor.config

print("torch", torch.__version__)


def noise(count):
    return torch.randn(count)


def draw(function):
    torch.manual_seed(0)
    return function(20)


compiled = torch.compile(noise)
print("eager   ", draw(noise)[:4].tolist())
print("compiled", draw(compiled)[:4].tolist())
check(torch.equal(draw(compiled), draw(compiled)), "the compiled function repeats itself")
check(not torch.equal(draw(compiled), draw(noise)), "compiled and eager numbers differ")
torch._dynamo.reset()
torch._inductor.config.fallback_random = True
again = torch.compile(noise)
print("fallback_random", draw(again)[:4].tolist())
check(torch.equal(draw(again), draw(noise)), "fallback_random gives the eager numbers")
print("as recorded")
PY
