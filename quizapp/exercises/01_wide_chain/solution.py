"""The chain of the lesson with a state as wide as its elements.

Why: the width makes a step dearer and the chain no longer. In plain
Python a step costs about in proportion to its width; as a vector
operation it would cost nearly nothing more up to some hundred
numbers, because they do not wait for each other. The steps do:
there are as many in a row as before. Depth is what the lesson is
about, and the width does not touch it.
"""

import time

DECAY = 0.9
WHAT_GROWS = "work"


def wide_chain(xs):
    h = [0.0] * len(xs[0]) if xs else []
    for x in xs:
        h = [DECAY * one + new for one, new in zip(h, x)]
    return h


def seconds_per_step(width, steps=1000):
    xs = [[0.5] * width for _ in range(steps)]
    times = []
    for _ in range(3):
        began = time.perf_counter()
        wide_chain(xs)
        times.append(time.perf_counter() - began)
    return min(times) / steps
