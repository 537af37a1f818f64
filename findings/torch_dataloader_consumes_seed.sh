#!/usr/bin/env bash
# Expected: going through a DataLoader without shuffling, without workers and with a data set that
# draws nothing leaves the random state alone.
# Seen (torch 2.13.0): each "for batch in loader" draws one number from the global generator (a seed
# for workers that do not exist), so everything drawn afterwards is another sequence.
# Why it matters: adding a pass over the validation set, or evaluating more often, changes the dropout
# masks, noise and initial weights of the training that follows under the same seed: the "same" run is
# another run. Give the loader a generator of its own.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import torch

print("torch", torch.__version__)


def after(passes, **options):
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader([1.0, 2.0, 3.0], **options)
    for _ in range(passes):
        list(loader)
    return torch.rand(1).item()


print("next number after 0, 1, 2 passes:", after(0), after(1), after(2))
own = [after(n, generator=torch.Generator()) for n in range(3)]
print("with generator=torch.Generator():", own)
check(len({after(0), after(1), after(2)}) == 3, "the draw of each pass")
check(len(set(own)) == 1, "the loader with a generator of its own")
print("as recorded")
PY
