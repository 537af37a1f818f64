import LuaHost
import Tensors

/// What NumPy and PyTorch call things, and what to write here: said where such a name is tried.
func declareOtherNames(_ type: LuaType<Tensor>, _ module: LuaModule) {
    type.otherNames([
        "numel": "a.size", "ndim": "a.rank", "dim": "a.rank", "view": "a:reshape{..}", "T": "a:t()", "mm": "a:matmul(b)", "bmm": "a:matmul(b)", "mv": "a:matmul(b)",
        "add": "a + b", "sub": "a - b", "mul": "a * b", "div": "a / b", "neg": "-a", "pow": "a ^ b", "remainder": "a % b", "square": "a ^ 2", "rsqrt": "a ^ -0.5",
        "clip": "a:clamp(lo, hi)", "tolist": "a:totable()", "numpy": "a:totable()", "copy": "a:clone()", "double": "a:to(\"float64\")", "float": "a:to(\"float32\")",
        "astype": "a:to(\"float64\")", "ravel": "a:flatten()", "backward": "tensor.grad(f)(p)", "requires_grad": "tensor.grad(f)(p)", "contiguous": "a: layout is no concern",
        "log10": "a:log() / math.log(10)", "log2": "a:log() / math.log(2)", "log1p": "(1 + a):log()", "expm1": "a:exp() - 1", "exp2": "2 ^ a", "tan": "a:sin() / a:cos()",
        "fill": "a[{}] = value", "fill_": "a[{}] = value", "zero_": "a[{}] = 0", "masked_fill": "tensor.where(mask, value, a)", "select": "a[i]", "narrow": "a[{{first, last}}]",
        "broadcast_to": "a:expand{..}", "swapaxes": "a:transpose(i, j)", "moveaxis": "a:permute{..}", "len": "#a", "eq_": "a:eq(b)", "equal": "a == b",
        "outer": "a:unsqueeze(2) * b", "trace": "(a * tensor.eye(#a)):sum()", "diff": "a[{{2, -1}}] - a[{{1, -2}}]",
    ])
    module.otherNames([
        "tensor": "tensor{..}", "array": "tensor{..}", "asarray": "tensor{..}", "from_numpy": "tensor.load(\"x.npy\")", "empty": "tensor.zeros{..}", "concatenate": "tensor.cat({a, b}, dim)",
        "concat": "tensor.cat({a, b}, dim)", "vstack": "tensor.cat({a, b}, 1)", "hstack": "tensor.cat({a, b}, 2)", "random": "tensor.rand{..}", "uniform": "tensor.rand{..}",
        "normal": "tensor.randn{..}", "randint": "(tensor.rand{..} * n):floor()", "randn_like": "tensor.randn(a.shape)", "rand_like": "tensor.rand(a.shape)", "full_like": "tensor.full(a.shape, value)",
        "manual_seed": "{seed = n} where numbers are drawn, or oche --seed n", "range": "tensor.arange(first, stop, step)", "pi": "math.pi", "inf": "math.huge", "nan": "0/0",
        "float32": "{dtype = \"float32\"}", "float64": "{dtype = \"float64\"}", "jit": "tensor.compile(f)", "jacobian": "tensor.grad(f)(p)", "hessian": "tensor.hvp(f, p, v)",
        "einsum": "a:matmul(b), with permute and unsqueeze",
    ])
}
