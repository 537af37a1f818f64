"""A store of 10^5 trials: appending to it, and its table from the command line, in processor time."""
import os
import resource
import subprocess
import tempfile

import running
from figures import figure
from running import OCHE, bench, on_core


def processor_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(on_core(command), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.oche")
        found = bench("store", path)
        table = min(processor_seconds([OCHE, "study", "table", path]) for _ in range(1 if running.OPTIONS.quick else 3))
    return {
        "a trial claimed and stored, empty store": figure(found["empty"] * 1e3, "ms"),
        "the same in a store of 10^5": figure(found["full"] * 1e3, "ms"),
        "full over empty": figure(found["full"] / found["empty"], "times", target=1.1),
        "first 5000 trials appended": figure(found["first"], "s"),
        "last 5000 trials appended": figure(found["last"], "s"),
        "last over first, 500 to a transaction": figure(found["last"] / found["first"], "times"),
        "opened and its table printed": figure(table, "s"),
        "bytes a trial": figure(found["bytes"] / 1e5, "bytes"),
    }
