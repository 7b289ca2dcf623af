"""A curve in four characters, for a prediction that names a shape. Pure; knows no screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

FALLS, LEVEL, RISES = "▇▅▃▁", "▄▄▄▄", "▁▃▅▇"
_SHAPES = (
    (re.compile(r"\b(?:falls?|fades?|shrinks?|lowers?|drops?|decays?)\b"), FALLS),
    (re.compile(r"\b(?:level|flat|constant|no trend|stays|leaves)\b"), LEVEL),
    (re.compile(r"\b(?:rises?|grows?|raises?|climbs?)\b"), RISES),
)
_SLOPE = re.compile(r"\bslope\b", re.IGNORECASE)
_SLOPES = {2: ("▁▁▂▂", "▁▃▅▇"), 3: ("▁▁▂▂", "▁▃▅▇", "▁▁▃█")}
"""For less than about half, about one, and more, on axes that are both logarithmic."""


def of(prompt: str, choices: Sequence[str]) -> tuple[str, ...]:
    """A sketch for each choice; empty ones when they do not all name a shape, or not different ones."""
    named = tuple(
        next((curve for pattern, curve in _SHAPES if pattern.search(choice.lower())), "")
        for choice in choices
    )
    if all(named) and len(set(named)) == len(choices):
        return named
    numbers = all(re.search(r"\d", choice) for choice in choices)
    if numbers and _SLOPE.search(prompt) and not re.match(r"[-−]", choices[0]) and len(choices) in _SLOPES:
        return _SLOPES[len(choices)]
    return ("",) * len(choices)
