"""A value that is dear to make, kept as long as it holds. Knows nothing of what the value is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import is_
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Made again only when something it was made from is another object, or when its time is over.

    So what it is made from is replaced, never changed. Any thread may ask; at worst it is made twice.
    """

    def __init__(self) -> None:
        self._held: tuple[tuple[object, ...], datetime, datetime, T] | None = None

    def get(self, source: tuple[object, ...], now: datetime, make: Callable[[], tuple[T, datetime]]) -> T:
        """The value. source: what it is made from. make: gives it, and the moment until which it holds."""
        if self._held is not None:
            before, since, until, value = self._held
            if since <= now < until and all(map(is_, before, source)):
                return value
        value, until = make()
        self._held = (source, now, until, value)
        return value
