"""What a statement of a random program can be: one rule for each function, or for functions of one kind.

A rule draws a statement over values that the generator holds, as (Lua text, Python text, values), or gives None where
none fits. `FUNCTIONS` says which entries of the manual have a rule, `WITHOUT` which need none, and why.
"""

import math

RULES = []
FUNCTIONS = set()

# Entries of the manual that no program needs.
WITHOUT = {
    "tensor.is_tensor": "a boolean of any value",
    "tensor.allclose": "a boolean; the comparison that programs are for",
    "tensor.gradcheck": "a boolean; gradients are compared with PyTorch's here",
    "tensor.randn": "draws; parity search reproduces them from the published generator",
    "tensor.rand": "draws; parity search reproduces them from the published generator",
    "tensor.stream": "draws",
    "tensor.save": "files have tests with NumPy's and safetensors' own",
    "tensor.load": "files have tests with NumPy's and safetensors' own",
    "tensor:item": "a Lua number, which a trace has none of",
    "tensor:totable": "every result is read by it",
    "a .. b": "text",
    "a < b": "a Lua boolean, which a trace has none of",
    "a <= b": "a Lua boolean, which a trace has none of",
    "a == b": "a Lua boolean, which a trace has none of",
}


def rule(*functions, weight=1):
    def register(draw):
        RULES.append((draw, functions, weight))
        FUNCTIONS.update(functions)
        return draw

    return register


def table(values):
    return "{" + ", ".join("math.huge" if v == math.inf else str(v) for v in values) + "}"


# ---- elementwise ---------------------------------------------------------------------------------------------------


def elementwise(name, lua, python):
    rule(f"tensor:{name}")(lambda g: (lua, python, [g.any()]))


for name in ["sin", "cos", "tanh", "sigmoid", "relu", "abs", "floor", "ceil", "round"]:
    elementwise(name, f"$0:{name}()", f"$0.{name}()")
elementwise("sign", "$0:sign()", "signed($0)")
elementwise("exp", "($0 * 0.5):exp()", "($0 * 0.5).exp()")
elementwise("log", "($0:abs() + 0.5):log()", "($0.abs() + 0.5).log()")
elementwise("log", "$0:log()", "$0.log()")
elementwise("sqrt", "($0:abs() + 0.25):sqrt()", "($0.abs() + 0.25).sqrt()")
elementwise("sqrt", "$0:sqrt()", "$0.sqrt()")
elementwise("reciprocal", "($0:abs() + 0.5):reciprocal()", "($0.abs() + 0.5).reciprocal()")
elementwise("reciprocal", "$0:reciprocal()", "$0.reciprocal()")
elementwise("clone", "$0:clone()", "$0.clone()")
elementwise("detach", "$0 * $0:detach()", "$0 * $0.detach()")
elementwise("isnan", "$0:isnan() + $0", "$0.isnan().to($0.dtype) + $0")
elementwise("isfinite", "$0:isfinite() * $0", "$0.isfinite().to($0.dtype) * $0")


@rule("-a")
def negative(g):
    return "-$0", "-$0", [g.any()]


@rule("#a")
def size(g):
    return "$0 * #$0", "$0 * len($0)", [g.any(1)]


@rule("tensor:to")
def other_type(g):
    a = g.any()
    return (
        '(($0:to("float64") * $1:to("float64")):sin()):to($0.dtype)',
        "($0.double() * $1.double()).sin().to($0.dtype)",
        [a, g.partner(a)],
    )


@rule("tensor:clamp")
def clamp(g):
    low = g.random.choice([-1, -0.5, 0, 0.25])
    high = low + g.random.choice([0, 0.5, 1, 2])
    lua, python = g.random.choice(
        [(f"{low}, {high}", f"{low}, {high}"), (f"{low}", f"{low}"), (f"nil, {high}", f"None, {high}")]
    )
    return f"$0:clamp({lua})", f"clamped($0, {python})", [g.any()]


def binary(function, lua, python, weight=1):
    @rule(function, weight=weight)
    def draw(g):
        a = g.any()
        if g.random.random() < 0.75:
            values = [a, g.partner(a)]
            if function == "a / b" and values[1] == a:
                return None  # x / x, whose derivatives cancel to 0
            if g.random.random() < 0.3:
                values.reverse()
            return lua, python, values
        x = g.random.choice([-2, -0.75, 0.5, 1, 1.5, 2, 3])
        if ":" not in lua and "." not in lua and g.random.random() < 0.4:
            return (
                lua.replace("$0", f"({x})").replace("$1", "$0"),
                python.replace("$0", f"({x})").replace("$1", "$0"),
                [a],
            )
        return lua.replace("$1", f"({x})"), python.replace("$1", f"({x})"), [a]


binary("a + b", "$0 + $1", "$0 + $1", 2)
binary("a - b", "$0 - $1", "$0 - $1", 2)
binary("a * b", "$0 * $1", "$0 * $1", 2)
binary("a / b", "$0 / $1", "$0 / $1")


@rule("a / b")
def safe_quotient(g):
    a = g.any()
    return "$0 / ($1:abs() + 0.5)", "$0 / ($1.abs() + 0.5)", [a, g.partner(a)]


@rule("a ^ b", weight=2)
def power(g):
    a = g.any()
    x = g.random.choice([2, 3, 1, 0, 4, 5])
    y = g.random.choice([0.5, -1, -2, 1.5, -0.5])
    lua, python, values = g.random.choice(
        [
            (f"$0 ^ {x}", f"$0 ** {x}", [a]),
            (f"($0:abs() + 0.5) ^ {y}", f"($0.abs() + 0.5) ** {y}", [a]),
            ("2 ^ $0", "2 ** $0", [a]),
            (f"$0 ^ {y}", f"$0 ** {y}", [a]),
            ("($0:abs() + 0.5) ^ $1", "($0.abs() + 0.5) ** $1", None),
            ("$0 ^ $1", "$0 ** $1", None),
        ]
    )
    return lua, python, values or [a, g.partner(a)]


@rule("a // b")
def floor_quotient(g):
    a = g.any()
    x = g.random.choice([-3, -0.75, 0.3125, 0.6875, 2])
    lua, python, values = g.random.choice(
        [
            (f"$0 // ({x})", f"torch.floor($0 / {x})", [a]),
            ("$0 // ($1:abs() + 0.5)", "torch.floor($0 / ($1.abs() + 0.5))", None),
        ]
    )
    return lua, python, values or [a, g.partner(a)]


@rule("a % b")
def remainder(g):
    a = g.any()
    x = g.random.choice([-3, -0.75, 0.3125, 0.6875, 2])
    lua, python, values = g.random.choice(
        [
            (f"$0 % ({x})", f"torch.remainder($0, {x})", [a]),
            (f"($0 * 4096) % ({x})", f"torch.remainder($0 * 4096, {x})", [a]),
            ("$0 % $1", "torch.remainder($0, $1)", None),
            ("5 % ($0:abs() + 0.5)", "torch.remainder(torch.full_like($0, 5), $0.abs() + 0.5)", [a]),
            ("$0 % ($1:abs() + 0.5)", "torch.remainder($0, $1.abs() + 0.5)", None),
        ]
    )
    return lua, python, values or [a, g.partner(a)]


def extreme(name):
    @rule(f"tensor.{name}")
    def draw(g):
        a = g.any()
        if g.random.random() < 0.7:
            return f"tensor.{name}($0, $1)", f"torch.{name}($0, $1)", [a, g.partner(a)]
        x = g.random.choice([-1, 0, 0.25, 1])
        return f"tensor.{name}($0, {x})", f"torch.{name}($0, torch.tensor({x}, dtype=$0.dtype))", [a]


extreme("maximum")
extreme("minimum")


@rule("tensor.where", weight=2)
def where(g):
    a = g.any()
    x = g.random.choice([-1, 0, 0.5])
    lua, python, values = g.random.choice(
        [
            ("tensor.where($0:gt($1), $0, $1)", "torch.where($0 > $1, $0, $1)", [a, g.partner(a)]),
            (
                f"tensor.where($0:lt({x}), $0:sin(), {x})",
                f"torch.where($0 < {x}, $0.sin(), torch.tensor({x}, dtype=$0.dtype))",
                [a],
            ),
            ("tensor.where($0, $1, $0 * 2)", "torch.where($0 != 0, $1, $0 * 2)", [a, g.partner(a)]),
        ]
    )
    return lua, python, values


for name in ["gt", "ge", "lt", "le", "eq", "ne"]:

    @rule(f"tensor:{name}")
    def compare(g, name=name):
        a = g.any()
        if g.random.random() < 0.6:
            return f"$0:{name}($1) * $0", f"compared(torch.{name}, $0, $1) * $0", [a, g.partner(a)]
        x = g.random.choice([-1, 0, 1])
        return f"$0:{name}({x}) + $0", f"compared(torch.{name}, $0, {x}) + $0", [a]


# ---- constants -----------------------------------------------------------------------------------------------------


@rule("tensor.zeros", "tensor.ones", "tensor.full", "tensor.zeros_like", "tensor.ones_like", weight=2)
def filled(g):
    a = g.any()
    shape = g.broadcast(g.shape(a))
    x = g.random.choice([-2, 0.5, 3])
    lua, python = g.random.choice(
        [
            (f"tensor.zeros({table(shape)}, {{dtype = $0.dtype}})", f"torch.zeros({shape}, dtype=$0.dtype)"),
            (f"tensor.ones({table(shape)}, {{dtype = $0.dtype}})", f"torch.ones({shape}, dtype=$0.dtype)"),
            (f"tensor.full({table(shape)}, {x}, {{dtype = $0.dtype}})", f"torch.full({shape}, {x}, dtype=$0.dtype)"),
            ("tensor.zeros_like($0)", "torch.zeros_like($0)"),
            ("tensor.ones_like($0)", "torch.ones_like($0)"),
        ]
    )
    return f"$0 + {lua}", f"$0 + {python}", [a]


@rule("tensor.eye")
def identity(g):
    a = g.any(2)
    n, m = g.shape(a)[-2:]
    return f"$0 + tensor.eye({n}, {m}, {{dtype = $0.dtype}})", f"$0 + torch.eye({n}, {m}, dtype=$0.dtype)", [a]


@rule("tensor.arange", "tensor.linspace", "tensor(..)", weight=2)
def ramp(g):
    a = g.any(1)
    n = g.shape(a)[-1]
    step = g.random.choice([0.25, 0.5, -1])
    grid = [g.random.randint(-8, 8) / 4 for _ in range(n)]
    lua, python = g.random.choice(
        [
            (f"tensor.arange({n}, nil, nil, {{dtype = $0.dtype}})", f"torch.arange({n}, dtype=$0.dtype)"),
            (
                f"tensor.arange(1, {1 + n * step}, {step}, {{dtype = $0.dtype}})",
                f"torch.arange(1, {1 + n * step}, {step}, dtype=$0.dtype)",
            ),
            (
                f"tensor.linspace(-0.9, 2.03, {n}, {{dtype = $0.dtype}})",
                f"torch.linspace(-0.9, 2.03, {n}, dtype=$0.dtype)",
            ),
        ]
        + ([(f"tensor({table(grid)}, {{dtype = $0.dtype}})", f"torch.tensor({grid}, dtype=$0.dtype)")] if n else [])
    )
    return f"$0 * {lua}", f"$0 * {python}", [a]


# ---- reductions ----------------------------------------------------------------------------------------------------


def reduction(name, python, options=None, many=True, weight=1):
    """`python` over x, dims (None for all) and keep."""

    @rule(f"tensor:{name}", weight=weight)
    def draw(g):
        a = g.any()
        rank = len(g.shape(a))
        keep = g.random.random() < 0.4
        choice = g.random.random()
        extra = options(g) if options else ("", "")
        named = ", ".join((["keepdim = true"] if keep else []) + ([extra[0]] if extra[0] else []))
        if rank == 0 or choice < 0.2:
            lua = f"nil, {{{named}}}" if named else ""
            dims = None
        elif choice < 0.75 or not many:
            shown, dim = g.dimension(rank)
            lua = f"{shown}, {{{named}}}" if named else shown
            dims = [dim] if many else dim
        else:
            dims = sorted(g.random.sample(range(rank), g.random.randint(1, rank)))
            shown = table(d + 1 for d in dims)
            lua = f"{shown}, {{{named}}}" if named else shown
        sizes = g.shape(a)
        reduced = sizes if dims is None else [sizes[d] for d in (dims if many else [dims])]
        if name == "norm" and math.prod(reduced) < 2:
            return None  # |x|, whose second derivative cancels to 0
        return f"$0:{name}({lua})", python(dims, keep, extra[1]), [a]


LONG = [
    ("sum(1)", "sum(0)"),
    ("mean(1)", "mean(0)"),
    ("var(1)", None),
    ("norm(1)", "norm(dim=0)"),
    ("std(1)", None),
    ("cumsum(1)[-1]", "cumsum(0)[-1]"),
    ("transpose():sum(2)", "t().sum(1)"),
    ("transpose():mean(2)", "t().mean(1)"),
    ("transpose():var(2)", None),
    ("mean()", "mean()"),
    ("var()", None),
    ("transpose():matmul(tensor.ones({COUNT}, {dtype = $0.dtype}))", "t().matmul(torch.ones(COUNT, dtype=$0.dtype))"),
]


@rule(
    "tensor:sum", "tensor:mean", "tensor:var", "tensor:std", "tensor:norm", "tensor:cumsum", "tensor:matmul", weight=2
)
def long(g):
    """Over many numbers, of which few are inputs."""
    a = g.any()
    if not 0 < math.prod(g.shape(a)) <= 24:
        return None
    n = g.random.choice([1000, 5000, 20011])
    lua, method = (text and text.replace("COUNT", str(n)) for text in g.random.choice(LONG))
    # Products, whose sums do not cancel; or far from 0, where a variance that subtracts squares loses its digits.
    is_far = method is None and g.random.random() < 0.4
    one, ramp = ("$0:detach()", "0, 1") if is_far else ("$0", "0.5, 1.5")
    sign = "+" if is_far else "*"
    python = (
        f"({one.replace(':', '.')}.reshape(1, -1) {sign} torch.linspace({ramp}, {n}, dtype=$0.dtype).reshape(-1, 1))"
    )
    python = (
        f"{python}.{method}"
        if method
        else f"spread({python}, {'None' if lua == 'var()' else '(0,)'}, False, {'std' in lua})"
    )
    return (
        f"({one}:reshape{{1, -1}} {sign} tensor.linspace({ramp}, {n}, {{dtype = $0.dtype}}):reshape{{-1, 1}}):{lua}",
        python,
        [a],
    )


def all_or(dims):
    return "None" if dims is None else repr(tuple(dims))


reduction("sum", lambda d, k, _: f"torch.sum($0, {all_or(d)}, keepdim={k})", weight=2)
reduction("mean", lambda d, k, _: f"torch.mean($0, {all_or(d)}, keepdim={k})", weight=2)
reduction("max", lambda d, k, _: f"torch.amax($0, {all_or(d) if d else '()'}, keepdim={k})")
reduction("min", lambda d, k, _: f"torch.amin($0, {all_or(d) if d else '()'}, keepdim={k})")
reduction("prod", lambda d, k, _: f"product($0, {d}, {k})")
reduction("var", lambda d, k, _: f"spread($0, {all_or(d)}, {k}, False)", weight=2)
reduction("std", lambda d, k, _: f"spread($0, {all_or(d)}, {k}, True)")


def order(g):
    p = g.random.choice([1, 2, 3, math.inf, 4, 2.5])
    return f"p = {'math.huge' if p == math.inf else p}", repr(p) if p != math.inf else "float('inf')"


reduction("norm", lambda d, k, _: f"norm($0, 2, {all_or(d)}, {k})")
reduction("norm", lambda d, k, p: f"norm($0, {p}, {all_or(d)}, {k})", order)
reduction(
    "any",
    lambda d, k, _: f"($0 != 0).any({all_or(d) if d else 'dim=tuple(range($0.dim()))'}, keepdim={k}).to($0.dtype)",
)
reduction(
    "all",
    lambda d, k, _: f"($0 != 0).all({all_or(d) if d else 'dim=tuple(range($0.dim()))'}, keepdim={k}).to($0.dtype)",
)
reduction("argmax", lambda d, k, _: f"argbest($0, {d}, {k}, True)", many=False)
reduction("argmin", lambda d, k, _: f"argbest($0, {d}, {k}, False)", many=False)


# ---- along a dimension ---------------------------------------------------------------------------------------------


def along(name, python):
    @rule(f"tensor:{name}")
    def draw(g):
        a = g.any(1)
        shown, dim = g.dimension(len(g.shape(a)))
        return f"$0:{name}({shown})", python.replace("DIM", str(dim)), [a]


along("cumsum", "$0.cumsum(DIM)")
along("softmax", "$0.softmax(DIM)")
along("log_softmax", "$0.log_softmax(DIM)")
along("flip", "$0.flip(DIM)")
along("unsqueeze", "$0.unsqueeze(DIM)")


@rule("tensor:sort", weight=2)
def sort(g):
    a = g.any(1)
    shown, dim = g.dimension(len(g.shape(a)))
    down = g.random.random() < 0.4 and g.kind != "special"  # NaN stays last here, and comes first in PyTorch
    lua = f"{shown}, {{descending = true}}" if down else shown
    if g.random.random() < 0.25:
        return f"select(2, $0:sort({lua})) + $0", f"sort_order($0, {dim}, {down}) + $0", [a]
    return f"($0:sort({lua}))", f"torch.sort($0, dim={dim}, descending={down}, stable=True)[0]", [a]


@rule("tensor:roll")
def roll(g):
    a = g.any(1)
    shown, dim = g.dimension(len(g.shape(a)))
    n = g.random.randint(-9, 9)
    return f"$0:roll({n}, {shown})", f"torch.roll($0, {n}, {dim})", [a]


# ---- shapes --------------------------------------------------------------------------------------------------------


@rule("tensor:reshape", weight=2)
def reshape(g):
    a = g.any()
    n = math.prod(g.shape(a))
    shape = []
    rest = n
    for _ in range(g.random.randint(0, 4) if n != 1 else g.random.randint(0, 3)):
        if rest == 0:
            break
        divisors = [d for d in range(1, rest + 1) if rest % d == 0]
        shape.append(g.random.choice(divisors))
        rest //= shape[-1]
    if rest != 1 or n == 0:
        shape.append(rest)
    g.random.shuffle(shape)
    shown = list(shape)
    if shown and n > 0 and g.random.random() < 0.4:
        shown[g.random.randrange(len(shown))] = -1
    return f"$0:reshape{table(shown)}", f"$0.reshape({shown})", [a]


@rule("tensor:flatten")
def flatten(g):
    return "$0:flatten()", "$0.reshape(-1)", [g.any()]


@rule("tensor:expand", weight=2)
def expand(g):
    a = g.any()
    shape = g.shape(a)
    sizes = [g.random.choice([2, 3]) if n == 1 else n for n in shape]
    ahead = [g.random.choice([1, 2, 3]) for _ in range(g.random.randint(0, 1))]
    shown = ahead + [-1 if n == m and g.random.random() < 0.3 else m for n, m in zip(shape, sizes)]
    return f"$0:expand{table(shown)}", f"$0.expand({shown})", [a]


@rule("tensor:transpose", weight=2)
def transpose(g):
    a = g.any(2)
    rank = len(g.shape(a))
    if g.random.random() < 0.2:
        return "$0:transpose()", "$0.transpose(-2, -1)", [a]
    (first, i), (second, j) = g.dimension(rank), g.dimension(rank)
    return f"$0:transpose({first}, {second})", f"$0.transpose({i}, {j})", [a]


@rule("tensor:t")
def matrix_transpose(g):
    a = g.any(1, 2)
    return "$0:t()", "$0.t()", [a]


@rule("tensor:permute", weight=2)
def permute(g):
    a = g.any(1)
    places = list(range(len(g.shape(a))))
    g.random.shuffle(places)
    return f"$0:permute{table(p + 1 for p in places)}", f"$0.permute({places})", [a]


@rule("tensor:squeeze")
def squeeze(g):
    a = g.any()
    if g.random.random() < 0.5 or not g.shape(a):
        return "$0:squeeze()", "$0.squeeze()", [a]
    shown, dim = g.dimension(len(g.shape(a)))
    return f"$0:squeeze({shown})", f"$0.squeeze({dim})", [a]


@rule("tensor:pad", weight=2)
def pad(g):
    a = g.any(1)
    pairs = g.random.randint(1, min(3, len(g.shape(a))))
    widths = [g.random.randint(0, 3) for _ in range(2 * pairs)]
    mode = g.random.choice(["zeros", "circular", "reflect", "value"])
    if mode == "value":
        return f"$0:pad({table(widths)}, {{value = 0.5}})", f"padded($0, {widths}, 'zeros', 0.5)", [a]
    sizes = g.shape(a)[::-1][:pairs]
    for i, n in enumerate(sizes):
        for side in (0, 1):
            widths[2 * i + side] = min(
                widths[2 * i + side], {"zeros": 9, "circular": n, "reflect": max(0, n - 1)}[mode]
            )
    shown = "" if mode == "zeros" else f', {{mode = "{mode}"}}'
    return f"$0:pad({table(widths)}{shown})", f"padded($0, {widths}, '{mode}')", [a]


@rule("tensor.cat")
def cat(g):
    a = g.any(1)
    shape = list(g.shape(a))
    shown, dim = g.dimension(len(shape))
    shape[dim] = g.random.choice([0, 1, 2, 3])
    b = g.fresh(shape)
    return f"tensor.cat({{$0, $1, $0}}, {shown})", f"torch.cat([$0, $1, $0], {dim})", [a, b]


@rule("tensor.stack")
def stack(g):
    a = g.any(0, 4)
    shape = g.shape(a)
    place = g.random.randint(0, len(shape))
    return f"tensor.stack({{$0, $1}}, {place + 1})", f"torch.stack([$0, $1], {place})", [a, g.fresh(shape)]


@rule("pairs(a)")
def each_part(g):
    a = g.any(2)
    if g.shape(a)[0] == 0:
        return None
    return ("(function() local s = 0 for i, row in pairs($0) do s = s + i * row end return s end)()", "parts($0)", [a])


# ---- indices -------------------------------------------------------------------------------------------------------


@rule("a[index]", weight=5)
def index(g):
    a = g.any(1)
    shown, places = g.index(g.shape(a))
    if shown is None:
        return None
    return f"$0{shown}", f"indexed($0, {places})", [a]


@rule("a[index]")
def element(g):
    a = g.any(1)
    shown, places = g.index(g.shape(a), scalar=True)
    if shown is None:
        return None
    b = g.any()
    return f"$1 * $0{shown}", f"$1 * indexed($0, {places})", [a, b]


@rule("a[index] = value", weight=4)
def assignment(g):
    a = g.any(1)
    start = g.random.choice(["$0:clone()", "$0 * 1"])
    return assigned(g, a, f"local u = {start} ", "u")


@rule("a[index] = value", weight=2)
def assigned_argument(g):
    """Into an argument of the function itself: a trace leaves the caller's tensor as it was."""
    a = g.argument()
    found = None if a is None else assigned(g, a, "", "$0")
    if found is not None:
        g.spend(a)  # has another value from here on
    return found


def assigned(g, a, before, target):
    shown, places = g.index(g.shape(a), scalar=g.random.random() < 0.3)
    if shown is None:
        return None
    local = f"(function() {before}{target}{shown} = %s return {target} end)()"
    if g.random.random() < 0.4:
        x = g.random.choice([0, -1.5, 2])
        return local % x, f"assigned($0, {places}, {x})", [a]
    b = g.partner_of(g.shape_at(g.shape(a), places))
    return local % "$1:sin()", f"assigned($0, {places}, $1.sin())", [a, b]


# ---- products ------------------------------------------------------------------------------------------------------


@rule("tensor:matmul", weight=3)
def matmul(g):
    a = g.any(1)
    shape = g.shape(a)
    k = shape[-1]
    n = g.random.choice([1, 2, 3, 5, 17])
    choices = [[k], [k, n]]
    if len(shape) >= 2:
        choices += [list(shape[:-2]) + [k, n], [g.random.choice([1, m]) for m in shape[:-2]] + [k, n]]
    if len(shape) == 2:
        choices.append([2, k, n])
    b = g.fresh(g.random.choice(choices))
    if len(shape) >= 2 and g.random.random() < 0.4:
        m = shape[-2]
        b = g.fresh(g.random.choice([[m], [n, m], list(shape[:-2]) + [n, m]]))
        return "$1:matmul($0)", "torch.matmul($1, $0)", [a, b]
    if g.random.random() < 0.2 and len(shape) >= 2:
        return "$0:matmul($0:transpose())", "torch.matmul($0, $0.transpose(-2, -1))", [a]
    return "$0:matmul($1)", "torch.matmul($0, $1)", [a, b]


@rule("tensor:dot")
def dot(g):
    a = g.any(1, 1)
    return "$0:dot($1)", "torch.dot($0, $1)", [a, g.fresh(g.shape(a))]


def convolution(g, axes):
    if g.kind == "special":
        raise ValueError  # whether 0 of the padding times infinity counts is no question of right and wrong
    a = g.any(axes + 1, axes + 2) if g.random.random() < 0.5 else None
    if a is None or 0 in g.shape(a):
        sizes = [
            g.random.choice([3, 5, 8, 16, 17, 20]) if axes == 1 else g.random.choice([3, 4, 6]) for _ in range(axes)
        ]
        head = [g.random.choice([1, 2, 3, 17 if axes == 1 else 4])] if g.random.random() < 0.8 else []
        a = g.fresh(head + [g.random.choice([1, 2, 3, 4])] + sizes)
    channels = g.shape(a)[-axes - 1]
    groups = g.random.choice([d for d in range(1, channels + 1) if channels % d == 0]) if g.random.random() < 0.4 else 1
    return a, channels, groups


@rule("tensor.conv1d", weight=3)
def conv1d(g):
    return convolve(g, 1)


@rule("tensor.conv2d", weight=2)
def conv2d(g):
    return convolve(g, 2)


def convolve(g, axes):
    a, channels, groups = convolution(g, axes)
    out = groups * g.random.choice([1, 2, 3])
    w = g.fresh(
        [out, channels // groups] + [g.random.choice([1, 2, 3, 5] if axes == 1 else [1, 2, 3]) for _ in range(axes)]
    )
    values, named = [a, w], []
    bias = "None"
    if g.random.random() < 0.5:
        values.append(g.fresh([out]))
        named.append("bias = $2")
        bias = "$2"
    padding = g.random.choice(["same", "valid", 0, 1, 2])
    stride, dilation = 1, g.random.choice([1, 1, 2])
    mode = g.random.choice(["zeros", "circular", "reflect"])
    if padding != "same":
        stride = g.random.choice([1, 2, 3])
        if axes == 2 and g.random.random() < 0.5:
            stride = [stride, g.random.choice([1, 2])]
    if axes == 2 and g.random.random() < 0.3:
        dilation = [dilation, 1]
    if axes == 2 and padding == 1 and g.random.random() < 0.5:
        padding = [1, 2]
    many = lambda n: table(n) if isinstance(n, list) else f'"{n}"' if isinstance(n, str) else str(n)
    named += [
        f"{key} = {many(n)}"
        for key, n, usual in [
            ("stride", stride, 1),
            ("dilation", dilation, 1),
            ("groups", groups, 1),
            ("padding", padding, 0),
            ("mode", mode, "zeros"),
        ]
        if n != usual or g.random.random() < 0.1
    ]
    options = f", {{{', '.join(named)}}}" if named else ""
    return (
        f"tensor.conv{axes}d($0, $1{options})",
        f"convolved($0, $1, {bias}, {stride}, {dilation}, {groups}, {padding!r}, {mode!r})",
        values,
    )


@rule("tensor.conv_transpose1d", weight=2)
def conv_transpose1d(g):
    a, channels, groups = convolution(g, 1)
    out = g.random.choice([1, 2, 3])
    w = g.fresh([channels, out, g.random.choice([1, 2, 3, 5])])
    values, named = [a, w], []
    bias = "None"
    if g.random.random() < 0.5:
        values.append(g.fresh([out * groups]))
        named.append("bias = $2")
        bias = "$2"
    stride, dilation, padding = g.random.choice([1, 2, 3]), g.random.choice([1, 1, 2]), g.random.choice([0, 0, 1, 2])
    extra = g.random.randint(0, max(0, max(stride, dilation) - 1))
    named += [
        f"{key} = {n}"
        for key, n, usual in [
            ("stride", stride, 1),
            ("dilation", dilation, 1),
            ("groups", groups, 1),
            ("padding", padding, 0),
            ("output_padding", extra, 0),
        ]
        if n != usual
    ]
    options = f", {{{', '.join(named)}}}" if named else ""
    return (
        f"tensor.conv_transpose1d($0, $1{options})",
        f"F.conv_transpose1d($0, $1, {bias}, stride={stride}, padding={padding}, output_padding={extra}, "
        f"groups={groups}, dilation={dilation})",
        values,
    )


# ---- programs inside programs --------------------------------------------------------------------------------------

INNER = [
    ("(u:sin() * $1):sum()", "(u.sin() * $1).sum()"),
    ("(u ^ 3 * $1):mean()", "(u ** 3 * $1).mean()"),
    ("(u * $1):tanh():sum()", "(u * $1).tanh().sum()"),
    ("(u * u:detach() * $1):sum()", "(u * u.detach() * $1).sum()"),
    # Never 0, where PyTorch has no second derivative.
    ("(u * $1 + 0.7):norm() ^ 2", "norm(u * $1 + 0.7, 2, None, False) ** 2"),
]


@rule("tensor.grad", weight=2)
def inner_gradient(g):
    a = g.any()
    lua, python = g.random.choice(INNER)
    return (
        f"tensor.grad(function(u) return {lua} end)($0)",
        f"first_gradient(lambda u: {python}, $0)",
        [a, g.partner(a)],
    )


@rule("tensor.value_and_grad")
def inner_value_and_gradient(g):
    a = g.any()
    lua, python = g.random.choice(INNER)
    return (
        f"(function() local v, d = tensor.value_and_grad(function(u) return {lua} end)($0) return d * v end)()",
        f"(lambda f: first_gradient(f, $0) * f($0))(lambda u: {python})",
        [a, g.partner(a)],
    )


@rule("tensor.hvp")
def inner_product(g):
    a = g.any()
    lua, python = g.random.choice(INNER)
    return (
        f"tensor.hvp(function(u) return {lua} end, $0, $0:cos())",
        f"hessian_product(lambda u: {python}, $0, $0.cos())",
        [a, g.partner(a)],
    )


@rule("tensor.compile")
def inner_compilation(g):
    a = g.any()
    return "tensor.compile(function(u, w) return u * w + w:sin() end)($0, $1)", "$0 * $1 + $1.sin()", [a, g.partner(a)]
