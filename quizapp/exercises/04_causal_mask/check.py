"""First whether the future leaks, token by token; then the numbers against torch's own."""

import kit
import torch
from torch.nn.functional import scaled_dot_product_attention as reference

_INSTEAD = "Mask the scores yourself, before the softmax."
FORBIDDEN = {
    "torch.nn.functional.scaled_dot_product_attention": _INSTEAD,
    "torch._C._nn.scaled_dot_product_attention": _INSTEAD,
    "torch.nn.functional.multi_head_attention_forward": _INSTEAD,
    "torch.nn.MultiheadAttention.forward": _INSTEAD,
}
TOKENS = 8


def check(desk):
    causal_attention = desk.function("causal_attention")
    generator = torch.Generator().manual_seed(4)
    q, k, v = (torch.randn(2, 3, TOKENS, 8, generator=generator) for _ in range(3))
    given = f"q, k, v of shape {list(q.shape)}"
    with desk.case("the shape, and no NaN"):
        came = causal_attention(q, k, v)
        kit.equal(torch.as_tensor(came).shape, q.shape, of="the shape of the result", given=given)
        if came.isnan().any():
            row = int(came.isnan().any(-1)[0, 0].nonzero()[0])
            smells = "all its scores are -inf: may the token see itself? triu/tril start at diagonal 0 or 1"
            kit.wrong(f"row {row} is NaN", given=given, smells=smells)
    with desk.case("no row sees a later token"):
        leaks(causal_attention, q, k, v)
    with desk.case("every row sees itself and all before"):
        blind(causal_attention, q, k, v)
    with desk.case("the numbers are torch's"):
        compare(came, q, k, v, given)
    with desk.case("scores as large as 10,000"):
        q, k = 100 * q, 100 * k
        compare(causal_attention(q, k, v), q, k, v, given + ", q and k times 100")


def moved(causal_attention, q, k, v, token):
    """The rows that change when a token's key and value do."""
    other_k, other_v = k.clone(), v.clone()
    other_k[..., token, :] += 1
    other_v[..., token, :] -= 1
    before, after = causal_attention(q, k, v), causal_attention(q, other_k, other_v)
    return [
        row for row in range(TOKENS) if not torch.allclose(before[..., row, :], after[..., row, :], atol=1e-6)
    ]


def leaks(causal_attention, q, k, v):
    found = {token: moved(causal_attention, q, k, v, token) for token in range(TOKENS)}
    pairs = [(row, token) for token, rows in found.items() for row in rows if row < token]
    if not pairs:
        return
    row, token = min(pairs)
    smells = "there is no mask at all"
    if own_hidden(causal_attention, q, k, v):
        smells = "the diagonal is hidden too: token 0 then sees nothing, and the softmax spreads over all"
    elif late(causal_attention, q, k, v):
        smells = (
            "masked after the softmax: its sum still counts the future, and the row no longer adds up to one"
        )
    elif all(row >= token - 1 for row, token in pairs):
        smells = "one too many: each token sees the next one; shift the diagonal by one"
    elif all(row <= token for token, rows in found.items() for row in rows):
        smells = "upside down: it hides the past and shows the future; tril for triu"
    elif len(pairs) < TOKENS * (TOKENS - 1) // 2:
        smells = "the mask has holes"
    elif weak(causal_attention, q, k, v):
        smells = "hidden scores must be -inf before the softmax: a 0 there still gets a weight, exp(0)"
    what = f"row {row} sees token {token}: the mask lets the future through"
    kit.wrong(
        what,
        given=f"token {token} changed",
        expected=f"rows 0..{token - 1} as before",
        came=f"row {row} moved",
        smells=smells,
    )


def own_hidden(causal_attention, q, k, v):
    raw = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    hidden = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu()
    return kit.same(causal_attention(q, k, v), torch.softmax(raw.masked_fill(hidden, -1e9), -1) @ v)


def late(causal_attention, q, k, v):
    weights = torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, -1)
    return kit.same(causal_attention(q, k, v), weights.tril() @ v)


def weak(causal_attention, q, k, v):
    raw = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    hidden = ~torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()
    came = causal_attention(q, k, v)
    candidates = [
        torch.softmax(raw.masked_fill(hidden, filled), -1) @ v for filled in (0.0, -1.0, 1e-9, -10.0)
    ]
    return any(torch.allclose(came, one, atol=1e-5) for one in candidates)


def blind(causal_attention, q, k, v):
    for token in range(TOKENS):
        rows = moved(causal_attention, q, k, v, token)
        missing = [row for row in range(token, TOKENS) if row not in rows]
        if missing:
            own = "a token may see itself" if missing[0] == token else "it hides something of the past"
            expected = f"rows {token}..{TOKENS - 1} move"
            kit.wrong(
                f"row {missing[0]} does not see token {token}",
                given=f"token {token} changed",
                expected=expected,
                came=f"row {missing[0]} is as before",
                smells=own,
            )


def compare(came, q, k, v, given):
    raw = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    visible = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()
    smells = [
        *(
            (
                f"{filled:g} is no minus infinity: among scores like these it still counts",
                torch.softmax(scores, -1) @ v,
            )
            for filled in (-1e2, -1e3, -1e4, -1e5)
            for scores in (raw.masked_fill(~visible, filled), raw + filled * ~visible)
        ),
        (
            "not scaled by sqrt(d)",
            torch.softmax((raw * q.shape[-1] ** 0.5).masked_fill(~visible, -torch.inf), -1) @ v,
        ),
        ("the softmax runs over the queries", torch.softmax(raw.masked_fill(~visible, -torch.inf), -2) @ v),
    ]
    kit.equal(came, reference(q, k, v, is_causal=True), of="the result", given=given, smells=smells)
