"""Small tensor files written by NumPy and the safetensors package, for Tests/EndToEndTests/TensorFileTests.swift.

    python3 -m venv venv && venv/bin/pip install numpy safetensors
    venv/bin/python scripts/reference-files.py                 # writes Tests/EndToEndTests/Fixtures/files
    venv/bin/python scripts/reference-files.py --read FOLDER   # checks what the test wrote there (OCHE_WRITE_FILES=FOLDER)

Every file holds the same numbers, k - 2 for k = 0..5 in shape {2, 3} (booleans: k odd), but for the ones named otherwise.
mixed.npz and mixed.safetensors have arrays that are no tensors beside some that are; random.npz has arrays of every
type, order and byte order, each beside what NumPy makes of it in float64.
"""
import json
import pathlib
import struct
import sys
import zipfile

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


def write_mixed():
    records = np.array([(1, 0.5, b"a"), (2, 1.5, b"b")], dtype=[("count", "<i4"), ("share", "<f8"), ("tag", "S1")])
    np.save(FOLDER / "structured.npy", records)
    np.save(FOLDER / "nine.npy", np.zeros((1, 2, 1, 1, 1, 1, 1, 1, 1), dtype="f4"))
    large = np.array([2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, 7], dtype="i8")
    np.save(FOLDER / "large-i8.npy", large)
    np.save(FOLDER / "large-u8.npy", np.array([2**53, 2**64 - 1, 2**63], dtype="u8"))
    np.savez(FOLDER / "mixed.npz", x=np.arange(3.0), names=np.array(["a", "b"]), records=records,
             nine=np.zeros((1,) * 9), ids=large, complex=np.array([1 + 2j]),
             when=np.array(["2020-01-01"], dtype="M8[D]"))
    with zipfile.ZipFile(FOLDER / "mixed.npz", "a") as archive:
        archive.writestr("read me.txt", "no array")
    x, odd = np.arange(3, dtype="<f4").tobytes(), bytes(4)
    header = json.dumps({"x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
                         "odd": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [12, 16]}}).encode()
    (FOLDER / "mixed.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + x + odd)


def write_random():
    random = np.random.default_rng(5)
    arrays = {}
    for k in range(60):
        dtype = random.choice(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"])
        shape = tuple(random.integers(0, 5, size=random.integers(0, 6)))
        if dtype[0] == "f":
            array = (random.standard_normal(shape) * 10.0 ** random.integers(-6, 5)).astype(dtype)
            special = random.choice([np.inf, -np.inf, np.nan, 0.0, -0.0])
            array = np.where(random.random(shape) < 0.1, special, array).astype(dtype)
        elif dtype == "b1":
            array = random.random(shape) < 0.5
        else:
            limits = np.iinfo(dtype)
            low, high = max(limits.min, -(2**53)), min(limits.max, 2**53)
            array = random.integers(low, high, size=shape, endpoint=True).astype(dtype)
        array = np.asarray(array)
        if random.random() < 0.5 and array.dtype.itemsize > 1:
            array = array.astype(array.dtype.newbyteorder(">"))
        if random.random() < 0.5:
            array = np.asfortranarray(array)
        arrays[f"array{k}"] = array
        arrays[f"array{k} expected"] = np.ascontiguousarray(array.astype("<f8")).reshape(array.shape)
    np.savez_compressed(FOLDER / "random.npz", **arrays)


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
    if "--read" in sys.argv:
        read(sys.argv[2])
    else:
        write()
        write_mixed()
        write_random()
