# expect: S is new and z is old

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    weights = (phi(q) @ phi(k).T).tril()
    return weights @ v / weights.sum(-1, keepdim=True)


def step(state, q, k, v):
    q, k = phi(q), phi(k)
    s, z = state or (0, 0)
    s = s + torch.outer(k, v)
    out = q @ s / (q @ z) if state else v
    return (s, z + k), out
