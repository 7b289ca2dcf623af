# expect: takes it again

import time

DECAY = 0.9
WHAT_GROWS = "work"


def wide_chain(xs):
    h = list(xs[0]) if xs else []
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
