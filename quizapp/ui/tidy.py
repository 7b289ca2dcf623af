"""Looks through the memory for what nobody needs any more, at moments when nobody types.

Python does so whenever much was made, mostly in the middle of a reply to a key. With 50,000 answers at hand
that takes 30 ms and more. Knows nothing of what is in the memory.
"""

from __future__ import annotations

import gc

QUIET = 1.0
"""Seconds without a key after which somebody reads or thinks; no key is likely just then."""
EVERY = 10
"""After so many passes over what is new everything is looked through, as Python itself does."""
NEVER = 1 << 30
_OWN = gc.get_threshold()


def begin() -> None:
    """From now on only what is new is looked through of itself. What is there now stays for good."""
    gc.freeze()
    gc.set_threshold(*_OWN[:2], NEVER)
    gc.enable()


def end() -> None:
    """Leave it to Python again."""
    gc.set_threshold(*_OWN)


def tidy(quiet: float) -> None:
    """Look through everything if it is time. quiet: seconds since the last key."""
    if quiet >= QUIET and gc.get_count()[2] >= EVERY:
        gc.collect()
