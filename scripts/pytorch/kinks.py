"""First and second derivatives where a function has none or several, by Oche, PyTorch and JAX, as a table.

They differ among themselves, so nothing here is right or wrong; the table says where Oche stands.
"""

import subprocess

import jax
import jax.numpy as jnp
import torch

jax.config.update("jax_enable_x64", True)

# Name, Lua, PyTorch and JAX over x, where. A result of several elements is summed.
CASES = [
    ("abs at 0", "x:abs()", "x.abs()", "jnp.abs(x)", [0.0]),
    ("relu at 0", "x:relu()", "x.relu()", "jax.nn.relu(x)", [0.0]),
    ("clamp(-1, 1) at both bounds", "x:clamp(-1, 1)", "x.clamp(-1, 1)", "jnp.clip(x, -1, 1)", [-1.0, 1.0]),
    (
        "maximum(x, 0) at 0",
        "tensor.maximum(x, 0)",
        "torch.maximum(x, torch.zeros_like(x))",
        "jnp.maximum(x, 0.0)",
        [0.0],
    ),
    (
        "minimum(x, 0) at 0",
        "tensor.minimum(x, 0)",
        "torch.minimum(x, torch.zeros_like(x))",
        "jnp.minimum(x, 0.0)",
        [0.0],
    ),
    ("max of {1, 1, 0}", "x:max()", "x.amax()", "jnp.max(x)", [1.0, 1.0, 0.0]),
    ("max along a dimension of {1, 1, 0} (torch.max)", "x:max(1)", "x.max(0)[0]", "jnp.max(x, 0)", [1.0, 1.0, 0.0]),
    ("min of {1, 1, 2}", "x:min()", "x.amin()", "jnp.min(x)", [1.0, 1.0, 2.0]),
    (
        "sort of {1, 1}, first element",
        "(x:sort(1))[{{1, 1}}]",
        "x.sort(dim=0, stable=True)[0][:1]",
        "jnp.sort(x)[:1]",
        [1.0, 1.0],
    ),
    ("sqrt at 0", "x:sqrt()", "x.sqrt()", "jnp.sqrt(x)", [0.0]),
    ("norm of {0, 0}", "x:norm()", "x.norm()", "jnp.linalg.norm(x)", [0.0, 0.0]),
    (
        "norm, p = 1, of {0, 1}",
        "x:norm(nil, {p = 1})",
        "torch.linalg.vector_norm(x, 1)",
        "jnp.sum(jnp.abs(x))",
        [0.0, 1.0],
    ),
    (
        "norm, p = 1.5, of {0, 1}",
        "x:norm(nil, {p = 1.5})",
        "torch.linalg.vector_norm(x, 1.5)",
        "jnp.sum(jnp.abs(x) ** 1.5) ** (1 / 1.5)",
        [0.0, 1.0],
    ),
    (
        "norm, p = 3, of {0, 1}",
        "x:norm(nil, {p = 3})",
        "torch.linalg.vector_norm(x, 3)",
        "jnp.sum(jnp.abs(x) ** 3) ** (1 / 3)",
        [0.0, 1.0],
    ),
    (
        "norm, p = inf, of {1, -1}",
        "x:norm(nil, {p = math.huge})",
        "torch.linalg.vector_norm(x, float('inf'))",
        "jnp.max(jnp.abs(x))",
        [1.0, -1.0],
    ),
    ("x ^ 0 at 0", "x ^ 0", "x ** 0", "x ** 0", [0.0]),
    ("x ^ 1 at 0", "x ^ 1", "x ** 1", "x ** 1", [0.0]),
    ("x ^ 2 at 0", "x ^ 2", "x ** 2", "x ** 2", [0.0]),
    ("x ^ 0.5 at 0", "x ^ 0.5", "x ** 0.5", "x ** 0.5", [0.0]),
    ("x ^ 1.5 at 0", "x ^ 1.5", "x ** 1.5", "x ** 1.5", [0.0]),
    ("0 ^ x at {0, 1}", "0 ^ x", "torch.zeros_like(x) ** x", "jnp.zeros_like(x) ** x", [0.0, 1.0]),
    ("x ^ x at 0", "x ^ x", "x ** x", "x ** x", [0.0]),
    (
        "where(x > 0, sqrt x, 0) at 0",
        "tensor.where(x:gt(0), x:sqrt(), 0)",
        "torch.where(x > 0, x.sqrt(), 0.0)",
        "jnp.where(x > 0, jnp.sqrt(x), 0.0)",
        [0.0],
    ),
    (
        "sign, floor, ceil, round at 0.5",
        "x:sign() + x:floor() + x:ceil() + x:round()",
        "x.sign() + x.floor() + x.ceil() + x.round()",
        "jnp.sign(x) + jnp.floor(x) + jnp.ceil(x) + jnp.round(x)",
        [0.5],
    ),
    ("x % 2 at 2", "x % 2", "torch.remainder(x, 2)", "jnp.remainder(x, 2)", [2.0]),
    ("5 % x at 2", "5 % x", "torch.remainder(torch.full_like(x, 5), x)", "jnp.remainder(5.0, x)", [2.0]),
    ("x // 2 at 2", "x // 2", "torch.floor(x / 2)", "jnp.floor(x / 2)", [2.0]),
    ("prod of {0, 2}", "x:prod()", "x.prod()", "jnp.prod(x)", [0.0, 2.0]),
    ("prod of {0, 0, 2}", "x:prod()", "x.prod()", "jnp.prod(x)", [0.0, 0.0, 2.0]),
    ("std of {1, 1}", "x:std()", "x.std()", "jnp.std(x, ddof=1)", [1.0, 1.0]),
    ("log at 0", "x:log()", "x.log()", "jnp.log(x)", [0.0]),
    ("1 / x at 0", "1 / x", "1 / x", "1 / x", [0.0]),
]


def by_oche(oche, cases):
    lines = []
    for _, lua, _, _, x in cases:
        at = "{" + ", ".join(map(str, x)) + "}"
        lines.append(f"show(function(x) return {lua} end, {at})")
    source = """
local function show(f, at)
  local x = tensor(at, {dtype = "float64"})
  local function loss(x) return f(x):sum() end
  local first = tensor.grad(loss)(x):totable()
  local second = tensor.hvp(loss, x, tensor.ones_like(x)):totable()
  for i, v in ipairs(first) do first[i] = string.format("%.17g", v) end
  for i, v in ipairs(second) do second[i] = string.format("%.17g", v) end
  print(table.concat(first, " ") .. ";" .. table.concat(second, " "))
end
""" + "\n".join(lines)
    said = subprocess.run([oche, "-e", source], capture_output=True, text=True, check=True).stdout.splitlines()
    return [tuple([float(v) for v in part.split()] for part in line.split(";")) for line in said]


def by_torch(text, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    value = eval(text, {"torch": torch, "x": x}).sum()
    if not value.requires_grad:
        return [0.0] * len(at), [0.0] * len(at)
    first = torch.autograd.grad(value, x, create_graph=True)[0]
    if not first.requires_grad:
        return first.tolist(), [0.0] * len(at)
    second = torch.autograd.grad(first.sum(), x, allow_unused=True)[0]
    return first.tolist(), [0.0] * len(at) if second is None else (second + torch.zeros_like(x)).tolist()


def by_jax(text, at):
    f = lambda x: jnp.sum(eval(text, {"jnp": jnp, "jax": jax, "x": x}))
    x = jnp.array(at)
    first = jax.grad(f)
    return first(x).tolist(), jax.grad(lambda x: first(x).sum())(x).tolist()


def same(a, b):
    return all(x == y or x != x and y != y for x, y in zip(a, b)) and len(a) == len(b)


def show(values):
    return ", ".join(f"{v + 0.0:.4g}" for v in values)


def compare_kinks(arguments):
    print(f"Gradients and sums over the Hessian's rows: Oche, PyTorch {torch.__version__}, JAX {jax.__version__}\n")
    print(
        "| where | Oche | PyTorch | JAX | second: Oche | PyTorch | JAX |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    differing = 0
    for (name, _, torch_text, jax_text, at), ours in zip(CASES, by_oche(arguments.oche, CASES)):
        peers = [by_torch(torch_text, at), by_jax(jax_text, at)]
        differ = [not any(same(ours[k], peer[k]) for peer in peers) for k in (0, 1)]
        differing += any(differ)
        cells = [
            show(values[k]) + (" (!)" if k < 2 and values is ours and differ[k] else "")
            for k in (0, 1)
            for values in (ours, *peers)
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(f"\n{len(CASES)} places; at {differing} Oche agrees with neither in one of the derivatives: (!)")
    return 0
