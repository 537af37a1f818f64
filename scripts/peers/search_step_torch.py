"""The reference search step in PyTorch: `natural` as one would write it, `rewritten` for one core. See search_step.py."""
import signal

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


# ---- natural: signals {B, 1, L}, convolutions, automatic differentiation ----------------------------------------

def natural_loss(p, weights, alpha, batch, noise, constants):
    clean, measured = batch

    def blur(x):                                # symmetric, so its own adjoint
        return F.conv1d(F.pad(x, (4, 4), mode="circular"), constants["taps"])

    x = blur(measured)
    for i in range(p.N):
        hidden = F.relu(F.conv1d(x, weights["w1"][i], weights["b1"][i], padding="same"))
        outputs = [x - weights["step"][i] * blur(blur(x) - measured),
                   F.conv1d(hidden, weights["w2"][i], weights["b2"][i], padding="same"),
                   torch.roll(x, p.SHIFT, -1),
                   x + p.NOISE * noise[i]]
        x = sum(a * output for a, output in zip(torch.softmax(alpha[i], 0), outputs))
    return F.mse_loss(x, clean)


# ---- rewritten: signals {L, B}; convolutions as GEMM, the linear operations of a node as one matrix --------------

def patches(x, k):
    """{k, L B}: the shifted signals."""
    r = k // 2
    padded = F.pad(x, (0, 0, r, r))
    return torch.stack([padded[t:t + x.shape[0]] for t in range(k)]).view(k, -1)


def gather(rows, like, reverse):
    """Row t of `rows` shifted by t - k // 2 (or back), summed: k slices of one padded result."""
    k, length = len(rows), like.shape[0]
    rows, r = rows.view(k, *like.shape), len(rows) // 2
    total = torch.zeros(length + 2 * r, like.shape[1])
    for t in range(k):
        s = t if reverse else k - 1 - t
        total[s:s + length] += rows[t]
    return total[r:r + length]


class CNN(torch.autograd.Function):
    @staticmethod
    def forward(context, x, w1, b1, w2, b2):
        """w1 {C, k}, w2 {k, C}"""
        inputs = patches(x, w1.shape[1])
        hidden = torch.addmm(b1[:, None], w1, inputs).relu_()
        context.save_for_backward(inputs, hidden, w1, w2)
        return gather(w2 @ hidden, x, False).add_(b2)

    @staticmethod
    def backward(context, g):
        inputs, hidden, w1, w2 = context.saved_tensors
        k = w1.shape[1]
        rows = patches(g, k).view(k, *g.shape).flip(0).view(k, -1)
        gh = torch.mm(w2.T, rows)
        gh = torch.ops.aten.threshold_backward(gh, hidden, 0)
        gx = gather(w1.T @ gh, g, True)
        if not context.needs_input_grad[1]:
            return gx, None, None, None, None
        return gx, gh @ inputs.T, gh.sum(1), rows @ hidden.T, g.sum().view(1)


def plain_cnn(x, w1, b1, w2, b2):
    """The same without in-place sums, for torch.compile to fuse and differentiate."""
    k, (length, _) = w1.shape[1], x.shape
    hidden = torch.relu(torch.addmm(b1[:, None], w1, patches(x, k)))
    rows = F.pad((w2 @ hidden).view(k, *x.shape), (0, 0, k // 2, k // 2))
    return sum(rows[t, t:t + length] for t in range(k)) + b2


def rewritten_loss(p, weights, alpha, batch, noise, constants, cnn):
    """noise {N, L, B}"""
    clean, measured = batch
    x = start = constants["blur"] @ measured
    a, tau = torch.softmax(alpha, 1), weights["step"]
    linear = ((a[:, 0] + a[:, 3])[:, None, None] * constants["eye"] - (a[:, 0] * tau)[:, None, None] * constants["normal"]
              + a[:, 2][:, None, None] * constants["roll"])
    pull, share, spread = (a[:, 0] * tau).unbind(), a[:, 1].unbind(), (p.NOISE * a[:, 3]).unbind()
    w1, b1, w2, b2 = (weights[n].unbind() for n in ("w1", "b1", "w2", "b2"))
    for i, m in enumerate(linear.unbind()):
        y = cnn(x, w1[i][:, 0], b1[i], w2[i][0].T, b2[i])
        x = torch.addmm(pull[i] * start, m, x) + share[i] * y + spread[i] * noise[i]
    return F.mse_loss(x, clean)


# ---- steps ------------------------------------------------------------------------------------------------------

class Search:
    def __init__(self, p, name):
        torch.manual_seed(0)
        self.p, self.batch_last = p, name.endswith("rewritten")
        tensor = lambda a: torch.from_numpy(a).clone()
        self.weights = {key: tensor(w).requires_grad_() for key, w in p.weights.items()}
        self.alpha = tensor(p.alpha).requires_grad_()
        blur, eye = tensor(p.blur), torch.eye(p.L)
        self.constants = dict(taps=tensor(p.taps)[None, None], blur=blur, normal=blur @ blur, eye=eye, roll=eye.roll(p.SHIFT, 0))
        place = (lambda a: tensor(a).T.contiguous()) if self.batch_last else (lambda a: tensor(a)[:, None])
        self.train, self.validation = ([place(a) for a in b] for b in (p.train, p.validation))
        compiled = "compile" in name
        if self.batch_last:
            cnn = plain_cnn if compiled else CNN.apply
            self.loss = lambda w, a, b, n: rewritten_loss(p, w, a, b, n, self.constants, cnn)
        else:
            self.loss = lambda w, a, b, n: natural_loss(p, w, a, b, n, self.constants)
        if compiled:
            self.loss = torch.compile(self.loss, dynamic=False)
        self.theta_optimizer = torch.optim.Adam(self.weights.values(), p.RATE, fused=self.batch_last)
        self.alpha_optimizer = torch.optim.Adam([self.alpha], p.ALPHA_RATE, p.ALPHA_BETAS, weight_decay=p.ALPHA_DECAY,
                                                fused=self.batch_last)

    def draw(self):
        p = self.p
        return torch.randn(p.N, p.L, p.B) if self.batch_last else torch.randn(p.N, p.B, 1, p.L)

    def differentiate(self, weights, batch, noise):
        """Only what is asked for: the weights' gradient when `weights`, else alpha's."""
        for w in self.weights.values():
            w.requires_grad_(weights)
        self.alpha.requires_grad_(not weights)
        loss = self.loss(self.weights, self.alpha, batch, noise)
        loss.backward()
        return loss

    def theta_step(self):
        self.theta_optimizer.zero_grad()
        self.differentiate(True, self.train, self.draw())
        torch.nn.utils.clip_grad_norm_(self.weights.values(), self.p.CLIP)
        self.theta_optimizer.step()

    def alpha_step(self):
        self.alpha_optimizer.zero_grad()
        self.differentiate(False, self.validation, self.draw())
        self.alpha_optimizer.step()

    def block(self):
        pass                                    # eager calls return when they are done

    def evaluate(self, noise):
        noise = torch.from_numpy(noise)
        noise = noise.transpose(1, 2).contiguous() if self.batch_last else noise[:, :, None]
        loss = self.differentiate(True, self.train, noise)
        self.differentiate(False, self.train, noise)
        return loss.item(), {key: w.grad.numpy() for key, w in self.weights.items()}, self.alpha.grad.numpy()


def make(name, problem):
    search = Search(problem, name)
    if "compile" in name:
        def give_up(*_):
            raise TimeoutError("torch.compile took more than 60 s")
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(60)
        try:
            search.theta_step()
            search.alpha_step()
        except Exception as error:              # the compiler wraps what interrupts it
            raise error if "60 s" not in str(error) else TimeoutError("torch.compile took more than 60 s") from None
        finally:
            signal.alarm(0)
    return search
