#!/usr/bin/env bash
# Expected: Sigmoid in onnxruntime equals torch's to the last digits of float32, so its logarithm is
# finite.
# Seen (onnxruntime 1.32.0, CPU): from -18 downwards the result is exactly 0 (torch: 1.5e-8 at -18,
# 1.9e-22 at -50), and at -17 it is twice the right value. log(sigmoid(x)) is then minus infinity.
# Exp, Softmax and Softplus are exact there.
# Why it matters: gates of a search cell, posterior probabilities and cross-entropies computed after
# the export lose their tails: a weight of 1e-9 becomes 0 and its logarithm infinite. Export
# -softplus(-x) for log-sigmoid.
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


def run(kind, x):
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [len(x)])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [len(x)])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


x = np.array([-50, -20, -18, -17, -10, 0], np.float32)
ours = run("Sigmoid", x)
theirs = torch.sigmoid(torch.tensor(x)).numpy()
for row in zip(x, ours, theirs):
    print("x %g: onnxruntime %.4g, torch %.4g" % row)
check((ours[:3] == 0).all() and (theirs[:3] > 0).all(), "zero from -18 on")
check(1.5 < ours[3] / theirs[3] < 3, "the value at -17")
check(abs(run("Softplus", x)[1] / np.exp(-20.0) - 1) < 1e-5, "Softplus at -20")
print("as recorded")
PY
