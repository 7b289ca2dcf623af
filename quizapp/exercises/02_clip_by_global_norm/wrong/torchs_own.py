# expect: which is what you are to build

import torch


def clip(grads, max_norm):
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads))  # []
    leaves = [grad.clone().requires_grad_() for grad in grads]
    for leaf, grad in zip(leaves, grads):
        leaf.grad = grad
    torch.nn.utils.clip_grad_norm_(leaves, max_norm)
    factor = min(1.0, max_norm / (norm.item() + 1e-6))
    return [grad * factor for grad in grads], norm.item()
