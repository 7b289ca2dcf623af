# expect: max_norm 4.8

import torch


def clip(grads, max_norm):
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads)).item()
    if any(grad.norm() > max_norm for grad in grads):
        return [grad * (max_norm / (norm + 1e-6)) for grad in grads], norm
    return grads, norm
