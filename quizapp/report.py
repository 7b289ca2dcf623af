"""Evidence and claims as text and as plain data, for people and for machines.

Pure functions of what they are handed. Knows no Textual, no clock and no terminal: whoever calls says
whether there are colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quizapp import toy_table
from quizapp.evidence import Beside, Evidence, Run
from quizapp.model import Claim
from quizapp.verifiers.wire import CheckResult

VERDICTS = {
    "holds": "HOLDS: every supporting check passed and no condition was found.",
    "depends": "DEPENDS: it holds, but not without conditions.",
    "fails": "FAILS: what it says was measured to be otherwise.",
    "unclear": "UNCLEAR: the measurement does not decide it.",
    "invalid": "INVALID: a control came out wrong, so this run says nothing about the claim.",
    "crashed": "CRASHED: the experiment did not come to its end, so nothing is known.",
    "timeout": "TIMEOUT: the experiment was stopped before its end, so nothing is known.",
    "cancelled": "CANCELLED: the experiment was stopped before its end, so nothing is known.",
}
"""Every verdict in words; the first word is the verdict."""

UNKNOWN = "Its fingerprint is unknown here: another version of the experiment."
"""Of what others measured with an experiment that is not the one here."""
BROKEN = ("crashed", "timeout", "cancelled")
"""Runs that did not come to their end."""

_COLOURS = {"red": 31, "green": 32, "yellow": 33}


def paint(text: str, colour: str, on: bool) -> str:
    """The text in a colour, or plain."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if on else text


def table(rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    """Rows of the same length as aligned lines."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def number(value: float) -> str:
    """Four figures, or what it is instead of a number."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.4g}"


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value as JSON can say it: numbers that are not finite become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


# ---- one claim, proved ----------------------------------------------------------------------------


def severity(evidence: Evidence) -> int:
    """The exit code a piece of evidence deserves: 0 as expected, 1 look at it, 2 it did not run."""
    if evidence.verdict in BROKEN:
        return 2
    return int(evidence.surprise or evidence.verdict in ("invalid", "unclear"))


def rerun(evidence: Evidence, seeds: int | None = None) -> str:
    """The command that measures it again the same way."""
    words = ["quizapp prove", evidence.claim]
    if evidence.runs:
        run = evidence.runs[0]
        words += [f"--profile {run.profile}"] + ([f"--device {run.device}"] if run.device else [])
    return " ".join(words + ([f"--seeds {seeds}"] if seeds is not None else []))


def _joined(runs: Sequence[Run], name: str) -> str:
    """A property of the runs; where they differ, every value."""
    return "+".join(dict.fromkeys(str(getattr(run, name)) for run in runs if getattr(run, name)))


def _seeds(runs: Sequence[Run]) -> tuple[int, ...]:
    return max((run.seeds for run in runs), key=len, default=())


def evidence_data(evidence: Evidence, seeds: int | None = None) -> dict[str, Any]:
    """Evidence as plain data. Where a claim drew on several experiments their runs are summed up."""
    runs = evidence.runs
    versions: dict[str, str] = {}
    for run in runs:
        versions |= run.versions
    data = {
        "claim": evidence.claim,
        "verdict": evidence.verdict,
        "expected": evidence.expected,
        "surprise": evidence.surprise,
        "checks": [_check_data(run.experiment, check) for run in runs for check in run.checks],
        "seeds": _seeds(runs),
        "seconds": sum(run.seconds for run in runs),
        "device": _joined(runs, "device"),
        "machine": _joined(runs, "machine"),
        "threads": max((run.threads for run in runs), default=0),
        "versions": versions,
        "profile": _joined(runs, "profile"),
        "fingerprint": _joined(runs, "fingerprint"),
        "at": max((run.at for run in runs), default=""),
        "reason": evidence.reason,
        "conditions": evidence.conditions,
        "published": [_beside_data(beside) for beside in evidence.beside],
        "stale": evidence.stale,
        "rerun": rerun(evidence, seeds),
    }
    return dict(plain(data))


def _check_data(experiment: str, check: CheckResult) -> dict[str, Any]:
    return {
        "name": f"{experiment}.{check.name}",
        "arm": check.arm,
        "must": check.must,
        "unit": check.unit,
        "estimate": check.estimate,
        "low": check.low,
        "high": check.high,
        "bounds": check.bounds,
        "values": check.values,
        "outcome": check.outcome,
    }


def _beside_data(beside: Beside) -> dict[str, Any]:
    row = beside.row
    return {
        "what": row.what,
        "published": row.number,
        "parts": row.published,
        "unit": row.unit,
        "source": row.source,
        "from_memory": row.from_memory,
        "ours": row.ours,
        "estimate": beside.estimate,
        "low": beside.low,
        "high": beside.high,
        "agrees_in": row.agrees_in,
        "margin": row.margin,
        "bounds": row.bounds,
        "outcome": beside.outcome,
        "why": row.why,
    }


def beside_text(beside: Beside) -> str:
    """A published number beside what was measured here, and whether they agree, in words."""
    row, outcome = beside.row, beside.outcome
    source = f"{row.unit}; {row.source}{', from memory' if row.from_memory else ''}"
    said = f"Published: {row.what}: {_sum(row.published, row.number)} ({source})."
    if outcome == "not measured":
        return f"{said} Here: not measured in this profile or on this device."
    parts = beside.shown if len(beside.shown) == 1 else (beside.shown[0], row.ours[1], beside.shown[1])
    ours = f"{_sum(parts, beside.estimate)} ({beside.unit})"
    if beside.low < beside.high:
        ours += f" [{_amount(beside.low)}, {_amount(beside.high)}]"
    margin = {
        "value": f"within {_amount(row.margin)} of it",
        "ratio": f"within a factor of {_amount(row.margin)}",
        "direction": f"{'above' if row.number > row.margin else 'below'} {_amount(row.margin)}",
    }[row.agrees_in]
    return f"{said} Here: {ours}: {outcome} in {row.agrees_in} ({margin}). {stopped(row.why)}"


def _sum(side: Sequence[Any], joined: float) -> str:
    """`4 / 2 = 2` for two numbers, one as it is."""
    if len(side) == 1:
        return _amount(side[0])
    return f"{_amount(side[0])} {side[1]} {_amount(side[2])} = {_amount(joined)}"


def _amount(value: float) -> str:
    """Whole numbers in full, others to four figures."""
    whole = math.isfinite(value) and value == round(value) and abs(value) < 1e9
    return f"{round(value):,}" if whole else number(value)


def evidence_text(
    claim: Claim,
    evidence: Evidence,
    *,
    references: Iterable[Evidence] = (),
    colour: bool = False,
    seeds: int | None = None,
) -> str:
    """Evidence as a person reads it: the sentence, the verdict, the checks, the controls, the doubts."""
    shade = ("green", "yellow", "red")[severity(evidence)]
    lines = [claim.id, f"  “{' '.join(claim.says.split())}”"]
    lines.append("  " + paint(VERDICTS[evidence.verdict], shade, colour))
    if evidence.reason:
        lines.append(f"  Why: {evidence.reason}")
    lines += [f"  Condition: {' '.join(sentence.split())}" for sentence in evidence.conditions]
    if evidence.surprise:
        said = f"the literature leads one to expect `{evidence.expected}` here"
        lines.append("  " + paint(f"SURPRISE: {said}, and this is `{evidence.verdict}`.", "yellow", colour))
    elif evidence.expected is None and evidence.verdict in ("holds", "depends", "fails"):
        lines.append("  Nobody has written down what to expect of it.")
    ended = [run for run in evidence.runs if run.status not in BROKEN]
    if any(run.checks for run in ended):
        lines += ["", *_checks(claim, evidence, colour)]
    if ended and evidence.beside:
        lines += ["", *(f"  {beside_text(beside)}" for beside in evidence.beside)]
    for run in ended:
        lines += [f"  {line}".rstrip() for line in toy_table.under(run)]
    if ended:
        lines += ["", *_circumstances(evidence, ended)]
    lines += [f"  {reference_text(reference)}" for reference in references]
    lines.append(f"  Rerun: {rerun(evidence, seeds)}")
    return "\n".join(lines)


def reference_text(evidence: Evidence) -> str:
    """Reference evidence in words: where it was measured, what came out, what speaks against it."""
    runs = evidence.runs
    device = ", ".join(filter(None, (_joined(runs, "device"), _joined(runs, "machine"))))
    where = f"{device}; profile {_joined(runs, 'profile')}"
    when = max(run.at for run in runs)[:10]
    whose = f"From {evidence.origin}" if evidence.origin else "Reference"
    said = [f"{whose} ({where}, {_count(len(_seeds(runs)), 'seed')}, {when}): {evidence.verdict}."]
    said += [stopped(condition) for condition in evidence.conditions]
    if evidence.surprise:
        said.append(f"A surprise: the literature leads one to expect “{evidence.expected}”.")
    if evidence.stale and evidence.origin:
        said.append(UNKNOWN)
    elif evidence.stale:
        said.append("Stale: the bench has changed since this was measured.")
    return " ".join(said)


def stopped(text: str) -> str:
    """The text, one line, with a stop at its end."""
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _checks(claim: Claim, evidence: Evidence, colour: bool) -> list[str]:
    """The checks this claim rests on, then the controls of the experiments it draws on."""
    roles = dict(claim.shown)
    found = [
        (f"{run.experiment}.{check.name}", check)
        for run in evidence.runs
        for check in run.checks
        if check.arm == "control" or f"{run.experiment}.{check.name}" in roles
    ]
    order = {"support": 0, "limit": 1, "also": 2}
    found.sort(key=lambda pair: order.get(roles.get(pair[0], ""), 3))
    rows = [("check", "estimate", "interval", "bounds", "outcome", "role")]
    shades = [""]
    for name, check in found:
        interval = f"[{number(check.low)}, {number(check.high)}]"
        estimate = f"{number(check.estimate)} {check.unit}".strip()
        role = roles.get(name, "")
        if check.arm == "control":
            role = f"control, must {check.must}: {'it does' if check.tripped else 'IT DOES NOT'}"
        rows.append((name, estimate, interval, bounds(check.bounds), check.outcome, role))
        bad = not check.tripped or check.outcome == "unclear"
        shades.append("red" if bad else "")
    lines = table(rows, "  ")
    return [paint(line, shade, colour) if shade else line for line, shade in zip(lines, shades, strict=True)]


def bounds(given: tuple[float | None, float | None]) -> str:
    """Bounds as a person writes them."""
    low, high = given
    if low is None and high is None:
        return "any"
    if low is None or high is None:
        return f"<= {number(high)}" if high is not None else f">= {number(low or 0.0)}"
    return f"[{number(low)}, {number(high)}]"


def _circumstances(evidence: Evidence, ended: Sequence[Run]) -> list[str]:
    """Where and how it was measured."""
    versions = ", ".join(f"{name} {version}" for run in ended[:1] for name, version in run.versions.items())
    machine = _joined(ended, "machine")
    if "thread" not in machine:
        machine += f", {_count(max(run.threads for run in ended), 'thread')}"
    lines = [
        f"  Measured on {_joined(ended, 'device')} ({machine}): {_count(len(_seeds(ended)), 'seed')}, "
        f"{sum(run.seconds for run in ended):.1f} s, profile {_joined(ended, 'profile')}",
        f"  at {max(run.at for run in ended)} with {versions}; fingerprint {_joined(ended, 'fingerprint')}",
    ]
    lines += [f"  Note: {note}" for note in dict.fromkeys(note for run in ended for note in run.notes)]
    if evidence.stale:
        lines.append("  STALE: the experiment has changed since.")
    return lines


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---- all claims -----------------------------------------------------------------------------------


def expected_text(claim: Claim) -> str:
    """What to expect of a claim, per kind of device where that differs."""
    if claim.expected is None:
        return "-"
    said = {device: str(getattr(claim.expected, device)) for device in ("cpu", "cuda", "mps")}
    if len(set(said.values())) == 1:
        return said["cpu"]
    return ", ".join(f"{verdict} on {device}" for device, verdict in said.items())


def claim_data(claim: Claim, evidence: Evidence | None, standing: str) -> dict[str, Any]:
    """A claim and the state of its evidence as plain data."""
    expected = claim.expected
    devices = ("cpu", "cuda", "mps")
    return {
        "claim": claim.id,
        "topic": claim.topic,
        "says": claim.says,
        "standing": claim.standing,
        "evidence": standing,
        "verdict": evidence.verdict if evidence else None,
        "surprise": evidence.surprise if evidence else None,
        "expected": {device: getattr(expected, device) for device in devices} if expected else None,
        "experiments": list(claim.experiments),
        "device": _joined(evidence.runs, "device") if evidence else None,
        "at": max((run.at for run in evidence.runs), default=None) if evidence else None,
    }


def claims_text(rows: Iterable[tuple[Claim, Evidence | None, str]], *, colour: bool = False) -> str:
    """One line per claim: id, topic, state of the evidence, last verdict, expected."""
    lines = [("claim", "topic", "evidence", "verdict", "expected")]
    shades = [""]
    for claim, evidence, standing in rows:
        verdict = evidence.verdict if evidence else "-"
        surprise = " (surprise)" if evidence and evidence.surprise else ""
        lines.append((claim.id, claim.topic, standing, verdict + surprise, expected_text(claim)))
        bad = evidence is not None and (severity(evidence) > 0 or evidence.stale)
        shades.append("yellow" if bad else "")
    return "\n".join(
        paint(line, shade, colour) if shade else line
        for line, shade in zip(table(lines), shades, strict=True)
    )
