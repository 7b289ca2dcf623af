"""One factor for everything, so that the direction of the step is
kept.

Why: backpropagation through time multiplies Jacobians, and their
product may be huge for a single batch. The clipped gradient points
where it pointed; it is only shorter. Clipping tensor by tensor, or
number by number, turns it. torch adds 1e-6 to the norm before it
divides, which matters only near zero.
"""

import torch


def clip(grads, max_norm):
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads))  # []
    factor = min(1.0, max_norm / (norm.item() + 1e-6))
    return [grad * factor for grad in grads], norm.item()
