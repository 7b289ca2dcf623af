"""A share of a number of cases, with the interval it may as well have been. Knows not what is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5% on either side."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many. Without any case there is no share and no interval."""

    n: int
    """How many cases there are."""
    hits: int
    """How many of them it is true of."""
    share: float | None
    """hits / n, 0 to 1."""
    low: float | None
    """The lower end of Wilson's 95% interval, 0 to `share`."""
    high: float | None
    """Its upper end, `share` to 1."""


def share(hits: int, n: int) -> Share:
    """The share with Wilson's 95% score interval (1927). Raises ValueError unless 0 <= hits <= n."""
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        return Share(n=0, hits=0, share=None, low=None, high=None)
    point = hits / n
    weight = Z * Z / n
    middle = (point + weight / 2) / (1 + weight)
    half = math.sqrt(weight * (point * (1 - point) + weight / 4)) / (1 + weight)
    return Share(
        n=n,
        hits=hits,
        share=point,
        low=max(0.0, min(point, middle - half)),
        high=min(1.0, max(point, middle + half)),
    )
