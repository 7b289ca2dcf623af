"""Widen the lesson's serial chain to a state of 64, and measure.

The lesson's toy is h = 0.9 h + x over a list of numbers: a state of
one number. Its exercise is to widen the state to 64 numbers and to
measure what that costs.

1. wide_chain(xs): xs is a list of elements, each a list of `width`
   numbers. The state is a list of `width` numbers that begins at
   zero; each step makes it 0.9 h + x, number by number. Return the
   last state. Without elements, return []. Plain Python, no arrays.
2. seconds_per_step(width, steps): the time that one step of your
   chain takes, in seconds.
3. WHAT_GROWS: measure widths 8, 64 and 256. What grows with the
   width? Write one of "steps" (more steps wait for each other),
   "work" (a step does more), "both", "nothing".
"""

import time

DECAY = 0.9
WHAT_GROWS = ""


def wide_chain(xs):
    raise NotImplementedError


def seconds_per_step(width, steps=1000):
    raise NotImplementedError
