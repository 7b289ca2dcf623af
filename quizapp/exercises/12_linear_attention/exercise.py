"""Linear attention, both ways.

The weight of token s for token t is phi(q_t) . phi(k_s), with phi =
elu + 1 (given below) in place of the softmax's exponential, divided
by the sum of the weights of tokens 0 to t. Causal: nothing later
counts.

1. parallel(q, k, v): all tokens at once. q and k are [tokens,
   width], v is [tokens, values]; returns [tokens, values].
2. step(state, q, k, v): one token; q and k are [width], v is
   [values]. state is None at the beginning of a text. Returns
   (state, out). The state must not grow with the text: it is a
   matrix and a vector (a tensor, or a tuple).

Both must give the same numbers.
"""

import torch


def phi(x):
    return torch.nn.functional.elu(x) + 1


def parallel(q, k, v):
    raise NotImplementedError


def step(state, q, k, v):
    raise NotImplementedError
