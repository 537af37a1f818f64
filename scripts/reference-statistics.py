#!/usr/bin/env python3
"""Writes Tests/StudiesTests/Fixtures/statistics.json: what NumPy and SciPy say of fixed scores.

Run from anywhere: python3 scripts/reference-statistics.py   (numpy 2, scipy 1.17). The tests read the file, not Python.
"""
import itertools
import json
import math
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20240607)
rng_intervals = np.random.default_rng(20261130)


def skewed(n):
    """Scores like a search's: most near 21 dB, some collapsed."""
    return np.where(rng.random(n) < 0.8, 21 + rng.normal(0, 0.8, n), rng.uniform(2, 12, n))


samples = {
    "two": [20.5, 21.25],
    "three": [3.0, 21.5, 20.75],
    "four": [1.0, 2.0, 4.0, 8.0],
    "seven, ties": [5.0, 5.0, 2.5, 7.0, 7.0, 7.0, -1.0],
    "skewed 24": skewed(24).tolist(),
    "skewed 100": skewed(100).tolist(),
    "skewed 101": skewed(101).tolist(),
    "nearly equal": (20 + 1e-9 * rng.normal(size=50)).tolist(),
    "huge and tiny": [1e16, 1.0, -1e16, 3.0, 1e-3],
    "constant": [4.25] * 6,
}


def summary(x):
    x = np.asarray(x)
    return {
        "scores": x.tolist(),
        "mean": math.fsum(x) / len(x),
        "median": np.median(x), "max": x.max(), "min": x.min(),
        "std": x.std(ddof=1), "standard_error": stats.sem(x),
        "lower_quartile": np.percentile(x, 25), "upper_quartile": np.percentile(x, 75),
        "interquartile_mean": stats.trim_mean(x, 0.25),
    }


def correlated(n, r, ties=None):
    x = rng.normal(size=n)
    y = r * x + np.sqrt(1 - r * r) * rng.normal(size=n)
    if ties:
        x, y = np.round(x * ties) / ties, np.round(y * ties) / ties
    return x + 20, y + 18


pairs = {
    "three": ([1.0, 2.0, 3.0], [2.0, 1.0, 5.0]),
    "line": (list(range(10)), [3.0 * i - 2 for i in range(10)]),
    "falling": (list(range(10)), [-0.5 * i for i in range(10)]),
    "weak 24": correlated(24, 0.2),
    "middle 100": correlated(100, 0.5),
    "negative 60": correlated(60, -0.7),
    "coarse ties 80": correlated(80, 0.4, ties=1),
    "two levels": correlated(40, 0.3, ties=0.3),
    "outlier": ([1.0, 2.0, 3.0, 4.0, 100.0], [2.0, 1.0, 2.0, 1.0, 50.0]),
}


def correlation(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    return {"x": x.tolist(), "y": y.tolist(), "pearson": stats.pearsonr(x, y).statistic,
            "spearman": stats.spearmanr(x, y).statistic, "kendall": stats.kendalltau(x, y).statistic}


def student(x):
    return list(stats.t.interval(0.95, len(x) - 1, loc=np.mean(x), scale=stats.sem(x)))


def bonett(x):
    """Bonett (2006), equations 3 and 4."""
    x = np.asarray(x)
    n, z = len(x), stats.norm.ppf(0.975)
    middle = stats.trim_mean(x, 1 / (2 * math.sqrt(n - 4)))
    kurtosis = n * ((x - middle) ** 4).sum() / ((x - x.mean()) ** 2).sum() ** 2
    c = n / (n - z)
    error = c * math.sqrt((kurtosis - (n - 3) / n) / (n - 1))
    return [math.sqrt(c * x.var(ddof=1) * math.exp(sign * z * error)) for sign in (-1, 1)]


def sign_flip(d):
    """The shifts that the test of all signs does not reject, found by trying them on both sides of every subset's mean."""
    d = np.asarray(d)
    n = len(d)
    signs = np.array(list(itertools.product([1, -1], repeat=n)))
    def p(theta):
        shifted = d - theta
        return np.mean(np.abs(signs @ shifted) >= abs(shifted.sum()) - 1e-9)
    means = np.unique([d[list(s)].mean() for k in range(1, n + 1) for s in itertools.combinations(range(n), k)])
    kept = [m for m in means if p(m) > 0.05]
    return {"differences": d.tolist(), "p": p(0), "lower": min(kept), "upper": max(kept)}


def pearson_interval(x, y):
    ci = stats.pearsonr(x, y).confidence_interval(0.95)
    return [ci.low, ci.high]


normal16 = np.round(rng_intervals.normal(20, 1, 16), 6)
intervals = {
    "scores": normal16.tolist(), "student": student(normal16), "bonett": bonett(normal16),
    "few": normal16[:5].tolist(), "few_student": student(normal16[:5]),
    "pairs": [normal16[:8].tolist(), normal16[8:].tolist()], "pearson": pearson_interval(normal16[:8], normal16[8:]),
    "sign_flip": [sign_flip(np.round(rng_intervals.normal(m, 1, n), 3)) for m, n in [(0.5, 6), (1, 7), (0.3, 9), (-0.8, 11)]],
    # Where the chances of the order statistics are exactly the level's, no interpolation is needed: the bounds by counting.
    "median_chance": [[n, r, stats.binom.cdf(r - 1, n, 0.5)] for n, r in [(6, 1), (9, 2), (20, 6), (100, 40), (1000, 469)]],
    "shares": [[k, n] + list(stats.binomtest(k, n).proportion_ci(0.95, method="exact")) for k, n in [(0, 6), (1, 6), (3, 20), (20, 20), (37, 100)]],
    "student_factor": [[d, stats.t.ppf(0.975, d)] for d in [1, 2, 5, 13, 99, 5000]],
    "chi_squared": [[p, d, stats.chi2.ppf(p, d)] for p in [0.025, 0.975] for d in [1, 3, 10, 60, 400]],
    "f": [[p, a, b, stats.f.ppf(p, a, b)] for p in [0.025, 0.975] for a, b in [(2, 6), (9, 20), (99, 200)]],
}


def independence(x, y):
    """All orders below ten pairs (SciPy's permutation test), beyond what SciPy gives by default."""
    def permutation(statistic):
        return stats.permutation_test((x,), lambda v: statistic(v, y).statistic, permutation_type="pairings", n_resamples=np.inf, vectorized=False).pvalue
    few = len(x) < 8
    return {"x": list(map(float, x)), "y": list(map(float, y)), "pearson": stats.pearsonr(x, y).pvalue,
            "spearman": permutation(stats.spearmanr) if few else stats.spearmanr(x, y).pvalue,
            "kendall": permutation(stats.kendalltau) if few else stats.kendalltau(x, y).pvalue}


few_x = np.round(rng_intervals.normal(size=7), 3)
twelve = rng_intervals.normal(size=(2, 12))
coarse = np.round(rng_intervals.normal(size=(2, 40)))
independences = {
    "five": independence([1, 2, 3, 4, 5], [1, 4, 9, 16, 25]), "seven": independence(few_x, np.round(0.5 * few_x + rng_intervals.normal(size=7), 3)),
    "ties": independence([1, 1, 2, 2, 3, 4], [2, 2, 1, 3, 3, 5]), "twelve": independence(twelve[0], twelve[0] + twelve[1]),
    "coarse": independence(coarse[0], coarse[0] + coarse[1]),
}


def best_of(selecting, reporting, k):
    """By brute force over all k-subsets, equal winners sharing."""
    values = []
    for subset in itertools.combinations(range(len(selecting)), k):
        top = max(selecting[i] for i in subset)
        # a tie is shared by everybody who has that score, inside the subset or not, as all are equally likely to be drawn
        values.append(np.mean([reporting[i] for i in subset if selecting[i] == top]))
    return float(np.mean(values))


best_scores = [20.1, 5.0, 21.3, 19.9, 8.2, 20.7, 21.3, 3.4, 18.8]
best_report = [19.0, 6.0, 17.5, 21.0, 7.7, 20.2, 22.4, 3.0, 18.0]
best = {"selecting": best_scores, "reporting": best_report,
        "maximum": [best_of(best_scores, best_scores, k) for k in range(1, 10)],
        "reported": [best_of(best_scores, best_report, k) for k in range(1, 10)]}


def signflip(d):
    test = stats.permutation_test((d,), np.mean, permutation_type="samples", alternative="two-sided", n_resamples=np.inf, vectorized=False)
    return test.pvalue


a, b = np.round(skewed(12), 3), np.round(skewed(12), 3)
paired = {"a": a.tolist(), "b": b.tolist(), "mean": np.mean(a - b), "median": np.median(a - b),
          "standard_error": stats.sem(a - b), "p": signflip(a - b)}

normal_p = [1e-300, 1e-20, 1e-8, 0.001, 0.02, 0.024, 0.025, 0.1, 0.3, 0.5, 0.6, 0.9, 0.975, 0.999, 1 - 1e-10]
out = {
    "made_by": f"scripts/reference-statistics.py, numpy {np.__version__}, scipy {scipy.__version__}",
    "samples": {name: summary(x) for name, x in samples.items()},
    "pairs": {name: correlation(*xy) for name, xy in pairs.items()},
    "intervals": intervals, "independence": independences, "best_of": best, "paired": paired,
    "normal_quantile": {"p": normal_p, "z": stats.norm.ppf(normal_p).tolist()},
}
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/StudiesTests/Fixtures/statistics.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(out, indent=1) + "\n")
print("wrote", path)
