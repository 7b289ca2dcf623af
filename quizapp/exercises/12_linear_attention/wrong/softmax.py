# expect: that is softmax attention

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    scores = (q @ k.T / q.shape[-1] ** 0.5).masked_fill(~torch.ones(len(q), len(q)).tril().bool(), -torch.inf)
    return torch.softmax(scores, dim=-1) @ v  # [tokens, values]


def step(state, q, k, v):
    memory, norm = state if state is not None else (torch.zeros(len(k), len(v)), torch.zeros(len(k)))
    memory = memory + torch.outer(phi(k), v)  # [width, values]
    norm = norm + phi(k)  # [width]
    return (memory, norm), phi(q) @ memory / (phi(q) @ norm)
