"""Runs programs through Oche, many in one process, and reads their results back."""

import dataclasses
import pathlib
import re
import struct
import subprocess
import tempfile

import numpy as np

HARNESS = pathlib.Path(__file__).parent / "programs.lua"
PATIENCE = 120  # seconds for the programs of one process


@dataclasses.dataclass
class Outcome:
    results: dict = dataclasses.field(default_factory=dict)  # stage: list of (dtype, array)
    errors: dict = dataclasses.field(default_factory=dict)  # stage: message
    is_finished: bool = False


class Batch:
    """Programs on their way through one process."""

    def __init__(self, oche, programs):
        self.oche, self.programs = oche, programs
        self.folder = tempfile.TemporaryDirectory(prefix="oche-parity-")
        folder = pathlib.Path(self.folder.name)
        self.source, self.target = folder / "programs.lua", folder / "results"
        self.outcomes = {}
        self.start(programs)

    def start(self, programs):
        self.source.write_text("".join(p.lua() for p in programs))
        self.process = subprocess.Popen(
            [self.oche, "--quiet", str(HARNESS), str(self.source), str(self.target)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self):
        """{number: Outcome}. A program that ends the process is a failure, and those after it run in another one."""
        while True:
            try:
                said, _ = self.process.communicate(timeout=PATIENCE)
                ended = f"the process ended with status {self.process.returncode}: {said.strip()[-300:]}"
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()
                ended = f"no result after {PATIENCE} s"
            found = read(self.target)
            self.outcomes.update(found)
            unfinished = [n for n, outcome in found.items() if not outcome.is_finished]
            for n in unfinished:
                self.outcomes[n].errors["process"] = ended
            rest = [p for p in self.programs if p.number not in self.outcomes]
            if not rest:
                break
            if not found or self.process.returncode == 0:
                raise RuntimeError(f"the programs can't be run: {ended}")
            self.target.unlink()
            self.start(rest)
        self.folder.cleanup()
        return self.outcomes


def read(path):
    data = path.read_bytes() if path.exists() else b""
    outcomes, at = {}, 0

    def text(at):
        (n,) = struct.unpack_from("<H", data, at)
        return data[at + 2 : at + 2 + n].decode(), at + 2 + n

    try:
        while at < len(data):
            (number,) = struct.unpack_from("<I", data, at)
            stage, at = text(at + 4)
            kind, at = text(at)
            (rank,) = struct.unpack_from("<I", data, at)
            at += 4
            outcome = outcomes.setdefault(number, Outcome())
            if stage == "end":
                outcome.is_finished = True
            elif stage.startswith("error "):
                outcome.errors[stage[6:]] = kind
            elif rank != 0xFFFFFFFF:
                shape = struct.unpack_from(f"<{rank}I", data, at)
                at += 4 * rank
                count = int(np.prod(shape, dtype=int))
                values = np.frombuffer(data, "<f8", count, at).reshape(shape)
                at += 8 * count
                outcome.results.setdefault(stage, []).append((kind, values))
    except (struct.error, ValueError):
        pass  # the process ended in the middle of a record
    return outcomes


def manual_functions(oche):
    """Every entry on tensors of the program's own manual, with its options: {name: set of options}."""
    manual = subprocess.run([oche, "manual", "--markdown"], capture_output=True, text=True, check=True).stdout
    found, name, kind, section = {}, None, None, None
    for line in manual.splitlines():
        if match := re.match(r"(## |### type )(\w+)", line):
            section = match[2]
        elif section != "tensor":
            continue
        elif line.startswith("#### "):
            name = line[5:].strip()
            found[name] = set()
        elif line.startswith(("| Option |", "| Operator |", "| Argument |", "| Property |")):
            kind = line.split()[1]
        elif match := re.match(r"\| `(.*?)` \|", line):
            if kind == "Operator":
                found[match[1].replace("\\", "")] = set()
            elif kind == "Option":
                found[name].add(match[1])
    return found
