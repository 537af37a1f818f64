#!/usr/bin/env python3
"""Writes Tests/EndToEndTests/Fixtures/measurements.json: what SciPy says of periodic Gaussian blurs.

Run from anywhere: python3 scripts/reference-measurements.py   (numpy 2, scipy 1.17). The tests read the file, not Python.

A case is a signal or an image, a width sigma, a number of taps (null: the whole Gaussian with all its images round the
circle), a factor (every factor-th sample is kept, of images every factor-th row and column), and the float64 values of
scipy.ndimage.gaussian_filter1d(mode="wrap"), along both axes for images.
"""
import json
import pathlib

import numpy as np
from scipy import ndimage

rng = np.random.default_rng(20261130)


def blurred(x, sigma, taps, factor):
    """Along every axis, then every factor-th sample."""
    for axis in range(x.ndim):
        radius = (taps - 1) // 2 if taps else int(np.ceil(40 * sigma))
        x = ndimage.gaussian_filter1d(x, sigma, axis=axis, mode="wrap", radius=radius)
    return x[tuple(slice(None, None, factor) for _ in x.shape)]


cases = []
for shape in [(1,), (2,), (7,), (16,), (32,), (33,), (5, 9), (6, 8)]:
    for sigma in [0.3, 1.0, 3.5, 10.0, 45.0]:
        for taps in [None, 3, 9]:
            if taps and taps // 2 > min(shape):
                continue
            factor = int(rng.integers(1, 5))
            x = rng.standard_normal(shape)
            y = blurred(x, sigma, taps, factor)
            cases.append({"x": x.tolist(), "sigma": sigma, "taps": taps, "factor": factor, "y": y.tolist()})

path = pathlib.Path(__file__).resolve().parents[1] / "Tests/EndToEndTests/Fixtures/measurements.json"
path.write_text(json.dumps(cases) + "\n")
print(f"{len(cases)} cases written to {path.name}")
