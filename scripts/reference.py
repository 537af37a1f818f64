"""Reference values of tensor expressions, from PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install -r scripts/peers/requirements.txt
    venv/bin/python scripts/reference.py            # writes Tests/EndToEndTests/Fixtures/expressions.json
    venv/bin/python scripts/reference.py --check    # also compares every derivative with central differences

One line of the file is one case: a Lua function over float64 inputs, its value, the gradient of <cotangent, value> for
every input, and the gradient of <gradients, directions> for every input (a Hessian-vector product). The same arithmetic
is written beside it for PyTorch. Running it again reproduces the file byte for byte: inputs depend on the case's name
only, and kernels are pinned to one instruction set and one thread. Inputs are multiples of 1/4096, hence exact in
float32 too, so that a float32 test measures arithmetic and not the rounding of its inputs.
"""
import os

os.environ.update(ATEN_CPU_CAPABILITY="default", MKL_CBWR="COMPATIBLE", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import json
import math
import pathlib
import random
import sys
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")          # PyTorch warns that "same" with an even kernel copies its input
torch.set_num_threads(1)
torch.backends.mkldnn.enabled = False
torch.set_default_dtype(torch.float64)

OUTPUT = pathlib.Path(__file__).parent.parent / "Tests/EndToEndTests/Fixtures/expressions.json"
CASES = []


# Inputs: a tuple is a shape, filled uniformly from [-2, 2]; the functions below give other fillings.
def uniform(lo, hi, *shape, avoid=None, gap=0.1):
    """Values in [lo, hi], at least `gap` from `avoid` (a kink, where derivatives are a matter of convention)."""
    def fill(rng):
        data = []
        while len(data) < math.prod(shape):
            value = round(rng.uniform(lo, hi) * 4096) / 4096
            if avoid is None or abs(value - avoid) >= gap:
                data.append(value)
        return torch.tensor(data).reshape(shape)
    return fill


def positive(*shape):
    return uniform(0.25, 2.5, *shape)


def away(*shape, avoid=0.0):
    return uniform(-2, 2, *shape, avoid=avoid)


def given(values):
    return lambda rng: torch.tensor(values)


def case(name, inputs, lua, f, differentiable=True, kink=False):
    """`kink`: derivatives at a point where they are a convention, which central differences can't confirm."""
    CASES.append(dict(name=name, inputs=inputs, lua=lua, f=f, differentiable=differentiable, kink=kink))


def values_only(name, inputs, lua, f):
    case(name, inputs, lua, f, differentiable=False)


def title(shape):
    return "x".join(map(str, shape)) or "scalar"


# ---- elementwise, one input -------------------------------------------------------------------------------------

for name, inputs, f in [
    ("exp", (3, 4), torch.exp), ("log", positive(3, 4), torch.log), ("sqrt", positive(3, 4), torch.sqrt),
    ("abs", away(3, 4), torch.abs), ("sin", (3, 4), torch.sin), ("cos", (3, 4), torch.cos),
    ("tanh", (3, 4), torch.tanh), ("sigmoid", (3, 4), torch.sigmoid), ("relu", away(3, 4), torch.relu),
]:
    case(name, [inputs], f"function(a) return a:{name}() end", f)
case("negate", [(3, 4)], "function(a) return -a end", lambda a: -a)
case("exp_scalar", [()], "function(a) return a:exp() end", torch.exp)
case("tanh_rank4", [(2, 1, 3, 2)], "function(a) return a:tanh() end", torch.tanh)
case("sigmoid_far", [given([-20.0, -8.0, 8.0, 20.0])], "function(a) return a:sigmoid() end", torch.sigmoid)
case("tanh_far", [given([-12.0, -5.0, 5.0, 12.0])], "function(a) return a:tanh() end", torch.tanh)
case("sin_far", [given([-100.25, 31.5, 1000.125])], "function(a) return a:sin() end", torch.sin)
case("cos_far", [given([-100.25, 31.5, 1000.125])], "function(a) return a:cos() end", torch.cos)
# PyTorch and JAX agree on these two: the derivative at the kink is zero.
case("relu_at_zero", [given([-1.0, 0.0, 1.0])], "function(a) return a:relu() end", torch.relu, kink=True)
case("abs_at_zero", [given([-1.0, 0.0, 1.0])], "function(a) return a:abs() end", torch.abs, kink=True)
case("clamp", [uniform(-2, 2, 3, 4, avoid=0.75, gap=0.05)], "function(a) return a:clamp(-3, 0.75) end",
     lambda a: a.clamp(-3, 0.75))
case("clamp_both_sides", [given([-2.0, -0.75, 0.25, 0.5, 1.5])], "function(a) return a:clamp(-1, 1) end",
     lambda a: a.clamp(-1, 1))
case("clamp_of_square", [given([-1.5, -0.25, 0.5, 1.25])], "function(a) return (a ^ 2):clamp(0.125, 1) end",
     lambda a: (a ** 2).clamp(0.125, 1))
# Rounding and remainders, off the integers, where they jump; and halves, which go to the even integer.
case("ceil", [away(3, 4)], "function(a) return a:ceil() * a end", lambda a: torch.ceil(a) * a)
case("round", [away(3, 4, avoid=0.5)], "function(a) return a:round() * a end", lambda a: torch.round(a) * a)
case("round_halves", [given([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.0])], "function(a) return a:round() * a end", lambda a: torch.round(a) * a, kink=True)
case("modulo", [(2, 3), positive(3)], "function(a, b) return a % b end", torch.remainder)
case("modulo_number", [(2, 3)], "function(a) return a % 0.75 end", lambda a: torch.remainder(a, 0.75))
case("number_modulo", [positive(2, 3)], "function(a) return 2.25 % a end", lambda a: torch.remainder(torch.tensor(2.25), a))
case("modulo_negative", [(2, 3)], "function(a) return a % -0.75 end", lambda a: torch.remainder(a, -0.75))
case("floor_divide", [(2, 3), positive(3)], "function(a, b) return (a // b) * a end", lambda a, b: torch.floor(a / b) * a)
case("dot", [(5,), (5,)], "function(a, b) return a:dot(b) end", torch.dot)
case("t", [(2, 3)], "function(a) return a:t() * a:t() end", lambda a: a.t() * a.t())
case("flatten", [(2, 3, 2)], "function(a) return a:flatten() ^ 2 end", lambda a: a.flatten() ** 2)
plain = [given([[0.0, 1.0, -2.0], [0.0, 0.0, 0.0]])]
for word in ["any", "all"]:
    values_only(f"{word}_everywhere", plain, f"function(a) return a:{word}() end", lambda a, w=word: getattr(a, w)().double())
    values_only(f"{word}_dim", plain, f"function(a) return a:{word}(2, {{keepdim = true}}) end", lambda a, w=word: getattr(a, w)(dim=1, keepdim=True).double())
values_only("isnan", plain, "function(a) return (a / a):isnan() end", lambda a: torch.isnan(a / a).double())
values_only("isfinite", plain, "function(a) return (1 / a):isfinite() end", lambda a: torch.isfinite(1 / a).double())
case("chain_of_functions", [(2, 3)], "function(a) return (a:sin():exp() + 1):log():tanh():sigmoid() end",
     lambda a: torch.sigmoid(torch.tanh(torch.log(torch.exp(torch.sin(a)) + 1))))


# ---- elementwise, two inputs, broadcasting ----------------------------------------------------------------------

OPERATORS = [("add", "+", torch.add), ("subtract", "-", torch.sub), ("multiply", "*", torch.mul), ("divide", "/", torch.div)]
SHAPES = [((3, 4), (3, 4)), ((3, 1), (1, 4)), ((4,), (3, 4)), ((2, 3, 4), (3, 1)), ((), (2, 3)), ((2, 3), ()),
          ((1,), (3,)), ((2, 1, 3, 1), (4, 1, 2))]
for word, symbol, f in OPERATORS:
    for left, right in SHAPES:
        denominator = positive(*right) if word == "divide" else right
        case(f"{word}_{title(left)}_{title(right)}", [left, denominator], f"function(a, b) return a {symbol} b end", f)
    case(f"{word}_number_right", [(2, 3)], f"function(a) return a {symbol} 2.5 end", lambda a, f=f: f(a, 2.5))
    case(f"{word}_number_left", [positive(2, 3)], f"function(a) return 1.5 {symbol} a end",
         lambda a, f=f: f(torch.tensor(1.5), a))
case("same_tensor_twice", [positive(2, 3)], "function(a) return a * a - a / (a + a) end", lambda a: a * a - a / (a + a))

for exponent in ["2", "3", "-1", "0.5", "-1.5", "1", "0"]:
    integral = float(exponent) >= 1
    case(f"power_{exponent}", [(2, 3) if integral else positive(2, 3)], f"function(a) return a ^ {exponent} end",
         lambda a, e=float(exponent): a ** e)
case("power_2_at_zero", [given([-1.5, 0.0, 2.0])], "function(a) return a ^ 2 end", lambda a: a ** 2)
case("power_3_at_zero", [given([-1.5, 0.0, 2.0])], "function(a) return a ^ 3 end", lambda a: a ** 3)
case("power_number_base", [(2, 3)], "function(a) return 2 ^ a end", lambda a: 2 ** a)
for left, right in [((2, 3), (2, 3)), ((3, 1), (1, 2)), ((), (3,)), ((3,), ())]:
    case(f"power_{title(left)}_{title(right)}", [positive(*left), right], "function(a, b) return a ^ b end", torch.pow)

for word, f in [("maximum", torch.maximum), ("minimum", torch.minimum)]:
    lua = f"function(a, b) return tensor.{word}(a, b) end"
    for left, right in [((3, 4), (3, 4)), ((3, 1), (4,)), ((2, 3), ())]:
        case(f"{word}_{title(left)}_{title(right)}", [left, right], lua, f)
    case(f"{word}_ties", [given([1.0, 2.0, -1.0]), given([1.0, 0.5, -1.0])], lua, f, kink=True)
    case(f"{word}_of_squares", [(4,), (4,)], f"function(a, b) return tensor.{word}(a ^ 2, a * b) end",
         lambda a, b, f=f: f(a ** 2, a * b))
    case(f"{word}_number", [away(2, 3, avoid=0.5)], f"function(a) return tensor.{word}(a, 0.5) end",
         lambda a, f=f: f(a, torch.tensor(0.5)))

for word, f in [("gt", torch.gt), ("ge", torch.ge), ("lt", torch.lt), ("le", torch.le), ("eq", torch.eq)]:
    ties = [given([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), given([[1.0, 2.5, 2.5], [4.0, 4.5, 7.0]])]
    values_only(f"{word}_number", [ties[0]], f"function(a) return a:{word}(3) end", lambda a, f=f: f(a, 3.0))
    values_only(f"{word}_tensor", ties, f"function(a, b) return a:{word}(b) end", f)
    values_only(f"{word}_broadcast", [given([[1.0], [2.0]]), given([1.0, 1.5, 2.0])], f"function(a, b) return a:{word}(b) end", f)

case("where", [away(3, 4), (3, 4), (3, 4)], "function(c, x, y) return tensor.where(c:gt(0), x ^ 2, x * y) end",
     lambda c, x, y: torch.where(c > 0, x ** 2, x * y))
case("where_broadcast", [away(3, 1), (4,), ()], "function(c, x, y) return tensor.where(c:lt(0), x, y:exp()) end",
     lambda c, x, y: torch.where(c < 0, x, torch.exp(y)))
case("where_number", [away(2, 3)], "function(a) return tensor.where(a:ge(0), a ^ 3, 0) end",
     lambda a: torch.where(a >= 0, a ** 3, torch.tensor(0.0)))
case("mask_by_comparison", [away(2, 3)], "function(a) return a:gt(0) * a ^ 2 end", lambda a: (a > 0) * a ** 2)


# ---- reductions -------------------------------------------------------------------------------------------------

def over(torch_function):
    """A reduction of everything, or over a dimension that counts from 1 or from the end."""
    def f(a, dim=None, keep=False):
        return torch_function(a) if dim is None else torch_function(a, dim=dim - 1 if dim > 0 else dim, keepdim=keep)
    return f


REDUCTIONS = {
    "sum": over(torch.sum), "mean": over(torch.mean), "prod": over(torch.prod),
    # amax and amin share the gradient equally among ties; max and min over a dimension would not.
    "max": over(torch.amax), "min": over(torch.amin),
    "var": over(torch.var), "std": over(torch.std), "norm": over(torch.linalg.vector_norm),
}
for word, f in REDUCTIONS.items():
    case(f"{word}_all", [(3, 4)], f"function(a) return a:{word}() end", f)
    case(f"{word}_dim1", [(3, 4)], f"function(a) return (a:{word}(1)) end", lambda a, f=f: f(a, 1))
    case(f"{word}_last_dim", [(2, 3, 2)], f"function(a) return (a:{word}(-1)) end", lambda a, f=f: f(a, -1))
    case(f"{word}_keepdim", [(2, 3, 2)], f"function(a) return (a:{word}(2, {{keepdim = true}})) end",
         lambda a, f=f: f(a, 2, True))
    case(f"{word}_rank1", [(5,)], f"function(a) return a:{word}() end", f)
    case(f"{word}_rank4", [(2, 3, 1, 2)], f"function(a) return (a:{word}(-3)) end", lambda a, f=f: f(a, -3))
    case(f"{word}_of_product", [(3, 2), (2,)], f"function(a, b) return (a * b:sin()):{word}() end",
         lambda a, b, f=f: f(a * torch.sin(b)))
for word in ["sum", "mean", "prod", "max", "min"]:
    case(f"{word}_rank0", [()], f"function(a) return (a ^ 2):{word}() end", lambda a, f=REDUCTIONS[word]: f(a ** 2))
case("sum_then_broadcast", [(2, 3)], "function(a) return a * a:sum(2, {keepdim = true}) end",
     lambda a: a * a.sum(1, keepdim=True))
for word in ["max", "min"]:
    ties = given([[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, 2.0, 1.0], [0.5, -1.0, 4.0, -1.0]])
    f = REDUCTIONS[word]
    case(f"{word}_ties_all", [given([2.0, -1.0, 2.0, -1.0, -1.0])], f"function(a) return a:{word}() end", f, kink=True)
    case(f"{word}_ties_dim", [ties], f"function(a) return (a:{word}(2)) end", lambda a, f=f: f(a, 2), kink=True)
    for arg, g in [("", lambda a, h: h(a)), ("1", lambda a, h: h(a, 0)), ("-1", lambda a, h: h(a, -1))]:
        h = torch.argmax if word == "max" else torch.argmin
        values_only(f"arg{word}_{arg or 'all'}", [(3, 4)], f"function(a) return a:arg{word}({arg}) end",
                    lambda a, g=g, h=h: g(a, h) + 1)
    values_only(f"arg{word}_keepdim", [(2, 3, 2)], f"function(a) return a:arg{word}(2, {{keepdim = true}}) end",
                lambda a, h=h: h(a, 1, keepdim=True) + 1)
    values_only(f"arg{word}_first_of_ties", [given([2.0, -1.0, 2.0, -1.0])], f"function(a) return a:arg{word}() end",
                lambda a, h=h: h(a) + 1)
case("prod_one_zero", [given([[1.5, 0.0, -2.0], [0.5, 3.0, 1.0]])], "function(a) return a:prod() end", torch.prod)
case("prod_two_zeros", [given([1.5, 0.0, -2.0, 0.0])], "function(a) return a:prod() end", torch.prod)
case("prod_zeros_dim", [given([[1.5, 0.0, -2.0], [0.0, 3.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.0, 0.0]])],
     "function(a) return a:prod(2) end", lambda a: a.prod(1))


# ---- cumulative sums, sorting -----------------------------------------------------------------------------------

case("cumsum_rank1", [(5,)], "function(a) return a:cumsum(1) end", lambda a: a.cumsum(0))
case("cumsum_dim1", [(3, 2)], "function(a) return (a ^ 2):cumsum(1) end", lambda a: (a ** 2).cumsum(0))
case("cumsum_last_dim", [(2, 2, 3)], "function(a) return a:cumsum(-1):exp() end", lambda a: torch.exp(a.cumsum(-1)))
case("sort_rank1", [(6,)], "function(a) return (a:sort(1)) end", lambda a: a.sort(0).values)
case("sort_dim1", [(4, 3)], "function(a) return (a:sort(1)) ^ 2 end", lambda a: a.sort(0).values ** 2)
case("sort_last_dim", [(2, 5)], "function(a) return (a:sort(-1)) end", lambda a: a.sort(-1).values)
case("sort_weighted", [(5,), (5,)], "function(a, b) return ((a * b):sort(1)) * b end", lambda a, b: (a * b).sort(0).values * b)


# ---- indexing: Lua counts from 1, a range {first, last} includes both ends --------------------------------------

for name, shape, index, f in [
    ("row", (3, 4), "a[2]", lambda a: a[1]),
    ("row_from_end", (3, 4), "a[-1]", lambda a: a[-1]),
    ("row_in_table", (3, 4), "a[{2}]", lambda a: a[1]),
    ("rows", (4, 3), "a[{{2, 3}}]", lambda a: a[1:3]),
    ("rows_from_end", (4, 3), "a[{{-2, -1}}]", lambda a: a[-2:]),
    ("part_of_column", (3, 4), "a[{{1, 2}, 3}]", lambda a: a[0:2, 2]),
    ("last_column", (3, 4), "a[{{}, -1}]", lambda a: a[:, -1]),
    ("block", (4, 5), "a[{{2, 3}, {2, 4}}]", lambda a: a[1:3, 1:4]),
    ("open_end", (3, 4), "a[{{}, {2, -1}}]", lambda a: a[:, 1:]),
    ("range_of_one", (3, 4), "a[{{2, 2}, {}}]", lambda a: a[1:2]),
    ("rank3_mixed", (2, 3, 4), "a[{2, {}, {1, 2}}]", lambda a: a[1, :, 0:2]),
    ("rank3_short", (2, 3, 4), "a[{2, 3}]", lambda a: a[1, 2]),
    ("twice", (2, 3, 4), "a[2][{{1, 2}, 4}]", lambda a: a[1][0:2, 3]),
    # Outside a trace one element is a Lua number, inside a tensor of no dimensions: a product with a tensor is the same in both.
    ("element", (2, 3), "a[{1, 2}] * a", lambda a: a[0, 1] * a),
    ("element_chained", (2, 3), "a[2][-1] * a:exp()", lambda a: a[1][-1] * torch.exp(a)),
]:
    case(f"index_{name}", [shape], f"function(a) return {index} end", f)
case("index_overlapping", [(6,)], "function(a) return a[{{1, 4}}] * a[{{3, 6}}] end", lambda a: a[0:4] * a[2:6])
case("index_of_expression", [(3, 3)], "function(a) return (a ^ 2)[{{}, 2}]:sum() * a[1] end", lambda a: (a ** 2)[:, 1].sum() * a[0])


def assigned(a, index, value):
    b = a.detach().clone()
    b[index] = value
    return b


values_only("assign_column", [(3, 4)], "function(a) local b = a:clone() b[{{}, 1}] = 0 return b end",
            lambda a: assigned(a, (slice(None), 0), 0))
values_only("assign_row", [(3, 4), (4,)], "function(a, r) local b = a:clone() b[2] = r return b end", lambda a, r: assigned(a, 1, r.detach()))
values_only("assign_broadcast", [(3, 4), (2, 1)], "function(a, r) local b = a:clone() b[{{2, 3}, {1, 3}}] = r return b end",
            lambda a, r: assigned(a, (slice(1, 3), slice(0, 3)), r.detach()))
values_only("assign_leaves_view", [(2, 3)], "function(a) local b = a:clone() local row = b[1] b[{1, 1}] = 9 return row end", lambda a: a[0])


# ---- shape ------------------------------------------------------------------------------------------------------

for name, inputs, lua, f in [
    ("reshape", [(2, 6)], "a:reshape{3, -1}", lambda a: a.reshape(3, -1)),
    ("reshape_flat", [(2, 3)], "a:reshape{-1}", lambda a: a.reshape(-1)),
    ("reshape_to_scalar", [(1, 1)], "a:reshape{} * 2", lambda a: a.reshape(()) * 2),
    ("transpose", [(2, 3)], "a:transpose(1, 2)", lambda a: a.transpose(0, 1)),
    ("transpose_negative", [(2, 3, 4)], "a:transpose(1, -1)", lambda a: a.transpose(0, -1)),
    ("transpose_then_reshape", [(2, 3)], "a:transpose(1, 2):reshape{2, 3}", lambda a: a.transpose(0, 1).reshape(2, 3)),
    ("permute", [(2, 3, 4)], "a:permute{3, 1, 2}", lambda a: a.permute(2, 0, 1)),
    ("permute_rank2", [(2, 3)], "a:permute{2, 1}", lambda a: a.permute(1, 0)),
    ("unsqueeze_first", [(3,)], "a:unsqueeze(1)", lambda a: a.unsqueeze(0)),
    ("unsqueeze_last", [(2, 3)], "a:unsqueeze(-1)", lambda a: a.unsqueeze(-1)),
    ("outer_difference", [(4,)], "a:unsqueeze(1) - a:unsqueeze(2)", lambda a: a.unsqueeze(0) - a.unsqueeze(1)),
    ("squeeze", [(1, 3, 1)], "a:squeeze()", lambda a: a.squeeze()),
    ("squeeze_dim", [(1, 3, 1)], "a:squeeze(3)", lambda a: a.squeeze(2)),
    ("expand", [(3, 1)], "a:expand{3, 4}", lambda a: a.expand(3, 4)),
    ("expand_new_dim", [(3,)], "a:expand{2, 3}", lambda a: a.expand(2, 3)),
    ("expand_keep", [(3, 1)], "a:expand{-1, 2}", lambda a: a.expand(-1, 2)),
    ("flip", [(3, 2)], "a:flip(1)", lambda a: a.flip(0)),
    ("flip_last", [(2, 3)], "a:flip(-1)", lambda a: a.flip(-1)),
    ("roll", [(2, 5)], "a:roll(1, -1)", lambda a: a.roll(1, -1)),
    ("roll_back", [(4, 2)], "a:roll(-3, 1)", lambda a: a.roll(-3, 0)),
    ("roll_more_than_length", [(5,)], "a:roll(13, 1)", lambda a: a.roll(13, 0)),
    ("cat", [(2, 3), (1, 3)], "tensor.cat({a, b}, 1)", lambda a, b: torch.cat([a, b], 0)),
    ("cat_last", [(2, 1), (2, 3)], "tensor.cat({a, b, a}, -1)", lambda a, b: torch.cat([a, b, a], -1)),
    ("stack", [(2, 3), (2, 3)], "tensor.stack({a, b}, 1)", lambda a, b: torch.stack([a, b], 0)),
    ("stack_last", [(2,), (2,)], "tensor.stack({a, b, a * b}, -1)", lambda a, b: torch.stack([a, b, a * b], -1)),
    ("stack_scalars", [(), ()], "tensor.stack({a, b}, 1)", lambda a, b: torch.stack([a, b], 0)),
    ("pad", [(2, 3)], "a:pad({1, 2})", lambda a: F.pad(a, (1, 2))),
    ("pad_zeros", [(2, 1, 3)], "a:pad({2, 0}, {mode = 'zeros'})", lambda a: F.pad(a, (2, 0))),
    ("pad_circular", [(2, 4)], "a:pad({2, 1}, {mode = 'circular'})", lambda a: F.pad(a, (2, 1), mode="circular")),
    ("pad_circular_whole", [(1, 2, 3)], "a:pad({3, 3}, {mode = 'circular'})", lambda a: F.pad(a, (3, 3), mode="circular")),
    ("pad_reflect", [(2, 4)], "a:pad({1, 3}, {mode = 'reflect'})", lambda a: F.pad(a, (1, 3), mode="reflect")),
    ("pad_rank1", [(4,)], "a:pad({1, 1}, {mode = 'reflect'})", lambda a: F.pad(a[None], (1, 1), mode="reflect")[0]),
]:
    arguments = ", ".join("ab"[:len(inputs)])
    case(name, inputs, f"function({arguments}) return {lua} end", f)
    if name in ("reshape", "permute", "expand", "flip", "roll_back", "cat", "stack", "pad_circular", "pad_reflect"):
        # The operator alone is linear; squared, its rule takes part in second derivatives.
        case(f"{name}_squared", inputs, f"function({arguments}) return ({lua}) ^ 2 end", lambda *x, f=f: f(*x) ** 2)


# ---- products, softmax ------------------------------------------------------------------------------------------

for left, right in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1)),
                    ((2, 3, 4), (2, 4, 2)), ((2, 3, 4), (4, 2)), ((3, 4), (2, 4, 2)), ((2, 1, 2, 3), (3, 3, 2)),
                    ((2, 3, 4), (4,)), ((4,), (2, 4, 3))]:
    case(f"matmul_{title(left)}_{title(right)}", [left, right], "function(a, b) return a:matmul(b) end", torch.matmul)
case("matmul_gram", [(3, 2)], "function(a) return a:transpose(1, 2):matmul(a) end", lambda a: a.T @ a)
case("matmul_three", [(2, 3), (3, 3), (3, 2)], "function(a, b, c) return a:matmul(b):matmul(c) end", lambda a, b, c: a @ b @ c)

for word, f in [("softmax", torch.softmax), ("log_softmax", torch.log_softmax)]:
    case(word, [(3, 4)], f"function(a) return a:{word}(-1) end", lambda a, f=f: f(a, -1))
    case(f"{word}_dim1", [(3, 2)], f"function(a) return a:{word}(1) end", lambda a, f=f: f(a, 0))
    case(f"{word}_rank3", [(2, 3, 2)], f"function(a) return a:{word}(2) end", lambda a, f=f: f(a, 1))
    case(f"{word}_large", [given([[1000.0, 1001.0, 999.5], [-800.0, -801.0, -800.25]])],
         f"function(a) return a:{word}(-1) end", lambda a, f=f: f(a, -1))
    case(f"{word}_weighted", [(4,), (4, 3)], f"function(a, b) return a:{word}(1):matmul(b) end",
         lambda a, b, f=f: f(a, 0) @ b)


# ---- convolutions -----------------------------------------------------------------------------------------------

def conv1d(x, w, bias=None, stride=1, dilation=1, groups=1, padding=0, mode="zeros"):
    if mode == "zeros":
        return F.conv1d(x, w, bias, stride, padding, dilation, groups)
    # As torch.nn.Conv1d pads: for "same" the odd sample goes to the right.
    total = dilation * (w.shape[-1] - 1)
    sides = (total // 2, total - total // 2) if padding == "same" else (0, 0) if padding == "valid" else (padding, padding)
    return F.conv1d(F.pad(x, sides, mode=mode), w, bias, stride, 0, dilation, groups)


def options(o):
    text = {key: f"'{value}'" if isinstance(value, str) else str(value) for key, value in o.items()}
    return ", ".join(f"{key} = {value}" for key, value in text.items())


for name, x, w, o in [
    ("plain", (2, 1, 6), (2, 1, 3), {}),
    ("one_tap", (2, 2, 4), (3, 2, 1), {}),
    ("valid", (1, 2, 5), (2, 2, 3), dict(padding="valid")),
    ("same", (2, 2, 5), (2, 2, 3), dict(padding="same")),
    ("same_five", (1, 1, 6), (2, 1, 5), dict(padding="same")),
    ("same_even", (1, 2, 5), (1, 2, 4), dict(padding="same")),
    ("same_two", (1, 1, 5), (1, 1, 2), dict(padding="same")),
    ("padding_2", (1, 2, 4), (2, 2, 3), dict(padding=2)),
    ("stride_2", (1, 2, 7), (2, 2, 3), dict(stride=2)),
    ("stride_3_padding_1", (1, 1, 8), (2, 1, 3), dict(stride=3, padding=1)),
    ("stride_leaves_rest", (1, 1, 8), (1, 1, 3), dict(stride=2, padding=0)),
    ("dilation_2", (1, 2, 7), (1, 2, 3), dict(dilation=2)),
    ("dilation_2_same", (1, 1, 7), (2, 1, 3), dict(dilation=2, padding="same")),
    ("dilation_3_same_even", (1, 1, 8), (1, 1, 2), dict(dilation=3, padding="same")),
    ("dilation_2_stride_2", (1, 1, 8), (1, 1, 3), dict(dilation=2, stride=2, padding=2)),
    ("groups_2", (1, 4, 5), (2, 2, 3), dict(groups=2)),
    ("groups_depthwise", (2, 3, 5), (6, 1, 3), dict(groups=3, padding="same")),
    ("circular", (2, 1, 6), (2, 1, 3), dict(padding="same", mode="circular")),
    ("circular_even", (1, 2, 6), (1, 2, 4), dict(padding="same", mode="circular")),
    ("circular_long", (1, 1, 5), (1, 1, 7), dict(padding="same", mode="circular")),
    ("circular_padding_2", (1, 1, 5), (2, 1, 3), dict(padding=2, mode="circular")),
    ("circular_stride_2", (1, 1, 6), (1, 1, 3), dict(padding=1, stride=2, mode="circular")),
    ("circular_dilation_2", (1, 1, 7), (1, 1, 3), dict(padding="same", dilation=2, mode="circular")),
    ("reflect", (1, 2, 5), (2, 2, 3), dict(padding="same", mode="reflect")),
    ("reflect_even", (1, 1, 6), (1, 1, 4), dict(padding="same", mode="reflect")),
    ("reflect_padding_3", (1, 1, 5), (1, 1, 3), dict(padding=3, mode="reflect")),
]:
    extra = f", {{{options(o)}}}" if o else ""
    case(f"conv1d_{name}", [x, w], f"function(x, w) return tensor.conv1d(x, w{extra}) end",
         lambda x, w, o=o: conv1d(x, w, **o))
case("conv1d_bias", [(2, 2, 5), (3, 2, 3), (3,)], "function(x, w, b) return tensor.conv1d(x, w, {bias = b, padding = 'same'}) end",
     lambda x, w, b: conv1d(x, w, b, padding="same"))
case("conv1d_everything", [(2, 4, 9), (4, 2, 3), (4,)],
     "function(x, w, b) return tensor.conv1d(x, w, {bias = b, stride = 2, dilation = 2, groups = 2, padding = 2, mode = 'circular'}) end",
     lambda x, w, b: conv1d(x, w, b, stride=2, dilation=2, groups=2, padding=2, mode="circular"))
case("conv1d_squared", [(1, 2, 5), (2, 2, 3)], "function(x, w) return tensor.conv1d(x, w, {padding = 'same'}) ^ 2 end",
     lambda x, w: conv1d(x, w, padding="same") ** 2)

# The weight of a transposed convolution is {cin, cout / groups, taps}.
for name, x, w, o in [
    ("plain", (1, 2, 4), (2, 3, 3), {}),
    ("stride_2", (2, 1, 3), (1, 2, 3), dict(stride=2)),
    ("stride_3_padding_1", (1, 2, 3), (2, 1, 4), dict(stride=3, padding=1)),
    ("dilation_2", (1, 1, 4), (1, 2, 3), dict(dilation=2, padding=1)),
    ("groups_2", (1, 4, 3), (4, 1, 3), dict(groups=2, stride=2)),
    ("output_padding", (1, 1, 3), (1, 1, 3), dict(stride=2, padding=1, output_padding=1)),
]:
    extra = f", {{{options(o)}}}" if o else ""
    case(f"conv_transpose1d_{name}", [x, w], f"function(x, w) return tensor.conv_transpose1d(x, w{extra}) end",
         lambda x, w, o=o: F.conv_transpose1d(x, w, **o))
case("conv_transpose1d_bias", [(2, 2, 3), (2, 2, 3), (2,)],
     "function(x, w, b) return tensor.conv_transpose1d(x, w, {bias = b, stride = 2, padding = 1}) end",
     lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1))


def conv2d(x, w, bias=None, mode=None, padding=0, **o):
    if mode is None:
        return F.conv2d(x, w, bias, padding=padding, **o)
    sides = []
    for taps in reversed(w.shape[2:]):
        sides += [(taps - 1) // 2, taps - 1 - (taps - 1) // 2]
    return F.conv2d(F.pad(x, sides, mode=mode), w, bias, **o)


for name, x, w, o in [
    ("plain", (1, 2, 4, 5), (2, 2, 3, 3), {}),
    ("same", (2, 1, 3, 4), (2, 1, 3, 3), dict(padding="same")),
    ("valid_oblong", (1, 2, 4, 3), (1, 2, 3, 1), dict(padding="valid")),
    ("same_even", (1, 1, 4, 4), (1, 1, 2, 4), dict(padding="same")),
    ("padding_1_stride_2", (1, 1, 5, 4), (2, 1, 3, 3), dict(padding=1, stride=2)),
    ("dilation_2", (1, 1, 6, 5), (1, 1, 3, 3), dict(dilation=2, padding=1)),
    ("groups_2", (1, 4, 3, 3), (2, 2, 2, 2), dict(groups=2)),
    ("circular", (1, 1, 4, 5), (2, 1, 3, 3), dict(padding="same", mode="circular")),
    ("reflect", (1, 1, 4, 4), (1, 1, 3, 3), dict(padding="same", mode="reflect")),
]:
    extra = f", {{{options(o)}}}" if o else ""
    case(f"conv2d_{name}", [x, w], f"function(x, w) return tensor.conv2d(x, w{extra}) end", lambda x, w, o=o: conv2d(x, w, **o))
case("conv2d_bias", [(1, 2, 3, 3), (2, 2, 2, 2), (2,)], "function(x, w, b) return tensor.conv2d(x, w, {bias = b}) end",
     lambda x, w, b: F.conv2d(x, w, b))


# ---- whole expressions ------------------------------------------------------------------------------------------

def gradient(f, u):
    """What tensor.grad does: differentiable again."""
    return torch.autograd.grad(f(u), u, create_graph=True)[0]


case("cnn_loss", [(2, 1, 6), (2, 1, 6), (3, 1, 3), (3,), (1, 3, 3), (1,)], """function(x, y, w1, b1, w2, b2)
  local hidden = tensor.conv1d(x, w1, {bias = b1, padding = "same"}):relu()
  local estimate = tensor.conv1d(hidden, w2, {bias = b2, padding = "same"})
  return ((estimate - y) ^ 2):mean()
end""", lambda x, y, w1, b1, w2, b2: ((conv1d(torch.relu(conv1d(x, w1, b1, padding="same")), w2, b2, padding="same") - y) ** 2).mean())


def mix(x, y, noise, alpha, step, w1, b1, w2, b2):
    kernel = torch.tensor([[[0.25, 0.5, 0.25]]])
    blur = lambda u: conv1d(u, kernel, padding="same", mode="circular")
    cnn = conv1d(torch.relu(conv1d(x, w1, b1, padding="same")), w2, b2, padding="same")
    weights = torch.softmax(alpha, 0)
    return (weights[0] * (x - step * blur(blur(x) - y)) + weights[1] * cnn + weights[2] * x.roll(2, -1)
            + weights[3] * (x + 0.7 * noise))


MIX_INPUTS = [(2, 1, 6), (2, 1, 6), (2, 1, 6), (4,), (1,), (3, 1, 3), (3,), (1, 3, 3), (1,)]
MIX = """  local kernel = tensor({{{0.25, 0.5, 0.25}}}, {dtype = "float64"})
  local function blur(u) return tensor.conv1d(u, kernel, {padding = "same", mode = "circular"}) end
  local hidden = tensor.conv1d(x, w1, {bias = b1, padding = "same"}):relu()
  local cnn = tensor.conv1d(hidden, w2, {bias = b2, padding = "same"})
  local weights = alpha:softmax(1)
  local mixed = weights[1] * (x - step * blur(blur(x) - y)) + weights[2] * cnn
    + weights[3] * x:roll(2, -1) + weights[4] * (x + 0.7 * noise)
"""
case("mix_of_four_operations", MIX_INPUTS, f"function(x, y, noise, alpha, step, w1, b1, w2, b2)\n{MIX}  return mixed\nend", mix)
case("mix_of_four_operations_loss", MIX_INPUTS, f"function(x, y, noise, alpha, step, w1, b1, w2, b2)\n{MIX}  return ((mixed - y) ^ 2):mean()\nend",
     lambda x, y, *rest: ((mix(x, y, *rest) - y) ** 2).mean())
case("logistic_regression", [(5, 3), given([1.0, -1.0, 1.0, 1.0, -1.0]), (3,), ()],
     "function(x, y, w, b) return (1 + (-y * (x:matmul(w) + b)):exp()):log():mean() + 0.1 * (w ^ 2):sum() end",
     lambda x, y, w, b: torch.log(1 + torch.exp(-y * (x @ w + b))).mean() + 0.1 * (w ** 2).sum())
case("cross_entropy", [(4, 3), given([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])],
     "function(logits, target) return -(logits:log_softmax(-1) * target):sum(-1):mean() end",
     lambda logits, target: -(torch.log_softmax(logits, -1) * target).sum(-1).mean())
case("rosenbrock", [(5,)],
     "function(x) local a, b = x[{{1, -2}}], x[{{2, -1}}] return (100 * (b - a ^ 2) ^ 2 + (1 - a) ^ 2):sum() end",
     lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())
case("layer_norm", [(3, 4), (4,), (4,)], """function(x, gain, bias)
  local centred = x - x:mean(-1, {keepdim = true})
  local variance = (centred ^ 2):mean(-1, {keepdim = true})
  return centred / (variance + 1e-5):sqrt() * gain + bias
end""", lambda x, gain, bias: F.layer_norm(x, (4,), gain, bias))
case("batch_norm", [(3, 2, 4), (2, 1), (2, 1)], """function(x, gain, bias)
  local flat = x:permute{2, 1, 3}:reshape{2, -1}
  local mean, deviation = flat:mean(2, {keepdim = true}), flat:std(2, {keepdim = true})
  return (x - mean) / deviation * gain + bias
end""", lambda x, gain, bias: (x - x.mean((0, 2), keepdim=True)[0]) / x.std((0, 2), keepdim=True)[0] * gain + bias)
case("gaussian_log_likelihood", [(6,), (), positive()], """function(x, mean, sigma)
  return (-0.5 * ((x - mean) / sigma) ^ 2 - sigma:log() - 0.5 * math.log(2 * math.pi)):sum()
end""", lambda x, mean, sigma: torch.distributions.Normal(mean, sigma).log_prob(x).sum())
case("mixture_log_likelihood", [(5,), (3,), (3,)], """function(x, mean, logits)
  local score = logits:log_softmax(1) - 0.5 * (x:unsqueeze(2) - mean) ^ 2
  local top = score:max(2, {keepdim = true})
  return ((score - top):exp():sum(2):log() + top:squeeze()):sum()
end""", lambda x, mean, logits: torch.logsumexp(torch.log_softmax(logits, 0) - 0.5 * (x[:, None] - mean) ** 2, 1).sum())
case("attention", [(3, 2), (4, 2), (4, 3)],
     "function(q, k, v) return (q:matmul(k:transpose(1, 2)) / math.sqrt(2)):softmax(-1):matmul(v) end",
     lambda q, k, v: F.scaled_dot_product_attention(q, k, v))
case("cosine_similarity", [(5,), (5,)], "function(a, b) return a:matmul(b) / (a:norm() * b:norm()) end",
     lambda a, b: F.cosine_similarity(a, b, dim=0))
case("huber", [away(6, avoid=1.0)], "function(r) local s = r:abs() return tensor.where(s:le(1), 0.5 * r ^ 2, s - 0.5):mean() end",
     lambda r: F.huber_loss(r, torch.zeros_like(r)))
case("soft_threshold", [away(2, 5)], "function(x) return tensor.maximum(x - 0.03, 0) - tensor.maximum(-x - 0.03, 0) end",
     lambda x: F.softshrink(x, 0.03))
case("total_variation", [(2, 6)], "function(x) return (x[{{}, {2, -1}}] - x[{{}, {1, -2}}]):abs():sum() end", lambda x: x.diff(dim=1).abs().sum())
case("psnr", [(2, 1, 5), (2, 1, 5)], "function(x, y) return -10 * ((x - y) ^ 2):mean():log() / math.log(10) end",
     lambda x, y: -10 * torch.log10(((x - y) ** 2).mean()))
case("quadratic_form", [(3,), (3, 3)], "function(x, m) return x:matmul(m):matmul(x) end", lambda x, m: x @ m @ x)
case("trace_of_product", [(3, 3), (3, 3)],
     "function(a, b) return (a:matmul(b) * tensor.eye(3):to('float64')):sum() end", lambda a, b: torch.trace(a @ b))
case("circular_convolution_by_roll", [(6,), (3,)],
     "function(x, w) return w[1] * x:roll(1, 1) + w[2] * x + w[3] * x:roll(-1, 1) end",
     lambda x, w: conv1d(x[None, None], w[None, None], padding="same", mode="circular")[0, 0])

def recurrent(x, h, wx, wh, b):
    gate = torch.sigmoid(x @ wx + h @ wh + b)
    for _ in range(2):
        h = gate * h + (1 - gate) * torch.tanh(x @ wx + (gate * h) @ wh)
    return h


case("recurrent_cell", [(2, 3), (2, 4), (3, 4), (4, 4), (4,)], """function(x, h, wx, wh, b)
  local gate = (x:matmul(wx) + h:matmul(wh) + b):sigmoid()
  for _ = 1, 2 do h = gate * h + (1 - gate) * (x:matmul(wx) + (gate * h):matmul(wh)):tanh() end
  return h
end""", recurrent)


def descend(x, y, w, steps=3, rate=0.125):
    for _ in range(steps):
        w = w - rate * x.T @ (x @ w - y) / len(y)
    return ((x @ w - y) ** 2).mean()


case("chain_of_gradient_steps", [(4, 2), (4,), (2,)], """function(x, y, w)
  for _ = 1, 3 do w = w - 0.125 * x:transpose(1, 2):matmul(x:matmul(w) - y) / #y end
  return ((x:matmul(w) - y) ^ 2):mean()
end""", descend)


def newton(a):
    r = 0.5 * (a + 1)
    for _ in range(4):
        r = 0.5 * (r + a / r)
    return r


case("newton_iteration", [positive(4)],
     "function(a) local r = 0.5 * (a + 1) for _ = 1, 4 do r = 0.5 * (r + a / r) end return r end", newton)


# ---- gradients inside the function ------------------------------------------------------------------------------

case("grad_of_quartic", [(4,)], "function(x) return tensor.grad(function(u) return (u ^ 4):sum() end)(x) end",
     lambda x: gradient(lambda u: (u ** 4).sum(), x))
case("grad_of_grad", [(4,)], """function(x)
  return tensor.grad(function(u) return tensor.grad(function(v) return (v:sin() * v ^ 3):sum() end)(u):sum() end)(x)
end""", lambda x: gradient(lambda u: gradient(lambda v: (torch.sin(v) * v ** 3).sum(), u).sum(), x))
case("value_and_grad", [(3,), (3,)], """function(x, y)
  local value, g = tensor.value_and_grad(function(u) return (u * y):exp():sum() end)(x)
  return value * g
end""", lambda x, y: (torch.exp(x * y).sum()) * gradient(lambda u: torch.exp(u * y).sum(), x))
case("hvp", [(4,), (4,)], "function(x, v) return tensor.hvp(function(u) return (u:sin() * u:roll(1, 1) ^ 2):sum() end, x, v) end",
     lambda x, v: gradient(lambda u: (gradient(lambda t: (torch.sin(t) * t.roll(1, 0) ** 2).sum(), u) * v).sum(), x))
case("grad_of_table", [(4, 2), (4,), (2,), ()], """function(x, y, w, b)
  local g = tensor.grad(function(p) return ((x:matmul(p.w) + p.b - y) ^ 2):mean() end){w = w, b = b}
  return tensor.cat({g.w, g.b:reshape{1}}, 1)
end""", lambda x, y, w, b: torch.cat([gradient(lambda u: ((x @ u + b - y) ** 2).mean(), w),
                                      gradient(lambda u: ((x @ w + u - y) ** 2).mean(), b).reshape(1)]))
case("unrolled_step", [(4, 2), (4,), (4, 2), (4,), (2,), ()], """function(x, y, xv, yv, w, lograte)
  local g = tensor.grad(function(u) return ((x:matmul(u) - y) ^ 2):mean() end)(w)
  return ((xv:matmul(w - lograte:exp() * g) - yv) ^ 2):mean()
end""", lambda x, y, xv, yv, w, lograte:
     ((xv @ (w - torch.exp(lograte) * gradient(lambda u: ((x @ u - y) ** 2).mean(), w)) - yv) ** 2).mean())


# ---- empty dimensions -------------------------------------------------------------------------------------------

def empty(*shape):
    return lambda rng: torch.zeros(shape)


values_only("empty_sum_all", [empty(0, 3)], "function(a) return a:sum() end", torch.sum)
values_only("empty_sum_dim", [empty(0, 3)], "function(a) return a:sum(1) end", lambda a: a.sum(0))
values_only("empty_sum_other_dim", [empty(0, 3)], "function(a) return a:sum(2) end", lambda a: a.sum(1))
values_only("empty_prod_dim", [empty(2, 0)], "function(a) return a:prod(-1) end", lambda a: a.prod(-1))
values_only("empty_broadcast", [empty(0, 3), (3,)], "function(a, b) return a * b + 1 end", lambda a, b: a * b + 1)
values_only("empty_cat", [empty(0, 3), (2, 3)], "function(a, b) return tensor.cat({a, b}, 1) end", lambda a, b: torch.cat([a, b]))
values_only("empty_transpose", [empty(0, 3)], "function(a) return a:transpose(1, 2):exp() end", lambda a: a.T.exp())
values_only("empty_matmul_inner", [empty(2, 0), empty(0, 3)], "function(a, b) return a:matmul(b) end", torch.matmul)


# ---- evaluation -------------------------------------------------------------------------------------------------

def fill(name, label, spec):
    rng = random.Random(f"{name}/{label}")
    return (uniform(-2, 2, *spec) if isinstance(spec, tuple) else spec)(rng)


def like(name, label, shape):
    return fill(name, label, uniform(-1, 1, *shape))


def encode(t):
    return dict(shape=list(t.shape), data=[float(v) for v in t.detach().reshape(-1)])


def derivative(value, inputs):
    if not value.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    gradients = torch.autograd.grad(value, inputs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, gradients)]


def evaluate(c):
    inputs = [fill(c["name"], f"input {i}", spec).to(torch.float64) for i, spec in enumerate(c["inputs"])]
    record = dict(name=c["name"], lua=c["lua"], inputs=[encode(x) | dict(dtype="float64") for x in inputs],
                  differentiable=c["differentiable"])
    if not c["differentiable"]:
        return record | dict(value=encode(c["f"](*inputs).to(torch.float64)))
    inputs = [x.requires_grad_() for x in inputs]
    value = c["f"](*inputs)
    cotangent = like(c["name"], "cotangent", value.shape)
    directions = [like(c["name"], f"direction {i}", x.shape) for i, x in enumerate(inputs)]

    def gradients(xs):
        return derivative((cotangent * c["f"](*xs)).sum(), xs)

    first = gradients(inputs)
    second = derivative(sum((g * v).sum() for g, v in zip(first, directions)), inputs)
    if "--check" in sys.argv and not c["kink"]:
        check(c, cotangent, directions, inputs, gradients, first, second)
    return record | dict(value=encode(value), cotangent=encode(cotangent), gradients=[encode(g) for g in first],
                         directions=[encode(v) for v in directions], second=[encode(s) for s in second])


def check(c, cotangent, directions, inputs, gradients, first, second):
    """Central differences: of the value for `first`, along the directions, of the gradient for `second`."""
    h = 1e-5
    moved = [[(x + s * h * v).detach().requires_grad_() for x, v in zip(inputs, directions)] for s in (1, -1)]
    slope = ((cotangent * (c["f"](*moved[0]) - c["f"](*moved[1]))).sum() / (2 * h)).item()
    exact = sum((g * v).sum() for g, v in zip(first, directions)).item()
    assert abs(slope - exact) <= 1e-6 * max(1, abs(exact)), (c["name"], "gradient", slope, exact)
    for plus, minus, s in zip(*map(gradients, moved), second):
        error = ((plus - minus) / (2 * h) - s).abs().max().item()
        assert error <= 1e-5 * max(1, s.abs().max().item()), (c["name"], "second", error)


def main():
    names = [c["name"] for c in CASES]
    assert len(set(names)) == len(names), "case names repeat"
    records = [evaluate(c) for c in CASES]
    for r in records:
        for t in [r["value"], *r.get("gradients", []), *r.get("second", [])]:
            assert all(map(math.isfinite, t["data"])), r["name"]
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in records)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(f'{{"made_by":"scripts/reference.py, PyTorch {torch.__version__}","cases":[\n{lines}\n]}}\n')
    print(f"{len(records)} cases, {sum(c['differentiable'] for c in CASES)} with derivatives, {OUTPUT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
