"""What was measured, on paper: claim by claim what was found, then every run once, with its plot."""

from __future__ import annotations

from quizapp.evidence import Evidence, Run
from quizapp.export import findings, picture
from quizapp.export.deck import Deck
from quizapp.export.pdf import curves
from quizapp.export.pdf.paper import GREY, SMALL, Line, Paper
from quizapp.model import Claim
from quizapp.report import beside_text, reference_text, stopped


def runs(deck: Deck) -> dict[str, Run]:
    """The runs behind the evidence, each once; the reference's or others' for what has not been run here."""
    found: dict[str, Run] = {}
    for id_ in deck.claims:
        shown = _shown(deck, id_)
        for run in shown.runs if shown is not None else ():
            if run.experiment not in found or shown is deck.evidence.get(id_):
                found[run.experiment] = run
    return found


def _shown(deck: Deck, claim: str) -> Evidence | None:
    """The evidence of a claim whose numbers are printed."""
    return deck.evidence.get(claim) or next(iter(deck.references.get(claim, ())), None)


def write(paper: Paper, deck: Deck, known: dict[str, Run]) -> None:
    """Both parts, if there is anything to say."""
    if deck.claims:
        paper.part("Evidence")
    for claim in deck.claims.values():
        paper.part(claim.id, 1)
        paper.place(_claim(paper, deck, claim, deck.evidence.get(claim.id)), 0)
    if known:
        paper.part("Runs")
    others = {id(run): one for pieces in deck.references.values() for one in pieces for run in one.runs}
    own = {id(run) for evidence in deck.evidence.values() if evidence is not None for run in evidence.runs}
    for name, run in known.items():
        paper.part(name, 1)
        _run(paper, run, None if id(run) in own else others.get(id(run)))


def _claim(paper: Paper, deck: Deck, claim: Claim, evidence: Evidence | None) -> list[Line]:
    lines = [Line(height=0.01, pieces=((0.0, "", ""),), mark=f"claim {claim.id}")]
    lines += paper.text_lines(f"“{' '.join(claim.says.split())}”", after=1.0)
    lines += paper.text_lines(findings.sentence(claim, evidence), style="B", after=1.0)
    shown = _shown(deck, claim.id)
    for run in evidence.runs if evidence is not None else ():
        lines += paper.text_lines(findings.circumstances(run), size=SMALL, link=f"run {run.experiment}")
    for reference in deck.references.get(claim.id, ()):
        lines += paper.text_lines(reference_text(reference), size=SMALL)
    lines.append(Line(height=1.0))
    lines += paper.text_lines(f"Better said: {stopped(claim.correct)}", after=1.0)
    if shown is not evidence:
        measured = f"{findings.whose(shown)} measured:" if shown is not None else ""
        lines += paper.text_lines(measured, size=SMALL, indent=4.0, after=0.6)
    rows = findings.rows(claim, shown, every=False) if shown is not None else []
    for row in rows:
        lines += _row(paper, row) if row.role != "control" else []
    lines += _controls(paper, [row for row in rows if row.role == "control"])
    for beside in shown.beside if shown is not None else ():
        lines += paper.text_lines(beside_text(beside), size=SMALL, after=0.8)
    sources = "; ".join(one.ref + (f", {one.locator}" if one.locator else "") for one in claim.sources)
    lines += paper.text_lines(
        f"In the literature: {claim.standing}. {sources}", size=SMALL, colour=GREY, after=0.8
    )
    if claim.checks:
        lines += paper.text_lines(f"Again: {findings.command(claim, evidence)}", style="M", size=SMALL)
    return lines


def _controls(paper: Paper, controls: list[findings.Row]) -> list[Line]:
    """How many came out as they must, and those that did not; all of them stand with their run."""
    tripped = sum(row.tripped for row in controls)
    said = f"Controls: {tripped} of {len(controls)} came out as they must."
    wrong = [line for row in controls if not row.tripped for line in _row(paper, row)]
    return [*paper.text_lines(said, size=SMALL, indent=4.0, after=0.8), *wrong] if controls else []


def _row(paper: Paper, row: findings.Row) -> list[Line]:
    """A check: what it came out as, the number, and what it says."""
    role = f"{row.role}, must {row.must}" if row.must else row.role
    number = f"{row.estimate}, interval {row.interval}; bounds: {row.bounds}"
    return [
        *paper.text_lines(f"{row.outcome} · {row.name} ({role})", style="B", size=SMALL, indent=4.0),
        *paper.text_lines(number, size=SMALL, indent=4.0),
        *paper.text_lines(row.meaning, size=SMALL, indent=4.0, colour=GREY, after=0.8),
    ]


def _run(paper: Paper, run: Run, other: Evidence | None) -> None:
    """A run. other: the evidence it is of, when it is not the learner's."""
    lines = [Line(height=0.01, pieces=((0.0, "", ""),), mark=f"run {run.experiment}")]
    if other is not None:
        whose = f"from {other.origin}" if other.origin else "the reference that came with quizapp"
        lines += paper.text_lines(f"Not run here yet: this is {whose}.", size=SMALL)
    facts = "; ".join(f"{name.lower()}: {value}" for name, value in findings.facts(run))
    lines += paper.text_lines(facts, size=SMALL)
    for note in run.notes:
        lines += paper.text_lines(f"Note: {note}", size=SMALL, colour=GREY)
    lines.append(Line(height=1.0))
    for check in run.checks:
        if check.arm == "control":
            lines += _row(paper, findings.check_row(f"{run.experiment}.{check.name}", check, "control"))
    paper.place(lines, 0)
    if picture.drawable(run.plot):
        curves.draw(paper, run.plot)
