"""Scaled dot-product attention.

attention(q, k, v):
    q: [batch, heads, queries, width]
    k: [batch, heads, keys, width]
    v: [batch, heads, keys, width of values]
    returns [batch, heads, queries, width of values]

The weights of a query are a softmax over the keys of its scaled dot
products; the result is the weighted sum of the values. No mask. It
must agree with torch.nn.functional.scaled_dot_product_attention
without calling it; torch.softmax is allowed.
"""

import torch


def attention(q, k, v):
    raise NotImplementedError
