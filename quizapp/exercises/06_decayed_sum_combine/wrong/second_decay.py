# expect: a2 * a1

IDENTITY = (1.0, 0.0)


def element(decay, x):
    return (decay, x)


def combine(first, second):
    a1, b1 = first
    a2, b2 = second
    return (a2, a2 * b1 + b2)
