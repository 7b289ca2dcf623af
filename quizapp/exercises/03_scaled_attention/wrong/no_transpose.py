# expect: RuntimeError

import torch


def attention(q, k, v):
    scores = q @ k / q.shape[-1] ** 0.5  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-1)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
