"""Rows of the full computation, a second text after the first, and the multiplications of every step."""

import kit
import torch
from torch.utils._python_dispatch import TorchDispatchMode

WIDTH, TOKENS = 16, 24


class Products(TorchDispatchMode):
    """Counts multiplications by what einsum, linear and the like come down to."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name in ("matmul", "linear", "einsum", "inner", "tensordot", "scaled_dot_product_attention"):
            with self:  # whole only in torch.inference_mode(); what they come down to counts
                return function.decompose(*args, **(kwargs or {}))
        out = function(*args, **(kwargs or {}))
        tensors = [one for one in args if isinstance(one, torch.Tensor)]
        if name in ("mm", "bmm", "addmm", "baddbmm"):
            self.count += tensors[-2].numel() * tensors[-1].shape[-1]
        elif name in ("mv", "addmv", "dot", "vdot"):
            self.count += tensors[-2].numel()
        elif name in ("mul", "mul_"):
            self.count += out.numel()
        elif name.startswith("_scaled_dot_product"):
            self.count += 2 * tensors[0].numel() * tensors[1].shape[-2]
        return out


def full(xs, w_q, w_k, w_v):
    q, k, v = xs @ w_q, xs @ w_k, xs @ w_v
    visible = torch.ones(len(xs), len(xs), dtype=torch.bool).tril()
    return torch.softmax((q @ k.T / q.shape[-1] ** 0.5).masked_fill(~visible, -torch.inf), -1) @ v


def check(desk):
    step = desk.function("step")
    generator = torch.Generator().manual_seed(11)
    weights = [torch.randn(WIDTH, WIDTH, generator=generator) / WIDTH**0.5 for _ in range(3)]
    xs = torch.randn(TOKENS, WIDTH, generator=generator)
    with desk.case("the first token"):
        out, _ = both(step(xs[0], None, *weights))
        smells = [("that is the token itself; with nothing else to see, it is its value", xs[0])]
        kit.equal(out, full(xs, *weights)[0], of="out", given="x [16], cache None", smells=smells)
    with desk.case("24 tokens, one by one"):
        counts = follow(step, xs, weights)
    with desk.case("another text afterwards"):
        other = torch.randn(5, WIDTH, generator=generator)
        cache, rows = None, full(other, *weights)
        for token, x in enumerate(other):
            out, cache = both(step(x, cache, *weights))
            smells = (
                ""
                if kit.same(out, rows[token])
                else "something of the first text is left: keep nothing but the cache"
            )
            if smells:
                kit.wrong(
                    f"token {token} of the second text differs",
                    given="cache None at its beginning",
                    expected=rows[token][0].item(),
                    came=float(out[0]),
                    smells=smells,
                )
    with desk.case("nothing is computed twice"):
        desk.say(f"multiplications of a step: {counts[0]:,} at token 0, {counts[-1]:,} at token {TOKENS - 1}")
        desk.say(
            f"computing it all again at token {TOKENS - 1} would take {3 * TOKENS * WIDTH * WIDTH:,} and more"
        )
        allowed = 2 * (3 * WIDTH * WIDTH + 2 * TOKENS * WIDTH)  # room for scaling, and for other ways
        if counts[-1] < WIDTH * WIDTH:
            kit.wrong(
                "its multiplications cannot be counted",
                given=f"token {TOKENS - 1}",
                came=f"{counts[-1]:,} were seen",
                smells="multiply with torch: what other libraries and plain Python do is not seen",
            )
        if counts[-1] > allowed:
            kit.wrong(
                f"token {TOKENS - 1} takes as many multiplications as if there were no cache",
                given=f"{TOKENS} tokens, width {WIDTH}",
                expected=f"at most {allowed:,}",
                came=f"{counts[-1]:,}",
                smells="keys or values of old tokens are computed again: keep them, not the tokens",
            )


def both(came):
    return kit.two(came, "out", "cache")


def follow(step, xs, weights):
    rows, cache, counts = full(xs, *weights), None, []
    q, k, v = (xs @ one for one in weights)
    for token, x in enumerate(xs):
        with Products() as products:
            out, cache = both(step(x, cache, *weights))
        counts.append(products.count)
        past = slice(0, token + 1)
        scores = k[past] @ q[token] / WIDTH**0.5
        raw = q[token] * WIDTH**0.5
        smells = [
            ("it sees itself alone: the past is not kept", v[token]),
            (
                "the new token does not see itself: append first, then attend",
                (scores[:-1].softmax(-1) @ v[: len(scores) - 1]) if token else None,
            ),
            ("not scaled by sqrt(width)", (k[past] @ raw / WIDTH**0.5).softmax(-1) @ v[past]),
            ("keys and values are swapped", (v[past] @ q[token] / WIDTH**0.5).softmax(-1) @ k[past]),
            (
                "the weights belong to other values: both must be appended at the same end",
                scores.softmax(-1) @ v[past].flip(0),
            ),
            ("it looks at the tokens and not at their values", scores.softmax(-1) @ xs[past]),
            ("only the last two tokens are kept", scores[-2:].softmax(-1) @ v[past][-2:]),
        ]
        kit.equal(
            out,
            rows[token],
            of=f"token {token}",
            given=f"tokens 0..{token} one by one",
            tolerance=1e-4,
            smells=smells,
        )
    return counts
