# expect: clipped by itself

import torch


def clip(grads, max_norm):
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads))  # []
    factor = min(1.0, max_norm / (norm.item() + 1e-6))
    return [grad * min(1.0, max_norm / (grad.norm().item() + 1e-6)) for grad in grads], norm.item()
