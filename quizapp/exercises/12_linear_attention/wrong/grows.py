# expect: that is a KV cache

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    weights = (phi(q) @ phi(k).T).tril()  # [tokens, tokens]
    return weights @ v / weights.sum(dim=-1, keepdim=True)  # [tokens, values]


def step(state, q, k, v):
    keys, values = state if state is not None else (k[:0].reshape(0, len(k)), v[:0].reshape(0, len(v)))
    keys, values = torch.cat((keys, k[None])), torch.cat((values, v[None]))
    weights = phi(keys) @ phi(q)
    return (keys, values), weights @ values / weights.sum()
