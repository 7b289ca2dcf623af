"""What a choice rests on: its claims with their newest verdicts, and what the bench measured about its rules.

The learner's own runs come first, else those that came with quizapp. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quizapp import claims
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim
from quizapp.picker.choose import Choice
from quizapp.reference import Reference


@dataclass(frozen=True, kw_only=True)
class Rest:
    """A claim, with what is known of it."""

    claim: str
    says: str
    correct: str
    testable: bool
    verdict: str
    """Of the newest evidence; `cited` where nothing can be run, `not run` where nothing was."""
    whose: str
    """`yours`, `reference`, or nothing."""
    conditions: tuple[str, ...] = ()
    stale: bool = False
    """Whether the experiment has changed since."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A number that the bench measured."""

    check: str
    says: str
    value: float
    low: float
    high: float
    unit: str
    whose: str
    device: str
    at: str


def rests(
    choice: Choice, bank: Mapping[str, Claim], runs: Mapping[str, Run], reference: Reference
) -> tuple[Rest, ...]:
    """The claims behind a choice: of what decided, then of who is ahead, then of who is out."""
    named = [id_ for part in choice.deciding for id_ in part.rule.claims]
    named += [id_ for one in choice.best for id_ in one.candidate.claims]
    if choice.warning:
        named.insert(0, "refuse-pure-rnn-over-1b-tokens")
    named += [id_ for one in choice.out for rule, _ in one.excluded for id_ in rule.claims]
    known = [bank[id_] for id_ in dict.fromkeys(named) if id_ in bank]
    return tuple(_rest(claim, runs, reference) for claim in known)


def _rest(claim: Claim, runs: Mapping[str, Run], reference: Reference) -> Rest:
    evidence, whose = newest(claim, runs, reference)
    return Rest(
        claim=claim.id,
        says=" ".join(claim.says.split()),
        correct=" ".join(claim.correct.split()),
        testable=bool(claim.checks),
        verdict=evidence.verdict if evidence else "not run" if claim.checks else "cited",
        whose=whose,
        conditions=evidence.conditions if evidence else (),
        stale=evidence is not None and evidence.stale,
    )


def newest(claim: Claim, runs: Mapping[str, Run], reference: Reference) -> tuple[Evidence | None, str]:
    """The learner's own evidence for a claim, else what came with quizapp, and whose it is."""
    if (own := claims.judge(claim, runs)) is not None:
        return own, "yours"
    shipped = reference.evidence(claim)
    return (shipped[0], "reference") if shipped else (None, "")


def measured(choice: Choice, runs: Mapping[str, Run], reference: Reference) -> tuple[Found, ...]:
    """What was measured about the rules that speak for or against the best and the runner-up."""
    of = [*choice.best, *([choice.runner_up] if choice.runner_up else [])]
    rules = {part.rule.id: part.rule for part in choice.deciding}
    rules |= {part.rule.id: part.rule for one in of for part in one.parts}
    asked = {one.check: one.says for rule in rules.values() for one in rule.measured}
    return tuple(
        found for name, says in asked.items() for found in _newest_check(name, says, runs, reference)
    )


def _newest_check(name: str, says: str, runs: Mapping[str, Run], reference: Reference) -> Iterator[Found]:
    """The check in the learner's newest run, else in one that came with quizapp; none that is invalid."""
    experiment, _, check = name.partition(".")
    at_hand = [("yours", runs)] + [("reference", shipped) for shipped in reference.runs.values()]
    for whose, known in at_hand:
        run = known.get(experiment)
        for result in run.checks if run is not None and run.status == "ok" else ():
            if run is not None and result.name == check:
                yield Found(
                    check=name,
                    says=says,
                    value=result.estimate,
                    low=result.low,
                    high=result.high,
                    unit=result.unit,
                    whose=whose,
                    device=run.device,
                    at=run.at[:10],
                )
                return
