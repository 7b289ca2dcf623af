"""Affine maps compose to affine maps: a2 (a1 h + b1) + b2 = (a2 a1) h
+ (a2 b1 + b2).

Why: whatever composes without growing can be scanned, in O(log N)
rounds. That is what Mamba, minGRU and every gated linear recurrence
rest on. A step with tanh(a h + b) does not: the composition of two
is no tanh of one, so it would have to be carried along whole. The
operation is associative and not commutative: later goes to the
left.
"""

IDENTITY = (1.0, 0.0)


def element(decay, x):
    return (decay, x)


def combine(first, second):
    a1, b1 = first
    a2, b2 = second
    return (a2 * a1, a2 * b1 + b2)
