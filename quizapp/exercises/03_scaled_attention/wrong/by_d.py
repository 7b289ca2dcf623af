# expect: scaled by d, not by sqrt(d)

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1]  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-1)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
