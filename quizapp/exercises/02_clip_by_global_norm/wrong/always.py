# expect: scaled up

import torch


def clip(grads, max_norm):
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads))  # []
    factor = max_norm / (norm.item() + 1e-6)
    return [grad * factor for grad in grads], norm.item()
