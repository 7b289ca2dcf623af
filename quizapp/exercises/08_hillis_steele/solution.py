"""log2 N rounds; in each, every place takes in what lies `distance` to
its left.

Why: depth ceil(log2 N) in place of N - 1, for N log2 N combines in
place of N. On a machine with a processor for every element that is
the faster way; with fewer, the extra work counts. A parallel
recurrence is therefore not a recurrence of depth one: it is
logarithmic, and that only when the steps combine.
"""


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        joined = [combine(earlier, later) for earlier, later in zip(xs, xs[distance:])]
        xs = xs[:distance] + joined
        distance *= 2
    return xs
