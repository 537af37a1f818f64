#!/usr/bin/env bash
# Expected: swa_utils.update_bn sets the running mean and variance of batch norm to those of the whole
# data.
# Seen (torch 2.13.0): it averages the batches' means and the batches' variances, each batch alike.
# What differs between batches never enters the variance, and a short last batch weighs as much as a
# full one: three batches of constants 0, 10 and 100 (8, 8 and 2 samples) give mean 36.7 and variance
# 0; the data have 15.6 and 967.
# Why it matters: images of one batch are often alike (patches of one scan, one noise level a batch,
# no shuffling): the averaged network is then normalised with a variance that is too small, and its
# reconstructions are scaled up.
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
model = torch.nn.Sequential(torch.nn.BatchNorm1d(1))
batches = [torch.full((8, 1), 0.0), torch.full((8, 1), 10.0), torch.full((2, 1), 100.0)]
torch.optim.swa_utils.update_bn(batches, model)
mean = model[0].running_mean.item()
variance = model[0].running_var.item()
data = torch.cat(batches)
print(f"update_bn: mean {mean:.2f}, variance {variance:.2f}; data: mean {data.mean():.2f}, variance {data.var():.2f}")
check(abs(mean - 110 / 3) < 1e-3 and variance == 0, "what update_bn averages")
print("as recorded")
PY
