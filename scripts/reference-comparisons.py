#!/usr/bin/env python3
"""Writes Tests/StudiesTests/Fixtures/comparisons.json: tests of paired differences, Holm's correction,
and variance components, as SciPy and statsmodels have them.

Run from anywhere: python3 scripts/reference-comparisons.py   (numpy 2, scipy 1.17, statsmodels 0.14). The tests read the file, not Python.
"""
import json
import pathlib
import warnings

import numpy as np
import pandas
import scipy
import statsmodels
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20261126)


def paired(d, exact):
    d = np.asarray(d, float)
    kept = d[d != 0]
    wins = int((kept > 0).sum())
    return {"differences": d.tolist(), "sign": stats.binomtest(wins, len(kept)).pvalue,
            "wilcoxon": wilcoxon(kept, exact)}


def wilcoxon(kept, exact):
    """Exact with ties too: the sums of the ranks under all signs (SciPy does so up to 13 differences)."""
    if exact and len(np.unique(np.abs(kept))) < len(kept):
        ranks = stats.rankdata(np.abs(kept))
        ways = {0.0: 1}
        for rank in ranks:
            more = dict(ways)
            for total, count in ways.items():
                more[total + rank] = more.get(total + rank, 0) + count
            ways = more
        w = min(ranks[kept > 0].sum(), ranks[kept < 0].sum())
        p = min(1, 2 * sum(count for total, count in ways.items() if total <= w) / 2 ** len(kept))
        if len(kept) <= 13:
            assert abs(p - stats.wilcoxon(kept).pvalue) < 1e-12
        return p
    return stats.wilcoxon(kept, method="exact" if exact else "asymptotic", correction=False).pvalue


tests = {
    "ten": paired(np.round(rng.normal(0.5, 1, 10), 4), True),
    "forty": paired(rng.normal(0.3, 1, 40), True),
    "hundred": paired(rng.standard_t(2, 100) + 0.4, False),
    "ties and zeros": paired([0, 0, 1, -1, 2, 2, 3, -2, 5, 1, 0, 4, 4, -3], True),
    "five higher": paired([1, 1, 1, 1, 1], True),
    "twenty-five, ties": paired([1, 2, 2, -1, 3, 5, 5, -4, 1, 2, 6, -2, 3, 3, 1, -5, 7, 2, 2, -1, 4, 4, 8, -3, 1], True),
    "sixty, ties": paired(np.arange(60) % 7 - 2.0, False),
    "all higher": paired(np.arange(1.0, 21), True),
    "balanced": paired([1.0, -2, 3, -4, 5.5, -5, 7, -6], True),
}
p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.9]
holm = {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}


def components(name, data, search, retrain, sizes, unbalanced=False):
    """A balanced design is fitted by restricted maximum likelihood, which then is the analysis of variance where no component is below zero;
    an unbalanced one has its expected mean squares written out as sums over observations (Searle, Casella and McCulloch 1992, section 5.3)."""
    rows = []
    for d in range(data):
        u = rng.normal(0, sizes[0])
        for s in range(search):
            v = rng.normal(0, sizes[1])
            for r in range(retrain):
                if unbalanced and rng.random() < 0.3 and r > 0:
                    continue
                rows.append((d, d * search + s, 20 + u + v + rng.normal(0, sizes[2])))
    frame = pandas.DataFrame(rows, columns=["data", "search", "score"])
    if unbalanced:
        # Method of moments by brute force: quadratic forms q = y'Qy with E q = sum of trace(Q Z Z') sigma^2, solved as a linear system.
        y = frame.score.to_numpy()
        n = len(y)
        def indicator(column):
            return (frame[column].to_numpy()[:, None] == frame[column].unique()[None, :]).astype(float)
        def projection(z):
            return z @ np.linalg.inv(z.T @ z) @ z.T
        one, a, b, eye = np.ones((n, n)) / n, indicator("data"), indicator("search"), np.eye(n)
        forms = [projection(a) - one, projection(b) - projection(a), eye - projection(b)]
        covers = [a @ a.T, b @ b.T, eye]
        matrix = np.array([[np.trace(q @ c) for c in covers] for q in forms])
        estimate = np.linalg.solve(matrix, np.array([y @ q @ y for q in forms])).tolist()
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = smf.mixedlm("score ~ 1", frame, groups="data", re_formula="1", vc_formula={"search": "0 + C(search)"})
            fit = model.fit(reml=True, method=["lbfgs", "powell"], gtol=1e-12, ftol=1e-14, xtol=1e-12, maxiter=5000)
        estimate = [float(fit.cov_re.iloc[0, 0]), float(fit.vcomp[0]), float(fit.scale)]
    return {"data": frame.data.tolist(), "search": frame.search.tolist(), "score": frame.score.tolist(), "components": estimate, "reml": not unbalanced}


variance = {
    "even": components("even", 12, 4, 3, (1.0, 1.0, 1.0)),
    "search": components("search", 20, 3, 2, (0.6, 2.0, 0.3)),
    "data": components("data", 8, 3, 4, (3.0, 0.8, 0.5)),
    "unbalanced": components("unbalanced", 9, 3, 4, (1.5, 1.0, 0.7), unbalanced=True),
}


out = {"made_by": f"scripts/reference-comparisons.py, numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
       "tests": tests, "holm": holm, "variance": variance}
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/StudiesTests/Fixtures/comparisons.json"
path.write_text(json.dumps(out, indent=1) + "\n")
print("wrote", path)
for name, v in variance.items():
    print(name, v["components"])
