"""Numbers of the formula, then what they are for: shifts."""

import kit
import torch


def turned(positions, d, base=10000.0, power=2.0):
    return positions[:, None].double() * base ** (-power * torch.arange(d // 2).double() / d)


def woven(one, other):
    return torch.stack((one, other), -1).flatten(-2)


def rotated(x, angles):
    even, odd, sin, cos = x[..., 0::2].double(), x[..., 1::2].double(), angles.sin(), angles.cos()
    return woven(even * cos - odd * sin, even * sin + odd * cos)


def check(desk):
    sinusoidal, rotary = desk.function("sinusoidal"), desk.function("rotary")
    for n, d in ((1, 4), (6, 8), (50, 16)):
        with desk.case(f"sinusoidal({n}, {d})"):
            waves(sinusoidal(n, d), n, d)
    with desk.case("moving on by 3 is one rotation, everywhere"):
        came = sinusoidal(20, 8)
        pairs = came.reshape(20, 4, 2)
        for i in range(4):
            w = 10000 ** (-2 * i / 8)
            sin, cos = torch.tensor(3 * w).sin(), torch.tensor(3 * w).cos()
            moved = torch.stack(
                (
                    pairs[:-3, i, 0] * cos + pairs[:-3, i, 1] * sin,
                    pairs[:-3, i, 1] * cos - pairs[:-3, i, 0] * sin,
                ),
                -1,
            )
            kit.equal(pairs[3:, i], moved, of=f"pair {i}, three places on", given="n 20, d 8", tolerance=1e-4)
    for shape in ((5, 8), (2, 3, 6, 4)):
        with desk.case(f"rotary of {list(shape)}"):
            rotations(rotary, shape)
    with desk.case("only the distance counts"):
        shift(desk, rotary)


def waves(came, n, d):
    angles = turned(torch.arange(n), d)
    base = turned(torch.arange(n), d, power=1.0)
    smells = [
        (
            "the halves stand side by side; the task weaves them: sin, cos, sin, cos",
            torch.cat((angles.sin(), angles.cos()), -1),
        ),
        ("sine and cosine are swapped: sine goes to the even places", woven(angles.cos(), angles.sin())),
        ("the exponent is -2 i / d for pair i; here it is -i / d", woven(base.sin(), base.cos())),
        (
            "positions begin at 0, not at 1",
            lambda: woven((a := turned(torch.arange(1, n + 1), d)).sin(), a.cos()),
        ),
        ("the cosine is missing: both places hold a sine", woven(angles.sin(), angles.sin())),
        (
            "the frequencies grow: the exponent needs a minus",
            lambda: woven((a := turned(torch.arange(n), d, power=-2.0)).sin(), a.cos()),
        ),
        ("the base is 10000", lambda: woven((a := turned(torch.arange(n), d, base=1000.0)).sin(), a.cos())),
    ]
    kit.equal(
        came,
        woven(angles.sin(), angles.cos()).float(),
        of="the table",
        given=f"n {n}, d {d}",
        tolerance=1e-4,
        smells=smells,
    )


def rotations(rotary, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(9))
    positions = torch.arange(shape[-2]) + 2
    angles = turned(positions, shape[-1])
    half = shape[-1] // 2
    halves = torch.cat(
        (
            x[..., :half] * angles.cos() - x[..., half:] * angles.sin(),
            x[..., :half] * angles.sin() + x[..., half:] * angles.cos(),
        ),
        -1,
    )
    even, odd = x[..., 0::2], x[..., 1::2]
    smells = [
        ("the other way round: it must turn counterclockwise, (1, 0) to (cos, sin)", rotated(x, -angles)),
        ("it pairs place i with place i + d/2; the task pairs neighbours 2i and 2i + 1", halves),
        (
            "positions are added, as sinusoidal ones are; rotary ones turn",
            x + woven(angles.sin(), angles.cos()),
        ),
        (
            "positions 0, 1, 2, ... and not those that are given",
            rotated(x, turned(torch.arange(shape[-2]), shape[-1])),
        ),
        (
            "a sign is wrong: (a cos - b sin, a sin + b cos)",
            woven(even * angles.cos() + odd * angles.sin(), even * angles.sin() + odd * angles.cos()),
        ),
        ("all pairs turn at the same speed", rotated(x, positions[:, None].double().expand(-1, half))),
        (
            "the exponent is -2 i / d for pair i; here it is -i / d",
            rotated(x, turned(positions, shape[-1], power=1.0)),
        ),
        (
            "each number is scaled by the cosine; a rotation mixes the two of a pair",
            x * woven(angles.cos(), angles.cos()),
        ),
    ]
    given = f"x {list(shape)}, positions {positions.tolist()}"
    kit.equal(
        rotary(x, positions),
        rotated(x, angles).float(),
        of="the result",
        given=given,
        tolerance=1e-4,
        smells=smells,
    )


def shift(desk, rotary):
    generator = torch.Generator().manual_seed(10)
    q, k = torch.randn(1, 16, generator=generator), torch.randn(1, 16, generator=generator)
    scores = [
        float(rotary(q, torch.tensor([m])) @ rotary(k, torch.tensor([n])).T)
        for m, n in ((7, 3), (107, 103), (4, 0))
    ]
    desk.say(
        "score of one pair at (7, 3), (107, 103), (4, 0): " + ", ".join(f"{score:.4f}" for score in scores)
    )
    kit.equal(
        scores[1:], [scores[0]] * 2, of="the score", given="4 apart, at different places", tolerance=1e-3
    )
