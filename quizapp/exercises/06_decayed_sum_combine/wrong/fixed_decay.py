# expect: take the one that is given

IDENTITY = (1.0, 0.0)


def element(decay, x):
    return (0.9 if decay > 0.5 else decay, x)


def combine(first, second):
    a1, b1 = first
    a2, b2 = second
    return (a2 * a1, a2 * b1 + b2)
