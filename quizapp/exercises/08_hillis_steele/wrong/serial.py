# expect: this is the serial chain


def scan(xs, combine):
    xs = list(xs)
    for place in range(1, len(xs)):
        xs[place] = combine(xs[place - 1], xs[place])
    return xs
