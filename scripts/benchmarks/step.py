"""The reference search step beside JAX and PyTorch, taking turns: B=128 L=64 N=10 C=16 k=3, 9-tap circular blur."""
import flops
import running
from figures import figure, share
from running import Lua, Peak, Peer, Steps, Unavailable

VARIANTS = ["jax", "jax-rewritten", "jax-blocked", "torch", "torch-rewritten"]


def run():
    peers = None
    try:
        peers = Peer("search_step.py", "--variants", ",".join(VARIANTS)).wait_ready(VARIANTS[-1])
    except Unavailable as reason:
        print(f"  without peers: {reason}")
    best, peak = {}, Peak()
    with Lua("search_step.lua") as lua:
        theta, whole = Steps(lua, "theta", 200), Steps(lua, "whole", 200)
        for _ in range(2 if running.OPTIONS.quick else 6):
            theta.round()
            whole.round()
            peak.look()
            for name in peers.names if peers else []:
                figures = peers.run(name, 8)
                if figures:
                    best[name] = [min(a, b) for a, b in zip(best.get(name, figures), figures)]
    if peers:
        peers.__exit__()
    t, w = theta.seconds, whole.seconds
    result = {
        "theta share": share(flops.theta_step() / t / peak.flops, 72),
        "alpha share": share(flops.alpha_step() / (w - t) / peak.flops),
        "whole share": share((flops.theta_step() + flops.alpha_step()) / w / peak.flops),
    }
    rewritten = [sum(parts) for name, parts in best.items() if name.startswith("jax-")]
    if rewritten:
        result["best JAX rewrite over oche"] = figure(min(rewritten) / w, "times", None, "more")
    for name, (theta, alpha) in dict({"oche": (t, w - t)}, **best).items():
        result[f"{name}: theta"], result[f"{name}: alpha"] = figure(theta * 1e3, "ms"), figure(alpha * 1e3, "ms")
        result[f"{name}: whole"] = figure((theta + alpha) * 1e3, "ms")
        result[f"{name}: over oche"] = figure((theta + alpha) / w, "times", None, "more")
    return result
