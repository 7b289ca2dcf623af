# expect: positions are added

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
    return x + torch.stack((sin, cos), dim=-1).flatten(-2)
