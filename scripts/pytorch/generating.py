"""Draws random programs. PyTorch runs every statement as it is added, so that shapes are known and what PyTorch
refuses, or what leaves the numbers, is not added."""

import random
import warnings

import numpy as np
import torch

from helpers import indexed
from programs import NAMESPACE, Program, Statement, compiled
from rules import RULES

warnings.filterwarnings("ignore")
SIZES = [1, 2, 3, 4, 5, 7, 8, 16, 17, 33]
LARGEST = 1200


class Generator:
    def __init__(self, seed, without=()):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        kept = [r for r in RULES if not {r[0].__name__, *r[1]} & set(without)]
        self.spent = set()
        self.draws, self.weights = kept, [r[2] for r in kept]
        self.dtype = self.random.choice(["float32", "float64"])
        self.kind = self.random.choices(["normal", "integers", "positive", "offset", "special"], [60, 22, 10, 5, 3])[0]
        self.inputs, self.statements, self.values, self.narrow, self.is_made = [], [], [], [], []
        self.fresh(self.any_shape())

    # ---- what rules ask for ----------------------------------------------------------------------------------------

    def any_shape(self):
        while True:
            rank = self.random.choices(range(6), [4, 18, 25, 25, 16, 12])[0]
            shape = [0 if self.random.random() < 0.015 else self.random.choice(SIZES) for _ in range(rank)]
            if np.prod(shape, dtype=int) <= LARGEST // 2:
                return shape

    def fresh(self, shape):
        """A new input."""
        shape = tuple(shape)
        if self.kind == "integers":
            x = np.asarray(self.numbers.integers(-2, 3, shape), float)
        else:
            x = np.asarray(np.round(self.numbers.standard_normal(shape) * 1024) / 1024)
        if self.kind == "positive":
            x = np.asarray(np.abs(x))
        if self.kind == "offset":
            x = np.asarray(x + 100)
        if self.kind == "special" and x.size:
            flat = x.reshape(-1)
            flat[self.numbers.integers(0, x.size, max(1, x.size // 5))] = self.numbers.choice(
                [np.nan, np.inf, -np.inf, -0.0, 0.0]
            )
            x = flat.reshape(shape)
        self.inputs.append(x)
        self.hold(("input", len(self.inputs) - 1), torch.from_numpy(x))
        return len(self.values) - 1

    def hold(self, name, value):
        self.values.append((name, value))
        self.narrow.append(value.to(getattr(torch, self.dtype)) if name[0] == "input" else None)

    def any(self, least=0, most=8):
        """A value of a rank, rather a late one."""
        found = [i for i, (_, v) in enumerate(self.values) if least <= v.dim() <= most and i not in self.spent]
        if not found:
            rank = self.random.randint(least, min(most, max(least, 4)))
            shape = []
            while len(shape) < rank:
                shape.append(self.random.choice([n for n in SIZES if n * max(1, int(np.prod(shape))) <= LARGEST // 2]))
            return self.fresh(shape)
        made = [i for i in found if self.values[i][0][0] == "made"]
        if made and self.random.random() < 0.8:
            return made[-1] if self.random.random() < 0.75 else self.random.choice(made)
        return self.random.choice(found)

    def shape(self, i):
        return list(self.values[i][1].shape)

    def is_input(self, i):
        return self.values[i][0][0] == "input"

    def argument(self):
        """An input with a dimension, if there is one."""
        found = [i for i in range(len(self.values)) if self.is_input(i) and self.shape(i) and i not in self.spent]
        return self.random.choice(found) if found else None

    def spend(self, i):
        """Value i is not to be used below."""
        self.spent.add(i)

    def broadcast(self, shape):
        """A shape that broadcasts with another."""
        shape = [1 if self.random.random() < 0.25 else n for n in shape]
        return shape[self.random.randint(0, len(shape)) :] if self.random.random() < 0.25 else shape

    def partner(self, i):
        """Another value to go with value i."""
        mine = self.shape(i)
        if self.random.random() < 0.4:
            found = [j for j in range(len(self.values)) if fits(mine, self.shape(j)) and j not in self.spent]
            return self.random.choice(found)
        return self.fresh(self.broadcast(mine))

    def partner_of(self, shape):
        """A value that can be broadcast to a shape."""
        return self.fresh(self.broadcast(shape))

    def dimension(self, rank):
        """As Lua text and from 0."""
        dim = self.random.randrange(rank)
        if self.random.random() < 0.3:
            return str(dim - rank), dim - rank
        return str(dim + 1), dim

    def index(self, shape, scalar=False):
        """As Lua text, and as helpers.indexed takes it; None where there is none."""
        if 0 in shape:
            return None, None

        def entry(place, n, share=0.3):
            return place - n if self.random.random() < share else place + 1

        if scalar:
            entries = [entry(self.random.randrange(n), n) for n in shape]
        elif len(shape) > 1 and self.random.random() < 0.15:
            entries = [entry(self.random.randrange(shape[0]), shape[0])]
        else:
            entries = []
            ranges = self.random.randrange(len(shape))
            for i, n in enumerate(shape[: self.random.randint(ranges + 1, len(shape))]):
                kind = self.random.random()
                if kind < 0.3 and i != ranges:
                    entries.append(entry(self.random.randrange(n), n))
                elif kind < 0.45:
                    entries.append([])
                else:
                    first = self.random.randrange(n)
                    last = self.random.randrange(first, n)
                    step = self.random.choice([1, 1, 2, 3])
                    if self.random.random() < 0.25:
                        first, last, step = last, first, -step
                    entries.append([entry(first, n, 0.2), entry(last, n, 0.2), step])
        if len(entries) == 1 and isinstance(entries[0], int):
            return f"[{entries[0]}]", entries
        shown = [
            str(e) if isinstance(e, int) else "{" + ", ".join(map(str, e[:2] if e and e[2] == 1 else e)) + "}"
            for e in entries
        ]
        return "[{" + ", ".join(shown) + "}]", entries

    def shape_at(self, shape, entries):
        return list(indexed(torch.empty(shape), entries).shape)

    # ---- growing ---------------------------------------------------------------------------------------------------

    def grow(self):
        draw, functions, _ = self.random.choices(self.draws, self.weights)[0]
        before = len(self.values), len(self.inputs), set(self.spent)
        try:
            drawn = draw(self)
            if drawn is None:
                raise ValueError
            lua, python, values = drawn
            statement = Statement(draw.__name__, functions, lua, python, tuple(values))
            arguments = [self.values[i][1] for i in values]
            result = self.run(python, arguments)
            narrow = self.run(python, [self.narrow[i] for i in values])
            if not torch.is_tensor(result) or result.numel() > LARGEST or result.dim() > 6:
                raise ValueError
            if self.kind != "special" and not (
                torch.isfinite(result).all() and torch.isfinite(narrow).all() and (result.abs() < 1e5).all()
            ):
                raise ValueError
        except Exception:
            del self.values[before[0] :], self.narrow[before[0] :], self.inputs[before[1] :]
            self.spent = before[2]
            return
        self.statements.append(statement)
        self.values.append((("made", len(self.statements) - 1), result))
        self.narrow.append(narrow)

    def run(self, python, arguments):
        return eval(compiled(python), NAMESPACE | {f"v{i}": a for i, a in enumerate(arguments)}).detach()

    def program(self, number):
        length = self.random.choices([1, 2, 3, 4, 6, 8, 10, 13], [10, 14, 16, 16, 14, 12, 10, 8])[0]
        for _ in range(40 * length):
            if len(self.statements) == length:
                break
            self.grow()
        # Values in the order of inputs, then statements.
        place = {
            name: i
            for i, name in enumerate(
                [("input", i) for i in range(len(self.inputs))] + [("made", i) for i in range(len(self.statements))]
            )
        }
        statements = [
            Statement(s.rule, s.functions, s.lua, s.python, tuple(place[self.values[a][0]] for a in s.arguments))
            for s in self.statements
        ]
        if not statements:
            return None
        if self.kind == "special":
            stages = ["value", "compiled"]
        else:
            stages = ["value", "compiled", "gradient"] + [
                s for s, p in [("compiled_gradient", 0.3), ("hvp", 0.6), ("second", 0.25)] if self.random.random() < p
            ]
        program = Program(self.dtype, self.inputs, statements, stages=tuple(stages), number=number)
        return program.pruned().completed(self.numbers)


def fits(a, b):
    return all(x == y or x == 1 or y == 1 for x, y in zip(reversed(a), reversed(b))) and len(b) <= 6


def generate(seed, count, without=()):
    torch.set_num_threads(1)
    number = 0
    attempt = 0
    while number < count:
        program = Generator(seed * 1_000_003 + attempt, without).program(number)
        attempt += 1
        if program is not None:
            yield program
            number += 1
