"""Sinusoidal and rotary positions.

1. sinusoidal(n, d): [n, d], for positions 0 to n - 1. Place 2i
   holds sin(position * w_i), place 2i + 1 holds cos(position *
   w_i), with w_i = 10000 ** (-2 i / d). d is even.
2. rotary(x, positions): x is [..., n, d], positions is a tensor
   [n]. Turn each pair (x[2i], x[2i + 1]) by the angle position *
   w_i, with the same w_i, counterclockwise: (1, 0) becomes (cos,
   sin).

The check looks at the shift property: the dot product of a rotated
query and a rotated key depends only on how far apart they are, and
sinusoidal positions k apart differ by one fixed rotation.
"""

import torch


def sinusoidal(n, d):
    raise NotImplementedError


def rotary(x, positions):
    raise NotImplementedError
