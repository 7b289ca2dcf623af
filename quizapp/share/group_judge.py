"""What runs by others amount to, by the bench's own rules: no outcome and no verdict is taken from a file.

Of a run of the experiment that is here, bounds, arms and meanings are the experiment's, and the interval must
follow from the values. Of another version only outcomes can be drawn again, from its own interval and bounds.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from itertools import chain

from quizapp import claims
from quizapp.evidence import CheckResult, Run
from quizapp.model import Status
from quizapp.verifiers import verdict
from quizapp.verifiers.catalogue import Experiment


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run after it was judged again."""

    run: Run
    """With outcomes and status as they follow from its numbers."""
    known: bool
    """Whether its fingerprint is that of the experiment here."""
    lies: tuple[str, ...] = ()
    """What the file says that does not follow."""


def judged(run: Run) -> Judged:
    """The run as the rules have it."""
    here = claims.experiment(run.experiment)
    known = here is not None and here.fingerprint == run.fingerprint
    lies: list[str] = []
    checks = []
    for check in run.checks:
        fair = _declared(check, here, lies) if here is not None and known else check
        if fair is None:
            continue
        outcome = verdict.outcome(fair.low, fair.high, fair.bounds)
        if outcome != check.outcome:
            lies.append(f"{check.name} says {check.outcome}; its numbers say {outcome}")
        checks.append(dataclasses.replace(fair, outcome=outcome))
    amiss = _amiss(checks, here if known else None)
    if amiss and run.status == "ok":
        lies.append(f"says its controls are as they must be, and {amiss}")
    doubt = amiss or (run.reason or "it says so itself" if run.status != "ok" else "")
    status: Status = "invalid" if doubt else "ok"
    fair_run = dataclasses.replace(run, checks=tuple(checks), status=status, reason=doubt)
    return Judged(run=fair_run, known=known, lies=tuple(lies))


def fair(run: Run) -> Run:
    """The run as the rules have it; what its file says that its numbers do not is a note."""
    found = judged(run)
    if not found.lies:
        return found.run
    note = f"Its file says what its numbers do not: {'; '.join(found.lies)}."
    return dataclasses.replace(found.run, notes=(*found.run.notes, note))


def _declared(check: CheckResult, here: Experiment, lies: list[str]) -> CheckResult | None:
    """The check as the experiment declares it, with an interval that follows; None: there is none."""
    rule = here.checks.get(check.name)
    if rule is None:
        lies.append(f"{check.name} is no check of {here.name}")
        return None
    if (check.bounds, check.arm, check.must) != (rule.bounds, rule.arm, rule.must):
        lies.append(f"{check.name} has other bounds or another arm than the experiment")
    said = (check.estimate, check.low, check.high)
    # How many looks were planned is not in a run, so any plan that gives the interval will do.
    plans = sorted(range(1, len(here.looks) + 2), key=lambda looks: looks != len(here.looks))
    nothing = (math.nan, math.nan, math.nan)
    drawn = (
        verdict.interval(rule.interval, check.values, looks) if check.values else nothing for looks in plans
    )
    fair = next(drawn)
    if not any(all(map(_same, said, one)) for one in chain([fair], drawn)):
        lies.append(f"{check.name} has an interval that does not follow from its values")
        said = fair
    fixed = {name: getattr(rule, name) for name in ("bounds", "arm", "must", "unit", "meaning")}
    return dataclasses.replace(check, estimate=said[0], low=said[1], high=said[2], **fixed)


def _same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-12)


def _amiss(checks: list[CheckResult], here: Experiment | None) -> str:
    """What is wrong with the controls; empty when they came out as they must."""
    if here is not None:
        missing = here.checks.keys() - {check.name for check in checks}
        if missing:
            return f"{', '.join(sorted(missing))} is missing"
    elif not any(check.arm == "control" for check in checks):
        return "there is no control"
    wrong = [check.name for check in checks if not check.tripped]
    return f"{', '.join(wrong)} did not come out as it must" if wrong else ""
