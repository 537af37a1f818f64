#!/usr/bin/env bash
# Expected: EventAccumulator.Scalars returns every value that was logged.
# Seen (tensorboard 2.21.0): it keeps 10000 values a tag, a random sample: of 12000 steps 2000 are
# missing, at scattered places, and len() is a round number. EventAccumulator(path,
# size_guidance={"scalars": 0}) keeps all.
# Why it matters: areas under curves, minima over a run and "steps until the loss is below ..." of
# long runs are computed from four values in five, or fewer, without any message.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
    numpy==2.4.6 tensorboard==2.21.0 setuptools==80.9.0

venv/bin/python -W ignore - <<'PY'
import sys


def check(ok, what):
    if not ok:
        sys.exit("changed: " + what)


import time
from importlib.metadata import version

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

print("tensorboard", version("tensorboard"))
writer = EventFileWriter("log")
for step in range(12000):
    value = Summary.Value(tag="loss", simple_value=float(step))
    writer.add_event(Event(step=step, wall_time=time.time(), summary=Summary(value=[value])))
writer.close()
counts = {}
for name, options in (("default", {}), ("size_guidance", {"size_guidance": {"scalars": 0}})):
    events = EventAccumulator("log", **options)
    events.Reload()
    steps = {event.step for event in events.Scalars("loss")}
    counts[name] = len(steps)
    missing = sorted(set(range(12000)) - steps)
    print(name, "read", len(steps), "of 12000 steps, first missing", missing[:5])
check(counts == {"default": 10000, "size_guidance": 12000}, "the number of steps read")
print("as recorded")
PY
