#!/usr/bin/env bash
# Expected: the mean of ten million float32 values of 0.1 is 0.1 to six digits, as numpy.mean and
# torch.mean give: a library sums pairwise, in lanes, or in double.
# Seen (numba 0.68.1, numexpr 2.14.2, numpy 2.4.6, onnxruntime 1.32.0, torch 2.13.0): numba's np.mean
# and np.sum, numexpr's sum and numpy's own cumsum add one after the other in float32 and are 8.8 %
# too high; onnxruntime's ReduceMean is 1.1 % too high; torch's avg_pool1d over everything is off too,
# where adaptive_avg_pool1d is right.
# Why it matters: losses and norms over volumes (256 cubed is more values than this) change by
# percents when a loop is compiled with numba, a model is exported, or "global average pooling" is
# written in the other way.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 torch==2.13.0 numba==0.68.1 numexpr==2.14.2 onnx==1.23.2 onnxruntime==1.32.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numba
import numexpr
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

print("numba", numba.__version__, "numexpr", numexpr.__version__, "numpy", np.__version__, "onnxruntime",
      onnxruntime.__version__, "torch", torch.__version__)
count = 10_000_000
values = np.full(count, 0.1, np.float32)


@numba.njit
def numba_mean(x):
    return np.mean(x)


node = helper.make_node("ReduceMean", ["x"], ["y"])
graph = helper.make_graph([node], "mean", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, count])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
tensor = torch.tensor(values)[None, None]
means = {
    "numpy mean": values.mean(),
    "numpy cumsum": np.cumsum(values)[-1] / count,
    "torch mean": tensor.mean().item(),
    "torch cumsum": tensor.cumsum(-1)[..., -1].item() / count,
    "torch adaptive_avg_pool1d": torch.nn.functional.adaptive_avg_pool1d(tensor, 1).item(),
    "torch avg_pool1d": torch.nn.functional.avg_pool1d(tensor, count).item(),
    "numba np.mean": numba_mean(values),
    "numexpr sum": float(numexpr.evaluate("sum(values)")) / count,
    "onnxruntime ReduceMean": session.run(None, {"x": values[None]})[0].item(),
}
for name, mean in means.items():
    print(f"{name:28s} {mean:.6f}")
for name in ("numpy mean", "torch mean", "torch cumsum", "torch adaptive_avg_pool1d"):
    check(abs(means[name] - 0.1) < 1e-6, name)
for name in ("numpy cumsum", "numba np.mean", "numexpr sum"):
    check(abs(means[name] - 0.1088) < 2e-4, name)
for name in ("onnxruntime ReduceMean", "torch avg_pool1d"):
    check(abs(means[name] - 0.1) > 5e-4, name)
print("as recorded")
PY
