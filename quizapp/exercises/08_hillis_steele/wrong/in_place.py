# expect: build a new list


def scan(xs, combine):
    xs = list(xs)
    distance = 1
    while distance < len(xs):
        for place in range(distance, len(xs)):
            xs[place] = combine(xs[place - distance], xs[place])
        distance *= 2
    return xs
