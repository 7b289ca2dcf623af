# expect: subtract the row's maximum

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, queries, keys]
    weights = scores.exp() / scores.exp().sum(-1, keepdim=True)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
