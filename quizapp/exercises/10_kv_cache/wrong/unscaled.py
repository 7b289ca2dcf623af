# expect: not scaled

import torch


def full(xs, w_q, w_k, w_v):
    q, k, v = xs @ w_q, xs @ w_k, xs @ w_v  # [tokens, width] each
    scores = q @ k.T / q.shape[-1] ** 0.5  # [tokens, tokens]
    visible = torch.ones(scores.shape, dtype=torch.bool).tril()
    return torch.softmax(scores.masked_fill(~visible, float("-inf")), dim=-1) @ v  # [tokens, width]


def step(x, cache, w_q, w_k, w_v):
    q, k, v = x @ w_q, x @ w_k, x @ w_v  # [width] each
    keys, values = (k[None], v[None]) if cache is None else cache
    if cache is not None:
        keys = torch.cat((keys, k[None]))  # [tokens, width]
        values = torch.cat((values, v[None]))  # [tokens, width]
    weights = torch.softmax(keys @ q, dim=-1)
    return weights @ values, (keys, values)
