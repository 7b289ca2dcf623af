"""Values against the lesson's chain, depth by numbers that count, the time against one that we measure."""

import random
import time

import counting
import kit

STEPS = 300
TRIES = 6
EXPLAINED = {
    "steps": "The steps in a row are as many as before: one for every element.",
    "both": "The work grows; the steps in a row stay one for every element.",
    "nothing": "In plain Python a step visits every number of the state. Measure 8 against 256.",
}


def chain(xs, decay=0.9):
    h = [0.0] * len(xs[0])
    for x in xs:
        h = [decay * one + new for one, new in zip(h, x, strict=True)]
    return h


def elements(count, width):
    draw = random.Random(count + width)
    return [[draw.uniform(-1, 1) for _ in range(width)] for _ in range(count)]


def check(desk):
    wide_chain = desk.function("wide_chain")
    with desk.case("width 1, the lesson's own chain"):
        xs = [[1.0], [2.0], [3.0]]
        compare(wide_chain(xs), xs, "[[1], [2], [3]]")
    with desk.case("width 64, 20 elements"):
        xs = elements(20, 64)
        compare(wide_chain(xs), xs, "20 elements of width 64")
    with desk.case("no elements"):
        kit.equal(wide_chain([]), [], of="the state", given="[]")
    with desk.case("one step for every element, at every width", "plain Python: lists of numbers, no arrays"):
        for width in (1, 64):
            state = wide_chain([[counting.Counted(0.5)] * width for _ in range(100)])
            depth = max(getattr(one, "depth", 0) for one in state)
            desk.say(f"width {width:>3}: {depth} operations in a row over 100 elements")
    timing(desk, wide_chain)
    with desk.case("what grows with the width"):
        said = desk.value("WHAT_GROWS")
        if said != "work":
            smells = EXPLAINED.get(said, 'Write "steps", "work", "both" or "nothing".')
            kit.wrong("WHAT_GROWS is not what the numbers say", came=repr(said), smells=smells)


def compare(came, xs, given):
    count = len(xs)
    smells = [
        (
            "the mean of the elements: that is the lesson's attention_style",
            [sum(c) / count for c in zip(*xs)],
        ),
        ("the state begins with the first element and then takes it again", lambda: chain([xs[0], *xs])),
        ("the new element decays too: 0.9 (h + x)", [0.9 * one for one in chain(xs)]),
        ("the decay is missing: this is the sum", chain(xs, 1.0)),
        ("the elements are taken from the last to the first", chain(xs[::-1])),
        ("only the first number of the state moves", [chain(xs)[0], *[0.0] * (len(xs[0]) - 1)]),
        ("every state, not the last one alone", [chain(xs[:end]) for end in range(1, count + 1)]),
        ("the last element is left out", lambda: chain(xs[:-1])),
    ]
    kit.equal(came, chain(xs), of="the state", given=given, smells=smells)


def timing(desk, wide_chain):
    seconds_per_step = desk.function("seconds_per_step")
    with desk.case("seconds per step"):
        for width in (8, 64, 256):
            given = f"width {width}, {STEPS} steps"
            came, ours = theirs(seconds_per_step, width, given), measured(wide_chain, width)
            for _ in range(TRIES - 1):  # the machine may have been busy with something else
                if ours / 5 < came < 5 * ours:
                    break
                came = min(came, theirs(seconds_per_step, width, given))
                ours = min(ours, measured(wide_chain, width))
            desk.say(f"width {width:>3}: {1e6 * came:8.2f} microseconds a step")
            if not 1 / 30 < came / ours < 30:
                expected = f"about {ours:.2g} seconds, as measured here"
                what = "the time of a step is far off"
                kit.wrong(what, given=given, expected=expected, came=came, smells=smell(came / ours))


def theirs(seconds_per_step, width, given):
    came = seconds_per_step(width, STEPS)
    if isinstance(came, bool) or not isinstance(came, (int, float)) or not came > 0:
        smells = "time.time() is too coarse here: time.perf_counter()" if came == 0 else ""
        kit.wrong("the time is not a positive number of seconds", given=given, came=came, smells=smells)
    return came


def smell(ratio):
    """What a time may be that is so many times ours."""
    if ratio > 1e5:
        return "nanoseconds? perf_counter_ns counts them; divide by 1e9"
    if STEPS / 5 < ratio < STEPS * 20:
        return "it is the time of all steps: divide by their number"
    return "the clock may run around something else than the chain"


def measured(wide_chain, width):
    xs = [[0.5] * width for _ in range(STEPS)]
    times = []
    for _ in range(10):  # the shortest is the one that nobody disturbed
        began = time.perf_counter()
        wide_chain(xs)
        times.append(time.perf_counter() - began)
    return min(times) / STEPS
