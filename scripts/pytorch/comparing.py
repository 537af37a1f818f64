"""When Oche's numbers are PyTorch's.

The reference is PyTorch in float64. What a correct float32 program may be off by depends on the program: the
bound is a few times PyTorch's own error in float32, and a few roundings of the largest value. What exceeds it
is looked at again: if roundings of every value and of every gradient, drawn at random, move PyTorch's result as
far, the program is ill conditioned and tells nothing. Values that float32 holds exactly are left alone then, so
that ties stay ties.
"""

import numpy as np
import torch

STAGE = {"compiled": "value", "compiled_gradient": "gradient"}
ROUNDING = {"float32": 2.0**-23, "float64": 2.0**-52}
DRAWS = 12


class References:
    def __init__(self, program):
        self.program = program
        self.exact = program.results(torch.float64)
        self.narrow = program.results(torch.float32)
        self.spreads = {}

    def spread(self, keeps_exact):
        """{stage: the largest move of each result under roundings}."""
        if keeps_exact not in self.spreads:
            spread = self.spreads[keeps_exact] = {stage: [0.0] * len(results) for stage, results in self.exact.items()}
            for draw in range(DRAWS):
                noise = Noise(ROUNDING[self.program.dtype], draw, keeps_exact)
                for stage, results in self.program.results(torch.float64, noise).items():
                    for i, (a, b) in enumerate(zip(results, self.exact[stage])):
                        spread[stage][i] = max(spread[stage][i], distance(a, b))
        return self.spreads[keeps_exact]


class Noise:
    def __init__(self, rounding, seed, keeps_exact):
        self.rounding, self.keeps_exact, self.draws = rounding, keeps_exact, torch.Generator().manual_seed(seed)

    def factor(self, x, keeps_exact):
        draws = 1 + self.rounding * torch.randn(x.shape, generator=self.draws, dtype=torch.float64).to(x.dtype)
        if not keeps_exact:
            return draws
        exact = ((x * 4096).frac() == 0) & (x.abs() < 2048)
        return torch.where(exact, torch.ones_like(draws), draws)

    def __call__(self, x, rounds_inside=False):
        keeps_exact = self.keeps_exact and not rounds_inside
        y = x * self.factor(x.detach(), keeps_exact)
        if y.requires_grad:
            y.register_hook(lambda g: g * self.factor(g.detach(), self.keeps_exact))
        return y


def bounds(references):
    """{stage: the largest error of each result that a correct program may have}."""
    program, found = references.program, {}
    least = ROUNDING[program.dtype] * scale(program.cotangent)
    around = max([scale(x) for x in references.exact.get("gradient", [])], default=0)
    for stage, exact in references.exact.items():
        spread = references.spread(True)[stage]
        found[stage] = [
            bound(program.dtype, right, single, max(scale(right), around if stage in ("hvp", "second") else 0), least)
            + 32 * moved
            for right, single, moved in zip(exact, references.narrow[stage], spread)
        ]
    return found


def bound(dtype, right, single, largest, least):
    """From PyTorch's own error in float32, `single`, and the roundings of the largest value."""
    own = min(distance(single, right), 1e300)
    if dtype == "float64":
        return 2.0**-29 * 64 * min(own, largest) + 2.0**-44 * largest + least
    return 16 * own + 2.0**-19 * largest + least


def terms(program, stage, least):
    """A rounding of what a derivative is the sum of: terms that have a factor of the size of the inputs for each order.
    A derivative that is no more than eight of them is what rounding left."""
    size = max([1.0] + [scale(np.asarray(x)) for x in program.inputs])
    along = max([1.0] + [scale(np.asarray(x)) for x in program.directions])
    return {"value": 0, "gradient": least * size}.get(stage, least * along * size**2)


def distance(a, b):
    """The largest difference, infinite where one is not finite and the other differs."""
    if a.shape != b.shape:
        return np.inf
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(a - b))
    return float(np.max(np.nan_to_num(difference, nan=np.inf), initial=0.0))


def scale(a):
    return float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))


def differences(references, outcome):
    """[(stage, what differs)], and whether something was ill conditioned."""
    program = references.program
    found = [(stage, f"error: {message}") for stage, message in outcome.errors.items()]
    is_loose = False
    for stage in program.stages:
        if stage in outcome.errors or stage not in outcome.results:
            continue
        # Where there is no gradient there is nothing to differentiate again.
        if stage in ("hvp", "second") and not all(np.isfinite(g).all() for g in references.exact.get("gradient", [])):
            continue
        name = STAGE.get(stage, stage)
        exact, narrow, got = references.exact[name], references.narrow[name], outcome.results[stage]
        if len(got) != len(exact):
            found.append((stage, f"{len(got)} results for {len(exact)}"))
            continue
        # Derivatives of which nothing is left have the rounding of what they are sums of.
        around = (
            max([scale(x) for x in references.exact.get("gradient", [])], default=0) if name in ("hvp", "second") else 0
        )
        for i, ((dtype, values), right, single) in enumerate(zip(got, exact, narrow)):
            which = f" of input {i + 1}" if name != "value" else ""
            if dtype != program.dtype:
                found.append((stage, f"{dtype}{which} where {program.dtype} is expected"))
            if values.shape != right.shape:
                found.append((stage, f"shape {list(values.shape)}{which} where {list(right.shape)} is expected"))
                continue
            if name != "value":
                # PyTorch has no derivative there, which is no statement about what it is.
                values, single, right = (np.where(np.isnan(right), 0, a) for a in (values, single, right))
            least = ROUNDING[program.dtype] * scale(program.cotangent)
            allowed = bound(program.dtype, right, single, max(scale(right), around), least)
            error = distance(values, right)
            if error <= allowed:
                continue
            # Where exact values are rounded as well ties are no ties any more, which only tells of small errors: of a
            # few roundings of what a derivative is the sum of, which has a factor of the inputs' size an order.
            if (
                error <= 32 * references.spread(True)[name][i] + allowed
                or error <= terms(program, name, least)
                or max(error, scale(right)) <= 8 * terms(program, name, least)
                or error <= 2000 * least
                and error <= 32 * references.spread(False)[name][i] + allowed
            ):
                is_loose = True
                continue
            place = np.unravel_index(
                np.argmax(np.nan_to_num(np.where(values == right, 0, np.abs(values - right)), nan=np.inf)), right.shape
            )
            at = "[" + ", ".join(str(int(p) + 1) for p in place) + "]" if right.ndim else ""
            found.append(
                (
                    stage,
                    f"{values[place]:.17g}{which} at {at or 'its one element'}, expected {right[place]:.17g}"
                    f" (off by {error:.3g}, bound {allowed:.3g})",
                )
            )
    return found, is_loose
