#!/usr/bin/env bash
# Expected: max pooling and the maximum of a tensor either keep a NaN, as torch does, or ignore it,
# always in the same way.
# Seen (onnxruntime 1.32.0, CPU): MaxPool ignores it; ReduceMax keeps it if it comes first and ignores
# it if a number came first: [nan, 1, 2] gives NaN, [1, nan, 2] gives 2. Max of two tensors keeps it
# in both places.
# Why it matters: a reconstruction with NaN passes pooling layers and comes out as a finite, plausible
# image after the export, while torch showed the fault; and a check "is the maximum NaN" depends on
# the position of the bad pixel.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper

print("onnxruntime", onnxruntime.__version__, "torch", torch.__version__)


def run(kind, x, **attributes):
    x = np.array(x, np.float32)
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"], **attributes)], "g",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].ravel().tolist()


nan = float("nan")
first, later = run("ReduceMax", [nan, 1, 2])[0], run("ReduceMax", [1, nan, 2])[0]
pooled = run("MaxPool", [[[nan, 1, 1, nan]]], kernel_shape=[2], strides=[2])
torch_max = torch.tensor([1, nan, 2]).max().item()
torch_pool = torch.nn.functional.max_pool1d(torch.tensor([[[nan, 1, 1, nan]]]), 2).ravel().tolist()
print("ReduceMax of [nan, 1, 2]:", first, " of [1, nan, 2]:", later, " torch:", torch_max)
print("MaxPool of pairs [nan, 1, 1, nan]:", pooled, " torch:", torch_pool)
check(np.isnan(first) and later == 2 and pooled == [1, 1], "onnxruntime's maxima")
check(np.isnan(torch_max) and all(np.isnan(torch_pool)), "torch's maxima")
print("as recorded")
PY
