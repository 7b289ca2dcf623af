"""The bench measures on one thread; so do its tests, which would otherwise fight over the cores."""

import torch

torch.set_num_threads(1)
