"""Small sums by hand, scores that overflow, and scores that know how many of them are alive."""

import math
import random
import tracemalloc

import kit

TASK = "exp() of a large number overflows: subtract the largest score so far, and rescale when it grows"
UNDER = "exp() of a very negative number is 0: begin with the first score or -inf as the maximum, not with 0"


class Score(float):
    """A number that knows how many of its kind are alive."""

    alive, most = 0, 0

    def __init__(self, value):
        Score.alive += 1
        Score.most = max(Score.most, Score.alive)

    def __del__(self):
        Score.alive -= 1


class Value(list):
    """A list that can be counted in the same way."""

    alive, most = 0, 0

    def __init__(self, numbers):
        super().__init__(numbers)
        Value.alive += 1
        Value.most = max(Value.most, Value.alive)

    def __del__(self):
        Value.alive -= 1


def right(scores, values):
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    return mixed(weights, values)


def mixed(weights, values):
    total = sum(weights)
    return [
        sum(w * one for w, one in zip(weights, column, strict=True)) / total
        for column in zip(*values, strict=True)
    ]


def check(desk):
    attend = desk.function("attend")
    draw = random.Random(12)
    values = [[draw.uniform(-1, 1) for _ in range(3)] for _ in range(6)]
    cases = {
        "one pair": [2.0],
        "equal scores: the mean": [1.0, 1.0, 1.0],
        "falling scores": [3.0, 2.0, 0.5, -1.0],
        "rising scores: the maximum moves at every step": [-1.0, 0.5, 2.0, 3.0],
        "the maximum in the middle": [0.1, 2.5, -0.3, 1.0],
    }
    for name, scores in cases.items():
        with desk.case(name):
            compare(attend, scores, values[: len(scores)])
    with desk.case("scores around 1,000", TASK):
        compare(attend, [1000.0, 1001.0, 999.0], values[:3])
    with desk.case("scores around -1,000", UNDER):
        compare(attend, [-1000.0, -1001.0, -999.0], values[:3])
    with desk.case("1,000 pairs, one at a time"):
        one_pass(desk, attend)


def compare(attend, scores, values):
    came = attend(pair for pair in zip(scores, values, strict=True))
    top = max(scores)
    smells = [
        (
            "the denominator was not rescaled when the maximum moved",
            lambda: half_rescaled(scores, values, total=False),
        ),
        (
            "the weighted sum was not rescaled when the maximum moved",
            lambda: half_rescaled(scores, values, result=False),
        ),
        (
            "nothing was rescaled when the maximum moved",
            lambda: half_rescaled(scores, values, total=False, result=False),
        ),
        (
            "rescaled the wrong way: it is exp(old - new), which is below 1",
            lambda: half_rescaled(scores, values, sign=-1.0),
        ),
        (
            "not divided by the sum of the weights",
            lambda: [x * sum(math.exp(s - top) for s in scores) for x in right(scores, values)],
        ),
        ("the plain mean: the scores do not count", mixed([1.0] * len(scores), values)),
        ("only the pair with the largest score", values[scores.index(top)]),
        ("weighted by the scores themselves", lambda: mixed(scores, values)),
    ]
    given = f"scores {scores}"
    kit.equal(came, right(scores, values), of="the result", given=given, tolerance=1e-9, smells=smells)


def half_rescaled(scores, values, *, total=True, result=True, sign=1.0):
    largest, weights, sums = scores[0], 0.0, [0.0] * len(values[0])
    for score, value in zip(scores, values, strict=True):
        new = max(largest, score)
        old, weight = math.exp(sign * (largest - new)), math.exp(score - new)
        weights = weights * (old if total else 1.0) + weight
        sums = [one * (old if result else 1.0) + weight * more for one, more in zip(sums, value, strict=True)]
        largest = new
    return [one / weights for one in sums]


def one_pass(desk, attend):
    draw = random.Random(13)
    scores, values = [draw.gauss(0, 5) for _ in range(1000)], [[draw.random()] for _ in range(1000)]
    Score.most = Score.alive
    Value.most = Value.alive
    came = attend((Score(score), Value(value)) for score, value in zip(scores, values, strict=True))
    most = max(Score.most, Value.most)
    desk.say(f"at most {most} scores or values in memory at a time, of 1,000")
    if most > 16:
        kit.wrong(
            "it keeps the pairs",
            given="1,000 pairs",
            expected="a few in memory at a time",
            came=f"{most:,}",
            smells="a list of them is what FlashAttention does without: one pass, three running numbers",
        )
    kit.equal(came, right(scores, values), of="the result", given="1,000 pairs", tolerance=1e-9)
    few, many = memory(attend, 100), memory(attend, 2_000)
    if many > few + 16_000:
        kit.wrong(
            "its memory grows with the pairs",
            given="2,000 pairs after 100",
            expected=f"about {few:,} bytes",
            came=f"{many:,} bytes",
            smells="copies of scores and values are kept: one pass, three running numbers",
        )


def memory(attend, count):
    """The most bytes that are held at a time; what a pair takes itself apart."""
    pairs = ((0.001 * place, [1.0]) for place in range(count))
    tracemalloc.start()
    try:
        attend(pairs)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
