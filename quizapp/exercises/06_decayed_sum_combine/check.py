"""Two steps by hand, the grouping, the identity, then whole chains, folded in two ways."""

import random

import kit


def check(desk):
    element, combine = desk.function("element"), desk.function("combine")
    with desk.case("one step from h = 5"):
        pair = theirs(element(0.5, 3.0), "element(0.5, 3.0)")
        swapped = [("the two are swapped: (decay, x)", 3.0 * 5 + 0.5)]
        kit.equal(apply(pair, 5.0), 5.5, of="0.5 * 5 + 3", given="element(0.5, 3.0)", smells=swapped)
    with desk.case("two steps from h = 5"):
        two_steps(element, combine)
    with desk.case("the grouping does not matter"):
        p, q, r = (element(*step) for step in ((0.9, 1.0), (0.5, -2.0), (0.25, 4.0)))
        left = theirs(combine(combine(p, q), r), "combine(combine(p, q), r)")
        right = theirs(combine(p, combine(q, r)), "combine(p, combine(q, r))")
        given = "p = (0.9, 1), q = (0.5, -2), r = (0.25, 4)"
        kit.equal(left, right, of="combine(combine(p, q), r)", given=given)
    with desk.case("the identity"):
        identity, step = desk.value("IDENTITY"), element(0.9, 2.0)
        zero = "(0, 0) forgets everything: 0 * h + 0" if theirs(identity, "IDENTITY") == (0, 0) else ""
        for found in (combine(identity, step), combine(step, identity)):
            came = theirs(found, "combine(IDENTITY, pair)")
            if not kit.same(came, (0.9, 2.0)):
                what = "the identity changes something"
                kit.wrong(what, given="(0.9, 2.0)", expected=(0.9, 2.0), came=came, smells=zero)
    for name, fixed in (("the lesson's chain: decay 0.9", 0.9), ("a decay of its own for every step", None)):
        with desk.case(f"{name}, 1,024 elements"):
            chain(element, combine, fixed)


def theirs(pair, of):
    """The two numbers of a pair of theirs: a tuple, a list, an array of two."""
    try:
        a, b = pair
        return float(a), float(b)
    except (TypeError, ValueError):
        smells = kit.NO_RETURN if pair is None else ""
        kit.wrong(f"{of} is not a pair of numbers", came=pair, smells=smells)


def apply(pair, h):
    return pair[0] * h + pair[1]


def two_steps(element, combine):
    (a1, b1), (a2, b2) = first, second = (0.5, 3.0), (0.25, 8.0)
    came = theirs(combine(element(*first), element(*second)), "combine(first, second)")
    smells = [
        ("the other order: this is `second` and then `first`", (a1 * a2, a1 * b2 + b1)),
        ("b1 must decay too: the second step multiplies what the first one added", (a1 * a2, b1 + b2)),
        ("the decays multiply; here they are added", (a1 + a2, a2 * b1 + b2)),
        ("the decay of both steps together is a2 * a1", (a2, a2 * b1 + b2)),
        ("b1 decays by a2 alone, not by a1 again", (a1 * a2, a1 * a2 * b1 + b2)),
        ("the second step's b is multiplied as well", (a1 * a2, a2 * (b1 + b2))),
        ("b1 decays by its own a1; by the time it counts, that is over", (a1 * a2, a1 * b1 + b2)),
    ]
    given = "first = (0.5, 3): 0.5 h + 3; second = (0.25, 8): 0.25 h + 8"
    kit.equal(came, (a2 * a1, a2 * b1 + b2), of="the pair", given=given, smells=smells)


def chain(element, combine, fixed):
    draw = random.Random(6)
    steps = [(fixed or draw.uniform(0.5, 1.0), draw.uniform(-1, 1)) for _ in range(1024)]
    level = [element(*step) for step in steps]
    while len(level) > 1:
        level = [combine(level[place], level[place + 1]) for place in range(0, len(level), 2)]
    came, given = apply(theirs(level[0], "the last pair"), 0.0), "the pairs combined as a tree"
    smells = [
        ("every step has the decay 0.9; take the one that is given", last([(0.9, x) for _, x in steps])),
        ("the order of the steps is turned around", last(steps[::-1])),
    ]
    kit.equal(came, last(steps), of="the last state", given=given, tolerance=1e-5, smells=smells)


def last(steps):
    h = 0.0
    for decay, x in steps:
        h = decay * h + x
    return h
