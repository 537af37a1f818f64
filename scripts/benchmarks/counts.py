"""Instructions of one call of each hot kernel, counted by callgrind: a guard without noise. Valgrind does not know AVX-512, so
these are the kernels of AVX2, from the same source."""
import os
import re
import shutil
import tempfile

from figures import figure
from running import BENCH, Unavailable, output


def run():
    if not shutil.which("valgrind"):
        raise Unavailable("valgrind is not installed")
    result = {}
    callgrind = ["valgrind", "-q", "--tool=callgrind", "--toggle-collect=*countedRegion*"]
    environment = {**os.environ, "OCHE_SIMD": "v3"}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "counts")
        for name in output([BENCH, "count"]).split():
            output([*callgrind, f"--callgrind-out-file={path}", BENCH, "count", name], env=environment)
            with open(path) as file:
                found = re.search(r"^summary: (\d+)", file.read(), re.MULTILINE)
            if not found or found.group(1) == "0":
                raise Unavailable(f"callgrind counted nothing of {name}")
            result[name] = figure(int(found.group(1)), "instructions")
    return result
