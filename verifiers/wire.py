"""What an experiment says while it runs: one JSON object per line. Standard library only.

The app and the bench meet here and nowhere else. Numbers that JSON has no word for travel as
the strings "nan", "inf" and "-inf".
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

LINE_LIMIT = 60_000
"""Longest line in bytes. Readers give up on longer ones, so writers never send them."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check, with everything needed to doubt it."""

    name: str
    arm: str
    """`claim` or `control`."""
    must: str
    """The outcome a control must have; empty for a claim's check."""
    unit: str
    meaning: str
    estimate: float
    low: float
    high: float
    bounds: tuple[float | None, float | None]
    values: tuple[float, ...]
    """One per seed, in the order of the seeds."""
    outcome: str
    """`pass`, `fail` or `unclear`."""

    @property
    def tripped(self) -> bool:
        """Whether a control came out as it must (true of every check of the claim)."""
        return not self.must or self.outcome == self.must


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number measured only to stand beside a published one; no verdict draws on it."""

    name: str
    unit: str
    meaning: str
    estimate: float
    low: float
    high: float
    values: tuple[float, ...]
    """One per seed that measured it."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the app asks a warm bench to do."""

    id: str
    experiment: str
    profile: str = "quick"
    device: str = "auto"
    seeds: int | None = None
    """The most seeds to use; None leaves it to the experiment's looks."""
    first_seed: int = 0
    """Where the seeds begin; another one gives an independent repeat."""
    seconds: float = 120.0
    """Wall-clock limit, after which the run is a `timeout`."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The run begins; what it will draw and how often it will look."""

    kind: ClassVar[str] = "started"
    experiment: str
    profile: str
    device: str
    """cpu, cuda or mps."""
    machine: str
    """The device in words."""
    threads: int
    versions: dict[str, str]
    fingerprint: str
    looks: tuple[int, ...]
    plot: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A trial is done: `done` of at most `most`."""

    kind: ClassVar[str] = "progress"
    done: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point of one curve, of one seed."""

    kind: ClassVar[str] = "point"
    curve: str
    arm: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A check as it stands after a look. A later one of the same name replaces it."""

    kind: ClassVar[str] = "checked"
    check: CheckResult


@dataclass(frozen=True, kw_only=True)
class Figured:
    """A figure as it stands after a look. A later one of the same name replaces it."""

    kind: ClassVar[str] = "figured"
    figure: Figure


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence of the experiment's own."""

    kind: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The experiment came to its end. `status` is `ok`, or `invalid` when a control came out wrong."""

    kind: ClassVar[str] = "finished"
    status: str
    reason: str
    seeds: tuple[int, ...]
    seconds: float
    at: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The process of the run is gone: `ok`, `crashed`, `timeout` or `cancelled`. Always the last event."""

    kind: ClassVar[str] = "ended"
    id: str
    status: str
    reason: str = ""


Event = Started | Progress | Point | Checked | Figured | Note | Finished | Ended
_EVENTS: dict[str, type[Any]] = {
    event.kind: event for event in (Started, Progress, Point, Checked, Figured, Note, Finished, Ended)
}


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """Curves collected from points: the mean over the seeds at every x, in order of x."""

    sums: dict[tuple[str, str], dict[float, tuple[float, int]]] = field(default_factory=dict)

    def add(self, point: Point) -> None:
        """Take one more point in; points that are not finite numbers cannot be drawn and are left out."""
        if not (math.isfinite(point.x) and math.isfinite(point.y)):
            return
        curve = self.sums.setdefault((point.curve, point.arm), {})
        total, count = curve.get(point.x, (0.0, 0))
        curve[point.x] = (total + point.y, count + 1)

    def curves(self) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
        """(curve, arm) -> xs and the mean of y at each."""
        drawn = {}
        for key, cells in self.sums.items():
            xs = sorted(cells)
            drawn[key] = (xs, [cells[x][0] / cells[x][1] for x in xs])
        return drawn


def _pack(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _pack(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(inner) for inner in value]
    return value


def number(value: float | str) -> float:
    """The float that travelled, also when JSON had no word for it."""
    return float(value)


def encode(event: Event) -> str:
    """One line, newline included.

    Raises ValueError when the line would be longer than LINE_LIMIT.
    """
    body = {"event": event.kind, **_pack(dataclasses.asdict(event))}
    line = json.dumps(body, allow_nan=False, separators=(",", ":")) + "\n"
    if len(line.encode()) > LINE_LIMIT:
        raise ValueError(f"a {event.kind} event of {len(line)} characters is over the {LINE_LIMIT} limit")
    return line


def decode(line: str) -> Event:
    """The event on a line. Raises ValueError when there is none."""
    try:
        body = json.loads(line)
        kind = _EVENTS[body.pop("event")]
        if kind is Checked:
            return Checked(check=check_from(body["check"]))
        if kind is Figured:
            return Figured(figure=figure_from(body["figure"]))
        for name in ("x", "y", "seconds"):
            if name in body:
                body[name] = number(body[name])
        for name in ("seeds", "looks"):
            if name in body:
                body[name] = tuple(body[name])
        event: Event = kind(**body)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"not an event: {line[:200]!r}") from error
    return event


def check_from(body: dict[str, Any]) -> CheckResult:
    """A check from its plain form. Raises KeyError or TypeError when it is not one."""
    low, high = body["bounds"]
    numbers = {name: number(body[name]) for name in ("estimate", "low", "high")}
    rest = {
        **numbers,
        "bounds": (None if low is None else number(low), None if high is None else number(high)),
        "values": tuple(number(value) for value in body["values"]),
    }
    return CheckResult(**{**body, **rest})


def figure_from(body: dict[str, Any]) -> Figure:
    """A figure from its plain form. Raises KeyError or TypeError when it is not one."""
    numbers = {name: number(body[name]) for name in ("estimate", "low", "high")}
    return Figure(**{**body, **numbers, "values": tuple(number(value) for value in body["values"])})
