# expect: is no minus infinity

import torch


def causal_attention(q, k, v):
    scores = q @ k.mT * q.size(-1) ** -0.5
    scores += torch.full_like(scores, -1e4).triu(1)
    return scores.softmax(-1) @ v
