"""Figures: how they are written down, printed beside target and last record, and kept in history.jsonl (a record a line)."""
import datetime
import json
import os
import platform
import subprocess

HISTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "history.jsonl")
NOISE = {"instructions": 2, "bytes": 2}         # per cent that a figure may change unmentioned, by unit; 10 for what is timed


def figure(value, unit, target=None, better="less"):
    return {"value": value, "unit": unit, "target": target, "better": better}


def share(value, target=None):
    return figure(100 * value, "% of peak", target, "more")


def holds(f):
    if f["target"] is None:
        return None
    return f["value"] <= f["target"] if f["better"] == "less" else f["value"] >= f["target"]


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def change(f, old):
    """Per cent against the last record, or None."""
    if not old or old["unit"] != f["unit"] or not old["value"]:
        return None
    return round(100 * (f["value"] / old["value"] - 1), 1) + 0.0            # never -0.0


def show(topic, figures, last):
    """Prints a topic's figures, those named `row: column` as tables; gives the lines of those that moved."""
    last = last.get(topic, {})
    plain = {name: f for name, f in figures.items() if ": " not in name}
    width = max(map(len, plain), default=0)
    for name, f in plain.items():
        line = f"  {name:{width}} {number(f['value']):>10} {f['unit']:14}"
        line += f" {verdict(f):32}" if f["target"] is not None else " " * 33
        percent = change(f, last.get(name))
        print((line if percent is None else f"{line} {percent:+6.1f} %").rstrip())
    table({tuple(name.split(": ", 1)): f for name, f in figures.items() if ": " in name})
    moved = []
    for name, f in figures.items():
        percent = change(f, last.get(name))
        if percent is not None and abs(percent) > NOISE.get(f["unit"], 10):
            moved.append(f"{topic} {name}: {number(last[name]['value'])} -> {number(f['value'])} {f['unit']} ({percent:+.1f} %)")
    return moved


def bound(f):
    return f"{'<=' if f['better'] == 'less' else '>='} {number(f['target'])}"


def verdict(f):
    return f"target {bound(f)} {'holds' if holds(f) else 'FALLS SHORT'}"


def table(cells):
    """Rows and columns in the order they came; a cell that is short of its target has an exclamation mark."""
    if not cells:
        return
    rows, columns = list(dict.fromkeys(row for row, _ in cells)), list(dict.fromkeys(column for _, column in cells))
    units = {column: next(f["unit"] for (_, c), f in cells.items() if c == column) for column in columns}
    targets = {column: next((bound(f) for (_, c), f in cells.items() if c == column and f["target"] is not None), "") for column in columns}
    widths = {column: max(len(column), len(units[column]), len(targets[column]), 10) + 2 for column in columns}
    first = max(map(len, rows + ["target"]))

    def line(head, texts):
        print(f"  {head:{first}}" + "".join(f"{texts.get(column, ''):>{widths[column] - 1}} " for column in columns).rstrip())
    line("", {column: column for column in columns})
    line("", units)
    if any(targets.values()):
        line("target", targets)
    for row in rows:
        print(f"  {row:{first}}" + "".join(
            " " * widths[column] if (row, column) not in cells else
            f"{number(cells[row, column]['value']):>{widths[column] - 1}}{'!' if holds(cells[row, column]) is False else ' '}"
            for column in columns).rstrip())


def machine():
    """The processor's model and how many cores it has."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    return {"model": model, "cores": os.cpu_count()}


def last_records(machine):
    """For every topic the figures of the last record that has it, of this model and instruction set."""
    last = {}
    if os.path.exists(HISTORY):
        with open(HISTORY) as file:
            for line in file:
                record = json.loads(line)
                if all(record["machine"][name] == machine[name] for name in ("model", "instruction_set")):
                    last.update(record["figures"])
    return last


def record(figures, machine, settings):
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=os.path.dirname(HISTORY)).stdout.strip()
    entry = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "commit": commit, "machine": machine, "settings": settings,
             "figures": {topic: {name: {**f, "value": float(f"{f['value']:.7g}")} for name, f in of.items()} for topic, of in figures.items()}}
    with open(HISTORY, "a") as file:
        file.write(json.dumps(entry) + "\n")
