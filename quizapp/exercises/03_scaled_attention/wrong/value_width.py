# expect: scaled by the width of the values

import torch


def attention(q, k, v):
    scores = q @ k.mT / v.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1) @ v
