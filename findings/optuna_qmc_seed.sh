#!/usr/bin/env bash
# Expected: QMCSampler(seed=k) gives another design for each k.
# Seen (optuna 5.0.0): without scramble=True the seed changes the first trial only (which is drawn at
# random); all later trials are the same points, beginning with the corner where every parameter has
# its lowest value.
# Why it matters: "five repetitions with five seeds" of a quasi-random search are one design repeated,
# so their spread says nothing about the search; and the lowest corner (learning rate, regularisation)
# is often a diverging or useless trial.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 optuna==5.0.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import optuna

print("optuna", optuna.__version__)
optuna.logging.set_verbosity(optuna.logging.ERROR)


def design(seed, **options):
    study = optuna.create_study(sampler=optuna.samplers.QMCSampler(seed=seed, **options))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1), 5)
    return [(round(t.params["x"], 3), round(t.params["y"], 3)) for t in study.trials]


for seed in (0, 1):
    print("seed", seed, design(seed), "scrambled", design(seed, scramble=True)[1:3])
check(design(0)[0] != design(1)[0] and design(0)[1:] == design(1)[1:], "the part that depends on the seed")
check(design(0)[1] == (0, 0), "the first point of the sequence")
check(design(0, scramble=True)[1:] != design(1, scramble=True)[1:], "scrambled designs")
print("as recorded")
PY
