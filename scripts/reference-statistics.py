#!/usr/bin/env python3
"""Writes Tests/StudiesTests/Fixtures/statistics.json: what NumPy and SciPy say of fixed scores.

Run from anywhere: python3 scripts/reference-statistics.py   (numpy 2, scipy 1.17). The tests read the file, not Python.
It takes about six minutes. Bootstrap bounds come with their Monte Carlo error at 5000 resamples: the standard deviation over repeated runs.
"""
import itertools
import json
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20240607)


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
    import math
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


def bootstrap(name, data, statistic, method, paired=False):
    """The bounds at many resamples, and the standard deviation of a bound made of 5000."""
    def run(n, seed):
        ci = stats.bootstrap(data, statistic, n_resamples=n, method=method, paired=paired, vectorized=False,
                             confidence_level=0.95, rng=np.random.default_rng(seed)).confidence_interval
        return ci.low, ci.high
    few = np.array([run(5000, 100 + s) for s in range(12)])
    many = np.array([run(20000, s) for s in range(4)]).mean(0)
    return {"data": name, "statistic": statistic.__name__, "method": {"percentile": "percentile", "BCa": "bca"}[method],
            "lower": many[0], "upper": many[1], "lower_error": few[:, 0].std(ddof=1), "upper_error": few[:, 1].std(ddof=1)}


def mean(x): return np.mean(x)
def std(x): return np.std(x, ddof=1)
def interquartile_mean(x): return stats.trim_mean(x, 0.25)
def median(x): return np.median(x)
def pearson(x, y): return np.corrcoef(x, y)[0, 1]
def spearman(x, y): return np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1]
def kendall(x, y): return stats.kendalltau(x, y).statistic


intervals = []
for name in ["skewed 24", "skewed 100"]:
    x = (np.array(samples[name]),)
    for f in [mean, std, interquartile_mean]:
        for method in ["percentile", "BCa"]:
            intervals.append(bootstrap(name, x, f, method))
    intervals.append(bootstrap(name, x, median, "percentile"))
for name in ["weak 24", "middle 100"]:
    xy = tuple(np.asarray(v) for v in pairs[name])
    for f in [pearson, spearman] + ([kendall] if name == "weak 24" else []):
        for method in ["percentile", "BCa"]:
            intervals.append(bootstrap(name, xy, f, method, paired=True))


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
    "intervals": intervals, "best_of": best, "paired": paired,
    "normal_quantile": {"p": normal_p, "z": stats.norm.ppf(normal_p).tolist()},
}
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/StudiesTests/Fixtures/statistics.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(out, indent=1) + "\n")
print("wrote", path)
