#!/usr/bin/env bash
# Expected: ReduceLROnPlateau lowers the learning rate when the metric has stood still for longer than
# "patience", whatever the metric's sign.
# Seen (torch 2.13.0, optax 0.2.8): with a metric that stands at -30 the rate is never lowered; at +30
# it is. The default threshold is relative: "better" means below best * (1 - 1e-4), and for a negative
# best that bar lies above best itself, so an unchanged value counts as an improvement every time.
# Why it matters: negative PSNR, negative SSIM and negative log-likelihoods are usual losses of
# inverse problems; the schedule is then switched off without a word. Use threshold_mode="abs" (torch)
# or rtol=0 with atol (optax).
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 optax==0.2.8 jax==0.10.2 jaxlib==0.10.2

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import jax.numpy as jnp
import optax
import torch
from importlib.metadata import version

print("torch", torch.__version__, "optax", version("optax"))


def torch_rate(metric, **options):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3, **options)
    for _ in range(12):
        schedule.step(metric)
    return optimizer.param_groups[0]["lr"]


def optax_scale(metric):
    schedule = optax.contrib.reduce_on_plateau(patience=3)
    state = schedule.init(jnp.zeros(1))
    for _ in range(12):
        _, state = schedule.update(jnp.ones(1), state, value=metric)
    return float(state.scale)


for metric in (30.0, -30.0):
    print(f"metric constant at {metric}: torch rate {torch_rate(metric):.3g}, optax scale {optax_scale(metric):.3g}")
absolute = torch_rate(-30.0, threshold_mode="abs")
print(f"torch, -30, threshold_mode='abs': {absolute:.3g}")
check(torch_rate(30.0) < 0.02 and torch_rate(-30.0) == 1.0, "torch on a constant metric")
check(optax_scale(30.0) < 0.02 and optax_scale(-30.0) == 1.0, "optax on a constant metric")
check(absolute < 0.02, "torch with an absolute threshold")
print("as recorded")
PY
