# expect: exp(0)

import torch


def causal_attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, tokens, tokens]
    visible = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()  # [tokens, tokens]
    scores = scores.masked_fill(~visible, 0.0)
    return torch.softmax(scores, dim=-1) @ v  # [batch, heads, tokens, width]
