"""Scans against torch.cumsum and a loop, the model against a formula, schedules against counts by hand."""

import math

import pytest
import torch
from quizapp.verifiers.models import linear_recurrence as model

SCHEDULES = [model.serial, model.hillis_steele, model.brent_kung]
LENGTHS = [1, 2, 3, 5, 8, 13, 31, 64, 100]


def join(earlier, later):
    """Joins words kept as numbers in base 3: associative, not commutative. Parts: word, size."""
    return earlier[0] * later[1] + later[0], earlier[1] * later[1]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_gives_cumsum(schedule, length):
    x = torch.randint(-50, 50, (length, 2), generator=torch.Generator().manual_seed(length))
    found = model.scan((x,), lambda earlier, later: (earlier[0] + later[0],), schedule(length))[0]
    assert torch.equal(found, x.cumsum(0))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_order_of_the_elements_is_kept(schedule):
    digits = torch.tensor([1, 0, 2, 2, 1, 0, 1, 2, 2, 1, 1])
    words, _ = model.scan((digits, torch.full_like(digits, 3)), join, schedule(11))
    assert words.tolist() == [int("10221012211"[: end + 1], 3) for end in range(11)]


@pytest.mark.parametrize(
    ("schedule", "length", "rounds", "work"),
    [
        (model.serial, 1024, 1023, 1023),
        (model.hillis_steele, 1024, 10, 9217),
        (model.brent_kung, 1024, 19, 2036),
        (model.hillis_steele, 5, 3, 4 + 3 + 1),
        (model.brent_kung, 8, 5, 4 + 2 + 1 + 1 + 3),
        (model.hillis_steele, 1, 0, 0),
        (model.brent_kung, 2, 1, 1),
    ],
)
def test_rounds_and_combines(schedule, length, rounds, work):
    plan = schedule(length)
    assert (len(plan), model.combines(plan)) == (rounds, work)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_round_writes_a_place_twice_or_leaves_the_sequence(schedule, length):
    for earlier, later in schedule(length):
        assert len(earlier) == len(later) == len(set(later)) > 0
        assert all(0 <= first < second < length for first, second in zip(earlier, later, strict=True))


def test_combine_is_called_once_a_round():
    calls = []

    def add(earlier, later):
        calls.append(len(later[0]))
        return (earlier[0] + later[0],)

    model.scan((torch.ones(16),), add, model.brent_kung(16))
    assert calls == [8, 4, 2, 1, 1, 3, 7]


def test_nothing_to_scan_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        model.hillis_steele(0)


def test_elements_are_not_changed_in_place():
    x = torch.ones(8)
    model.scan((x,), lambda a, b: (a[0] + b[0],), model.hillis_steele(8))
    assert torch.equal(x, torch.ones(8))


def build(width=6, **options):
    return model.LinearRecurrence(width, generator=torch.Generator().manual_seed(5), **options)


@pytest.mark.parametrize("schedule", [None, *SCHEDULES])
def test_the_states_are_the_explicit_sum(schedule):
    """h_t = sum over s of b_s times all gates after s, written out in matrices."""
    recurrence, x = (
        build(),
        torch.randn(3, 9, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64),
    )
    a, b = recurrence.elements(x)
    logs = a.log().cumsum(dim=1)
    kept = (logs[:, :, None] - logs[:, None]).exp() * torch.ones(9, 9).tril()[None, :, :, None]
    wanted = (kept * b[:, None]).sum(dim=2)
    found = recurrence(x, None if schedule is None else schedule(9))
    assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_loop_and_scan_have_the_same_gradient():
    recurrence, x = build(), torch.randn(2, 33, 6, dtype=torch.float64, requires_grad=True)
    pairs = []
    for schedule in (None, model.hillis_steele(33), model.brent_kung(33)):
        states = recurrence(x, schedule)
        pairs.append(torch.autograd.grad(states[:, -1].sum(), x)[0])
    assert torch.allclose(pairs[0], pairs[1], rtol=1e-9, atol=1e-14)
    assert torch.allclose(pairs[0], pairs[2], rtol=1e-9, atol=1e-14)


def test_step_is_forward_token_by_token():
    recurrence, x = build(), torch.randn(2, 4, 6, dtype=torch.float64)
    h = torch.zeros(2, 6, dtype=torch.float64)
    for t, states in enumerate(recurrence(x).unbind(dim=1)):
        h = recurrence.step(x[:, t], h)
        assert torch.equal(h, states)


def test_gates_weights_and_state():
    recurrence = build(width=64, bias=1.5, dtype=torch.float32)
    a, _ = recurrence.elements(torch.zeros(64))
    assert a.tolist() == pytest.approx([1.0 / (1.0 + math.exp(-1.5))] * 64, rel=1e-6)
    assert recurrence.weight_input.std().item() == pytest.approx(0.125, rel=0.1)
    assert not torch.equal(recurrence.weight_gate, recurrence.weight_input)
    assert recurrence.state_bytes(1) == recurrence.state_bytes(1000) == 64 * 4
    again = build(width=64, dtype=torch.float32)
    assert torch.equal(again.weight_gate, recurrence.weight_gate)
