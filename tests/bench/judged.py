"""What the app would say of claims after a run, for tests that break a model and see a verdict change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from quizapp.verifiers.wire import CheckResult

from quizapp import bank, claims
from quizapp.evidence import Run

known = cache(bank.load)
"""The built-in bank, read once."""


def judged(experiment: str, results: Mapping[str, CheckResult], wanted: Collection[str]) -> dict[str, str]:
    """Claim -> verdict, by the app's own rule, for the wanted claims that this experiment settles alone.

    A broken model trips controls too, which makes a run invalid; here the verdict behind that is wanted.
    """
    run = Run(experiment=experiment, profile="quick", status="ok", checks=tuple(results.values()))
    found = {}
    for claim in known().claims.values():
        if claim.id in wanted and set(claim.experiments) == {experiment}:
            evidence = claims.judge(claim, {experiment: run})
            assert evidence is not None
            found[claim.id] = evidence.verdict
    assert found, f"no claim of {sorted(wanted)} rests on {experiment} alone"
    return found


def within(checks: Mapping[str, Mapping[str, Any]], value: float, name: str) -> bool:
    """Whether a value lies within the bounds of the check of that name."""
    low, high = checks[name]["bounds"]
    return bool((low is None or low <= value) and (high is None or value <= high))
