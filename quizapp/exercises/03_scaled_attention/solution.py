"""Two products with a softmax in between.

Why: the dot product of two random vectors of width d has variance
d. Divided by sqrt(d), scores keep variance one, so the softmax
neither saturates (its gradient would vanish) nor goes flat. Every
query's row is independent of the others: that is why the whole
thing is two batched matrix products.
"""

import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, queries, keys]
    weights = torch.softmax(scores, dim=-1)  # [batch, heads, queries, keys]
    return weights @ v  # [batch, heads, queries, values]
