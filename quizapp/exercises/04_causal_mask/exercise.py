"""A causal mask that does not leak.

causal_attention(q, k, v): scaled dot-product attention in which
token t sees tokens 0 to t and nothing of what comes later. All
three are [batch, heads, tokens, width].

The check changes a later token and looks whether an earlier row
moves. torch.softmax is allowed; scaled_dot_product_attention with
is_causal=True is what you are to build.
"""

import torch


def causal_attention(q, k, v):
    raise NotImplementedError
