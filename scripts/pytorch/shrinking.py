"""A failing program made small: statements left out, their values put in as inputs, dimensions and values cut
down, as long as the same stage still fails."""

import dataclasses

import numpy as np
import torch

from comparing import References, differences
from running import Batch

ROUNDS = 25


def weight(program):
    elements = sum(x.size for x in program.inputs)
    digits = sum(int(np.sum((x != np.round(x)))) for x in program.inputs)
    return len(program.statements) * 1000 + elements * 2 + digits + len(program.inputs)


def smaller(program):
    """Programs one step smaller."""
    first = len(program.inputs)
    values = list(program.inputs)
    for statement in program.statements:
        arguments = [torch.from_numpy(np.array(values[a])) for a in statement.arguments]
        partial = dataclasses.replace(
            program,
            inputs=[a.numpy() for a in arguments],
            directions=None,
            statements=[dataclasses.replace(statement, arguments=tuple(range(len(arguments))))],
        )
        values.append(partial.value(torch.float64)[0].detach().numpy())
    for i in range(len(program.statements) - 1):
        yield dataclasses.replace(program, statements=program.statements[: i + 1])
        # The value of statement i as an input.
        shift = lambda a: first if a == first + i else a + 1 if a >= first else a
        rest = [dataclasses.replace(s, arguments=tuple(shift(a) for a in s.arguments)) for s in program.statements]
        yield dataclasses.replace(
            program, inputs=program.inputs + [values[first + i].astype(np.float32).astype(float)], statements=rest
        )
    for n in sorted({n for x in program.inputs for n in x.shape if n > 1}, reverse=True):
        for m in sorted({1, 2, n // 2, n - 1} - {0, n}):
            cut = [x[tuple(slice(0, m) if size == n else slice(None) for size in x.shape)] for x in program.inputs]
            yield dataclasses.replace(program, inputs=cut)
    for i, x in enumerate(program.inputs):
        for dim, n in enumerate(x.shape):
            for m in {1, n // 2} - {0, n}:
                cut = list(program.inputs)
                cut[i] = x[(slice(None),) * dim + (slice(0, m),)]
                yield dataclasses.replace(program, inputs=cut)
        for grid in (1, 4, 64):
            rounded = np.asarray(np.round(x * grid) / grid)
            if not np.array_equal(rounded, x, equal_nan=True):
                cut = list(program.inputs)
                cut[i] = rounded
                yield dataclasses.replace(program, inputs=cut)


def failures(oche, programs):
    """{number: (program, differences)} of those that fail."""
    batch = Batch(oche, programs)
    references = {p.number: References(p) for p in programs}
    outcomes = batch.finish()
    found = {}
    for p in programs:
        differ, _ = differences(references[p.number], outcomes[p.number])
        if differ:
            found[p.number] = p, differ
    return found


def shrunk(oche, program, differ):
    """The smallest failing program that steps lead to, and how it fails."""
    kinds = lambda found: {(stage, what.startswith("error")) for stage, what in found}
    wanted = kinds(differ)
    random = np.random.default_rng(0)
    for _ in range(ROUNDS):
        candidates, seen = [], set()
        for candidate in smaller(program):
            try:
                candidate = candidate.pruned()
                if weight(candidate) >= weight(program):
                    continue
                candidate = candidate.completed(random)
                candidate.number = len(candidates)
                candidate.results(torch.float32)
                text = candidate.lua_function() + str([x.tolist() for x in candidate.inputs])
                if text not in seen:
                    seen.add(text)
                    candidates.append(candidate)
            except Exception:
                continue  # sizes that do not fit each other
        if not candidates:
            break
        still = {n: (p, found) for n, (p, found) in failures(oche, candidates).items() if wanted & kinds(found)}
        if not still:
            break
        program, differ = min(still.values(), key=lambda pair: weight(pair[0]))
    return program, differ
