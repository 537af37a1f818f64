"""Differentiable architecture search in PyTorch, written from the papers; automatic differentiation and
torch.optim do the rest. What the papers leave open (which batch a step has, where a draw comes from) follows
Oche's documentation.

- DARTS: Liu, Simonyan and Yang 2019, equations 3 to 8; the inner step of second order is SGD.
- GDAS: Dong and Yang 2019, equations 3 to 6. Fair DARTS: Chu et al. 2020, equations 2 and 6.
- SmoothDARTS: Chen and Hsieh 2020, equations 3 to 5. PC-DARTS: Xu et al. 2020, equation 1. DrNAS: Chen et al. 2021.
- Selection by perturbation: Wang et al. 2021, algorithm 1. Early stopping: Zela et al. 2020, section 5.
"""

import dataclasses
import math

import numpy as np
import torch
from scipy.special import gammainc, gammaincc, gammaln

from draws import Streams, below, derived_seed
from search_operations import OPERATIONS

INNER = 1 << 24  # the first stream of an inner step's draws
MIX = 1 << 22  # and, from there, of the strategy's


@dataclasses.dataclass
class Context:
    x0: torch.Tensor
    matrix: torch.Tensor  # {measured, length}
    norm: float
    streams: Streams

    def normal(self, x):
        return x @ self.matrix.T @ self.matrix


class Optimizer:
    """torch.optim with a schedule and a bound on the gradient's norm."""

    def __init__(self, values, o, steps):
        self.values, self.o, self.steps, self.taken = values, o, steps, 0
        kind, decay = o["optimizer"], o["weight_decay"]
        if kind == "sgd":
            self.optimizer = torch.optim.SGD(values, o["rate"], momentum=o["momentum"], weight_decay=decay)
        else:
            make = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
            self.optimizer = make(values, o["rate"], betas=tuple(o["betas"]), weight_decay=decay)

    def rate(self, step):
        cosine = self.o["schedule"] == "cosine"
        return self.o["rate"] * (0.5 * (1 + math.cos(math.pi * step / self.steps)) if cosine else 1)

    def step(self, gradients, step):
        clip = self.o["clip"]
        if clip > 0:
            norm = torch.sqrt(sum((g * g).sum() for g in gradients))
            gradients = [g * clip / torch.clamp(norm, min=clip) for g in gradients]
        for value, gradient in zip(self.values, gradients):
            value.grad = gradient.detach().clone()
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step)
        self.optimizer.step()

    def velocity(self):
        """SGD's momentum buffers, zero before the first step."""
        return [self.optimizer.state[v].get("momentum_buffer", torch.zeros_like(v)) for v in self.values]


class Search:
    def __init__(self, c, recorded, dtype):
        """`c`: a configuration; `recorded`: data, initial weights and alpha of a run of Oche."""
        self.c, self.dtype = c, dtype
        tensor = lambda name: torch.from_numpy(np.array(recorded[name])).to(dtype)
        self.splits = {
            split: (tensor(f"{split}_clean"), tensor(f"{split}_measured")) for split in ("train", "validation")
        }
        matrix = np.array(recorded["matrix"], float).T
        self.matrix, self.norm = torch.from_numpy(matrix.copy()).to(dtype), float(np.linalg.norm(matrix, 2))
        self.peak = float(recorded["peak"])
        self.alpha = tensor("start").clone().requires_grad_()
        self.edges = (
            [(i, i + 1) for i in range(c["nodes"])]
            if c["topology"] == "chain"
            else [(i, j) for j in range(1, c["nodes"] + 1) for i in range(j)]
        )
        self.rows, self.count = len(self.edges), len(c["operations"])
        self.theta = []
        self.places = {}
        for row in range(self.rows):
            for t, o in enumerate(c["operations"]):
                prefix = f"weights.{row + 1}.{t + 1}."
                names = sorted(n[len(prefix) :] for n in recorded if n.startswith(prefix))
                self.places[row, t] = [(name, len(self.theta) + i) for i, name in enumerate(names)]
                self.theta += [tensor(prefix + name).clone().requires_grad_() for name in names]
        self.steps = c["steps"]
        self.seed = c["seed"]

    # ---- network ---------------------------------------------------------------------------------------------------

    def operation(self, row, t, x, theta, context):
        o = self.c["operations"][t]
        y = OPERATIONS[o["kind"]](x, {name: theta[i] for name, i in self.places[row, t]}, o["options"], context)
        return y + context.x0 if o.get("skip") else y

    def states(self, measured, streams, edge):
        context = Context(measured @ self.matrix, self.matrix, self.norm, streams)
        states = [context.x0]
        for node in range(1, self.c["nodes"] + 1):
            terms = [edge(row, states[a], context) for row, (a, b) in enumerate(self.edges) if b == node]
            terms = [t for t in terms if t is not None]
            states.append(sum(terms[1:], terms[0]) / len(terms))
        return states[-1]

    def relaxed(self, measured, theta, weights, streams):
        def edge(row, x, context):
            mixed = sum(weights[row, t] * self.operation(row, t, x, theta, context) for t in range(self.count))
            return self.join(mixed, x, streams)

        return self.states(measured, streams, edge)

    def discrete(self, measured, architecture, streams):
        present = dict(architecture)
        return self.states(
            measured,
            streams,
            lambda row, x, context: (
                self.operation(row, present[row], x, self.theta, context) if row in present else None
            ),
        )

    def join(self, mixed, x, streams):
        if self.c["strategy"] != "pc" or self.c["partial"] <= 1:
            return mixed
        chosen = streams.uniform((x.shape[0], 1, 1)) < np.float32(1 / self.c["partial"])
        return torch.where(torch.from_numpy(chosen), mixed, x)

    # ---- strategies ------------------------------------------------------------------------------------------------

    def number(self, step):
        """Temperature of GDAS, perturbation of SmoothDARTS."""
        if self.c["strategy"] == "gdas":
            first, last = self.c["temperature"]
            return first + (last - first) * step / max(1, self.steps - 1)
        first, last = self.c["epsilon"]
        return first + (last - first) * step / self.steps

    def concentration(self, alpha):
        return torch.clamp(torch.nn.functional.elu(alpha) + 1, min=1e-2)

    def weights(self, alpha, use, step=0, streams=None):
        strategy, shape = self.c["strategy"], tuple(alpha.shape)
        if strategy == "fair":
            return torch.sigmoid(alpha)
        if strategy == "drnas":
            c = self.concentration(alpha)
            parts = c if use == "evaluation" else self.gamma(c, streams)
            return parts / parts.sum(1, keepdim=True)
        if strategy == "gdas" and use != "evaluation":
            gumbel = torch.from_numpy(-np.log(-np.log(streams.uniform(shape)))).to(alpha.dtype)
            soft = torch.softmax((torch.log_softmax(alpha, 1) + gumbel) / self.number(step), 1)
            hard = torch.nn.functional.one_hot(soft.argmax(1), self.count).to(alpha.dtype)
            return hard + soft - soft.detach()
        return torch.softmax(alpha, 1)

    def gamma(self, c, streams):
        """Marsaglia and Tsang 2000 for c + 1, times u^(1/c), with implicit gradients (Figurnov et al. 2018)."""
        a, shape = c.detach().double().numpy(), tuple(c.shape)
        d = a + 1 - 1 / 3
        drawn = d.copy()
        for _ in range(8):
            z, u = streams.normal(shape), streams.uniform(shape)
            root = 1 + z / np.sqrt(9 * d)
            v = np.maximum(root**3, 1e-12)
            accepted = (np.log(u) < 0.5 * z * z + d * (1 - v + np.log(v))) & (root > 0)
            drawn = np.where(accepted, d * v, drawn)
        drawn = np.maximum(drawn * np.exp(np.log(streams.uniform(shape)) / a), 1e-30)
        slope = torch.from_numpy(gamma_slope(a, drawn)).to(c.dtype)
        return torch.from_numpy(drawn).to(c.dtype) + slope * (c - c.detach())

    def simplex(self, weights):
        cut = torch.relu(weights)
        return cut / torch.clamp(cut.sum(1, keepdim=True), min=1e-12)

    def training_weights(self, weights, step, streams, loss):
        """SmoothDARTS: theta is trained where the mix is perturbed."""
        if self.c["strategy"] != "sdarts":
            return weights
        epsilon, centre = self.number(step), weights.detach()
        delta = epsilon * (2 * torch.from_numpy(streams.uniform(tuple(weights.shape))).to(weights.dtype) - 1)
        if self.c["perturbation"] == "adversarial":
            for _ in range(self.c["ascent"]):
                point = self.simplex(centre + delta).detach().requires_grad_()
                up = torch.sign(torch.autograd.grad(loss(point), point)[0])
                delta = torch.clamp(point.detach() - centre + 2 / self.c["ascent"] * epsilon * up, -epsilon, epsilon)
        return self.simplex(centre + delta)

    def penalty(self, alpha, weights):
        c = self.c
        total = 0
        if c["strategy"] == "fair":
            total = total - c["zero_one"] * ((weights - 0.5) ** 2).mean()
        if c["strategy"] == "drnas" and c["regularizer"] == "l2":
            total = total + c["regularizer_scale"] * 0.5 * (alpha * alpha).sum()
        if c["strategy"] == "drnas" and c["regularizer"] == "kl":
            q = torch.distributions.Dirichlet(self.concentration(alpha))
            uniform = torch.distributions.Dirichlet(torch.ones_like(alpha))
            total = total + c["regularizer_scale"] * torch.distributions.kl_divergence(q, uniform).sum()
        if c["entropy"] != 0:
            p = self.weights(alpha, "evaluation")
            p = p / p.sum(1, keepdim=True)
            total = total + c["entropy"] * -(p * torch.log(torch.clamp(p, min=1e-12))).sum(1).mean()
        return total

    # ---- losses ----------------------------------------------------------------------------------------------------

    def batch(self, split, step):
        clean, measured = self.splits[split]
        rows = [(step * self.c["batch"] + i) % clean.shape[0] for i in range(self.c["batch"])]
        return clean[rows], measured[rows]

    def loss(self, batch, theta, alpha, use, step, seed, first=0):
        clean, measured = batch

        def error(weights):
            return ((self.relaxed(measured, theta, weights, Streams(seed, step, first)) - clean) ** 2).mean()

        streams = Streams(seed, step, first + MIX)
        weights = self.weights(alpha, use, step, streams)
        if use == "theta":
            weights = self.training_weights(weights, step, streams, error)
        value = error(weights)
        return value + self.penalty(alpha, weights) if use == "alpha" else value

    def alpha_gradient(self, step):
        """The validation loss and its gradient, at the present weights or after an inner step."""
        c, alpha, seed = self.c, self.alpha, derived_seed(self.seed, "validation_steps")
        validation = self.batch("validation", step)
        if c["order"] == 1 or not self.theta:
            loss = self.loss(validation, self.theta, alpha, "alpha", step, seed)
            return loss, torch.autograd.grad(loss, alpha)[0]
        rate = c["xi"] if c["xi"] is not None else self.theta_optimizer.rate(step)
        training = self.batch("train", step)
        inner = lambda theta: self.loss(training, theta, alpha, "inner", step, seed, INNER)
        sgd = c["theta"]["optimizer"] == "sgd"
        velocity = self.theta_optimizer.velocity() if sgd else [torch.zeros_like(v) for v in self.theta]
        momentum, decay = c["theta"]["momentum"] if sgd else 0, c["theta"]["weight_decay"]
        exact = c["hvp"] == "exact"
        slopes = torch.autograd.grad(inner(self.theta), self.theta, create_graph=exact, allow_unused=True)
        slopes = [torch.zeros_like(v) if g is None else g for g, v in zip(slopes, self.theta)]
        unrolled = [v - rate * (momentum * m + g + decay * v) for v, g, m in zip(self.theta, slopes, velocity)]
        if exact:
            loss = self.loss(validation, unrolled, alpha, "alpha", step, seed)
            return loss, torch.autograd.grad(loss, alpha)[0]
        unrolled = [v.detach().requires_grad_() for v in unrolled]
        loss = self.loss(validation, unrolled, alpha, "alpha", step, seed)
        *v, first = torch.autograd.grad(loss, unrolled + [alpha], allow_unused=True)
        v = [torch.zeros_like(u) if g is None else g for g, u in zip(v, unrolled)]
        reach = 0.01 / torch.clamp(torch.sqrt(sum((g * g).sum() for g in v)), min=1e-20)
        at = lambda sign: torch.autograd.grad(inner([w + sign * reach * g for w, g in zip(self.theta, v)]), alpha)[0]
        return loss, first - rate * (at(1) - at(-1)) / (2 * reach)

    # ---- the search ------------------------------------------------------------------------------------------------

    def run(self):
        c = self.c
        self.theta_optimizer = Optimizer(self.theta, c["theta"], self.steps) if self.theta else None
        alpha_optimizer = Optimizer([self.alpha], c["alpha"], self.steps)
        found = {"training": [], "validation": [], "alpha": [], "score": [], "eigenvalue": []}
        rise = Rise(c["hessian"], self.steps)
        self.stopped = None
        every = c["hessian"]["every"] or (max(1, self.steps // 25) if c["early_stop"] else 0)
        for step in range(self.steps):
            if step >= c["warmup"]:
                loss, gradient = self.alpha_gradient(step)
                found["validation"].append(loss.item())
                alpha_optimizer.step([gradient], step)
            else:
                found["validation"].append(math.nan)
            if self.theta:
                loss = self.loss(
                    self.batch("train", step),
                    self.theta,
                    self.alpha.detach(),
                    "theta",
                    step,
                    derived_seed(self.seed, "steps"),
                )
                found["training"].append(loss.item())
                gradients = torch.autograd.grad(loss, self.theta, allow_unused=True)
                self.theta_optimizer.step(
                    [torch.zeros_like(v) if g is None else g for g, v in zip(gradients, self.theta)], step
                )
            found["alpha"].append(self.alpha.detach().double().numpy().copy())
            if c["evaluate"] and (step + 1) % c["evaluate"] == 0:
                found["score"].append(self.psnr(self.score(self.weights(self.alpha.detach(), "evaluation"))))
            if every and (step + 1) % every == 0:
                found["eigenvalue"].append(self.eigenvalue(step))
                state = step + 1, self.alpha.detach().clone(), [v.detach().clone() for v in self.theta]
                before = rise.add(abs(found["eigenvalue"][-1]), state)
                if c["early_stop"] and before:
                    self.stopped = before[0]
                    with torch.no_grad():
                        self.alpha.copy_(before[1])
                        for v, w in zip(self.theta, before[2]):
                            v.copy_(w)
                    break
        return found | self.result()

    def eigenvalue(self, step):
        """Of largest magnitude, of the Hessian of the validation loss in alpha."""
        seed, batch = derived_seed(self.seed, "validation_steps"), self.batch("validation", step)
        loss = lambda alpha: self.loss(batch, self.theta, alpha, "inner", step, seed)
        hessian = torch.autograd.functional.hessian(loss, self.alpha.detach()).reshape(self.alpha.numel(), -1)
        values = np.linalg.eigvalsh(hessian.detach().double().numpy())
        return float(values[np.argmax(np.abs(values))])

    def score(self, weights):
        """The mean squared error of the relaxed network on the validation split."""
        clean, measured = self.splits["validation"]
        with torch.no_grad():
            output = self.relaxed(measured, self.theta, weights, Streams(derived_seed(self.seed, "evaluation"), 0))
            return ((output - clean) ** 2).mean().item()

    def psnr(self, error):
        return -10 * math.log10(error / self.peak**2)

    def result(self):
        alpha = self.alpha.detach()
        weights = self.weights(alpha, "evaluation")
        relaxed = self.psnr(self.score(weights))
        architecture = (
            self.by_perturbation(weights) if self.c["selection"] == "perturbation" else self.by_weight(alpha, weights)
        )
        clean, measured = self.splits["validation"]
        with torch.no_grad():
            output = self.discrete(measured, architecture, Streams(derived_seed(self.seed, "evaluation"), 0))
            argmax = self.psnr(((output - clean) ** 2).mean().item())
        masked = torch.zeros_like(weights)
        for row, t in architecture:
            into = self.rows_into(self.edges[row][1])
            masked[row, t] = weights[row, t] * len(into) / min(self.kept(), len(into))
        return {
            "relaxed": relaxed,
            "argmax": argmax,
            "scaled": self.psnr(self.score(masked)),
            "weights": weights.double().numpy(),
            "architecture": architecture,
            "stopped": self.stopped,
            "margin": self.margin(alpha),
        }

    def kept(self):
        return 1 if self.c["topology"] == "chain" else self.c["edges"]

    def rows_into(self, node):
        return [row for row, (_, b) in enumerate(self.edges) if b == node]

    def margin(self, alpha):
        """How far the nearest choice is from another one."""
        top = torch.sort(alpha, 1, descending=True)[0]
        return float((top[:, 0] - top[:, 1]).min())

    def by_weight(self, scores, weights):
        """The largest alpha of every row; of a cell's node the heaviest edges, without "zero" (section 2.4)."""
        allowed = [
            t
            for t, o in enumerate(self.c["operations"])
            if self.c["topology"] == "chain" or o["kind"] != "zero" or o.get("skip")
        ]
        allowed = allowed or list(range(self.count))
        choice = [max(allowed, key=lambda t: (scores[row, t].item(), -t)) for row in range(self.rows)]
        kept = []
        for node in range(1, self.c["nodes"] + 1):
            rows = sorted(self.rows_into(node), key=lambda row: (-weights[row, choice[row]].item(), row))
            kept += sorted(rows[: self.kept()])
        return [(row, choice[row]) for row in kept]

    def by_perturbation(self, weights):
        order = list(range(self.rows))
        seed = derived_seed(self.seed, "selection")
        for i in range(self.rows - 1, 0, -1):
            j = below(i + 1, seed, i)
            order[i], order[j] = order[j], order[i]
        mix = weights.clone()
        tuning = self.c["tuning"] if self.c["tuning"] is not None else self.steps // 5
        total = tuning * self.rows
        optimizer = Optimizer(self.theta, self.c["theta"], total) if self.theta else None
        for decision, row in enumerate(order):
            losses = []
            for t in range(self.count):
                without = mix.clone()
                without[row, t] = 0
                losses.append(self.score(without))
            best = int(np.argmax(losses))
            mix[row] = 0
            mix[row, best] = 1
            for step in range(decision * tuning, (decision + 1) * tuning) if self.theta else []:
                clean, measured = self.batch("train", step)
                output = self.relaxed(measured, self.theta, mix, Streams(derived_seed(self.seed, "tuning"), step))
                gradients = torch.autograd.grad(((output - clean) ** 2).mean(), self.theta, allow_unused=True)
                optimizer.step([torch.zeros_like(v) if g is None else g for g, v in zip(gradients, self.theta)], step)
        choice = mix.argmax(1).tolist()
        kept = []
        for node in range(1, self.c["nodes"] + 1):
            rows = self.rows_into(node)
            while len(rows) > self.kept():
                losses = []
                for row in rows:
                    without = mix.clone()
                    without[row] = 0
                    losses.append(self.score(without))
                gone = rows.pop(int(np.argmin(losses)))
                mix[gone] = 0
            kept += rows
        return [(row, choice[row]) for row in kept]


def gamma_slope(a, x):
    """dx/da = -(dF/da) / f of gamma draws x at shape a, F by SciPy and its derivative by differences of fourth order:
    PyTorch's own, of relative error 1e-4, is not exact enough here."""
    h = 1e-3 * a
    lower = x < a + 1
    f = lambda k: np.where(lower, gammainc(a + k * h, x), -gammaincc(a + k * h, x))
    derivative = (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h)
    return -derivative / np.exp((a - 1) * np.log(x) - x - gammaln(a))


class Rise:
    """The state to go back to when the eigenvalue's average has risen."""

    def __init__(self, o, steps):
        self.o, self.first, self.values, self.states, self.averages = o, int(o["start"] * steps), [], [], []

    def add(self, value, state):
        window, distance = self.o["window"], self.o["distance"]
        self.values.append(value)
        self.states.append(state)
        if len(self.values) < window:
            return None
        self.averages.append(sum(self.values[-window:]) / window)
        if len(self.averages) <= distance:
            return None
        before = self.states[len(self.values) - 1 - window // 2 - distance]
        return (
            before
            if before[0] >= self.first and self.averages[-1] > self.o["factor"] * self.averages[-1 - distance]
            else None
        )
