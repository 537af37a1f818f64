"""How the driver runs things: oche with a Lua script, the bench tool, the peers, each on one core.
Times are processor time of one thread, so that what else runs on the machine counts as little as it can."""
import os
import shutil
import subprocess
import sys
import tempfile

OCHE, BENCH, PEERS = os.environ["OCHE"], os.environ["BENCH"], os.environ.get("PEERS", "")
HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = None                          # set by __main__


class Unavailable(Exception):
    """What a figure needs is not there, or failed; the message is the line to print."""


def cores():
    """The cores this process may use, where the system says (macOS does not)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def on_core(command):
    return ["taskset", "-c", str(OPTIONS.core), *command] if shutil.which("taskset") else list(command)


def output(command, **options):
    result = subprocess.run(on_core(command), text=True, capture_output=True, **options)
    if result.returncode != 0:
        raise Unavailable(f"{os.path.basename(command[0])}: {last_line(result.stderr) or f'status {result.returncode}'}")
    return result.stdout


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def bench(*arguments):
    """The `name value` lines of the bench tool."""
    pairs = (line.split() for line in output([BENCH, *arguments]).splitlines())
    return {words[0]: float(words[1]) if words[1][0].isdigit() else words[1] for words in pairs if len(words) == 2}


def lua_figures(script):
    """(name, value, unit) of the lines `name value unit` that a Lua script of this folder prints."""
    path = os.path.join(HERE, script)
    if not os.path.exists(path):
        raise Unavailable(f"there is no {os.path.basename(script)}")
    for line in output([OCHE, "--quiet", "--threads", "1", path]).splitlines():
        words = line.split(None, 2)
        try:
            yield words[0], float(words[1]), words[2] if len(words) > 2 else ""
        except (IndexError, ValueError):
            raise Unavailable(f"{script} printed '{line}', not 'name value unit'")


class Lua:
    """An oche that answers lines with numbers: `with Lua("search_step.lua", B=16) as steps: steps.ask("theta 100")`."""

    def __init__(self, script, **sizes):
        self.errors = tempfile.TemporaryFile("w+")
        words = [f"{name}={value}" for name, value in sizes.items()]
        self.process = subprocess.Popen(on_core([OCHE, "--quiet", "--threads", "1", os.path.join(HERE, script), *words]), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)

    def ask(self, line):
        try:
            print(line, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            self.errors.seek(0)
            lines = [line for line in self.errors.read().splitlines() if line.startswith(("oche", "error")) or ":" in line]
            raise Unavailable(f"oche ended: {lines[0].strip() if lines else f'status {self.process.returncode}'}")
        try:
            return [float(word) for word in answer.split()]
        except ValueError:
            raise Unavailable(f"oche answered '{answer.strip()}' to '{line}'")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)


def end(process):
    """Closes its input, at which it ends."""
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    process.wait()


class Steps:
    """Seconds a step, from the shortest of the runs of one step and the shortest of those of n + 1."""

    def __init__(self, lua, what, n):
        self.lua, self.what, self.n = lua, what, n
        self.few = self.many = float("inf")

    def round(self):
        few, many = self.lua.ask(f"{self.what} {self.n}")
        self.few, self.many = min(self.few, few), min(self.many, many)
        return self

    def rounds(self, count):
        for _ in range(count):
            self.round()
        return self

    @property
    def seconds(self):
        return (self.many - self.few) / self.n


class Peak:
    """The highest peak seen while something was measured: the clock drifts, so `look` is called between rounds."""

    def __init__(self):
        self.flops = 0.0
        self.look()

    def look(self):
        self.flops = max(self.flops, bench("peak")["peak"])


class Peer:
    """A process that speaks the line protocol of scripts/peers/protocol.py."""

    def __init__(self, script, *arguments):
        if not PEERS:
            raise Unavailable("no peers (JAX, PyTorch and NumPy are not installed, or --no-peers)")
        self.process = subprocess.Popen(
            on_core([PEERS, os.path.join(HERE, "..", "peers", script), "--core", str(OPTIONS.core), *arguments]), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.names = []

    def wait_ready(self, last):
        """Until the variant `last` has said that it is ready, or that it is not."""
        for line in self.process.stdout:
            words = line.split()
            if words and words[0] == "ready":
                self.names.append(words[1])
            elif words:
                print(f"  peer {' '.join(words[1:])}", file=sys.stderr)
            if len(words) > 1 and words[1] == last:
                break
        return self

    def run(self, name, reps):
        """The figures, or None when the peer failed."""
        try:
            print(f"run {name} {reps}", file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return None
        words = self.process.stdout.readline().split()
        return [float(word) for word in words[2:]] if words and words[0] == "time" else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
