"""The associative combine of a decayed sum.

The chain h = a h + x looks serial. A scan can compute it all the
same, because its steps combine: a step is a pair (a, b) that stands
for "h becomes a * h + b".

1. element(decay, x): the pair of one step.
2. combine(first, second): the pair that does what `first` and then
   `second` do.
3. IDENTITY: the pair that changes nothing.

The order matters, and the grouping must not: combine(combine(p, q),
r) equals combine(p, combine(q, r)). Each step may have a decay of
its own, as in gated linear recurrences.
"""

IDENTITY = None


def element(decay, x):
    raise NotImplementedError


def combine(first, second):
    raise NotImplementedError
