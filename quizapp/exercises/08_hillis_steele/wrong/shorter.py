# expect: no list of the same length


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        joined = [combine(earlier, later) for earlier, later in zip(xs, xs[distance:])]
        xs = joined
        distance *= 2
    return xs
