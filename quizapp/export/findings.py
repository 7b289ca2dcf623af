"""What the bench found about a claim, in words and rows of text. Plain text: formats escape it.

Evidence that is missing, stale, invalid or surprising is said in a sentence of its own; nothing here
may make a run that did not come to its end sound like good news.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from quizapp import claims
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim
from quizapp.report import UNKNOWN, number, reference_text, stopped
from quizapp.verifiers.wire import CheckResult

VERDICTS = {
    "holds": "Holds: every check came out as the claim needs.",
    "depends": "Depends:",
    "fails": "Fails:",
    "unclear": "Unclear:",
    "invalid": "Invalid run: a control did not come out as it must, so nothing follows from it.",
    "crashed": "The run crashed, so nothing follows from it.",
    "timeout": "The run ran out of time, so nothing follows from it.",
    "cancelled": "The run was cancelled, so nothing follows from it.",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One check as text."""

    name: str
    role: str
    """support, limit, control, or nothing for a check that other claims draw on."""
    must: str
    """What a control must come out as."""
    estimate: str
    interval: str
    bounds: str
    outcome: str
    tripped: bool
    """Whether a control came out as it must."""
    meaning: str


def whose(evidence: Evidence) -> str:
    """Who measured what is not the learner's own, as a sentence begins."""
    return f"{evidence.origin[:1].upper()}{evidence.origin[1:]}" if evidence.origin else "The reference"


def state(claim: Claim, evidence: Evidence | None) -> str:
    """One word for tags: cited, not-run, stale, or the verdict."""
    standing = claims.standing(claim, evidence)
    if evidence is None:
        return {"cited": "cited", "none": "not-run"}[standing]
    return "stale" if evidence.stale else evidence.verdict


def sentence(claim: Claim, evidence: Evidence | None) -> str:
    """What the evidence says, with everything that speaks against relying on it."""
    if not claim.checks:
        return f"Cited from the literature; it cannot be tested here. {stopped(claim.untestable)}".strip()
    if evidence is None:
        return f"Not run yet. Run it with: {command(claim, None)}"
    said = [VERDICTS.get(evidence.verdict, f"{evidence.verdict.capitalize()}:")]
    said += [stopped(condition) for condition in evidence.conditions]
    if evidence.reason:
        said.append(stopped(evidence.reason))
    if evidence.surprise:
        said.append(f"A surprise: the literature leads one to expect “{evidence.expected}”.")
    if evidence.stale and evidence.origin:
        said.append(UNKNOWN)
    elif evidence.stale:
        said.append("Stale: the bench has changed since this was measured; run it again.")
    return " ".join(said)


def command(claim: Claim, evidence: Evidence | None) -> str:
    """The command that reruns it."""
    words = ["quizapp", "prove", claim.id]
    run = evidence.runs[0] if evidence is not None and evidence.runs else None
    if run is not None and run.profile != "quick":
        words += ["--profile", run.profile]
    if run is not None and run.device:
        words += ["--device", run.device]
    return shlex.join(words)


def rows(claim: Claim, evidence: Evidence, every: bool = True) -> list[Row]:
    """Supports, limits, others worth seeing, controls; with `every` also what else was measured."""
    roles = dict(claim.shown)
    order = {"support": 0, "limit": 1, "also": 2, "control": 3, "": 4}
    found = []
    for run in evidence.runs:
        for check in run.checks:
            name = f"{run.experiment}.{check.name}"
            role = "control" if check.arm == "control" else roles.get(name, "")
            found.append(check_row(name, check, role))
    found.sort(key=lambda row: order[row.role])
    return [row for row in found if every or row.role]


def check_row(name: str, check: CheckResult, role: str) -> Row:
    """One check as text. role: as in `Row`."""
    return Row(
        name=name,
        role=role,
        must=check.must,
        estimate=f"{number(check.estimate)} {check.unit}".strip(),
        interval=f"{number(check.low)} to {number(check.high)}",
        bounds=bounds(check),
        outcome=check.outcome if check.tripped else f"{check.outcome}, but must {check.must}",
        tripped=check.tripped,
        meaning=check.meaning,
    )


def bounds(check: CheckResult) -> str:
    """The bounds of a check in words."""
    low, high = check.bounds
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    if low is not None:
        return f"at least {number(low)}"
    return "none" if high is None else f"at most {number(high)}"


def facts(run: Run) -> list[tuple[str, str]]:
    """Under which circumstances a run was made: (what, value)."""
    known = {
        "Experiment": f"{run.experiment}, profile {run.profile}",
        "Status": f"{run.status}{': ' + run.reason if run.reason else ''}",
        "Seeds": _seeds(run.seeds),
        "Seconds": f"{run.seconds:.3g}",
        "Device": f"{run.device}, {run.machine}".strip(", "),
        "Threads": str(run.threads or ""),
        "Versions": ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items())),
        "Date": run.at,
        "Fingerprint": run.fingerprint,
    }
    return [(name, value) for name, value in known.items() if value]


def _seeds(seeds: Iterable[int]) -> str:
    """`0 to 7 (8)` for a range, all of them otherwise."""
    known = sorted(seeds)
    if not known:
        return "none: exact"
    if len(known) > 2 and known == list(range(known[0], known[-1] + 1)):
        return f"{known[0]} to {known[-1]} ({len(known)})"
    return ", ".join(map(str, known))


def told(claim: Claim, evidence: Evidence | None, references: Iterable[Evidence]) -> list[str]:
    """A claim and its evidence in a few lines, for where there is no room for rows."""
    lines = [f"“{' '.join(claim.says.split())}” {sentence(claim, evidence)}"]
    lines += [circumstances(run) for run in (evidence.runs if evidence is not None else ())]
    lines += [reference_text(reference) for reference in references]
    lines.append(f"Better said: {stopped(claim.correct)}")
    return [*lines, f"Again: {command(claim, evidence)}"] if claim.checks else lines


def circumstances(run: Run) -> str:
    """Where, when and with which seeds a run was made."""
    known = dict(facts(run))
    where = known.get("Device", "an unknown device")
    return (
        f"Measured by {run.experiment}, profile {run.profile}, on {where}; {run.at[:10] or 'date unknown'}; "
        f"seeds {known['Seeds']}."
    )
