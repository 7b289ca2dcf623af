"""Each way against the sums written out, the two against each other, and the size of the state."""

import kit
import torch

TOKENS, WIDTH, VALUES = 9, 6, 4


def phi(x):
    return torch.nn.functional.elu(x) + 1


def check(desk):
    parallel, step = desk.function("parallel"), desk.function("step")
    generator = torch.Generator().manual_seed(14)
    q, k = (torch.randn(TOKENS, WIDTH, generator=generator) for _ in range(2))
    v = torch.randn(TOKENS, VALUES, generator=generator)
    given = f"q, k {list(q.shape)}, v {list(v.shape)}"
    right = written_out(q, k, v)
    with desk.case("parallel: no row sees a later token"):
        moved_k, moved_v = k.clone(), v.clone()
        moved_k[-1] += 1
        moved_v[-1] -= 1
        before, after = parallel(q, k, v), parallel(q, moved_k, moved_v)
        if not kit.same(before[:-1], after[:-1]):
            kit.wrong(
                f"an earlier row sees token {TOKENS - 1}: the future leaks",
                given="the last token changed",
                smells="the mask is missing (tril), or the sum of the weights counts later tokens",
            )
    with desk.case("parallel: the numbers"):
        kit.equal(parallel(q, k, v), right, of="the result", given=given, smells=of_parallel(q, k, v))
    with desk.case("step: token by token", "the outer product is [width, values]: torch.outer(phi(k), v)"):
        sizes = follow(step, q, k, v, right)
    with desk.case("the state does not grow"):
        desk.say(f"numbers in the state: {sizes[0]} after one token, {sizes[-1]} after {TOKENS}")
        if len(set(sizes)) > 1:
            kit.wrong(
                "the state grows with the text",
                expected=f"{sizes[0]} numbers",
                came=f"{sizes[-1]} numbers",
                smells="that is a KV cache; add the new outer product to the old ones",
            )
    with desk.case("another text afterwards"):
        follow(step, q.flip(0), k.flip(0), v.flip(0), written_out(q.flip(0), k.flip(0), v.flip(0)))


def written_out(q, k, v, exp=False, norm=True):
    rows = []
    for t in range(len(q)):
        scores = k[: t + 1] @ q[t] if exp else phi(k[: t + 1]) @ phi(q[t])
        weights = (scores / q.shape[-1] ** 0.5).softmax(-1) if exp else scores / (scores.sum() if norm else 1)
        rows.append(weights @ v[: t + 1])
    return torch.stack(rows)


def of_parallel(q, k, v):
    raw = q @ k.T
    weights = (phi(q) @ phi(k).T).tril()
    return [
        ("that is softmax attention; here phi stands in its place", written_out(q, k, v, exp=True)),
        ("not divided by the sum of the weights", written_out(q, k, v, norm=False)),
        ("phi is missing: q . k may be negative", lambda: raw.tril() @ v / raw.tril().sum(-1, keepdim=True)),
        ("phi belongs on q too", lambda: (w := (q @ phi(k).T).tril()) @ v / w.sum(-1, keepdim=True)),
        ("phi belongs on k too", lambda: (w := (phi(q) @ k.T).tril()) @ v / w.sum(-1, keepdim=True)),
        (
            "phi of the product, not the product of phis",
            lambda: (w := phi(raw).tril()) @ v / w.sum(-1, keepdim=True),
        ),
        (
            "divided by the number of tokens, not by the sum of the weights",
            weights @ v / torch.arange(1, len(q) + 1)[:, None],
        ),
    ]


def size(state):
    if isinstance(state, torch.Tensor):
        return state.numel()
    if isinstance(state, (tuple, list)):
        return sum(map(size, state))
    if isinstance(state, dict):
        return sum(map(size, state.values()))
    return size(vars(state)) if hasattr(state, "__dict__") else 1


def follow(step, q, k, v, right):
    state, sizes, plain = None, [], written_out(q, k, v, norm=False)
    for t in range(len(q)):
        came = step(state, q[t], k[t], v[t])
        state, out = kit.two(came, "state", "out", f"token {t}")
        past = slice(0, t)
        weights = phi(k[past]) @ phi(q[t])
        smells = [
            ("not divided: phi(q) . z, with z the sum of phi(k)", plain[t]),
            ("it reads before it writes: the token does not see itself", weights @ v[past] / weights.sum()),
            ("S is new and z is old: add the token to both before you read", plain[t] / weights.sum()),
            ("nothing is kept: it sees itself alone", v[t] if t else None),
            ("phi is missing in the state", lambda t=t: (w := k[: t + 1] @ q[t]) @ v[: t + 1] / w.sum()),
            (
                "divided by the newest key's weight alone: z must be summed as well",
                lambda t=t: plain[t] / (phi(k[t]) @ phi(q[t])),
            ),
            ("divided by the number of tokens", plain[t] / (t + 1)),
            ("that is softmax attention", written_out(q, k, v, exp=True)[t]),
        ]
        kit.equal(
            out, right[t], of=f"token {t}", given=f"tokens 0..{t} one by one", tolerance=1e-4, smells=smells
        )
        sizes.append(size(state))
    return sizes
