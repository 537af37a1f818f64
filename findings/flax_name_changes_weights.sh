#!/usr/bin/env bash
# Expected: the initial weights follow from the key and the shapes; a layer's name is a label.
# Seen (flax 0.12.8, linen): the name's path is hashed into the key. The same layer called "a" and "b"
# starts from different weights, and a module wrapped in another, or an unnamed layer put before it
# (which renumbers the others), starts anew under the same key.
# Why it matters: two cells of a search that differ by one operation do not share the initial weights
# of the operations they have in common, unless these are named explicitly: a difference between
# trials "with the same seed" includes the initialisation.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 flax==0.12.8

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import flax
import flax.linen as nn
import jax
import jax.numpy as jnp

print("flax", flax.__version__)


class Cell(nn.Module):
    extra: bool
    named: bool

    @nn.compact
    def __call__(self, x):
        if self.extra:
            x = nn.Dense(2, name="first" if self.named else None)(x)
        return nn.Dense(2, name="last" if self.named else None)(x)


def last(extra, named):
    weights = Cell(extra, named).init(jax.random.key(0), jnp.ones((1, 2)))["params"]
    return weights[sorted(weights)[-1]]["kernel"].ravel().tolist()


print("last layer, unnamed: alone", last(False, False), "after another", last(True, False))
print("last layer, named:   alone", last(False, True), "after another", last(True, True))
check(last(False, False) != last(True, False), "unnamed layers start anew")
check(last(False, True) == last(True, True), "named layers keep their weights")
check(last(False, False) != last(False, True), "the name enters the weights")
print("as recorded")
PY
