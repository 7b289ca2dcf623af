"""Layers to reach a token, with a window that never gets there."""

import pytest
import torch

from quizapp.verifiers import dependence


def test_a_window_that_cannot_carry_is_an_error():
    with pytest.raises(RuntimeError, match="no number of layers"):
        dependence.layers_to_reach(torch.randn, 4, 5, lambda place: range(place, place + 1))
