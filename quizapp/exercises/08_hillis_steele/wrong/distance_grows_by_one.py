# expect: double the distance


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        joined = [combine(earlier, later) for earlier, later in zip(xs, xs[distance:])]
        xs = xs[:distance] + joined
        distance += 1
    return xs
