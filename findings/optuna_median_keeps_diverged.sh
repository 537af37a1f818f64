#!/usr/bin/env bash
# Expected: MedianPruner stops a trial whose loss at a step is above the median of the others' losses
# at that step.
# Seen (optuna 5.0.0): it compares the trial's best value so far. A trial that reports 1, 0.1, 50,
# 100, 1000 while the others go from 1 to 0.6 is never pruned, since its 0.1 is remembered.
# Why it matters: diverging runs, that are what one wants to stop, usually looked good once; in
# searches with unstable formations the pruner spends the whole budget on them. PatientPruner does not
# help; report a running maximum or check the loss oneself.
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
study = optuna.create_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=3))


def objective(trial):
    losses = [1.0, 0.9, 0.8, 0.7, 0.6]
    if trial.number == 5:
        losses = [1.0, 0.1, 50.0, 100.0, 1000.0]
    if trial.number == 6:
        losses = [1.0, 2.0, 50.0, 100.0, 1000.0]
    for step, loss in enumerate(losses):
        trial.report(loss, step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return losses[-1]


study.optimize(objective, 7)
names = [trial.state.name for trial in study.trials]
print("five falling losses:", names[:5])
print("1, 0.1, 50, 100, 1000:", names[5], " 1, 2, 50, 100, 1000:", names[6])
check(names[5] == "COMPLETE" and names[6] == "PRUNED", "the two diverging trials")
print("as recorded")
PY
