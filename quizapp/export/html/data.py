"""A deck as the plain data that the page reads. Knows no HTML; the page's script is the only reader.

Fields that are empty are left out. What is shared (beliefs, claims, runs) stands once and is named.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from quizapp import model, toy_table
from quizapp.evidence import Evidence, Run
from quizapp.export import findings, picture, sheet
from quizapp.export.deck import Deck, topic_name
from quizapp.grade import beside, in_full, truth_of
from quizapp.model import Claim, Item
from quizapp.report import beside_text
from quizapp.spelling import slips

Plain = dict[str, Any]
AWAY = "Not measured yet on the machine this page was made on."


def deck(deck: Deck) -> Plain:
    """Everything but the items."""
    return {
        "title": deck.title,
        "kept": deck.kept,
        "topics": {topic: topic_name(topic) for topic in deck.topics()},
        "beliefs": {id_: [one.says, one.refute] for id_, one in deck.misconceptions.items()},
        "claims": [_claim(claim, deck) for claim in deck.claims.values()],
        "runs": _runs(deck),
    }


def _full(**fields: Any) -> Plain:  # noqa: ANN401 - plain data
    """The fields that say something; a zero does."""
    return {name: value for name, value in fields.items() if value or type(value) in (int, float)}


# ---- items ----------------------------------------------------------------------------------------


def item(item: Item, deck: Deck) -> Plain:
    """One item: what it asks, how it is answered, and everything that is said afterwards."""
    written = sheet.sheet(item, deck.numbers, deck.misconceptions)
    told = isinstance(item, model.Open | model.Card)  # their tasks say the rest
    return _full(
        id=item.id,
        topic=item.topic,
        kind=item.kind,
        level=item.level,
        difficulty=item.difficulty,
        seconds=item.time_s,
        claims=item.claims,
        tags=item.tags,
        question=_question(item, written),
        code=written.code.rstrip("\n"),
        marked=item.lines if isinstance(item, model.Code) else (),
        tasks=_tasks(item, written, deck),
        answer=() if isinstance(item, model.Open) else written.answer,
        blocks=[
            [block.title, block.lines]
            for block in written.blocks
            if not told or block.title not in ("Grade yourself", "Rubric", "Red flags", "What it takes")
        ],
        aloud=item.answer_aloud,
        caveats=item.caveats,
        followups=[
            text if text in deck.ids else said
            for text, said in zip(item.followups, deck.asked_next(item), strict=True)
        ],
        sources=[source(one) for one in item.sources],
    )


def _question(item: Item, written: sheet.Sheet) -> str:
    """What is asked; the task beside it says what kind of answer is wanted."""
    match item:
        case model.TrueFalse():
            return item.statement
        case model.Estimate():
            return item.stem
    return written.question


def source(source: model.Source) -> str:
    """Where it stands, and how much of that was read."""
    where = f", {source.locator}" if source.locator else ""
    return f"{source.ref}{where} (read: {source.seen})"


def _tasks(item: Item, written: sheet.Sheet, deck: Deck) -> list[Plain]:
    """What there is to do, one after the other."""
    match item:
        case model.Order():
            return [_rank(item, written)]
        case model.Numeric() | model.PredictNumber() | model.Estimate():
            return [_number(item, deck)]
        case model.Cloze():
            return [_gap(item, gap, deck) for gap in item.accept]
        case model.Card():
            return [{"mode": "self", "lines": item.grade_yourself}]
        case model.Open():
            return [_rubric(item)]
        case model.TrueFalse():
            truth = [
                {"label": str(place), "text": name, "right": item.truth is value}
                for place, (name, value) in enumerate((("True", True), ("False", False)), 1)
            ]
            reasons = [_part(part) for part in written.parts]
            return [{"mode": "one", "prompt": "True or false?", "picks": truth}, *reasons]
        case model.Flaw():
            spans, fixes = written.parts
            wanted = tuple(dataclasses.replace(pick, right=not pick.right) for pick in spans.picks)
            return [
                _part(dataclasses.replace(spans, picks=wanted)) | {"find": True},
                _part(fixes) | {"later": True},
            ]
    mode = "many" if isinstance(item, model.Multi) else "one"
    return [_part(part) | {"mode": mode} for part in written.parts]


def _part(part: sheet.Part) -> Plain:
    picks = [
        _full(
            label=pick.label,
            text=pick.text.rstrip("\n"),
            code=pick.code,
            right=pick.right,
            why=pick.why,
            belief=pick.misconception,
        )
        for pick in part.picks
    ]
    return {"mode": "one", "prompt": part.prompt, "picks": picks} | _full(
        why=part.why, unmeasured=not part.judged
    )


def _rank(item: model.Order, written: sheet.Sheet) -> Plain:
    shown, ranked = sheet.order(item)
    (part,) = written.parts
    place = {index: at for at, index in enumerate(shown)}
    return {
        "mode": "rank",
        "prompt": part.prompt,
        "picks": [
            {"label": pick.label, "text": pick.text, "value": in_full(item.sequence[index].value)}
            for pick, index in zip(part.picks, shown, strict=True)
        ],
        "order": [place[index] for index in ranked],
        "ranks": [item.sequence[index].value for index in shown],
    }


def _number(item: model.Numeric | model.PredictNumber | model.Estimate, deck: Deck) -> Plain:
    truth = truth_of(item.answer, deck.numbers)
    tolerance = item.answer.tol
    found: Plain = {
        "mode": "number",
        "truth": truth if math.isfinite(truth) else None,
        "within": {
            name: value for name in ("abs", "rel", "log10") if (value := getattr(tolerance, name)) is not None
        },
    }
    traps = () if isinstance(item, model.PredictNumber) else item.traps
    found |= _full(
        unit=item.answer.unit,
        traps=[_full(value=trap.value, why=trap.why, belief=trap.misconception) for trap in traps],
    )
    if isinstance(item, model.Estimate):
        found |= {"mode": "range", "level": item.interval.level}
    return found


def _gap(item: model.Cloze, gap: str, deck: Deck) -> Plain:
    rejected = [one for one in item.reject if one.deletion == gap]
    looked_for = (*item.accept[gap], *(one.value for one in rejected))
    return {"mode": "word", "prompt": f"Gap {gap[1:]}", "accept": item.accept[gap]} | _full(
        reject=[_full(value=one.value, why=one.why, belief=one.misconception) for one in rejected],
        beside=beside(item, gap),
        known=sorted(set().union(*(slips(word, deck.vocabulary.beginning) for word in looked_for))),
    )


def _rubric(item: model.Open) -> Plain:
    levels = (("Junior", "junior"), ("Senior", "senior"), ("Staff", "staff"))
    return {
        "mode": "rubric",
        "points": [
            _full(id=point.id, text=point.text, level=point.level, weight=point.weight, must=point.must)
            for point in item.rubric
        ],
        "flags": [_full(text=flag.text, belief=flag.misconception) for flag in item.red_flags],
        "answers": [
            [name, getattr(item.model_answers, field), getattr(item.bands, field)] for name, field in levels
        ],
    }


# ---- evidence -------------------------------------------------------------------------------------


def _claim(claim: Claim, deck: Deck) -> Plain:
    own, references = deck.evidence.get(claim.id), deck.references.get(claim.id, ())
    shipped = deck.kept == "reference"
    found = [] if own is None else [_finding(claim, own, reference=shipped)]
    found += [_finding(claim, evidence, reference=True) for evidence in references]
    first = next((one for one in found if "whose" not in one), None)
    return _full(
        id=claim.id,
        topic=claim.topic,
        says=claim.says,
        correct=claim.correct,
        standing=claim.standing,
        sources=[source(one) for one in claim.sources],
        missing="" if own is not None else AWAY if first else findings.sentence(claim, None),
        state=first["verdict"] if first else findings.state(claim, None),
        found=found,
        command=findings.command(claim, own) if claim.checks else "",
    )


def _finding(claim: Claim, evidence: Evidence, *, reference: bool) -> Plain:
    rows = findings.rows(claim, evidence, every=False)
    return _full(
        reference=reference and not evidence.origin,
        whose=evidence.origin,
        verdict=evidence.verdict,
        stale=evidence.stale,
        surprise=evidence.surprise,
        sentence=findings.sentence(claim, evidence),
        command=findings.command(claim, evidence),
        rows=[_row(row) for row in rows],
        runs=[_name(run, evidence, reference) for run in evidence.runs],
        beside=[beside_text(one) for one in evidence.beside],
    )


def _row(row: findings.Row) -> Plain:
    return _full(
        name=row.name,
        role=row.role,
        must=row.must,
        estimate=row.estimate,
        interval=row.interval,
        bounds=row.bounds,
        outcome=row.outcome,
        wrong=not row.tripped,
        meaning=row.meaning,
    )


def _name(run: Run, evidence: Evidence, reference: bool) -> str:
    return f"{run.experiment} {run.device} {evidence.origin}".strip() if reference else run.experiment


def _runs(deck: Deck) -> dict[str, Plain]:
    """Every run that some evidence was drawn from, once."""
    found: dict[str, Plain] = {}
    shipped = deck.kept == "reference"
    for id_, own in deck.evidence.items():
        both: Iterable[tuple[Evidence, bool]] = [
            *([(own, shipped)] if own is not None else []),
            *((evidence, True) for evidence in deck.references.get(id_, ())),
        ]
        for evidence, reference in both:
            for run in evidence.runs:
                found.setdefault(_name(run, evidence, reference), _run(run))
    return found


def _run(run: Run) -> Plain:
    facts: Mapping[str, str] = dict(findings.facts(run))
    timing = toy_table.timing(run)
    return _full(
        experiment=run.experiment,
        device=facts.get("Device", "unknown device"),
        date=run.at[:10] or "unknown date",
        seeds=facts["Seeds"],
        facts=list(facts.items()),
        timing="\n".join(toy_table.drawn(timing)) if timing else "",
        notes=(*run.notes, *(timing.notes if timing else ())),
        plot=_plot(run) if picture.drawable(run.plot) else None,
    )


def _plot(run: Run) -> Plain:
    plot = run.plot
    curves = [
        _full(
            name=curve.name,
            control=curve.arm == "control",
            points=[[_short(x), _short(y)] for x, y in picture.points(curve, plot)],
        )
        for curve in plot.curves
    ]
    return _full(
        title=plot.title,
        x=plot.x,
        y=plot.y,
        x_log=plot.x_log,
        y_log=plot.y_log,
        curves=[curve for curve in curves if "points" in curve],
    )


def _short(value: float) -> float:
    """Five figures: finer than any screen."""
    return float(f"{value:.5g}")
