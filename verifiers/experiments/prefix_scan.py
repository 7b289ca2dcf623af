"""How many rounds a prefix scan needs, and whether it gives what the plain loop gives.

1024 elements are scanned in three bracketings: one after another, as Hillis and Steele do, and as Brent
and Kung do. Within a round no combine needs what another one of that round makes, so a round could run
all at once; it is one batched call here. Rounds are counted until every prefix equals that of a plain
Python loop (exactly for integers, to 1e-12 of the largest number in float64); never equal counts as
infinite. Combines are counted too: the price of fewer rounds.

Scanned are sums of integers and of floats, and the linear recurrence h = a h + b, whose steps (a, b)
combine associatively. Its gates are near 1, so that every token is felt to the end; gates that forget
would agree to 1e-12 after fewer rounds. The controls take the cause away: combines that are not
associative (subtraction, tanh(0.9 h + b)), the serial order, float32, and a sequence of two.

It does not show any speed: rounds are not seconds, and with few lanes a scan with more combines loses to
the loop. A combine counts as one step whatever it holds; for a state of width d with full matrices it
is a matrix product, d times dearer than the serial step. That tanh(0.9 h + b) cannot be scanned so does
not show that it cannot be computed in parallel at all: iterating to a fixed point is another way. Nor
does agreement in float64 promise the same bits: the bracketing differs, so the rounding does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..lab import Lab
from ..models.linear_recurrence import (
    Combine,
    Elements,
    Schedule,
    affine,
    brent_kung,
    combines,
    hillis_steele,
    scan,
    scan_rounds,
    serial,
)

TITLE = "Rounds of a prefix scan"

CHECKS = {
    "integer_difference": {
        "unit": "difference",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "Prefix sums of integers by Hillis-Steele are exactly those of the plain loop.",
    },
    "float_difference": {
        "unit": "relative difference",
        "bounds": [0.0, 1e-12],
        "arm": "claim",
        "interval": "range",
        "meaning": "Prefix sums of float64 by Hillis-Steele differ from the plain loop by rounding only.",
    },
    "recurrence_difference": {
        "unit": "relative difference",
        "bounds": [0.0, 1e-12],
        "arm": "claim",
        "interval": "range",
        "meaning": "The states of h = a h + b by a scan are the plain loop's, up to rounding.",
    },
    "recurrence_rounds": {
        "unit": "rounds",
        "bounds": [10.0, 10.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "After log2 1024 = 10 rounds, and not before, all states are those of the plain loop.",
    },
    "hillis_steele_one_round": {
        "unit": "rounds",
        "bounds": [1.0, 1.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "The rounds Hillis-Steele needs for 1024 elements; depth 1 would be one round.",
    },
    "brent_kung_one_round": {
        "unit": "rounds",
        "bounds": [1.0, 1.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "The rounds the work-efficient scan needs for 1024 elements; depth 1 would be one round.",
    },
    "hillis_steele_excess": {
        "unit": "rounds",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How far the rounds of Hillis-Steele are from log2 N, at the worst N.",
    },
    "brent_kung_excess": {
        "unit": "rounds",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How far the rounds of the work-efficient scan are from 2 log2 N - 1, at the worst N.",
    },
    "hillis_steele_combines": {
        "unit": "combines",
        "bounds": [9217.0, 9217.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "Few rounds cost work: N log2 N - N + 1 combines, where the loop makes N - 1.",
    },
    "brent_kung_combines": {
        "unit": "combines",
        "bounds": [2036.0, 2036.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "The work-efficient scan makes 2 N - 2 - log2 N combines, about twice the loop's.",
    },
    "subtraction_difference": {
        "unit": "difference",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "Subtraction is not associative: scanning the same integers with it must go wrong.",
    },
    "tanh_difference": {
        "unit": "relative difference",
        "bounds": [0.0, 1e-12],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "tanh(0.9 h + b) is not associative: scanning it must not give the plain loop's states.",
    },
    "float32_difference": {
        "unit": "relative difference",
        "bounds": [0.0, 1e-12],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "In float32 the rounding of the two bracketings must show.",
    },
    "maximum_difference": {
        "unit": "difference",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "The running maximum is associative and never rounds, so its scan must be exact.",
    },
    "tanh_rounds": {
        "unit": "rounds",
        "bounds": [10.0, 10.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "Scanning tanh(0.9 h + b), no round gives the plain loop's states (infinite when never).",
    },
    "serial_rounds": {
        "unit": "rounds",
        "bounds": [10.0, 10.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "One combine after another, the same recurrence must take 1023 rounds and not 10.",
    },
    "serial_combines": {
        "unit": "combines",
        "bounds": [9217.0, 9217.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "One after another, 1024 elements take 1023 combines and not 9217.",
    },
    "two_elements_one_round": {
        "unit": "rounds",
        "bounds": [1.0, 1.0],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "Two elements are scanned in one round: a depth of 1 is seen where there is one.",
    },
}

PLOT = {"x": "elements", "y": "rounds", "x_log": True, "y_log": True}

LOOKS = (5,)

PROFILES = {"quick": {"longest": 1024}, "full": {"longest": 4096}}

LENGTH = 1024
"""Elements in everything but the curves; the bounds are written for it."""
SAME = 1e-12
"""Relative difference that counts as equal in float64."""


def add(earlier: Elements, later: Elements) -> Elements:
    """earlier + later, parts [pairs]."""
    return (earlier[0] + later[0],)


def subtract(earlier: Elements, later: Elements) -> Elements:
    """earlier - later, parts [pairs]: not associative."""
    return (earlier[0] - later[0],)


def maximum(earlier: Elements, later: Elements) -> Elements:
    """The larger of both, parts [pairs]."""
    return (torch.maximum(earlier[0], later[0]),)


def squash(earlier: Elements, later: Elements) -> Elements:
    """tanh(0.9 earlier + later), parts [pairs]: one step of a nonlinear recurrence, not associative."""
    return (torch.tanh(0.9 * earlier[0] + later[0]),)


def plain(elements: Elements, combine: Combine) -> Tensor:
    """The last part of all prefixes by a loop that knows no schedule: [time]."""
    running = tuple(part[:1] for part in elements)  # parts x [1]
    states = [running[-1]]
    for t in range(1, len(elements[0])):
        running = combine(running, tuple(part[t : t + 1] for part in elements))  # parts x [1]
        states.append(running[-1])
    return torch.cat(states)  # [time]


def difference(found: Tensor, wanted: Tensor) -> float:
    """The largest difference: as it is for integers, relative to the largest number for floats."""
    worst = (found - wanted).abs().max()  # []
    if found.is_floating_point():
        worst = worst / wanted.abs().max()  # []
    return float(worst)


def rounds_until_equal(elements: Elements, combine: Combine, schedule: Schedule) -> float:
    """Rounds after which every prefix is the plain loop's, infinite when none is."""
    wanted = plain(elements, combine)  # [time]
    tolerance = SAME if wanted.is_floating_point() else 0.0
    for number, after in enumerate(scan_rounds(elements, combine, schedule), start=1):
        if difference(after[-1], wanted) <= tolerance:
            return float(number)
    return math.inf


def scan_difference(elements: Elements, combine: Combine) -> float:
    """How far Hillis-Steele is from the plain loop."""
    found = scan(elements, combine, hillis_steele(len(elements[0])))[-1]  # [time]
    return difference(found, plain(elements, combine))


def integers(lab: Lab, length: int) -> Elements:
    """Random integers from 1 to 1000: one part [length]."""
    drawn = torch.randint(1, 1001, (length,), generator=lab.generator)  # [length]
    return (drawn.to(lab.device),)


def floats(lab: Lab, length: int) -> Tensor:
    """Standard normal float64 numbers, on the CPU where the device has none: [length]."""
    drawn = torch.randn(length, generator=lab.generator, dtype=torch.float64)  # [length]
    return drawn if lab.device.type == "mps" else drawn.to(lab.device)  # [length]


def steps(lab: Lab) -> Elements:
    """Gates a near 1 and inputs b of a linear recurrence: [LENGTH] each."""
    return 1.0 + 0.01 * floats(lab, LENGTH), floats(lab, LENGTH)  # [LENGTH] each


def trial(lab: Lab) -> None:
    """One seed of one arm."""
    if lab.device.type == "mps" and lab.seed == 0 and lab.arm == "claim":
        lab.note("This device has no float64, so the floats were scanned on the CPU.")
    if lab.arm == "claim":
        _equal(lab)
        _rounds(lab)
    else:
        _without_cause(lab)


def _equal(lab: Lab) -> None:
    """The scan gives the plain loop's prefixes."""
    lab.check("integer_difference", scan_difference(integers(lab, LENGTH), add))
    lab.check("float_difference", scan_difference((floats(lab, LENGTH),), add))
    elements = steps(lab)  # [LENGTH] each
    lab.check("recurrence_difference", scan_difference(elements, affine))
    lab.check("recurrence_rounds", rounds_until_equal(elements, affine, hillis_steele(LENGTH)))


def _rounds(lab: Lab) -> None:
    """Rounds against length for the three bracketings, and the combines they cost."""
    lengths = [2**level for level in range(1, lab.size["longest"].bit_length())]
    bracketings: dict[str, tuple[str, Callable[[int], Schedule]]] = {
        "hillis_steele": ("Hillis-Steele", hillis_steele),
        "brent_kung": ("Brent-Kung", brent_kung),
    }
    promised = {"hillis_steele": lambda level: level, "brent_kung": lambda level: 2 * level - 1}
    for name, (curve, schedule) in bracketings.items():
        excess = 0.0
        for length in lengths:
            needed = rounds_until_equal(integers(lab, length), add, schedule(length))
            lab.point(curve, length, needed)
            excess = max(excess, abs(needed - promised[name](length.bit_length() - 1)))
            if length == LENGTH:
                lab.check(f"{name}_one_round", needed)
                lab.check(f"{name}_combines", combines(schedule(length)))
        lab.check(f"{name}_excess", excess)


def _without_cause(lab: Lab) -> None:
    """Combines that are not associative, the serial order, rounding, and two elements."""
    whole = integers(lab, LENGTH)  # [LENGTH]
    lab.check("subtraction_difference", scan_difference(whole, subtract))
    lab.check("maximum_difference", scan_difference(whole, maximum))
    numbers = floats(lab, LENGTH)  # [LENGTH]
    lab.check("float32_difference", scan_difference((numbers.float(),), add))
    lab.check("tanh_difference", scan_difference((numbers,), squash))
    lab.check("tanh_rounds", rounds_until_equal((numbers,), squash, hillis_steele(LENGTH)))
    lab.check("serial_rounds", rounds_until_equal(steps(lab), affine, serial(LENGTH)))
    lab.check("serial_combines", combines(serial(LENGTH)))
    lab.check("two_elements_one_round", rounds_until_equal(integers(lab, 2), add, hillis_steele(2)))
    for length in (2**level for level in range(1, lab.size["longest"].bit_length())):
        needed = rounds_until_equal(integers(lab, length), add, serial(length))
        lab.point("one after another", length, needed)
