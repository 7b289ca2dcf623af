"""Other weights with the same output: by hand, against all corners by trial, and where there are none."""

import itertools

import pytest
import torch

from quizapp.verifiers import identifiability


def test_other_weights_by_hand():
    """Values 0, 1, 2 and weights 1/4, 1/2, 1/4: the same mean has 1/2, 0, 1/2."""
    weights = torch.tensor([[0.25, 0.5, 0.25]], dtype=torch.float64)
    values = torch.tensor([[[0.0], [1.0], [2.0]]], dtype=torch.float64)
    others = identifiability.other_weights(weights, values)
    assert torch.allclose(others, torch.tensor([[0.5, 0.0, 0.5]], dtype=torch.float64), atol=1e-12)
    assert float(identifiability.distance(weights, others)) == pytest.approx(0.5)
    assert float(identifiability.changes(weights, others, values)) < 1e-12


def corners(weights, values):
    """Every corner of the set of weights with the same output, by trying all small sets of tokens."""
    kept = torch.cat((values, torch.ones(len(weights), 1, dtype=values.dtype)), dim=1).T
    wanted = kept @ weights
    for chosen in itertools.combinations(range(len(weights)), len(kept)):
        found = torch.linalg.solve(kept[:, chosen], wanted)
        if float(found.min()) > -1e-12:
            corner = torch.zeros_like(weights)
            corner[list(chosen)] = found
            yield corner


@pytest.mark.parametrize("seed", range(5))
def test_other_weights_are_a_corner_and_no_further_than_the_furthest(seed):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(1, 9, generator=generator, dtype=torch.float64).softmax(dim=1)
    values = torch.randn(1, 9, 2, generator=generator, dtype=torch.float64)
    others = identifiability.other_weights(weights, values)
    found = list(corners(weights[0], values[0]))
    assert min(float((corner - others[0]).abs().max()) for corner in found) < 1e-9
    furthest = max(float((corner - weights[0]).abs().sum()) / 2 for corner in found)
    assert 0.5 * furthest <= float(identifiability.distance(weights, others)) <= furthest + 1e-9


def test_where_away_from_the_largest_is_no_direction_the_search_ends():
    """Even weights have no largest, and rounding must not be taken for a direction."""
    values = torch.randn(1, 30, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = torch.full((1, 30), 1 / 30, dtype=torch.float64)
    assert torch.equal(identifiability.other_weights(weights, values), weights)


def test_changes_sees_each_way_of_being_wrong():
    weights = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    values = torch.tensor([[[1.0], [1.0]]], dtype=torch.float64)
    for wrong, size in (([0.5, 0.6], 0.1), ([1.25, -0.25], 0.25), ([0.25, 0.75], 0.0)):
        others = torch.tensor([wrong], dtype=torch.float64)
        assert float(identifiability.changes(weights, others, values)) == pytest.approx(size)
