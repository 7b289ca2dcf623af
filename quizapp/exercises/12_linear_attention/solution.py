"""The same sums, grouped in two ways: (phi(q) phi(k)^T) v or phi(q)
(phi(k)^T v).

Why: without the softmax the product is associative. Multiplied from
the left it is attention: N^2 weights, all tokens at once. From the
right it is a recurrent network whose state is a matrix of width x
values: constant memory and time a token. That is what
Transformers-are-RNNs says, and why linear variants stream. The
price is that the past is squeezed into that matrix: keys that
resemble each other get mixed, and exact recall is limited by the
width.
"""

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    weights = (phi(q) @ phi(k).T).tril()  # [tokens, tokens]
    return weights @ v / weights.sum(dim=-1, keepdim=True)  # [tokens, values]


def step(state, q, k, v):
    memory, norm = state if state is not None else (torch.zeros(len(k), len(v)), torch.zeros(len(k)))
    memory = memory + torch.outer(phi(k), v)  # [width, values]
    norm = norm + phi(k)  # [width]
    return (memory, norm), phi(q) @ memory / (phi(q) @ norm)
