"""The claim catalogue joined to the bench: what settles a claim, and what the runs say about it.

Experiments are read with ast; torch is never imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quizapp.evidence import Beside, CheckResult, Evidence, Figure, Run
from quizapp.model import Claim, VerdictName
from quizapp.verifiers import catalogue
from quizapp.verifiers.catalogue import Experiment
from quizapp.verifiers.outside import compare

NOT_VERDICTS = ("crashed", "timeout", "cancelled", "invalid")
"""What a run can be instead of decided, worst first. None of them is ever good news."""


def experiment(name: str) -> Experiment | None:
    """The experiment of that name, None when there is none to be read; `quizapp check` says what ails it."""
    try:
        return catalogue.read(name)
    except (LookupError, ValueError):
        return None


def judge(claim: Claim, runs: Mapping[str, Run]) -> Evidence | None:
    """What the runs (experiment -> run) say about a claim; None when one of its experiments has not run.

    holds:   every support passes and every limit fails
    depends: every support passes and at least one limit passes
    fails:   some support fails
    unclear: anything else
    """
    needed = [runs[name] for name in claim.experiments if name in runs]
    if not claim.checks or len(needed) < len(claim.experiments):
        return None
    devices = {run.device for run in needed}
    # Runs on different kinds of device have no one expectation to differ from.
    device = devices.pop() if len(devices) == 1 else ""
    expected: VerdictName | None = getattr(claim.expected, device, None) if claim.expected else None
    verdict, reason, conditions = _verdict(claim, needed)
    return Evidence(
        claim=claim.id,
        verdict=verdict,
        expected=expected,
        conditions=conditions,
        runs=tuple(needed),
        reason=reason,
        stale=any(is_stale(run) for run in needed),
        beside=tuple(found for run in needed for found in _beside(claim, run)),
    )


def _beside(claim: Claim, run: Run) -> Iterable[Beside]:
    """Published numbers that stand beside a check which the claim shows, against those of the run."""
    known = experiment(run.experiment)
    measured: dict[str, CheckResult | Figure] = {check.name: check for check in run.checks}
    measured |= {figure.name: figure for figure in run.figures}
    shown = {name for name, _ in claim.shown}
    for row in known.outside if known else ():
        if f"{run.experiment}.{row.beside}" in shown:
            yield compare(row, measured)


def verdicts(claims: Iterable[Claim], runs: Mapping[str, Run]) -> dict[str, str]:
    """Claim -> its verdict by these runs, stale or not; left out while its experiments have not all run."""
    found = {}
    for claim in claims:
        needed = [runs[name] for name in claim.experiments if name in runs]
        if claim.checks and len(needed) == len(claim.experiments):
            found[claim.id] = _verdict(claim, needed)[0]
    return found


def is_stale(run: Run) -> bool:
    """Whether the experiment is not what was run."""
    known = experiment(run.experiment)
    return known is None or known.fingerprint != run.fingerprint


def _verdict(claim: Claim, runs: Iterable[Run]) -> tuple[str, str, tuple[str, ...]]:
    """(verdict, reason, conditions) of a claim whose experiments have all run."""
    by_status = {run.status: run for run in runs}
    for status in NOT_VERDICTS:
        if status in by_status:
            return status, f"{by_status[status].experiment}: {by_status[status].reason}", ()
    outcomes = {f"{run.experiment}.{check.name}": check.outcome for run in runs for check in run.checks}
    supports = {name: outcomes.get(name, "missing") for name in claim.supports}
    limits = {limit: outcomes.get(limit.check, "missing") for limit in claim.limits}
    failed = [name for name, outcome in supports.items() if outcome == "fail"]
    if failed:
        return "fails", f"{', '.join(failed)} came out wholly outside its bounds", ()
    open_ = [name for name, outcome in supports.items() if outcome != "pass"]
    if open_:
        return "unclear", f"{', '.join(open_)} could not be decided", ()
    conditions = tuple(limit.sentence for limit, outcome in limits.items() if outcome == "pass")
    if conditions:
        return "depends", "", conditions
    open_ = [limit.check for limit, outcome in limits.items() if outcome != "fail"]
    if open_:
        return "unclear", f"{', '.join(open_)} could not be decided", ()
    return "holds", "", ()


def standing(claim: Claim, evidence: Evidence | None) -> str:
    """The state of a claim's evidence: `cited`, `none`, `fresh` or `stale`."""
    if not claim.checks:
        return "cited"
    if evidence is None:
        return "none"
    return "stale" if evidence.stale else "fresh"
