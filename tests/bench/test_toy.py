"""The toy's values and counts by hand: every form gives the same, with operations of its own."""

import pytest
import torch
from quizapp.verifiers.counting import Counting, Tally, counted
from quizapp.verifiers.models import toy

ALL = (
    toy.rnn_style,
    toy.scanned_rnn,
    toy.attention_style,
    toy.loop_mean,
    toy.tree_mean,
)


def test_values_by_hand():
    xs = [1.0, 2.0, 3.0]
    assert toy.rnn_style(xs) == pytest.approx(0.81 + 1.8 + 3.0)
    assert toy.scanned_rnn(xs) == pytest.approx(5.61)
    assert float(toy.rnn_in_c(torch.tensor(xs).double(), toy.growth(3))) == pytest.approx(5.61)
    for mean in ALL[2:]:
        assert mean(xs) == pytest.approx(2.0)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 33, 1000])
def test_every_form_gives_the_same(length):
    xs = torch.rand(length, generator=torch.Generator().manual_seed(length), dtype=torch.float64)
    wanted = sum(0.9 ** (length - 1 - k) * float(x) for k, x in enumerate(xs))
    found = [form(xs.tolist()) for form in ALL[:2]]
    found.append(float(toy.rnn_in_c(xs, toy.growth(length))))
    assert found == pytest.approx([wanted] * 3, rel=1e-9)
    assert [form(xs.tolist()) for form in ALL[2:]] == pytest.approx([float(xs.mean())] * 3, rel=1e-9)


def test_counts_by_hand():
    xs = [1.0] * 16
    depths = [counted(form, xs)[1] for form in ALL]
    assert depths == [31, 8, 17, 17, 5]
    tallies = [counted(form, xs)[0] for form in ALL]
    assert [(tally.adds, tally.multiplies, tally.divides) for tally in tallies] == [
        (16, 15, 0),
        (49, 49, 0),
        (16, 0, 1),
        (16, 0, 1),
        (15, 0, 1),
    ]


def test_a_counting_number_waits_for_both_its_parts():
    tally = Tally()
    a = Counting(2.0, tally)
    b = 3.0 * a + 1.0
    product = a * b
    assert (product.value, product.depth) == (14.0, 3)
    assert (tally.adds, tally.multiplies) == (1, 2)
