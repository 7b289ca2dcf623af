"""Elements that know their stretch and count combines; then the numbers of the lesson's chain."""

import math
import random

import counting
import kit

OVERLAP = "in each round, read only what was there before it (build a new list), and double the distance"


def check(desk):
    scan = desk.function("scan")
    for length in (4, 8, 1, 0, 7, 100):
        with desk.case(f"{length:,} element{'s' * (length != 1)}, each prefix in order"):
            prefixes(scan, length)
    with desk.case("1,024 elements: 10 combines in a row"):
        xs, tally = counting.spans(1024)
        depth = max(one.depth for one in scan(xs, counting.join))
        desk.say(f"depth {depth} (the serial way: 1023), {tally.work:,} combines (the serial way: 1,023)")
        if depth > 10:
            smells = (
                "this is the serial chain: each combine waits for the one before" if depth == 1023 else ""
            )
            smells = smells or "places of the same round wait for each other"
            kit.wrong(
                "too many combines wait for each other",
                given="1,024 elements",
                expected="10",
                came=str(depth),
                smells=smells,
            )
        if tally.work > 1024 * 10:
            smells = "depth alone is not enough: start no prefix from the beginning"
            kit.wrong(
                "too much work",
                given="1,024 elements",
                expected="at most 10,240 combines",
                came=f"{tally.work:,}",
                smells=smells,
            )
    with desk.case("the lesson's chain, 1,024 numbers"):
        decayed(scan)


def prefixes(scan, length):
    xs, tally = counting.spans(length)
    came = scan(xs, counting.join)
    given = f"elements 0..{length - 1}" if length else "no elements"
    kit.listed(came, length, given)
    if tally.fault:
        again = "overlap" in tally.fault
        smells = OVERLAP if again else ""
        kit.wrong(tally.fault, given=given, smells=smells)
    for place, one in enumerate(came):
        if not isinstance(one, counting.Span) or (one.start, one.stop) != (0, place + 1):
            smells = explained(came, place, length)
            expected = f"elements 0..{place} combined"
            kit.wrong(
                f"place {place} holds something else",
                given=given,
                expected=expected,
                came=str(one),
                smells=smells,
            )


def explained(came, place, length):
    if all(isinstance(one, counting.Span) and one.stop == at + 1 for at, one in enumerate(came)):
        reach = max(one.stop - one.start for one in came)
        if reach < length:
            return f"each place reaches back {reach} at most: a round is missing at the end"
    if place and isinstance(came[place], counting.Span) and came[place].stop == place:
        return "it ends one too early: the scan is inclusive, so place t holds element t too"
    return ""


def decayed(scan):
    draw = random.Random(8)
    numbers = [draw.uniform(-1, 1) for _ in range(1024)]
    h, states = 0.0, []
    for x in numbers:
        h = 0.9 * h + x
        states.append(h)

    def combine(earlier, later):
        return (later[0] * earlier[0], later[0] * earlier[1] + later[1])

    came = scan([(0.9, x) for x in numbers], combine)
    kit.equal([pair[1] for pair in came], states, of="the states", given="h = 0.9 h + x", tolerance=1e-9)
    assert math.isfinite(states[-1])
