"""Whole searches, step by step, against search_reference.py: alpha and losses of every step, scores, eigenvalues,
where a search was ended, one-shot scores and the architecture.

Oche searches in float32. The reference runs in float64, and in float32 to see how far rounding alone carries a
search: alpha has to be within 1e-6 after 20 steps, or within ten times the distance of the two references,
losses and scores likewise.
"""

import json
import pathlib
import random
import subprocess
import tempfile
import time

import numpy as np
import torch

from search_operations import DEFAULT_NAMES
from search_reference import Search

ALPHA = 1e-6
STRATEGIES = ["darts", "darts", "darts", "gdas", "fair", "sdarts", "sdarts", "pc", "drnas"]
TOGETHER = 20


def configuration(seed, number):
    """A random search, every setting in one table."""
    r = random.Random(seed * 100_003 + number)
    length = r.choice([8, 12, 16])
    c = dict(
        number=number,
        seed=r.randrange(1 << 30),
        length=length,
        nodes=r.choice([1, 2, 2, 3]),
        topology=r.choice(["chain", "chain", "chain", "cell"]),
        edges=r.choice([1, 2, 2]),
        steps=20,
        batch=r.choice([4, 8, 16, 5]),
        strategy=STRATEGIES[number % len(STRATEGIES)],
        order=2 if r.random() < 0.4 else 1,
        hvp="finite_difference" if r.random() < 0.2 else "exact",
        xi=r.choice([None, None, 0.05]),
        evaluate=r.choice([0, 0, 7]),
        entropy=r.choice([0, 0, 0, 0.05, -0.02]),
        temperature=[r.choice([10, 2]), r.choice([0.5, 1])],
        epsilon=[0.03, r.choice([0.1, 0.3])],
        perturbation=r.choice(["random", "adversarial"]),
        ascent=r.choice([1, 3]),
        partial=r.choice([1, 2, 4]),
        zero_one=r.choice([10, 1]),
        regularizer=r.choice(["none", "l2", "kl"]),
        regularizer_scale=r.choice([1e-3, 1e-2]),
        selection="perturbation" if r.random() < 0.25 else "argmax",
        tuning=r.choice([None, 0, 3]),
        early_stop=r.random() < 0.2,
    )
    c["hessian"] = dict(
        every=r.choice([0, 5]) if not c["early_stop"] else r.choice([1, 2]),
        window=r.choice([2, 3]),
        distance=r.choice([1, 2]),
        factor=r.choice([0.9, 1.0, 1.1]),
        start=0.2,
    )
    c["theta"] = optimizer(r, clip=0.5)
    c["alpha"] = optimizer(r, clip=0) | dict(init=r.choice([1e-3, 0.1]))
    c["warmup"] = r.choice([0, 0, 3, 7]) if c["strategy"] != "pc" or r.random() < 0.5 else None
    kinds = r.sample(
        [
            "gradient_descent",
            "cnn",
            "cnn",
            "conv",
            "roll",
            "noise",
            "identity",
            "zero",
            "soft_threshold",
            "proximal",
            "momentum",
            "smooth",
            "separable_conv",
        ],
        r.randint(2, 4),
    )
    if c["strategy"] == "darts" and number % 2 == 0:
        kinds[0] = "cnn"
    c["operations"] = [operation(r, kind, i) for i, kind in enumerate(kinds)]
    c["skip"] = r.random() < 0.15 and len(kinds) <= 3
    c["data"] = dict(train=r.choice([16, 20, 32]), validation=r.choice([16, 20, 32]), seed=r.randrange(1 << 30))
    c["measurement"] = r.choice(
        [
            "measurement.blur{sigma = 1, taps = 5, noise = 0.1}",
            "measurement.identity{noise = 0.3}",
            "measurement.blur{sigma = 1.5, taps = 7, noise = 0.05}",
            "measurement.downsample{factor = 2, sigma = 1, taps = 5, noise = 0.05}",
            "measurement.mask{keep = 0.7, seed = 3, noise = 0.05}",
            "measurement.downsample{factor = 4, sigma = 1.2, taps = 5, noise = 0.05}",
            "measurement.compose{measurement.mask{keep = 0.8, seed = 1}, measurement.blur{sigma = 1, taps = 3}}",
        ]
    )
    return c


def optimizer(r, clip):
    kind = r.choice(["adam", "adam", "adam", "adamw", "sgd"])
    return dict(
        optimizer=kind,
        rate=r.choice([0.01, 0.02]) if kind != "sgd" else r.choice([0.05, 0.02]),
        schedule=r.choice(["cosine", "constant"]),
        betas=r.choice([[0.9, 0.999], [0.5, 0.999]]),
        momentum=r.choice([0, 0.9]),
        weight_decay=r.choice([0, 1e-3, 1e-2]),
        clip=r.choice([clip, 0, 0.1]),
    )


def operation(r, kind, place):
    options = {
        "gradient_descent": lambda: dict(step=r.choice([1, 0.5])),
        "roll": lambda: dict(shift=r.choice([1, 3, -2])),
        "noise": lambda: dict(sigma=r.choice([0.1, 0.4])),
        "soft_threshold": lambda: dict(threshold=0.05),
        "proximal": lambda: dict(step=0.7, threshold=0.05),
        "momentum": lambda: dict(step=0.5, momentum=0.3),
        "conv": lambda: dict(kernel=r.choice([3, 5, 4]), dilation=r.choice([1, 2])),
        "smooth": lambda: dict(width=r.choice([2, 3, 5])),
        "separable_conv": lambda: dict(channels=3, kernel=3, dilation=r.choice([1, 2])),
        "cnn": lambda: dict(
            layers=r.choice([1, 2, 2, 3, 4]),
            channels=r.choice([2, 3]),
            kernel=r.choice([3, 5]),
            residual=r.random() < 0.5,
            activation=r.choice(["relu", "tanh", "sigmoid", "none"]),
            norm=r.choice(["none", "none", "batch"]),
        ),
    }.get(kind, dict)()
    name = f"{DEFAULT_NAMES.get(kind, kind)}{place}"
    return dict(kind=kind, options=options, name=name)


def lua(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {lua(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua, value)) + "}"
    return json.dumps(value) if isinstance(value, (str, bool)) else repr(value)


def script(c):
    operations = ", ".join(f"operation.{o['kind']}{lua(o['options'] | dict(name=o['name']))}" for o in c["operations"])
    options = dict(
        strategy=c["strategy"],
        steps=c["steps"],
        batch=c["batch"],
        theta=theirs(c["theta"]),
        alpha=theirs(c["alpha"]) | dict(init=c["alpha"]["init"], warmup=c["warmup"]),
        order=c["order"],
        evaluate=c["evaluate"],
        entropy=c["entropy"],
        selection=c["selection"],
        tuning=c["tuning"] if c["selection"] == "perturbation" else None,
        early_stop="hessian" if c["early_stop"] else None,
        hessian=c["hessian"],
    )
    if c["order"] == 2:
        options |= dict(hvp=c["hvp"], xi=c["xi"])
    options |= {
        "gdas": dict(temperature=c["temperature"]),
        "fair": dict(zero_one=c["zero_one"]),
        "pc": dict(partial=c["partial"]),
        "sdarts": dict(
            perturbation=c["perturbation"],
            epsilon=c["epsilon"],
            ascent=c["ascent"] if c["perturbation"] == "adversarial" else None,
        ),
        "drnas": dict(
            regularizer=c["regularizer"],
            regularizer_scale=c["regularizer_scale"] if c["regularizer"] != "none" else None,
        ),
    }.get(c["strategy"], {})
    names = lua([o["name"] for o in expanded(c)["operations"]])
    cell = f', topology = "cell", edges = {c["edges"]}' if c["topology"] == "cell" else ""
    return f"""search({c["number"]}, {c["length"]}, {c["seed"]}, {names}, function()
  local m = {c["measurement"]}
  local d = dataset.cosines{{length = {c["length"]}, train = {c["data"]["train"]},
                            validation = {c["data"]["validation"]}, test = 4,
                            seed = {c["data"]["seed"]}, measurement = m}}
  local s = darts.space{{nodes = {c["nodes"]}, operations = {{{operations}}}, skip = {lua(c["skip"])}{cell}}}
  return s, d, m, {lua(options)}
end)
"""


def theirs(o):
    """The options that the optimiser has."""
    left_out = ["betas"] if o["optimizer"] == "sgd" else ["momentum"]
    return {k: v for k, v in o.items() if k not in left_out and k != "init"}


def expanded(c):
    """With what the reference needs spelled out."""
    operations = c["operations"]
    if c["skip"]:
        operations = operations + [dict(o, skip=True, name=o["name"] + "+x0") for o in operations]
    warmup = c["warmup"] if c["warmup"] is not None else c["steps"] * 3 // 10
    return dict(c, operations=operations, warmup=warmup)


def architecture_text(c, architecture, edges):
    names = [o["name"] for o in c["operations"]]
    if c["topology"] == "chain":
        return " > ".join(names[t] for _, t in architecture)
    return " | ".join(
        " + ".join(f"{names[t]}({edges[row][0]})" for row, t in architecture if edges[row][1] == node)
        for node in range(1, c["nodes"] + 1)
    )


def compare(c, recorded, text):
    """[what differs], and how far alpha is off at its worst and how far float32 alone takes it."""
    full = expanded(c)
    reference = Search(full, recorded, torch.float64)
    exact = reference.run()
    narrow = Search(full, recorded, torch.float32).run()
    found = []

    def check(name, got, tolerance, factor=10.0):
        right, single = np.asarray(exact[name], float), np.asarray(narrow[name], float)
        got = np.asarray(got, float).reshape(-1, *right.shape[1:]) if np.ndim(got) else np.asarray(got, float)
        if got.shape != right.shape:
            found.append(f"{name}: {list(got.shape)} where {list(right.shape)} is expected")
            return 0, 0
        if not np.array_equal(np.isnan(got), np.isnan(right)):
            found.append(
                f"{name}: NaN at {np.flatnonzero(np.isnan(got)).tolist()}, "
                f"expected at {np.flatnonzero(np.isnan(right)).tolist()}"
            )
            return 0, 0
        far = lambda a, b: float(np.max(np.nan_to_num(np.abs(a - b)), initial=0)) if a.shape == b.shape else 0.0
        error, own = far(got, right), far(single, right)
        if error > max(tolerance, factor * own):
            where = np.unravel_index(np.argmax(np.nan_to_num(np.abs(got - right))), right.shape) if right.ndim else ()
            at = f" at {[int(i) + 1 for i in where]}" if where else ""
            first = ""
            if right.ndim and len(right) > 1:
                steps = np.abs(np.nan_to_num(got - right)).reshape(len(right), -1).max(1)
                first = f", first at step {int(np.argmax(steps > max(tolerance, factor * own) / 20)) + 1}"
            found.append(
                f"{name}: {got[where]:.9g}{at}, expected {right[where]:.9g} "
                f"(off by {error:.3g}, float32 alone {own:.3g}{first})"
            )
        return error, own

    worst = check("alpha", recorded["alpha"], ALPHA)
    size = float(np.nanmax(np.abs(exact["training"] + exact["validation"]), initial=1))
    for name in ("training", "validation"):
        check(name, recorded.get(name, np.zeros(0)) if exact[name] else [], 2e-6 * size)
    check("score", recorded.get("score", np.zeros(0)), 1e-4)
    check(
        "eigenvalue",
        recorded.get("eigenvalue", np.zeros(0)),
        1e-4 * max((abs(v) for v in exact["eigenvalue"]), default=0) + 1e-6,
    )
    check("weights", recorded["weights"], 1e-6)
    for name, got in zip(("relaxed", "argmax", "scaled"), recorded["one_shot"]):
        check(name, got, 1e-4)
    architecture, stopped = text.splitlines()[:2]
    expected = architecture_text(full, exact["architecture"], reference.edges)
    if architecture != expected and exact["margin"] > 1e-4:
        found.append(f"architecture: {architecture}, expected {expected}")
    if int(stopped) != (exact["stopped"] or 0):
        found.append(f"stopped: {stopped}, expected {exact['stopped'] or 0}")
    return found, worst


def summary(c):
    extras = [
        c["topology"],
        f"{c['nodes']} nodes",
        f"order {c['order']}" + (f" {c['hvp']}" if c["order"] == 2 else ""),
        f"warmup {c['warmup']}",
        f"theta {c['theta']['optimizer']}",
        f"alpha {c['alpha']['optimizer']}",
        c["selection"],
    ]
    extras += ["early stop"] if c["early_stop"] else []
    return f"{c['strategy']}: " + ", ".join(extras) + "; " + ", ".join(o["kind"] for o in c["operations"])


def run(oche, configurations, folder):
    """{number: (arrays, text) or message}"""
    found, rest = {}, configurations
    while rest:
        (folder / "searches.lua").write_text("".join(map(script, rest)))
        said = subprocess.run(
            [
                oche,
                "--quiet",
                str(pathlib.Path(__file__).parent / "searches.lua"),
                str(folder / "searches.lua"),
                str(folder),
            ],
            capture_output=True,
            text=True,
            timeout=600,
        )
        left = []
        for c in rest:
            arrays, error = folder / f"{c['number']}.npz", folder / f"{c['number']}.error"
            if error.exists():
                found[c["number"]] = error.read_text()
            elif arrays.exists() and (folder / f"{c['number']}.txt").exists():
                found[c["number"]] = dict(np.load(arrays)), (folder / f"{c['number']}.txt").read_text()
            else:
                left.append(c)
        if left:
            found[left[0]["number"]] = (
                f"the process ended with status {said.returncode}: {(said.stdout + said.stderr).strip()[-300:]}"
            )
        rest = left[1:]
    return found


def compare_searches(arguments):
    seed = arguments.seed if arguments.seed is not None else int(time.time()) % 1_000_000
    torch.set_num_threads(1)
    print(f"{arguments.configurations} searches of seed {seed}", flush=True)
    began = time.time()
    numbers = [arguments.only] if arguments.only is not None else range(arguments.configurations)
    configurations = [configuration(seed, n) for n in numbers]
    differing, near, worst = 0, 0, 0.0
    for start in range(0, len(configurations), TOGETHER):
        group = configurations[start : start + TOGETHER]
        with tempfile.TemporaryDirectory(prefix="oche-parity-") as folder:
            recorded = run(arguments.oche, group, pathlib.Path(folder))
        for c in group:
            result = recorded[c["number"]]
            if isinstance(result, str):
                found = [f"error: {result}"]
            else:
                found, (error, own) = compare(c, *result)
                if not found:
                    near += error <= ALPHA
                    if error > ALPHA:
                        print(
                            f"search {c['number']}: alpha off by {error:.2g}, float32 alone {own:.2g}: {summary(c)}",
                            flush=True,
                        )
                    worst = max(worst, error)
            if found:
                differing += 1
                print(f"\n---- search {c['number']} of seed {seed}: {summary(c)} ----\n" + "\n".join(found), flush=True)
                if arguments.only is not None:
                    print(script(c))
    agreeing = len(configurations) - differing
    print(
        f"\n{len(configurations)} searches of seed {seed}, 20 steps each: {agreeing} agree, {near} of them with alpha "
        f"within {ALPHA:g} of float64, the others within ten times what float32 does to the reference "
        f"(worst {worst:.2g}); {differing} differ; "
        f"{time.time() - began:.0f} s"
    )
    return bool(differing)
