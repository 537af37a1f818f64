"""The driver of scripts/bench: runs topics, prints their figures beside targets and the last record, and records them."""
import argparse
import importlib
import os
import subprocess
import sys
import time

import figures
import running

TOPICS = ["machine", "step", "sweep", "training", "second_order", "compilation", "scaling", "eager", "start", "interrupts", "store", "memory", "counts"]
LONG = ["study"]                    # only when asked for


def summary(topic):
    return " ".join(importlib.import_module(topic).__doc__.split()).rstrip(".")


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Speed and memory as ratios, beside peers, targets and the last record.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="only these (--list names them)")
    parser.add_argument("--list", action="store_true", help="name the topics")
    parser.add_argument("--study", action="store_true", help="the default study as well (long)")
    parser.add_argument("--quick", action="store_true", help="fewer sizes and repetitions")
    parser.add_argument("--no-peers", action="store_true", help="without JAX, PyTorch and NumPy")
    parser.add_argument("--record", action="store_true", help="append the figures to scripts/benchmarks/history.jsonl")
    parser.add_argument("--output", default=".build/bench", metavar="FOLDER", help="where pictures go (.build/bench)")
    parser.add_argument("--core", type=int, default=running.cores()[0], help="the core to run on")
    parser.add_argument("--trials", type=int, default=100, help="trials of a row of the study")
    o = parser.parse_args()
    for topic in o.topics:
        if topic not in TOPICS + LONG:
            parser.error(f"unknown topic '{topic}' (one of {', '.join(TOPICS + LONG)})")
    return o


def main():
    o = running.OPTIONS = options()
    if o.list:
        for topic in TOPICS + LONG:
            print(f"{topic:14} {summary(topic)}")
        return
    machine = figures.machine()
    machine["instruction_set"] = running.bench("machine")["instruction_set"]
    print(f"{machine['model']}, {machine['instruction_set']}, {machine['cores']} cores, on core {o.core}")
    load = round(os.getloadavg()[0], 1)             # what else ran: timings of a busy machine are worth less
    last, measured, moved, short = figures.last_records(machine), {}, [], []
    for topic in o.topics or TOPICS + (LONG if o.study else []):
        print(f"\n{topic}: {summary(topic)}", flush=True)
        began = time.perf_counter()
        try:
            found = importlib.import_module(topic).run()
        except (running.Unavailable, subprocess.SubprocessError, OSError) as reason:
            print(f"  not measured: {reason}", flush=True)
            continue
        measured[topic] = found
        moved += figures.show(topic, found, last)
        short += [f"{topic} {name}: {figures.number(f['value'])} {f['unit']}, target {figures.number(f['target'])}"
                  for name, f in found.items() if figures.holds(f) is False]
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
    for title, lines in [("Short of the target", short), ("Moved since the last record of this machine", moved)]:
        if lines:
            print(f"\n{title}")
            print("\n".join(f"  {line}" for line in lines))
    if o.record and measured:
        figures.record(measured, machine, {"quick": o.quick, "trials": o.trials, "load": load})
        print(f"\nRecorded in {os.path.relpath(figures.HISTORY)}")


if __name__ == "__main__":
    try:
        main()
    except running.Unavailable as reason:
        sys.exit(f"scripts/bench: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
