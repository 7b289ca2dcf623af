# expect: its memory grows with the pairs

import math


def attend(pairs):
    scores, values = [], []
    for score, value in pairs:
        scores.append(score * 1.0)
        values.append([one * 1.0 for one in value])
    largest = max(scores)
    weights = [math.exp(score - largest) for score in scores]
    total = sum(weights)
    return [
        sum(weight * value[at] for weight, value in zip(weights, values)) / total
        for at in range(len(values[0]))
    ]
