"""Random programs over the tensor functions, each written twice: in Lua for Oche and in Python for PyTorch.

A program is a list of inputs and of statements, every statement one line over earlier values ($0, $1, .. in its
two texts), and gives the value of its last statement. It can be evaluated by PyTorch in either precision:
value, gradient of <cotangent, value> in every input, the product of that gradient's derivative with directions
(hvp), and the gradient of the squared gradient (second).
"""

import dataclasses
import re

import numpy as np
import torch

import helpers

NAMESPACE = {name: getattr(helpers, name) for name in helpers.__all__} | {"torch": torch, "F": torch.nn.functional}


@dataclasses.dataclass(frozen=True)
class Statement:
    rule: str
    functions: tuple  # what of the manual it is a program of
    lua: str  # over $0, $1, ..
    python: str
    arguments: tuple  # of earlier values

    def written(self, text, names):
        return re.sub(r"\$(\d)", lambda m: names[self.arguments[int(m[1])]], text)


@dataclasses.dataclass
class Program:
    dtype: str
    inputs: list  # float64 arrays, exact in float32
    statements: list
    cotangent: np.ndarray = None
    directions: list = None
    stages: tuple = ()
    number: int = 0

    def names(self):
        return [f"x{i + 1}" for i in range(len(self.inputs))] + [f"y{i + 1}" for i in range(len(self.statements))]

    # ---- text ------------------------------------------------------------------------------------------------------

    def lua_function(self, indent=""):
        names = self.names()
        first = len(self.inputs)
        lines = [
            f"{indent}  local {names[first + i]} = {s.written(s.lua, names)}" for i, s in enumerate(self.statements)
        ]
        return "\n".join(
            [f"function({', '.join(names[:first])})", *lines, f"{indent}  return {names[-1]}", f"{indent}end"]
        )

    def lua(self):
        """Number, function, inputs, cotangent, directions and stages, for programs.lua."""
        tensors = lambda arrays: "{" + ", ".join(literal(a, self.dtype) for a in arrays) + "}"
        return (
            f"program({self.number}, {self.lua_function()},\n  {tensors(self.inputs)},\n"
            f'  {literal(self.cotangent, self.dtype)}, {tensors(self.directions)}, "{" ".join(self.stages)}")\n'
        )

    def python(self):
        names = self.names()
        first = len(self.inputs)
        return "\n".join(f"{names[first + i]} = {s.written(s.python, names)}" for i, s in enumerate(self.statements))

    # ---- values ----------------------------------------------------------------------------------------------------

    def pruned(self):
        """Without the statements and inputs that the last value does not follow from."""
        first, needed = len(self.inputs), set()
        wanted = [first + len(self.statements) - 1]
        while wanted:
            value = wanted.pop()
            if value not in needed:
                needed.add(value)
                if value >= first:
                    wanted.extend(self.statements[value - first].arguments)
        kept = sorted(needed)
        place = {old: new for new, old in enumerate(kept)}
        statements = [
            dataclasses.replace(
                self.statements[i - first], arguments=tuple(place[a] for a in self.statements[i - first].arguments)
            )
            for i in kept
            if i >= first
        ]
        inputs = [i for i in kept if i < first]
        return dataclasses.replace(
            self,
            inputs=[self.inputs[i] for i in inputs],
            statements=statements,
            directions=self.directions and [self.directions[i] for i in inputs],
        )

    def completed(self, random):
        """With a cotangent and directions of the shapes that it has now."""
        grid = lambda shape: np.asarray(np.round(random.standard_normal(shape) * 64) / 64)
        shape = self.value(torch.float64)[0].shape
        return dataclasses.replace(self, cotangent=grid(tuple(shape)), directions=[grid(x.shape) for x in self.inputs])

    def value(self, dtype, noise=None):
        """The last value and the inputs as leaves. `noise` multiplies every value and every gradient that comes back
        to it by 1 + a few roundings, to see how far a result follows from rounding."""
        leaves = [torch.from_numpy(np.array(x)).to(dtype).requires_grad_() for x in self.inputs]
        values = list(leaves) if noise is None else [noise(x) for x in leaves]
        for statement in self.statements:
            scope = {f"v{i}": values[a] for i, a in enumerate(statement.arguments)}
            result = eval(compiled(statement.python), NAMESPACE | scope)
            values.append(result if noise is None else noise(result, rounds_inside=statement.rule == "long"))
        return values[-1], leaves

    def results(self, dtype, noise=None):
        """{stage: list of arrays} by PyTorch."""
        value, leaves = self.value(dtype, noise)
        found = {"value": [array(value)]}
        if "gradient" not in self.stages:
            return found
        loss = (torch.from_numpy(self.cotangent).to(dtype) * value).sum()
        gradients = differentiated(loss, leaves)
        found["gradient"] = [array(g) for g in gradients]
        if "hvp" in self.stages:
            along = sum((g * torch.from_numpy(d).to(dtype)).sum() for g, d in zip(gradients, self.directions))
            found["hvp"] = [array(g) for g in differentiated(along, leaves)]
        if "second" in self.stages:
            found["second"] = [array(g) for g in differentiated(sum((g * g).sum() for g in gradients), leaves)]
        return found


def array(tensor):
    tensor = tensor.detach()
    if tensor._is_zerotensor():  # without memory; its own conversion to NumPy crashes in PyTorch 2.15
        return np.zeros(tuple(tensor.shape))
    return tensor.to(torch.float64).numpy().copy()


def differentiated(value, leaves):
    """Gradients, zero where nothing depends."""
    if not value.requires_grad or not leaves:
        return [torch.zeros_like(x) for x in leaves]
    gradients = torch.autograd.grad(value, leaves, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, leaves)]


COMPILED = {}


def compiled(text):
    if text not in COMPILED:
        COMPILED[text] = compile(re.sub(r"\$(\d)", r"v\1", text), text, "eval")
    return COMPILED[text]


def number(x):
    if x != x:
        return "0/0"
    if x in (float("inf"), float("-inf")):
        return "1/0" if x > 0 else "-1/0"
    return repr(int(x)) if x == int(x) and not (x == 0 and np.signbit(x)) else repr(float(x))


def literal(a, dtype):
    """A tensor as Lua text."""
    a = np.asarray(a)
    shape = "{" + ", ".join(map(str, a.shape)) + "}"
    if a.size == 0:
        return f'tensor.zeros({shape}, {{dtype = "{dtype}"}})'
    if a.ndim == 0:
        return f'tensor({number(float(a))}, {{dtype = "{dtype}"}})'
    flat = f'tensor({{{", ".join(number(float(v)) for v in a.ravel())}}}, {{dtype = "{dtype}"}})'
    return flat if a.ndim == 1 else f"{flat}:reshape{shape}"
