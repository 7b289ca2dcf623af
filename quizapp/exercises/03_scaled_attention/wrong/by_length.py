# expect: it is the width that counts

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / k.shape[-2] ** 0.5  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-1)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
