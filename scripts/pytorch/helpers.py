"""The functions of a program that PyTorch has under another shape. Dimensions count from 0 here; an index is as in
Lua: an entry for each leading dimension, an integer from 1 (-1 is the last), [first, last, step] or [] for all."""

import torch

__all__ = [
    "argbest",
    "assigned",
    "clamped",
    "compared",
    "convolved",
    "first_gradient",
    "hessian_product",
    "indexed",
    "norm",
    "padded",
    "parts",
    "product",
    "signed",
    "sort_order",
    "spread",
]


def argbest(x, dim, keepdim, largest):
    choose = torch.argmax if largest else torch.argmin
    if dim is None:
        index = choose(x.reshape(-1))
        return ((index.reshape([1] * x.dim()) if keepdim else index) + 1).to(x.dtype)
    return (choose(x, dim, keepdim=keepdim) + 1).to(x.dtype)


def compared(operator, a, b):
    dtype = a.dtype if not torch.is_tensor(b) else torch.promote_types(a.dtype, b.dtype)
    return operator(a, b).to(dtype)


def place(entry, n):
    if not (1 <= entry <= n or -n <= entry <= -1):
        raise IndexError(f"{entry} of {n}")
    return entry - 1 if entry > 0 else entry + n


def places(entry, n):
    if not entry:
        return list(range(n))
    first, last, step = (place(entry[0], n), place(entry[1], n), entry[2])
    return list(range(first, last + (1 if step > 0 else -1), step))


def indexed(x, index):
    for dim in reversed(range(len(index))):
        entry, n = index[dim], x.shape[dim]
        if isinstance(entry, int):
            x = x.select(dim, place(entry, n))
        else:
            x = x.index_select(dim, torch.tensor(places(entry, n), dtype=torch.long))
    return x


def clamped(x, low=None, high=None):
    """With a gradient of 1 at a bound. PyTorch's there is 1 in older versions and 0 in 2.15."""
    if low is not None:
        x = torch.where(x < low, torch.tensor(low, dtype=x.dtype), x)
    return x if high is None else torch.where(x > high, torch.tensor(high, dtype=x.dtype), x)


def assigned(x, index, value):
    target = indexed(torch.arange(x.numel()).reshape(x.shape), index)
    value = torch.as_tensor(value, dtype=x.dtype).expand(target.shape).reshape(-1)
    return x.reshape(-1).index_copy(0, target.reshape(-1), value).reshape(x.shape)


def padded(x, widths, mode, value=0.0):
    """{left, right, above, below, ..} from the last dimension backwards."""
    if mode == "zeros":
        return torch.nn.functional.pad(x, widths, value=value)
    for pair in range(len(widths) // 2):
        dim, n = x.dim() - 1 - pair, x.shape[x.dim() - 1 - pair]
        if max(widths[2 * pair : 2 * pair + 2]) > (n if mode == "circular" else n - 1):
            raise ValueError(f"{mode} padding of {widths} in {n}")
        source = torch.arange(-widths[2 * pair], n + widths[2 * pair + 1])
        if mode == "circular":
            source = source % n
        else:
            source = source.abs()
            source = torch.where(source >= n, 2 * (n - 1) - source, source)
        x = x.index_select(dim, source)
    return x


def convolved(x, w, bias, stride, dilation, groups, padding, mode):
    """conv1d or conv2d by the rank of w; "same" puts an odd position on the right."""
    axes = w.dim() - 2
    many = lambda n: [n] * axes if isinstance(n, int) else list(n)
    stride, dilation = many(stride), many(dilation)
    if padding == "same":
        total = [d * (t - 1) for d, t in zip(dilation, w.shape[2:])]
        pairs = [(t // 2, t - t // 2) for t in total]
    elif padding == "valid":
        pairs = [(0, 0)] * axes
    else:
        pairs = [(p, p) for p in many(padding)]
    x = padded(x, [n for pair in reversed(pairs) for n in pair], mode)
    convolution = torch.nn.functional.conv1d if axes == 1 else torch.nn.functional.conv2d
    return convolution(x, w, bias, stride=stride, dilation=dilation, groups=groups)


def norm(x, p, dim, keepdim):
    return torch.linalg.vector_norm(x, p, dim=dim, keepdim=keepdim)


def signed(x):
    """NaN of NaN, as NumPy's; PyTorch's is 0."""
    return torch.where(torch.isnan(x), x, torch.sign(x))


def product(x, dims, keepdim):
    if dims is None:
        dims = range(x.dim())
    dims = sorted((d % max(1, x.dim()) for d in dims), reverse=True)
    for d in dims:
        x = x.prod(d, keepdim=keepdim)
    return x


def spread(x, dims, keepdim, root):
    """Variance or, with root, standard deviation, divided by n - 1, in two passes: torch.var is off by 1e-10 in float64
    where the mean is a hundred times the deviation."""
    dims = tuple(range(x.dim())) if dims is None else dims
    count = 1
    for d in dims:
        count *= x.shape[d] if x.dim() else 1
    centred = x - (x.mean(dims, keepdim=True) if dims else x)
    variance = (centred * centred).sum(dims, keepdim=keepdim) / max(count - 1, 0) if dims else centred / 0
    return variance.sqrt() if root else variance


def sort_order(x, dim, descending):
    return (torch.sort(x, dim=dim, descending=descending, stable=True)[1] + 1).to(x.dtype)


def parts(x):
    return sum((i + 1) * row for i, row in enumerate(x))


def first_gradient(f, x):
    """The gradient of f, whose value has one element, at x."""
    u = variable(x)
    value = f(u)
    if not value.requires_grad:
        return torch.zeros_like(u)
    gradient = torch.autograd.grad(value, u, create_graph=True, allow_unused=True)[0]
    return torch.zeros_like(u) if gradient is None else gradient


def hessian_product(f, x, v):
    u = variable(x)
    gradient = torch.autograd.grad(f(u), u, create_graph=True, allow_unused=True)[0]
    along = None if gradient is None else (gradient * v).sum()
    if along is None or not along.requires_grad:
        return torch.zeros_like(u)
    gradient = torch.autograd.grad(along, u, create_graph=True, allow_unused=True)[0]
    return torch.zeros_like(u) if gradient is None else gradient


def variable(x):
    """x as the variable of an inner function: what else depends on x is fixed there."""
    return x.clone() if x.requires_grad else x.detach().requires_grad_()
