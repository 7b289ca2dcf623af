# expect: it ends one too early


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        joined = [combine(earlier, later) for earlier, later in zip(xs, xs[distance:])]
        xs = xs[:distance] + joined
        distance *= 2
    return [xs[0], *xs[:-1]] if xs else xs
