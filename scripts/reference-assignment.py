"""Random functions that assign to their arguments, with values and derivatives from PyTorch, for
Tests/EndToEndTests/AssignmentTests.swift.

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python scripts/reference-assignment.py > Tests/EndToEndTests/Fixtures/assignment.json

A function has parameters p = {a {3, 4}, b {4}, n = {c {2, 3}}} and a further argument x {3}. It is a list of
statements: assignments to parts, to locals, in loops. Here each assignment makes a new tensor (a clone with the part
replaced), so that torch.func differentiates a pure function by what came in. The derivatives are the gradient, the
Hessian times v, and the gradient of <v, H v>, all in float64.
"""
import json
import random

import torch
from torch.func import grad, jvp

torch.set_default_dtype(torch.float64)
SEED = 17
COUNT = 80
SHAPES = {"p.a": (3, 4), "p.b": (4,), "p.n.c": (2, 3), "x": (3,)}


# An index is a list with an entry for each dimension: an integer from 1 or from the end, or a range [first, last,
# step].
def places(entry, size):
    if isinstance(entry, int):
        return [entry - 1 if entry > 0 else size + entry]
    first, last, step = entry
    return list(range(first - 1, last - 1 + (1 if step > 0 else -1), step))


def part_shape(shape, index):
    index = list(index) + [[1, n, 1] for n in shape[len(index):]]
    return tuple(len(places(e, n)) for e, n in zip(index, shape) if not isinstance(e, int))


def grids(shape, index):
    index = list(index) + [[1, n, 1] for n in shape[len(index):]]
    lists = [places(e, n) for e, n in zip(index, shape)]
    rank = len(lists)
    where = tuple(torch.tensor(l).view([-1 if i == d else 1 for i in range(rank)]) for d, l in enumerate(lists))
    return where, [len(l) for l in lists]


def read(t, index):
    where, _ = grids(t.shape, index)
    return t[where].reshape(part_shape(t.shape, index))


def write(t, index, value):
    where, kept = grids(t.shape, index)
    result = t.clone()
    result[where] = value.expand(part_shape(t.shape, index)).reshape(kept)
    return result


def lua_index(index):
    def entry(e):
        return str(e) if isinstance(e, int) else "{" + ", ".join(map(str, e)) + "}"
    return str(index[0]) if len(index) == 1 and isinstance(index[0], int) else "{" + ", ".join(map(entry, index)) + "}"


class Program:
    def __init__(self, rng):
        self.rng = rng
        self.shapes = dict(SHAPES)
        self.statements, self.lines = [], []
        for _ in range(rng.randint(2, 6)):
            rng.choice([self.assign, self.assign, self.assign, self.local, self.loop, self.alias])()

    def index(self, shape):
        result = []
        for n in shape[:self.rng.randint(1, len(shape))]:
            kind = self.rng.random()
            if kind < 0.4:
                result.append(self.rng.choice([self.rng.randint(1, n), -self.rng.randint(1, n)]))
                continue
            first, last = sorted(self.rng.choices(range(1, n + 1), k=2))
            step = self.rng.choice([1, 1, 2])
            if self.rng.random() < 0.3:
                first, last, step = last, first, -step
            result.append([first, last, step])
        return result

    def part(self, fits):
        while True:
            slot = self.rng.choice(list(self.shapes))
            index = self.index(self.shapes[slot])
            if fits(part_shape(self.shapes[slot], index)):
                return slot, index

    def expression(self, shape, depth=0):
        """(lua, function of the slots), of a shape that broadcasts to `shape`."""
        kind = self.rng.random()
        if kind < 0.15:
            number = round(self.rng.uniform(-1, 1), 2)
            return f"({number})", lambda s: torch.tensor(number)
        if kind < 0.55 or depth > 2:
            def fits(small):
                return len(small) <= len(shape) and all(a in (1, b) for a, b in zip(small[::-1], shape[::-1]))
            slot, index = self.part(fits)
            return f"{slot}[{lua_index(index)}]", lambda s: read(s[slot], index)
        if kind < 0.8:
            (la, fa), (lb, fb) = self.expression(shape, depth + 1), self.expression(shape, depth + 1)
            operation = self.rng.choice("+-*")
            function = {"+": torch.add, "-": torch.sub, "*": torch.mul}[operation]
            # Of two numbers Lua makes a number: the tensor here is one of no dimensions.
            return f"({la} {operation} {lb})", lambda s: function(fa(s), fb(s))
        (la, fa), name = self.expression(shape, depth + 1), self.rng.choice(["sin", "tanh", "sigmoid"])
        return f"(zero + {la}):{name}()", lambda s: getattr(torch, name)(fa(s))

    def assign(self):
        slot, index = self.part(lambda shape: True)
        lua, value = self.expression(part_shape(self.shapes[slot], index))
        self.lines.append(f"{slot}[{lua_index(index)}] = {lua}")
        self.statements.append(lambda s: s.update({slot: write(s[slot], index, value(s))}))

    def local(self):
        slot, index = self.part(lambda shape: len(shape) > 0)
        name = f"l{len(self.shapes)}"
        self.shapes[name] = part_shape(self.shapes[slot], index)
        self.lines.append(f"local {name} = {slot}[{lua_index(index)}]")
        self.statements.append(lambda s: s.update({name: read(s[slot], index)}))

    def alias(self):
        """Another name of one tensor: an assignment through it is one to the tensor."""
        slot, index = self.part(lambda shape: True)
        lua, value = self.expression(part_shape(self.shapes[slot], index))
        name = f"other{len(self.lines)}"
        self.lines.append(f"local {name} = {slot} {name}[{lua_index(index)}] = {lua}")
        self.statements.append(lambda s: s.update({slot: write(s[slot], index, value(s))}))

    def loop(self):
        skipped, slot = self.rng.randint(1, 3), self.rng.choice(["p.a", "x"])
        lua, value = self.expression(self.shapes[slot][1:])
        self.lines.append(f"for i = 1, 3 do if i ~= {skipped} then {slot}[i] = {slot}[i] * x[i] + {lua} end end")

        def run(s):
            for i in range(1, 4):
                if i != skipped:
                    s[slot] = write(s[slot], [i], read(s[slot], [i]) * read(s["x"], [i]) + value(s))
        self.statements.append(run)

    def lua(self):
        total = " + ".join(f"loss({slot}, {k + 1})" for k, slot in enumerate(self.shapes))
        return "\n".join(self.lines) + f"\nreturn {total}"

    def __call__(self, p, x):
        s = {"p.a": p["a"], "p.b": p["b"], "p.n.c": p["n"]["c"], "x": x}
        for statement in self.statements:
            statement(s)
        total = torch.tensor(0.0)
        for k, slot in enumerate(self.shapes):
            t = s[slot]
            weights = 1 + 0.3 * torch.cos(torch.arange(1, t.numel() + 1, dtype=t.dtype) * (k + 1))
            total = total + (weights * (t.reshape(-1) * torch.sin(t.reshape(-1) + 0.2))).sum()
        return total


def lists(tree):
    return {k: lists(v) for k, v in tree.items()} if isinstance(tree, dict) else tree.tolist()


def main():
    cases = []
    for k in range(COUNT):
        rng = random.Random(SEED * 1000 + k)
        torch.manual_seed(SEED * 1000 + k)
        program = Program(rng)

        def draw():
            return {"a": torch.randn(3, 4), "b": torch.randn(4), "n": {"c": torch.randn(2, 3)}}
        p, v, x = draw(), draw(), torch.randn(3)

        def f(p):
            return program(p, x)

        def dot(a, b):
            return sum(dot(a[k], b[k]) if isinstance(a[k], dict) else (a[k] * b[k]).sum() for k in a)

        def hvp(p):
            return jvp(grad(f), (p,), (v,))[1]
        cases.append({"lua": program.lua(), "p": lists(p), "v": lists(v), "x": x.tolist(), "value": f(p).item(),
                      "gradient": lists(grad(f)(p)), "hvp": lists(hvp(p)),
                      "third": lists(grad(lambda p: dot(v, hvp(p)))(p))})
    made_by = f"scripts/reference-assignment.py, torch {torch.__version__}, seed {SEED}"
    print(json.dumps({"made_by": made_by, "cases": cases}, indent=0))


main()
