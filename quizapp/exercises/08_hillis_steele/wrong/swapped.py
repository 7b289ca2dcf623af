# expect: the earlier one goes to the left


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        joined = [combine(later, earlier) for earlier, later in zip(xs, xs[distance:])]
        xs = xs[:distance] + joined
        distance *= 2
    return xs
