# expect: a round is missing


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while 2 * distance < len(xs):
        joined = [combine(earlier, later) for earlier, later in zip(xs, xs[distance:])]
        xs = xs[:distance] + joined
        distance *= 2
    return xs
