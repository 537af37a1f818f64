"""Compares Oche with PyTorch: random tensor programs (see generating.py), whole searches (`search`, see
searching.py), or derivatives at kinks (`kinks`, a table).

Ends with 1 where a program differs, or a function of the manual has no rule.
"""

import argparse
import collections
import os
import re
import sys
import time

if "--record" in sys.argv:
    # One instruction set, so that a record is the same bytes everywhere.
    os.environ.update(ATEN_CPU_CAPABILITY="default", MKL_CBWR="COMPATIBLE", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

from comparing import References, differences
from generating import generate
from rules import FUNCTIONS, WITHOUT
from running import Batch, manual_functions
from shrinking import shrunk

TOGETHER = 250  # programs of one process


def parsed():
    parser = argparse.ArgumentParser(prog="scripts/parity", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["programs", "search", "kinks"], default="programs")
    parser.add_argument("--oche", required=True, help="the program; built when absent")
    parser.add_argument("--programs", type=int, default=10_000, help="how many random programs")
    parser.add_argument("--configurations", type=int, default=80, help="how many random searches")
    parser.add_argument("--seed", type=int, default=None, help="of the programs; the clock's, printed, when absent")
    parser.add_argument(
        "--without", action="append", default=[], metavar="FUNCTION", help='leaves a function or rule out: "a %% b"'
    )
    parser.add_argument("--shrink", type=int, default=8, help="how many failing programs are made small and shown")
    parser.add_argument("--only", type=int, default=None, help="one program of the seed, or one search, by its number")
    parser.add_argument("--record", metavar="FILE", help="instead writes programs and PyTorch's values for the tests")
    return parser.parse_args()


def coverage_faults(known, used, options, programs, without):
    """What the manual has and programs have not."""
    faults = [
        f"'{name}' has no rule: add one to scripts/pytorch/rules.py, or a reason to WITHOUT"
        for name in sorted(set(known) - FUNCTIONS - set(WITHOUT))
    ]
    faults += [
        f"'{name}' has a rule, and is not in the manual"
        for name in sorted((FUNCTIONS | set(WITHOUT)) - set(known) - set(without))
    ]
    if programs >= 2000:
        faults += [f"'{name}' was in no program" for name in sorted(FUNCTIONS & set(known)) if not used[name]]
        faults += [
            f"option '{option}' of '{name}' was in no program"
            for name in sorted(FUNCTIONS & set(known))
            for option in sorted(known[name] - options[name])
        ]
    return faults


def show(number, seed, program, differ):
    print(f"\n---- program {number} of seed {seed}, {program.dtype}, made small ----")
    for stage, what in differ:
        print(f"{stage}: {what}")
    print(program.lua().rstrip())
    print("PyTorch:\n" + "\n".join("  " + line for line in program.python().splitlines()), flush=True)


def compare_programs(arguments):
    seed = arguments.seed if arguments.seed is not None else int(time.time()) % 1_000_000
    print(f"{arguments.programs} programs of seed {seed}", flush=True)
    began = time.time()
    used, options = collections.Counter(), collections.defaultdict(set)
    differing, loose, statements, results, shown = [], 0, 0, 0, 0
    programs = generate(seed, arguments.programs, arguments.without)
    if arguments.only is not None:
        programs = (p for p in programs if p.number == arguments.only)

    def settle(batch, references):
        nonlocal loose, results, shown
        outcomes = batch.finish()
        for program, reference in references:
            outcome = outcomes[program.number]
            results += sum(map(len, outcome.results.values()))
            differ, is_loose = differences(reference, outcome)
            loose += is_loose
            if differ:
                differing.append((program, differ))

    def batches():
        group = []
        for program in programs:
            group.append(program)
            if len(group) == TOGETHER:
                yield group
                group = []
        if group:
            yield group

    for group in batches():
        batch = Batch(arguments.oche, group)
        references = []
        for program in group:
            references.append((program, References(program)))
            statements += len(program.statements)
            for statement in program.statements:
                used.update(statement.functions)
                for function in statement.functions:
                    options[function].update(re.findall(r"(\w+) =", statement.lua))
        settle(batch, references)
    took = time.time() - began
    kinds = {}
    for program, differ in differing:
        signature = (frozenset(s.rule for s in program.statements), differ[0][0])
        kinds.setdefault(signature, (program, differ))
    seen = set()
    for program, differ in sorted(kinds.values(), key=lambda pair: len(pair[0].statements)):
        if shown == arguments.shrink:
            break
        small, why = shrunk(arguments.oche, program, differ)
        signature = tuple(sorted(re.sub(r"-?\d+(\.\d+)?", "n", s.lua) for s in small.statements)), why[0][0]
        if signature in seen:
            continue
        seen.add(signature)
        shown += 1
        show(program.number, seed, small, why)
    known = {name: named for name, named in manual_functions(arguments.oche).items() if name not in arguments.without}
    faults = coverage_faults(known, used, options, arguments.programs, arguments.without)
    for fault in faults:
        print(fault)
    print(
        f"\n{arguments.programs} programs of seed {seed}: {statements} statements, {results} results, {loose} programs "
        f"ill conditioned, {len(differing)} differ; {took:.0f} s, and {time.time() - began - took:.0f} s to shrink them"
    )
    return bool(differing or faults)


if __name__ == "__main__":
    arguments = parsed()
    if arguments.record:
        from recording import record

        sys.exit(record(arguments))
    if arguments.what == "search":
        from searching import compare_searches

        sys.exit(compare_searches(arguments))
    if arguments.what == "kinks":
        from kinks import compare_kinks

        sys.exit(compare_kinks(arguments))
    sys.exit(compare_programs(arguments))
