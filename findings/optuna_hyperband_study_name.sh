#!/usr/bin/env bash
# Expected: a seeded sampler makes a study repeatable, since Hyperband's rule for pruning is
# deterministic.
# Seen (optuna 5.0.0): HyperbandPruner assigns a trial to a bracket by a hash of the study's name and
# the trial's number, and a study without a name gets a random one: two runs of the same program with
# TPESampler(seed=0) prune other trials and then sample other values. With a fixed study_name they
# agree.
# Why it matters: the name of an experiment decides its result; two arms of a comparison, named
# "darts" and "random", are given different budgets for the same configurations.
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


def states(name):
    study = optuna.create_study(study_name=name, sampler=optuna.samplers.TPESampler(seed=0),
                                pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27))

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        for step in range(1, 28):
            trial.report(x / step, step)
            if trial.should_prune():
                raise optuna.TrialPruned()
        return x

    study.optimize(objective, 40)
    return "".join(t.state.name[0] for t in study.trials)


unnamed = {states(None) for _ in range(4)}
for text in unnamed:
    print("no name:", text)
print("named darts: ", states("darts"))
print("named random:", states("random"))
check(len(unnamed) > 1, "studies without a name differ")
check(states("darts") == states("darts") and states("darts") != states("random"), "studies with names")
print("as recorded")
PY
