"""Oche's random numbers, from the published generators that its documentation names: Philox4x32-10 (Salmon et al.
2011), normals by Box and Muller (1958), seeds by SplitMix64 (Steele, Lea and Flood 2014).

A draw of shape {rows, ..} at (seed, step, stream) has for element e of row r word e % 4 of the counter (r *
quads + e // 4, stream, step), quads being the row's elements over four, rounded up.
"""

import numpy as np

PURPOSES = [
    "trial",
    "data",
    "search",
    "retraining",
    "parameters",
    "alpha",
    "steps",
    "validation_steps",
    "evaluation",
    "architecture",
    "bootstrap",
    "evolution",
    "selection",
    "tuning",
]
MASK = (1 << 64) - 1


def derived_seed(seed, purpose, index=0):
    def mix(x):
        z = (x + 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    return mix(mix(mix(seed) ^ (PURPOSES.index(purpose) + 1)) ^ index)


def philox(counters, stream, step, seed):
    """{n, 4} words of the counters (n,)."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    c0 = counters.astype(np.uint64)
    c1, c2, c3 = (np.full_like(c0, value) for value in (stream, step & 0xFFFFFFFF, step >> 32))
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> half) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], 1)


def words(shape, seed, step, stream):
    """{rows, quads, 4}"""
    rows = shape[0] if len(shape) >= 2 else 1
    elements = int(np.prod(shape)) // max(1, rows)
    quads = (elements + 3) // 4
    return philox(np.arange(rows * quads), stream, step, seed).reshape(rows, quads * 4)[:, : quads * 4], rows, elements


def uniform(shape, seed, step, stream):
    drawn, rows, elements = words(shape, seed, step, stream)
    return ((drawn[:, :elements] >> np.uint64(8)).astype(float) * 2.0**-24).reshape(shape)


def normal(shape, seed, step, stream):
    drawn, rows, elements = words(shape, seed, step, stream)
    pairs = drawn.reshape(-1, 2)
    radius = np.sqrt(-2 * np.log(((pairs[:, 0] >> np.uint64(1)).astype(float) + 0.5) * 2.0**-31))
    angle = 2 * np.pi * pairs[:, 1].astype(float) * 2.0**-32
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(rows, -1)
    return values[:, :elements].reshape(shape)


def below(count, seed, position):
    """An integer from 0 to count - 1."""
    return (int(philox(np.array([position]), 0, 0, seed)[0, 0]) * count) >> 32


class Streams:
    """The draws of one run at (seed, step): every one asked for has the next stream."""

    def __init__(self, seed, step, first=0):
        self.seed, self.step, self.next = seed, step, first

    def take(self):
        self.next += 1
        return self.next - 1

    def uniform(self, shape):
        return np.maximum(uniform(shape, self.seed, self.step, self.take()), 2.0**-25)

    def normal(self, shape):
        return normal(shape, self.seed, self.step, self.take())
