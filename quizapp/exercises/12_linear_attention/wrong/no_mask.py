# expect: the future leaks

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    weights = phi(q) @ phi(k).T  # [tokens, tokens]
    return weights @ v / weights.sum(dim=-1, keepdim=True)  # [tokens, values]


def step(state, q, k, v):
    memory, norm = state if state is not None else (torch.zeros(len(k), len(v)), torch.zeros(len(k)))
    memory = memory + torch.outer(phi(k), v)  # [width, values]
    norm = norm + phi(k)  # [width]
    return (memory, norm), phi(q) @ memory / (phi(q) @ norm)
