"""The line protocol of the benchmark peers, so that a driver can take turns between them and us on one core.

    ready NAME              printed once for each variant, after it has been compiled and warmed up
    < run NAME REPS         runs REPS repetitions
    time NAME figure...     the answer: figures as the script documents them
    error NAME message      when a variant can't run, or NAME is unknown; the others go on
    < quit                  ends, as does the end of input
"""
import os
import sys


def pin(core):
    """One core (None: the first this process may use), one thread.
    Must come before jax, torch or numpy are imported: they start their pools then."""
    if hasattr(os, "sched_setaffinity"):        # Linux has it, macOS has not
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0)) if core is None else core})
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS"]:
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"


def say(*words):
    print(*words, flush=True)


def serve(makers):
    """`makers`: name -> function that prepares the variant and returns `run(reps) -> figures`."""
    runs = {}
    for name, make in makers.items():
        try:
            runs[name] = make()
            say("ready", name)
        except Exception as error:              # a peer that is missing or fails must not silence the others
            say("error", name, type(error).__name__, str(error).split("\n")[0])
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            break
        if len(words) != 3 or words[0] != "run" or words[1] not in runs or not words[2].isdigit() or words[2] == "0":
            say("error", words[1] if len(words) > 1 else "-", f"expected 'run NAME REPS' with NAME one of {' '.join(runs)}")
            continue
        try:
            say("time", words[1], *(f"{figure:.9g}" for figure in runs[words[1]](int(words[2]))))
        except Exception as error:
            say("error", words[1], type(error).__name__, str(error).split("\n")[0])
