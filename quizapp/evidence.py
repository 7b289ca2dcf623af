"""What a bench run leaves behind, and the verdict drawn from it. Frozen types, no I/O.

Apart from `model` because the first screen needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from quizapp.model import Status, VerdictName
from quizapp.verifiers.outside import Beside
from quizapp.verifiers.wire import CheckResult, Figure

__all__ = ["Beside", "CheckResult", "Curve", "Evidence", "Figure", "Plot", "Prediction", "Run"]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A verdict the learner locked before the run, and what came out."""

    claim: str
    at: datetime
    predicted: VerdictName
    measured: str = ""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of the experiment's plot."""

    name: str
    """What it shows."""
    arm: str
    """`claim` or `control`."""
    x: tuple[float, ...]
    """Places from left to right."""
    y: tuple[float, ...]
    """Heights, one per place."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The picture an experiment draws."""

    title: str = ""
    """What it shows."""
    x: str = ""
    """What is on the axis from left to right."""
    y: str = ""
    """What is on the axis from bottom to top."""
    x_log: bool = False
    """Whether that axis is logarithmic."""
    y_log: bool = False
    """Whether that axis is logarithmic."""
    curves: tuple[Curve, ...] = field(default=(), metadata={"of": Curve})
    """The lines."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One experiment, run once: what the bench measured, before anybody draws a conclusion."""

    id: int = 0
    """Its row in the learner's store; 0 for one from elsewhere."""
    experiment: str
    """What was run."""
    profile: str
    """How much of it: quick or full."""
    status: Status
    """Whether it came to its end, with its controls as they must be."""
    reason: str = ""
    """Why it is not `ok`, or why a check is unclear."""
    checks: tuple[CheckResult, ...] = field(default=(), metadata={"of": CheckResult})
    """What was measured, with intervals, bounds and outcomes."""
    figures: tuple[Figure, ...] = field(default=(), metadata={"of": Figure})
    """What was measured only to stand beside published numbers."""
    plot: Plot = field(default_factory=Plot, metadata={"of": Plot})
    """What it drew."""
    notes: tuple[str, ...] = ()
    """What it said about itself."""
    seeds: tuple[int, ...] = ()
    """The seeds, in the order of the values; none when it is exact."""
    seconds: float = 0.0
    """How long it took."""
    device: str = ""
    """The kind: cpu, cuda or mps."""
    machine: str = ""
    """The device in words."""
    threads: int = 0
    """How many threads it computed with."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of Python and the libraries."""
    fingerprint: str = ""
    """A hash of the experiment's file and of every bench file it imports."""
    at: str = ""
    """When it ended, ISO 8601, UTC."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The verdict of a claim, with the runs it was drawn from."""

    claim: str
    """The id of the claim."""
    verdict: str
    """holds, depends, fails, unclear; or invalid, crashed, timeout, cancelled."""
    expected: VerdictName | None
    """What the literature leads one to expect on this kind of device."""
    conditions: tuple[str, ...] = ()
    """The sentences of the limits that passed."""
    runs: tuple[Run, ...] = ()
    """What it was drawn from, one run per experiment."""
    reason: str = ""
    """Why it is not one of the four verdicts, or why it is unclear."""
    stale: bool = False
    """The bench has changed since."""
    beside: tuple[Beside, ...] = ()
    """Published numbers beside these; they change no verdict."""
    origin: str = ""
    """Who measured it, such as `the pack tuesday`; empty: it is the learner's own, or came with quizapp."""

    @property
    def surprise(self) -> bool:
        """Whether a decided verdict differs from the literature's. `unclear` decides nothing."""
        decided = self.verdict in ("holds", "depends", "fails")
        return decided and self.expected is not None and self.verdict != self.expected
