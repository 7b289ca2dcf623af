"""What a proof comes to, as text: checks against their bounds, where the numbers come from. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from quizapp import toy_table
from quizapp.evidence import Evidence
from quizapp.model import Claim
from quizapp.report import beside_text, reference_text
from quizapp.ui.look import OUTCOMES, amount, bold, dim, gauge, lines
from quizapp.verifiers.wire import CheckResult


def control(check: CheckResult) -> Content:
    """A control in one line: it is good when it came out as it must, whatever that is."""
    sign, style = ("✓ tripped", "$text-success") if check.tripped else ("! NOT SO", "bold $text-error")
    return Content.assemble(
        (f"{sign:<10}", style),
        (f"must {check.must:<5}", "dim"),
        f"{amount(check.estimate):>10} {check.name}",
    )


def check(check: CheckResult, role: str, *, full: bool) -> list[Content | str]:
    """A check against its bounds: one line while it runs, three when there is time to read."""
    sign, style = OUTCOMES[check.outcome]
    first = [(f"{sign} {check.outcome:<8}", style), (f"{role:<8}", "dim")]
    if not full:
        strip = gauge(check.low, check.high, check.bounds, width=12)
        return [Content.assemble(*first, strip, f" {amount(check.estimate):>9} {check.name}")]
    low, high = (("-∞", "∞")[i] if b is None else amount(b) for i, b in enumerate(check.bounds))
    return [
        Content.assemble(*first, (check.name, "bold")),
        Content.assemble(
            "  ",
            gauge(check.low, check.high, check.bounds),
            f" {amount(check.estimate)} [{amount(check.low)}, {amount(check.high)}] {check.unit}",
            (f"  wants {low} to {high}", "dim"),
        ),
        dim(f"  {check.meaning}"),
    ]


def agreement(evidence: Evidence) -> str:
    """Whether the verdict is what the literature leads one to expect."""
    if evidence.expected is None:
        return ""
    if evidence.surprise:
        return f"   a surprise: the literature leads one to expect {evidence.expected}"
    return "   as expected from the literature" if evidence.verdict == evidence.expected else ""


def provenance(claim: Claim, evidence: Evidence, references: Iterable[Evidence]) -> Content:
    """Everything needed to doubt the verdict."""
    rows: list[Content | str] = [dim(beside_text(beside)) for beside in evidence.beside]
    rows += [line for run in evidence.runs for line in toy_table.under(run)]
    rows += [""] * bool(rows)
    for run in evidence.runs:
        seeds = f"{len(run.seeds)} seed{'s' * (len(run.seeds) != 1)}"
        versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
        rows += [
            dim(f"{run.experiment}: {seeds}, {run.seconds:.1f} s, {run.device} ({run.machine}), {versions}"),
            dim(f"  {run.at}  fingerprint {run.fingerprint}"),
            *[dim(f"  note: {note}") for note in run.notes],
        ]
    rows += [dim(reference_text(shipped)) for shipped in references]
    read = [
        f"  {source.ref} ({'not read' if source.seen == 'no' else source.seen})" for source in claim.sources
    ]
    return lines(*rows, dim(f"again: quizapp prove {claim.id}"), "", bold("Sources"), *read)
