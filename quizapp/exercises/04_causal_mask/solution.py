"""Minus infinity before the softmax is a weight of exactly zero after
it, and the row still adds up to one.

Why: in training all tokens are predicted at once, so the answer of
token t stands in the input at t + 1. Without the mask the network
copies it, and the loss looks wonderful until the first sentence is
written. The diagonal stays visible: a token may see itself, and its
row would otherwise be empty, a softmax of nothing, which is NaN.
"""

import torch


def causal_attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # [batch, heads, tokens, tokens]
    visible = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()  # [tokens, tokens]
    scores = scores.masked_fill(~visible, float("-inf"))
    return torch.softmax(scores, dim=-1) @ v  # [batch, heads, tokens, width]
