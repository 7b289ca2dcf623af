"""What members of a study group share, honest and not, for the claims of the fixture bank."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from quizapp.evidence import Run
from quizapp.share import group
from quizapp.share.group import Answer, Member
from quizapp.verifiers import catalogue, verdict

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXPERIMENT = "gradient_distance"


def value(check: verdict.Check, outcome: str) -> float:
    """A number that lies inside the bounds of a check, or outside."""
    low, high = check.bounds
    if low is not None and high is not None:
        return (low + high) / 2 if outcome == "pass" else high + 1 + abs(high)
    edge = high if low is None else low
    assert edge is not None
    step = 1.0 + abs(edge)
    return edge + step if (low is not None) == (outcome == "pass") else edge - step


def run(device: str = "cpu", machine: str = "a box", *, fails: Iterable[str] = (), **given: object) -> Run:
    """A run whose checks pass, but for those in `fails`, and whose controls are as they must be."""
    here = catalogue.read(EXPERIMENT)
    checks = tuple(
        verdict.judge(
            check,
            [
                value(check, check.must or ("fail" if name in fails else "pass")) + seed * 1e-6
                for seed in range(5)
            ],
            len(here.looks),
        )
        for name, check in here.checks.items()
    )
    made = Run(
        experiment=EXPERIMENT,
        profile="quick",
        status="ok",
        checks=checks,
        device=device,
        machine=machine,
        seeds=tuple(range(5)),
        fingerprint=here.fingerprint,
        at="2026-03-01T10:00:00+00:00",
    )
    return dataclasses.replace(made, **given)


def answer(item: str, correct: bool, confidence: float | None = 0.9, **given: object) -> Answer:
    """An answer of the day before."""
    at = NOW - timedelta(days=1)
    made = Answer(item=item, rev=1, at=at, correct=correct, confidence=confidence, score=float(correct))
    return dataclasses.replace(made, **given)


def member(number: int, *runs: Run, name: str = "", answers: Iterable[Answer] | None = None) -> Member:
    """Somebody."""
    return Member(
        id=f"{number:016x}",
        name=name,
        newest=NOW - timedelta(hours=1),
        runs=runs,
        answers=None if answers is None else tuple(answers),
    )


def lines(one: Member) -> list[dict[str, object]]:
    """The file of a member, line by line, to change."""
    return [json.loads(line) for line in group.written(one).splitlines()]


def file(rows: Iterable[object]) -> bytes:
    """A file of these lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
