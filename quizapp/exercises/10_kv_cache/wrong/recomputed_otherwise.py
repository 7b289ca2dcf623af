# expect: keep them, not the tokens

import torch


def step(x, cache, w_q, w_k, w_v):
    xs = x[None] if cache is None else torch.cat([cache, x[None]])
    k = torch.tensordot(xs, w_k, 1)
    v = (xs[:, :, None] * w_v).sum(1)
    return torch.softmax(k @ (x @ w_q) / len(x) ** 0.5, 0) @ v, xs
