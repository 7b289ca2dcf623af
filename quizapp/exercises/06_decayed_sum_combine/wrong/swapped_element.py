# expect: the two are swapped

IDENTITY = (1.0, 0.0)


def element(decay, x):
    return (x, decay)


def combine(first, second):
    a1, b1 = first
    a2, b2 = second
    return (a2 * a1, a2 * b1 + b2)
