# expect: the diagonal is hidden too

import math

import torch


def causal_attention(q, k, v):
    n = q.shape[-2]
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    hidden = torch.triu(torch.ones(n, n)).bool()
    return torch.softmax(scores.masked_fill(hidden, -1e9), dim=-1) @ v
