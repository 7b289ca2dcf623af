# expect: the denominator was not rescaled

import math


def attend(pairs):
    largest, total, result = -math.inf, 0.0, None
    for score, value in pairs:
        new = max(largest, score)
        old, weight = math.exp(largest - new), math.exp(score - new)
        total = total + weight
        if result is None:
            result = [0.0] * len(value)
        result = [one * old + weight * more for one, more in zip(result, value)]
        largest = new
    return [one / total for one in result]
