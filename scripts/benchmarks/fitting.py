"""Growth laws by least squares on logarithms."""
import math


def exponent(points):
    """The p of value ~ size^p, from {size: value}."""
    x, y = [math.log(size) for size in points], [math.log(value) for value in points.values()]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
