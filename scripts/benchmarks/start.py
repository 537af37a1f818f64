"""From the shell to the first result: oche -e 'print(1)'."""
import statistics
import subprocess
import time

from figures import figure
from running import OCHE, on_core


def run():
    times = []
    for _ in range(40):
        began = time.perf_counter()
        subprocess.run(on_core([OCHE, "-e", "print(1)"]), check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return {"median": figure(statistics.median(times) * 1e3, "ms"), "best": figure(min(times) * 1e3, "ms")}
