# expect: cannot be counted

import numpy as np
import torch


def full(xs, w_q, w_k, w_v):
    q, k, v = xs @ w_q, xs @ w_k, xs @ w_v  # [tokens, width] each
    scores = q @ k.T / q.shape[-1] ** 0.5  # [tokens, tokens]
    visible = torch.ones(scores.shape, dtype=torch.bool).tril()
    return torch.softmax(scores.masked_fill(~visible, float("-inf")), dim=-1) @ v  # [tokens, width]


def step(x, cache, w_q, w_k, w_v):
    tokens = x.numpy()[None] if cache is None else np.concatenate((cache, x.numpy()[None]))
    q, keys, values = x.numpy() @ w_q.numpy(), tokens @ w_k.numpy(), tokens @ w_v.numpy()
    scores = keys @ q / q.shape[-1] ** 0.5  # [tokens]
    weights = np.exp(scores - scores.max())
    return torch.from_numpy(weights @ values / weights.sum()), tokens
