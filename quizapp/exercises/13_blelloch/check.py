"""Elements that know their stretch and count combines; then the numbers of the lesson's chain."""

import random

import counting
import kit


def check(desk):
    scan = desk.function("scan")
    for length in (4, 2, 8, 1, 64):
        with desk.case(f"{length} element{'s' if length > 1 else ''}, what lies before each in order"):
            prefixes(scan, length)
    with desk.case("1,024 elements: at most 2,048 combines, 20 in a row"):
        costs(desk, scan)
    with desk.case("the lesson's chain, 1,024 numbers"):
        decayed(scan)


def prefixes(scan, length):
    xs, tally = counting.spans(length)
    came = scan(xs, counting.join, counting.Span(0, 0, tally))
    given = f"elements 0..{length - 1}"
    kit.listed(came, length, given)
    ends = [one.stop if isinstance(one, counting.Span) else None for one in came]
    starts = [one.start if isinstance(one, counting.Span) else None for one in came]
    if length > 1 and ends == list(range(1, length + 1)) and not any(starts):
        kit.wrong(
            "this is an inclusive scan",
            given=given,
            expected="place 0 holds the identity",
            came=str(came[0]),
            smells="each place holds itself too: leave it out, or move all by one place",
        )
    if tally.fault:
        smells = ""
        if "goes to the left" in tally.fault:
            smells = (
                "up: the left one first; down: what comes from above lies further left than the left child"
            )
        elif "overlap" in tally.fault:
            smells = "is the identity put into the last place between up and down?"
        kit.wrong(tally.fault, given=given, smells=smells)
    for place, one in enumerate(came):
        if not isinstance(one, counting.Span) or one.stop != place or one.start != 0:
            expected = f"elements 0..{place - 1} combined" if place else "the identity"
            kit.wrong(
                f"place {place} holds something else",
                given=given,
                expected=expected,
                came=str(one),
                smells=explained(came),
            )


def explained(came):
    if not all(isinstance(one, counting.Span) for one in came):
        return ""
    if isinstance(came[-1], counting.Span) and came[-1].stop - came[-1].start == len(came):
        return "this is the tree after the way up; the way down is missing"
    if came[0].stop == 1:
        return "the way down has not come to place 0: it goes through all distances, down to 1"
    return ""


def costs(desk, scan):
    xs, tally = counting.spans(1024)
    came = scan(xs, counting.join, counting.Span(0, 0, tally))
    depth, work = max(one.depth for one in came), tally.work
    desk.say(
        f"depth {depth} (serial: 1023; Hillis-Steele: 10)",
        f"{work:,} combines (serial: 1,023; Hillis-Steele: 9,217)",
    )
    given = "1,024 elements"
    if depth > 20:
        smells = "this is the serial chain" if depth > 1000 else "places wait for each other that need not"
        kit.wrong(
            "too many combines wait for each other",
            given=given,
            expected="at most 20",
            came=str(depth),
            smells=smells,
        )
    if work > 2048:
        smells = "Hillis and Steele's way: every place works in every round; here half as many each time"
        kit.wrong(
            "too much work", given=given, expected="at most 2,048 combines", came=f"{work:,}", smells=smells
        )


def decayed(scan):
    draw = random.Random(15)
    numbers = [draw.uniform(-1, 1) for _ in range(1024)]
    h, before = 0.0, []
    for x in numbers:
        before.append(h)
        h = 0.9 * h + x

    def combine(earlier, later):
        return (later[0] * earlier[0], later[0] * earlier[1] + later[1])

    came = scan([(0.9, x) for x in numbers], combine, (1.0, 0.0))
    kit.equal([pair[1] for pair in came], before, of="the states", given="h = 0.9 h + x", tolerance=1e-9)
