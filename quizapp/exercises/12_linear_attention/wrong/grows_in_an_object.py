# expect: that is a KV cache

import torch


class Seen:
    def __init__(self):
        self.keys, self.values = [], []


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    weights = (phi(q) @ phi(k).T).tril()  # [tokens, tokens]
    return weights @ v / weights.sum(dim=-1, keepdim=True)  # [tokens, values]


def step(state, q, k, v):
    state = state or Seen()
    state.keys.append(k)
    state.values.append(v)
    weights = phi(torch.stack(state.keys)) @ phi(q)  # [tokens]
    return state, weights @ torch.stack(state.values) / weights.sum()
