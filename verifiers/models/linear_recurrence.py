"""A linear recurrence h_t = a_t h_{t-1} + b_t, token by token or by a parallel prefix scan.

Two steps of it combine into one step of the same form, and that combining is associative, so the states
are a prefix scan: they can be computed in any bracketing. A schedule says which bracketing: for every
round, which places are combined with which. Within a round no combine reads what another one writes, so
a round is one batched call. Schedules know nothing of recurrences; any combine can be scanned with them,
an associative one rightly, another one wrongly. It knows no experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

Elements = tuple[Tensor, ...]
"""What is scanned, in one or more parts, each [time, ...]."""
Combine = Callable[[Elements, Elements], Elements]
"""(earlier, later) -> both together, for many pairs at once."""
Schedule = tuple[tuple[range, range], ...]
"""For every round the earlier and the later places; results go to the later ones."""


def serial(length: int) -> Schedule:
    """One combine per round: length - 1 rounds, length - 1 combines."""
    return tuple((range(t - 1, t), range(t, t + 1)) for t in range(1, length))


def hillis_steele(length: int) -> Schedule:
    """Everybody combines with the one 1, 2, 4, ... places before (Hillis and Steele 1986).

    ceil(log2 length) rounds; for a power of two length * log2(length) - length + 1 combines.
    """
    distances = [1 << level for level in range(_levels(length))]
    return tuple((range(length - d), range(d, length)) for d in distances)


def brent_kung(length: int) -> Schedule:
    """Up a tree and down again, the work-efficient form (Brent and Kung 1982; Blelloch 1990 is its kin).

    For a power of two 2 log2(length) - 1 rounds and 2 length - 2 - log2(length) combines.
    """
    rounds = []
    distances = [1 << level for level in range(_levels(length))]
    for d in distances:
        rounds.append(range(2 * d - 1, length, 2 * d))
    for d in reversed(distances):
        rounds.append(range(3 * d - 1, length, 2 * d))
    distances += reversed(distances)
    return tuple(
        (range(later.start - d, later.stop - d, later.step), later)
        for d, later in zip(distances, rounds, strict=True)
        if later
    )


def _levels(length: int) -> int:
    """ceil(log2 length). Raises ValueError below 1."""
    if length < 1:
        raise ValueError("a scan needs at least one element")
    return (length - 1).bit_length()


def combines(schedule: Schedule) -> int:
    """How often a schedule combines two elements."""
    return sum(len(later) for _, later in schedule)


def scan_rounds(elements: Elements, combine: Combine, schedule: Schedule) -> Iterator[Elements]:
    """The elements after every round of the schedule; after the last one they are the prefixes.

    Nothing is changed in place, so a gradient can flow.
    """
    for earlier, later in schedule:
        read = _index(earlier, elements[0])  # [pairs]
        write = _index(later, elements[0])  # [pairs]
        joined = combine(
            tuple(part[read] for part in elements), tuple(part[write] for part in elements)
        )  # parts x [pairs, ...]
        elements = tuple(
            part.index_copy(0, write, new) for part, new in zip(elements, joined, strict=True)
        )  # parts x [time, ...]
        yield elements


def scan(elements: Elements, combine: Combine, schedule: Schedule) -> Elements:
    """All prefixes of the elements, each part [time, ...], in the bracketing of the schedule."""
    for after in scan_rounds(elements, combine, schedule):
        elements = after  # parts x [time, ...]
    return elements


def _index(places: range, like: Tensor) -> Tensor:
    """The places as an index on the device of `like`: [places]."""
    return torch.arange(places.start, places.stop, places.step, device=like.device)  # [places]


def affine(earlier: Elements, later: Elements) -> Elements:
    """Two steps h -> a h + b as one: first (a1, b1), then (a2, b2) is (a2 a1, a2 b1 + b2)."""
    (a1, b1), (a2, b2) = earlier, later  # [pairs, ...] each
    return a2 * a1, a2 * b1 + b2  # [pairs, ...] each


class LinearRecurrence(nn.Module):
    """h_t = a_t h_{t-1} + b_t per channel, with gates that look at the token only.

    a_t = sigmoid(x_t W_a + bias), b_t = x_t W_b; h before the first token is 0. That the gates do not
    look at h is what makes it linear. bias: where the gates start; large is slow to forget.
    """

    def __init__(
        self,
        width: int,
        *,
        generator: torch.Generator,
        bias: float = 2.0,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.width = width
        drawn = torch.randn(2, width, width, generator=generator, dtype=torch.float64)  # [2, width, width]
        drawn = drawn.to(device, dtype) / math.sqrt(width)  # [2, width, width]
        self.weight_gate = nn.Parameter(drawn[0].clone())  # [width, width]
        self.weight_input = nn.Parameter(drawn[1].clone())  # [width, width]
        self.bias_gate = nn.Parameter(drawn.new_full((width,), bias))  # [width]

    def elements(self, x: Tensor) -> Elements:
        """The steps that the tokens x [..., width] ask for: a and b, [..., width] each."""
        a = torch.sigmoid(x @ self.weight_gate + self.bias_gate)  # [..., width]
        b = x @ self.weight_input  # [..., width]
        return a, b

    def step(self, x_t: Tensor, h: Tensor) -> Tensor:
        """One token x_t [batch, width] and the state before it h [batch, width] -> the state after it."""
        a, b = self.elements(x_t)  # [batch, width] each
        return a * h + b  # [batch, width]

    def forward(self, x: Tensor, schedule: Schedule | None = None) -> Tensor:
        """x [batch, time, width] -> the state after every token [batch, time, width].

        schedule: how to scan; None is the plain loop over the tokens.
        """
        if schedule is None:
            h, states = x.new_zeros(x.shape[0], self.width), []  # [batch, width]
            for x_t in x.unbind(dim=1):  # [batch, width]
                h = self.step(x_t, h)  # [batch, width]
                states.append(h)
            return torch.stack(states, dim=1)  # [batch, time, width]
        a, b = self.elements(x.transpose(0, 1))  # [time, batch, width] each
        return scan((a, b), affine, schedule)[1].transpose(0, 1)  # [batch, time, width]

    def state_bytes(self, length: int) -> int:
        """Bytes of h carried per sequence after `length` tokens: the same whatever the length."""
        return self.width * self.weight_gate.element_size()
