"""Algorithmic floating-point operations: what the definition of a step costs, whatever is shared, folded, transformed or recomputed
on the way. Only convolutions count: those of the CNNs (2 C k for each of the two layers and each sample of a signal), and A and A'
(2 taps / factor each). So a share of peak can pass 100 % where the engine does less than the definition."""


def taps(measurement, L):
    """Multiply-adds of A, or of A', for each sample of a signal."""
    return {"reference": 9, "blur": L, "downsample": L / 4}[measurement]


def theta_step(B=128, L=64, N=10, C=16, k=3, T=0, measurement="reference"):
    """Forward, by input and by weight; A'A forward and back. Every node counts the same."""
    if T > 0:
        return B * N * L * T * 12 * C * k
    return B * N * L * (12 * C * k + 8 * taps(measurement, L))


def alpha_step(B=128, L=64, N=10, C=16, k=3, T=0, measurement="reference"):
    """Forward and by input."""
    if T > 0:
        return B * N * L * T * 8 * C * k
    return B * N * L * (8 * C * k + 8 * taps(measurement, L))


def forward(architecture, B, L, C, k, measurement):
    """From what was measured: x(0) = A'y, then node by node."""
    return B * L * 2 * taps(measurement, L) + sum(B * L * {"net": 4 * C * k, "lua_net": 4 * C * k, "grad": 4 * taps(measurement, L)}.get(name, 0) for name in architecture)


def training_step(architecture, B, L, C, k, measurement):
    """Gradients by input only where a weight lies before."""
    total, before = forward(architecture, B, L, C, k, measurement), False
    for name in architecture:
        if name == "grad":
            total += B * L * 4 * taps(measurement, L) if before else 0
        elif name.endswith("net"):
            total += B * L * (6 + (2 if before else 0)) * C * k
        before = before or name == "grad" or name.endswith("net")
    return total


def theta_step_bytes(B, L, N, C, k, measurement):
    """What a step must read and write at least: its batch, and weights with their two moments."""
    weights = N * (2 * C * k + C + 2)
    return 4 * (B * L + B * (L // 4 if measurement == "downsample" else L) + 6 * weights)
