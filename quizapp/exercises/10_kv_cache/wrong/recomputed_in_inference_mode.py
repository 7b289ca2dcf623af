# expect: computed again

import torch


def full(xs, w_q, w_k, w_v):
    q, k, v = xs @ w_q, xs @ w_k, xs @ w_v  # [tokens, width] each
    scores = q @ k.T / q.shape[-1] ** 0.5  # [tokens, tokens]
    visible = torch.ones(scores.shape, dtype=torch.bool).tril()
    return torch.softmax(scores.masked_fill(~visible, float("-inf")), dim=-1) @ v  # [tokens, width]


@torch.inference_mode()
def step(x, cache, w_q, w_k, w_v):
    tokens = x[None] if cache is None else torch.cat((cache, x[None]))
    q, keys, values = x @ w_q, tokens @ w_k, tokens @ w_v
    weights = torch.softmax(keys @ q / q.shape[-1] ** 0.5, dim=-1)  # [tokens]
    return weights @ values, tokens
