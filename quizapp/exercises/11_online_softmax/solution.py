"""A running maximum, and two sums that are rescaled when it moves.

Why: softmax does not change when the same number is taken from all
scores, so the maximum only serves to keep exp() in range, and it
may be found late: what was summed with the old one is off by a
factor, exp(old - new). So scores need not be stored, and memory is
linear in the length. The work stays quadratic: every query still
meets every key. The triple (maximum, sum, weighted sum) combines
associatively, so blocks may also be done in parallel.
"""

import math


def attend(pairs):
    largest, total, result = -math.inf, 0.0, None
    for score, value in pairs:
        new = max(largest, score)
        old, weight = math.exp(largest - new), math.exp(score - new)
        total = total * old + weight
        if result is None:
            result = [0.0] * len(value)
        result = [one * old + weight * more for one, more in zip(result, value)]
        largest = new
    return [one / total for one in result]
