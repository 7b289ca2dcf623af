"""Keep what does not change: the keys and values of the past.

Why: a causal row sees only what came before, so nothing about an
old token changes when a new one arrives. A step costs O(width^2)
for its projections and O(tokens * width) for looking at the cache,
in place of everything again. The price is memory that grows by two
vectors a token and layer; a recurrent state stays as it is. Queries
are not kept: nobody asks an old question again.
"""

import torch


def full(xs, w_q, w_k, w_v):
    q, k, v = xs @ w_q, xs @ w_k, xs @ w_v  # [tokens, width] each
    scores = q @ k.T / q.shape[-1] ** 0.5  # [tokens, tokens]
    visible = torch.ones(scores.shape, dtype=torch.bool).tril()
    scores = scores.masked_fill(~visible, float("-inf"))
    return torch.softmax(scores, dim=-1) @ v  # [tokens, width]


def step(x, cache, w_q, w_k, w_v):
    q, k, v = x @ w_q, x @ w_k, x @ w_v  # [width] each
    keys, values = (k[None], v[None]) if cache is None else cache
    if cache is not None:
        keys = torch.cat((keys, k[None]))  # [tokens, width]
        values = torch.cat((values, v[None]))  # [tokens, width]
    weights = torch.softmax(keys @ q / q.shape[-1] ** 0.5, dim=-1)  # [tokens]
    return weights @ values, (keys, values)
