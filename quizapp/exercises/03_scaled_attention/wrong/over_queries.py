# expect: dim=-1 are the keys

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-2)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
