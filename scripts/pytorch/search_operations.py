"""What a node can be, in PyTorch: signals x {n, channels, length}, parameters by name, `context` with x0 = A'y and
A."""

import torch
import torch.nn.functional as F

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "none": lambda h: h}


def same(x, w, b, dilation=1, groups=1):
    reach = dilation * (w.shape[2] - 1)
    return F.conv1d(F.pad(x, (reach // 2, reach - reach // 2)), w, b, dilation=dilation, groups=groups)


def gradient_descent(x, p, o, context):
    return x + p["step"] * (context.x0 - context.normal(x)) / context.norm**2


def soft_threshold(x, p, o, context):
    return torch.sign(x) * torch.relu(x.abs() - p["threshold"])


def proximal(x, p, o, context):
    return soft_threshold(gradient_descent(x, p, o, context), p, o, context)


def momentum(x, p, o, context):
    z = gradient_descent(x, p, o, context)
    return gradient_descent(z, p, o, context) + p["momentum"] * (z - x)


def cnn(x, p, o, context):
    layers = o.get("layers", 2)
    h = x
    for layer in range(1, layers + 1):
        h = same(h, p[f"weight{layer}"], p[f"bias{layer}"])
        if layer == layers:
            break
        if o.get("norm") == "batch":
            h = F.batch_norm(h, None, None, p[f"scale{layer}"], p[f"shift{layer}"], training=True, eps=1e-5)
        h = ACTIVATIONS[o.get("activation", "relu")](h)
    return x + h if o.get("residual") else h


def conv(x, p, o, context):
    return same(x, p["weight"], p["bias"], o.get("dilation", 1))


def separable_conv(x, p, o, context):
    h = F.conv1d(x, p["weight1"], p["bias1"])
    h = torch.relu(same(h, p["weight2"], p["bias2"], o.get("dilation", 1), groups=h.shape[1]))
    return F.conv1d(h, p["weight3"], p["bias3"])


def smooth(x, p, o, context):
    width = o.get("width", 3)
    first = -((width - 1) // 2)
    return sum(torch.roll(x, first + i, -1) for i in range(width)) / width


def noise(x, p, o, context):
    return x + o.get("sigma", 0.7) * torch.from_numpy(context.streams.normal(tuple(x.shape))).to(x.dtype)


OPERATIONS = {
    "gradient_descent": gradient_descent,
    "cnn": cnn,
    "conv": conv,
    "soft_threshold": soft_threshold,
    "proximal": proximal,
    "momentum": momentum,
    "separable_conv": separable_conv,
    "smooth": smooth,
    "noise": noise,
    "roll": lambda x, p, o, context: torch.roll(x, o.get("shift", 8), -1),
    "identity": lambda x, p, o, context: x,
    "zero": lambda x, p, o, context: torch.zeros_like(x),
}
DEFAULT_NAMES = {"gradient_descent": "grad", "cnn": "net"}
