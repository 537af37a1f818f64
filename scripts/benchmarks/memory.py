"""Allocations of a step, memory that long runs add, and what a search says that it holds beside what it took."""
import os
import re
import shutil
import subprocess
import tempfile

from figures import figure
from running import HERE, OCHE, Unavailable, on_core, output

LONG = os.path.join(HERE, "long_run.lua")


def run():
    result = {}
    try:
        result.update(allocations())
    except Unavailable as reason:
        print(f"  allocations: {reason}")
    history = 8 + 2                             # float32 that the history keeps of each step: alpha, two losses
    for kind, kept in [("search", history), ("train", 1)]:
        added = resident(kind, 100_000) - resident(kind, 1000)
        result[f"10^5 steps of {kind} beyond the history"] = figure(added / 1024 - 99_000 * kept * 4 / 2 ** 20, "MB")
    words = dict(line.split() for line in output([OCHE, "--quiet", "--threads", "1", os.path.join(HERE, "search_memory.lua")]).splitlines())
    result["resident growth of a large search"] = figure(float(words["resident"]) / 2 ** 20, "MB")
    if "stated" in words:
        result["stated over resident"] = figure(float(words["stated"]) / float(words["resident"]), "times", None, "more")
    else:
        print("  a search does not say what it holds (no field 'memory')")
    return result


def allocations():
    """By difference of a long and a short run."""
    if not shutil.which("cc"):
        raise Unavailable("no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "allocations.so")
        output(["cc", "-shared", "-fPIC", "-O2", "-o", library, os.path.join(HERE, "allocations.c"), "-ldl"])

        def calls(kind, steps):
            text = subprocess.run([OCHE, "--quiet", LONG, kind, str(steps)], capture_output=True, text=True,
                                  env={**os.environ, "LD_PRELOAD": library}).stderr
            found = re.search(r"allocations (\d+)", text)
            if not found:
                raise Unavailable("the counting library cannot be preloaded")
            return int(found.group(1))
        return {f"allocations a {kind} step": figure((calls(kind, 4000) - calls(kind, 2000)) / 2000, "", 0.01) for kind in ("search", "train")}


def resident(kind, steps):
    """Kilobytes at the highest."""
    process = subprocess.Popen(on_core([OCHE, "--quiet", LONG, kind, str(steps)]))
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise Unavailable(f"a {kind} of {steps} steps failed")
    return usage.ru_maxrss
