"""What the machine can do: the marks that shares are taken of."""
from figures import figure
from running import bench


def run():
    found = [bench("machine") for _ in range(3)]
    return {"peak": figure(max(f["peak"] for f in found) / 1e9, "GFLOP/s", None, "more"),
            "copy bandwidth": figure(max(f["bandwidth"] for f in found) / 1e9, "GB/s", None, "more")}
