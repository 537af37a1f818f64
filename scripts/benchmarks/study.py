"""The whole default study from the command line, on one core and on two, beside JAX with every trial of a row vmapped."""
import os
import subprocess
import time

import running
from figures import figure
from running import HERE, OCHE, PEERS, Unavailable

TABLE = os.path.join(HERE, "..", "..", "examples", "table1.lua")
JAX_SECONDS = 451                           # of the whole study on one core of the machine it was calibrated on


def timed(command):
    """Wall-clock and processor seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise Unavailable(f"{os.path.basename(command[0])} ended with status {status}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def run():
    trials = running.OPTIONS.trials
    whole = trials == 100
    result = {}
    for cores, target in [(1, 120), (2, 62)]:
        if len(running.cores()) < cores:
            print(f"  this machine has no {cores} cores")
            continue
        command = [OCHE, "--threads", str(cores), "--quiet", TABLE, "--trials", str(trials)]
        seconds, processor = timed(running.on_core(command) if cores == 1 else command)
        name = f"{cores} core{'s' if cores > 1 else ''}"
        result[name] = figure(seconds, "s", target if whole else None)
        result[f"{name}, processor time"] = figure(processor, "s")
    if whole:
        result["JAX reference over oche on one core"] = figure(JAX_SECONDS / result["1 core"]["value"], "times", None, "more")
    if PEERS:
        seconds, _ = timed(running.on_core([PEERS, os.path.join(HERE, "..", "peers", "study.py"), "--trials", str(trials)]))
        result["JAX, vmapped, one core"] = figure(seconds, "s")
        result["JAX here over oche on one core"] = figure(seconds / result["1 core"]["value"], "times", None, "more")
    return result
