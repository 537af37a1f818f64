"""Small tensor files written by NumPy and the safetensors package, for Tests/EndToEndTests/TensorFileTests.swift.

    python3 -m venv venv && venv/bin/pip install numpy safetensors
    venv/bin/python scripts/reference-files.py                 # writes Tests/EndToEndTests/Fixtures/files
    venv/bin/python scripts/reference-files.py --read FOLDER   # checks what the test wrote there (OCHE_WRITE_FILES=FOLDER)

Every file holds the same numbers, k - 2 for k = 0..5 in shape {2, 3} (booleans: k odd), but for the ones named otherwise.
"""
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/EndToEndTests/Fixtures/files"
BASE = np.arange(6).reshape(2, 3) - 2


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, dtype in [("f4", "<f4"), ("f8", "<f8"), ("f2", "<f2"), ("i4", "<i4"), ("i8", "<i8"), ("f4-big", ">f4"), ("f8-big", ">f8"),
                        ("i4-big", ">i4"), ("i8-big", ">i8")]:
        np.save(FOLDER / f"{name}.npy", BASE.astype(dtype))
    np.save(FOLDER / "u1.npy", (BASE + 2).astype("u1"))
    np.save(FOLDER / "bool.npy", BASE % 2 == 1)
    np.save(FOLDER / "f4-fortran.npy", np.asfortranarray(BASE.astype("f4")))
    np.save(FOLDER / "f8-big-fortran.npy", np.asfortranarray(BASE.astype(">f8")))
    np.save(FOLDER / "scalar.npy", np.array(1.5))
    np.save(FOLDER / "vector.npy", np.array([np.nan, np.inf, -np.inf, 0.1], dtype="f4"))
    np.save(FOLDER / "empty.npy", np.zeros((0, 3), dtype="f4"))
    np.save(FOLDER / "rank4.npy", np.arange(24, dtype="f8").reshape(2, 1, 3, 4))
    np.save(FOLDER / "complex.npy", np.array([1 + 2j]))
    with open(FOLDER / "version2.npy", "wb") as f:
        np.lib.format.write_array(f, BASE.astype("f4"), version=(2, 0))
    np.savez(FOLDER / "stored.npz", a=BASE.astype("f4"), b=np.arange(1000.0))
    np.savez_compressed(FOLDER / "deflated.npz", a=BASE.astype("f4"), b=np.arange(1000.0))
    save_file({"weight": BASE.astype("f4"), "bias": np.array([1.5, -2.5]), "steps": np.array([7], dtype="i8"), "mask": BASE % 2 == 1,
               "half": BASE.astype("f2")}, FOLDER / "model.safetensors", metadata={"made_by": "safetensors"})


def read(folder):
    folder = pathlib.Path(folder)
    np.testing.assert_array_equal(np.load(folder / "a.npy"), BASE.astype("f4"))
    assert np.load(folder / "a.npy").dtype == np.float32 and np.load(folder / "d.npy").dtype == np.float64
    np.testing.assert_array_equal(np.load(folder / "d.npy"), BASE.T * 0.1)
    assert np.load(folder / "scalar.npy").shape == () and np.load(folder / "empty.npy").shape == (0, 3)
    archive, model = np.load(folder / "w.npz"), load_file(folder / "w.safetensors")
    for tensors in [archive, model]:
        np.testing.assert_array_equal(tensors["a"], BASE.astype("f4"))
        np.testing.assert_array_equal(tensors["inner.d"], BASE.T * 0.1)
    print("NumPy and safetensors read what oche wrote")


if __name__ == "__main__":
    read(sys.argv[2]) if "--read" in sys.argv else write()
