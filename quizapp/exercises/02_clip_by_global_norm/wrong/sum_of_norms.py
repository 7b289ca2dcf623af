# expect: add their squares

import torch


def clip(grads, max_norm):
    norm = sum(grad.norm() for grad in grads)  # []
    factor = min(1.0, max_norm / (norm.item() + 1e-6))
    return [grad * factor for grad in grads], norm.item()
