"""What a bench run leaves behind, and the verdict drawn from it. Frozen types, no I/O.

Apart from `model` because the first screen needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from quizapp.model import Status, VerdictName
from quizapp.verifiers.wire import CheckResult

__all__ = ["CheckResult", "Curve", "Evidence", "Plot", "Prediction", "Run"]


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
    arm: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The picture an experiment draws."""

    title: str = ""
    x: str = ""
    y: str = ""
    x_log: bool = False
    y_log: bool = False
    curves: tuple[Curve, ...] = field(default=(), metadata={"of": Curve})


@dataclass(frozen=True, kw_only=True)
class Run:
    """One experiment, run once: what the bench measured, before anybody draws a conclusion."""

    id: int = 0
    experiment: str
    profile: str
    status: Status
    reason: str = ""
    """Why it is not `ok`, or why a check is unclear."""
    checks: tuple[CheckResult, ...] = field(default=(), metadata={"of": CheckResult})
    plot: Plot = field(default_factory=Plot, metadata={"of": Plot})
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    seconds: float = 0.0
    device: str = ""
    """The kind: cpu, cuda or mps."""
    machine: str = ""
    """The device in words."""
    threads: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    """A hash of the experiment's file and of every bench file it imports."""
    at: str = ""
    """When it ended, ISO 8601, UTC."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The verdict of a claim, with the runs it was drawn from."""

    claim: str
    verdict: str
    """holds, depends, fails, unclear; or invalid, crashed, timeout, cancelled."""
    expected: VerdictName | None
    conditions: tuple[str, ...] = ()
    """The sentences of the limits that passed."""
    runs: tuple[Run, ...] = ()
    reason: str = ""
    """Why it is not one of the four verdicts, or why it is unclear."""
    stale: bool = False
    """The bench has changed since."""

    @property
    def surprise(self) -> bool:
        """Whether a decided verdict differs from the literature's. `unclear` decides nothing."""
        decided = self.verdict in ("holds", "depends", "fails")
        return decided and self.expected is not None and self.verdict != self.expected
