"""What compiling costs: plans of the reference shape, growth with the number of nodes, and its share of the default study's trials."""
import statistics

import running
from figures import figure
from fitting import exponent
from running import bench


def run():
    found, shares = {}, []
    for _ in range(1 if running.OPTIONS.quick else 3):
        for name, value in bench("compile").items():
            found[name] = min(value, found.get(name, value))
        shares.append(bench("share"))
    nodes = {int(name[5:]): seconds for name, seconds in found.items() if name.startswith("nodes")}
    smallest, largest = min(nodes), max(nodes)
    result = {
        "search step's plan": figure(found["supernet"] * 1e3, "ms"),
        "training step's plan": figure(found["discrete"] * 1e3, "ms"),
        "per node": figure((nodes[largest] - nodes[smallest]) / (largest - smallest) * 1e3, "ms", 1),
        "exponent in nodes": figure(exponent(nodes), "", 1.05),
    }
    for kind in ["training", "search"]:
        result[f"share of a {kind} of the default study"] = figure(
            100 * statistics.median(s[f"{kind}_building"] / s[f"{kind}_total"] for s in shares), "%", 5)
    return result
