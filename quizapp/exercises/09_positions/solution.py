"""The same angles twice: as numbers that are added to a token, and as
rotations of its query and key.

Why: without positions, attention gives a shuffled input a shuffled
output. sin and cos of an angle move on by k through one fixed
rotation, so a linear layer can look k tokens back. Rotary positions
do this by construction: turning q by m and k by n leaves a dot
product that knows only m - n. The base and the largest angle seen
in training are what limits a longer context.
"""

import torch


def angles(positions, d):
    frequencies = 10000 ** (-torch.arange(0, d, 2, dtype=torch.float32) / d)  # [d / 2]
    return positions[:, None] * frequencies  # [n, d / 2]


def sinusoidal(n, d):
    turned = angles(torch.arange(n), d)  # [n, d / 2]
    return torch.stack((turned.sin(), turned.cos()), dim=-1).flatten(-2)  # [n, d]


def rotary(x, positions):
    turned = angles(positions, x.shape[-1])  # [n, d / 2]
    sin, cos = turned.sin(), turned.cos()
    even, odd = x[..., 0::2], x[..., 1::2]  # [..., n, d / 2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
