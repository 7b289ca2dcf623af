"""The wire: every event survives the journey, and no line can do harm."""

from __future__ import annotations

import json
import math
import random

import pytest

from quizapp.verifiers import wire


def check(**other):
    return wire.CheckResult(
        **{
            "name": "a",
            "arm": "control",
            "must": "fail",
            "unit": "µs",
            "meaning": "A sentence.\nAnother — with “quotes”.",
            "estimate": 0.1,
            "low": -math.inf,
            "high": 1e-300,
            "bounds": (None, 1e-9),
            "values": (0.1, -0.0, 1e308, math.inf),
            "outcome": "unclear",
            **other,
        }
    )


EVENTS = [
    wire.Started(
        experiment="e",
        profile="quick",
        device="cpu",
        machine="a machine ☃",
        threads=1,
        versions={"python": "3.11"},
        fingerprint="0123456789abcdef",
        looks=(5, 8, 13),
        plot={"title": "t", "x": "x", "y": "y", "x_log": True, "y_log": False},
    ),
    wire.Progress(done=3, most=40),
    wire.Point(curve="c\u2028d", arm="claim", x=1.5, y=-math.inf),
    wire.Point(curve="", arm="control", x=0.1 + 0.2, y=5e-324),
    wire.Checked(check=check()),
    wire.Checked(check=check(bounds=(0, None), values=())),
    wire.Figured(
        figure=wire.Figure(
            name="f",
            unit="µs",
            meaning="m",
            estimate=0.1,
            low=-math.inf,
            high=math.inf,
            values=(0.1, math.inf),
        )
    ),
    wire.Note(text="line one\nline two\r\n\x1b[31m\x00 \U0001f600"),
    wire.Finished(
        status="invalid", reason="r", seeds=(0, 1, 2), seconds=0.25, at="2026-03-02T12:00:00+00:00"
    ),
    wire.Ended(id="7", status="crashed", reason="because"),
    wire.Ended(id="7", status="ok"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_as_it_went(event):
    line = wire.encode(event)
    assert wire.decode(line) == event
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert line.isascii()
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_every_kind_of_event_is_tried_here():
    assert {event.kind for event in EVENTS} == set(wire._EVENTS)


def test_numbers_that_json_does_not_know_travel():
    point = wire.decode(wire.encode(wire.Point(curve="c", arm="claim", x=math.inf, y=math.nan)))
    assert point.x == math.inf
    assert math.isnan(point.y)
    found = wire.decode(wire.encode(wire.Checked(check=check(estimate=math.nan, values=(math.nan, 1.0)))))
    assert math.isnan(found.check.estimate)
    assert math.isnan(found.check.values[0])
    assert found.check.values[1] == 1.0


@pytest.mark.parametrize("value", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53 + 1])
def test_floats_arrive_to_the_last_bit(value):
    point = wire.decode(wire.encode(wire.Point(curve="c", arm="claim", x=value, y=-value)))
    assert (point.x.hex(), point.y.hex()) == (float(value).hex(), (-float(value)).hex())


def test_a_line_over_the_limit_is_not_sent():
    fits = wire.LINE_LIMIT - len(wire.encode(wire.Note(text="")))
    assert len(wire.encode(wire.Note(text="x" * fits))) == wire.LINE_LIMIT
    with pytest.raises(ValueError, match="over the 60000 limit"):
        wire.encode(wire.Note(text="x" * (fits + 1)))
    with pytest.raises(ValueError, match="over the 60000 limit"):
        wire.encode(wire.Note(text="☃" * (fits // 6 + 1)))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "hello",
        "17",
        "null",
        "[]",
        '"note"',
        "{}",
        '{"event": "note"}',
        '{"event": "party", "text": "x"}',
        '{"event": ["note"], "text": "x"}',
        '{"event": "note", "text": "x", "more": 1}',
        '{"event": "note", "text": "x"',
        '{"event": "point", "curve": "c", "arm": "claim", "x": "much", "y": 1}',
        '{"event": "point", "curve": "c", "arm": "claim", "x": null, "y": 1}',
        '{"event": "point", "curve": "c", "arm": "claim", "x": 1' + "0" * 400 + ', "y": 1}',
        '{"event": "point", "curve": "c", "arm": "claim", "x": 1' + "0" * 5000 + ', "y": 1}',
        '{"event": "started", "looks": 5}',
        '{"event": "checked"}',
        '{"event": "checked", "check": {}}',
        '{"event": "checked", "check": []}',
        '{"event": "checked", "check": {"bounds": [1]}}',
        "[" * 50_000,
        '{"a":' * 10_000,
    ],
)
def test_what_is_no_event_is_refused_and_nothing_worse(line):
    with pytest.raises(ValueError, match="not an event"):
        wire.decode(line)


def test_damaged_lines_never_raise_anything_else():
    source = random.Random(0)
    intact = 0
    for _ in range(3000):
        line = list(wire.encode(source.choice(EVENTS)))
        for _ in range(source.randint(1, 4)):
            line[source.randrange(len(line))] = source.choice('{}[]",:0e-xn \\')
        try:
            intact += wire.decode("".join(line)) is not None
        except ValueError:
            continue
    assert 0 < intact < 3000


def test_a_sketch_averages_over_seeds_and_leaves_out_what_cannot_be_drawn():
    sketch = wire.Sketch()
    for x, y in [(2, 1.0), (1, 4.0), (2, 3.0), (3, math.nan), (math.inf, 1.0)]:
        sketch.add(wire.Point(curve="c", arm="claim", x=x, y=y))
    sketch.add(wire.Point(curve="c", arm="control", x=1, y=9.0))
    assert sketch.curves() == {("c", "claim"): ([1, 2], [4.0, 2.0]), ("c", "control"): ([1], [9.0])}


def test_only_a_control_can_be_untripped():
    assert check(must="fail", outcome="fail").tripped
    assert not check(must="fail", outcome="unclear").tripped
    assert not check(must="pass", outcome="fail").tripped
    assert all(check(must="", outcome=outcome).tripped for outcome in ("pass", "fail", "unclear"))
