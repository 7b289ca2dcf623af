"""The mean, the arithmetic of a clock that we turn ourselves, and the curve."""

import math
import time

import kit
import torch

LENGTHS = [64, 256, 1024, 4096, 16384, 65536]
EXPLAINED = {
    "b": "Look at the right end: it bends up, and with millions it is in proportion. Depth is not time.",
    "c": "From 16,384 to 65,536 it would be 16 times as long. There is one query here; attention has N.",
    "d": "With fewer adders than numbers the work counts, not the depth of its tree.",
}
REPEATS = 5
TRIES = 5


class Clock:
    """Stands still but for `call`, which takes 100 seconds at first and 2 from then on."""

    def __init__(self):
        self.now, self.calls, self.readings = 0.0, 0, 0

    def __call__(self):
        self.readings += 1
        return self.now

    def call(self):
        self.now += 2.0 if self.calls else 100.0
        self.calls += 1


def check(desk):
    reduction = desk.function("reduction")
    for length in (1, 5, 1000):
        with desk.case(f"the mean of {length:,} numbers"):
            xs = torch.rand(length, generator=torch.Generator().manual_seed(length))
            smells = [
                ("the sum: the weights are 1, not 1/n", xs.sum()),
                (
                    "a softmax of the numbers weighs them; here all weights are equal",
                    torch.softmax(xs, 0) @ xs,
                ),
                ("divided twice", xs.mean() / length),
                ("one for every element, not their sum", xs / length),
            ]
            kit.equal(reduction(xs), xs.mean(), of="the mean", given=f"{length} numbers", smells=smells)
    with desk.case("the arithmetic of the clock"):
        arithmetic(desk.function("seconds_per_call"))
    with desk.case("the sweep"):
        curve(desk, desk.function("sweep"), reduction)
    with desk.case("the explanation"):
        said = desk.value("EXPLANATION")
        if said != "a":
            smells = EXPLAINED.get(said, "Write one of the letters a, b, c, d.")
            kit.wrong("EXPLANATION does not fit the curve", came=repr(said), smells=smells)


def arithmetic(seconds_per_call):
    clock = Clock()
    came = seconds_per_call(clock.call, REPEATS, clock)
    given = f"a call that takes 100 s at first and 2 s from then on, {REPEATS} repeats"
    cold = 100.0 + 2.0 * (REPEATS - 1)
    smells = [
        ("the first call is on the clock: call once before it starts", cold / REPEATS),
        ("the first call is on the clock, and nothing is divided", cold),
        ("the time of all calls: divide by repeats", 2.0 * REPEATS),
        ("the clock was not used: take the one that is given", None),
        ("one call more is divided by than was timed", 2.0 * REPEATS / (REPEATS + 1)),
    ]
    if not clock.readings:
        kit.wrong(
            "the clock that is given was not read", given=given, came=came, smells="call clock(), not time"
        )
    kit.equal(came, 2.0, of="the time of a call", given=given, smells=smells)


def curve(desk, sweep, reduction):
    came = swept(sweep)
    ours = {length: timed(reduction, torch.rand(length)) for length in LENGTHS}
    for _ in range(TRIES - 1):  # the machine may have been busy with something else
        if all(ours[length] / 3 < came[length] < 3 * ours[length] for length in LENGTHS):
            break
        again = swept(sweep)
        came = {length: min(came[length], again[length]) for length in LENGTHS}
        ours = {length: min(ours[length], timed(reduction, torch.rand(length))) for length in LENGTHS}
    draw(desk, came)
    off = [length for length in (LENGTHS[0], LENGTHS[-1]) if not 1 / 30 < came[length] / ours[length] < 30]
    if off:
        expected = f"about {ours[off[0]]:.2g} seconds, as measured here"
        smells = "seconds per call, not microseconds and not all repeats together"
        if off == [LENGTHS[-1]]:
            smells = "is something else on the clock? Make the tensor before you time the reduction"
        given = f"length {off[0]}"
        kit.wrong("the time is far off", given=given, expected=expected, came=came[off[0]], smells=smells)


def swept(sweep):
    came, given = sweep(LENGTHS), f"lengths {LENGTHS}"
    if not isinstance(came, dict) or set(came) != set(LENGTHS):
        smells = kit.NO_RETURN if came is None else ""
        kit.wrong("it is no dict with one entry for every length", given=given, came=came, smells=smells)
    for length, one in came.items():
        if not isinstance(one, (int, float)) or not one > 0:
            smells = "time.time() is too coarse here: time.perf_counter()" if one == 0 else ""
            what = "the time is not a positive number of seconds"
            kit.wrong(what, given=f"length {length}", came=one, smells=smells)
    return came


def timed(reduction, xs):
    times = []
    for _ in range(20):  # the shortest is the one that nobody disturbed
        began = time.perf_counter()
        for _ in range(20):
            reduction(xs)
        times.append((time.perf_counter() - began) / 20)
    return min(times)


def draw(desk, came):
    """The curve in characters; both axes are logarithmic."""
    low, high = (math.log10(extreme(came.values())) for extreme in (min, max))
    for length in LENGTHS:
        cells = 1 + round(30 * (math.log10(came[length]) - low) / max(high - low, 1e-9))
        desk.say(f"{length:>7,} {'█' * cells:<31} {1e6 * came[length]:9.2f} us")
    desk.say("        length of the bar: log of the time")
