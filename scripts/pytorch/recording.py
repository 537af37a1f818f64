"""Writes random programs with PyTorch's values, which a test replays without PyTorch:

    scripts/parity --seed 17 --programs 500 --record Tests/EndToEndTests/Fixtures/programs.json

Small programs only, whose numbers are all finite and whose results no rounding moves far. A result stands there
with the largest error that it may have (comparing.bounds). "second" is the derivative of the gradient along
`directions`.
"""

import json

import numpy as np
import torch

from comparing import References, bounds, scale
from generating import generate

ELEMENTS = 30


def values(a):
    return {"shape": list(a.shape), "data": [float(v) for v in a.ravel()]}


def recorded(program):
    """One line of the file, or nothing."""
    if (
        "gradient" not in program.stages
        or sum(x.size for x in program.inputs) > ELEMENTS
        or program.cotangent.size > ELEMENTS
    ):
        return None
    program.stages = ("value", "gradient", "hvp")
    references = References(program)
    allowed = bounds(references)
    for stage, results in references.exact.items():
        for a, error in zip(results, allowed[stage]):
            if not np.isfinite(a).all() or not error <= (1e-9 if program.dtype == "float64" else 1e-3) * max(
                1, scale(a)
            ):
                return None
    exact = references.exact
    results = lambda stage: [
        values(a) | {"error": float(f"{error:.3g}")} for a, error in zip(exact[stage], allowed[stage])
    ]
    return {
        "name": f"program {program.number}",
        "dtype": program.dtype,
        "lua": program.lua_function(),
        "inputs": [values(a) for a in program.inputs],
        "cotangent": values(program.cotangent),
        "directions": [values(a) for a in program.directions],
        "value": results("value")[0],
        "gradients": results("gradient"),
        "second": results("hvp"),
    }


def record(arguments):
    torch.backends.mkldnn.enabled = False
    lines = []
    for program in generate(arguments.seed, 100 * arguments.programs, arguments.without):
        line = recorded(program)
        if line is not None:
            lines.append(json.dumps(line, separators=(",", ":")))
        if len(lines) == arguments.programs:
            break
    made_by = (
        f"scripts/parity --seed {arguments.seed} --programs {arguments.programs} --record, PyTorch {torch.__version__}"
    )
    with open(arguments.record, "w") as file:
        file.write('{"made_by":"%s","cases":[\n%s\n]}\n' % (made_by, ",\n".join(lines)))
    print(f"{len(lines)} programs in {arguments.record}")
    return 0
