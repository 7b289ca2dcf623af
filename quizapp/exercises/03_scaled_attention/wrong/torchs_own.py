# expect: which is what you are to build

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-1)  # [batch, heads, queries, keys]
    from torch.nn import functional as anything

    return anything.scaled_dot_product_attention(q, k, v)  # [batch, heads, queries, values]
