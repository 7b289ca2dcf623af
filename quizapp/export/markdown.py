"""A deck as one Markdown file that reads well on GitHub. Pure; the same deck gives the same bytes.

Every text of a bank is escaped: nothing in it can become markup, a link, maths or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizapp import toy_table
from quizapp.evidence import Evidence, Run
from quizapp.export import findings, picture
from quizapp.export.deck import Deck, topic_name
from quizapp.export.sheet import Part, Pick, Sheet, sheet
from quizapp.model import Claim, Item, Source
from quizapp.report import beside_text, reference_text
from quizapp.safe_text import UNPRINTABLE

NUMBERED = "|".join(rf"(?<=^\d{{{digits}}})" for digits in range(1, 10))
"""Behind the number that begins a line: up to nine digits make a list."""
SPECIAL = re.compile(
    r"[\\`*_\[\]~|#@]"
    r"|(?i:(?<=\bwww)\.)"
    r"|:(?=//|[+-]1:|[a-z0-9_+-]*[a-z][a-z0-9_+-]*:)"
    r"|^[-+=](?=[\s=-]|$)"
    rf"|(?:{NUMBERED})[.)](?=\s|$)"
)
"""What can be markup: code, emphasis, links, tables, headings, rules, lists, addresses and emoji."""
SHIPPED = " This is the reference that came with quizapp; on your machine it may come out otherwise."


def render(deck: Deck) -> bytes:
    """The file."""
    lines = [f"# {text(deck.title)}", "", *_preface(deck), "", *_contents(deck)]
    for topic, items in deck.topics().items():
        lines += ["", f"## {text(topic_name(topic))}"]
        for number, item in enumerate(items, 1):
            lines += ["", *_item(deck, item, number)]
    if deck.claims:
        lines += ["", "## Evidence", "", "What the bench measured, with everything needed to doubt it."]
    for claim in deck.claims.values():
        lines += ["", *_claim(claim, deck.evidence.get(claim.id), deck.references.get(claim.id, ()))]
    return ("\n".join(lines) + "\n").encode()


# ---- escaping -------------------------------------------------------------------------------------


def text(value: str) -> str:
    """A text on one line that means itself: in a paragraph, a list, a heading or a table."""
    lines = [_escaped(line.strip()) for line in UNPRINTABLE.sub("\ufffd", value).splitlines()]
    return "<br>".join(line for line in lines if line)


def _escaped(line: str) -> str:
    line = SPECIAL.sub(r"\\\g<0>", line)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("$", "<span>$</span>")  # GitHub's way to say that it is not maths


def code(value: str) -> str:
    """A text as a code span that it cannot end."""
    value = UNPRINTABLE.sub("\ufffd", " ".join(value.split()))
    fence = "`" * (1 + _longest_run(value))
    pad = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{fence}{pad}{value}{pad}{fence}" if value else ""


def block(value: str, lang: str = "", indent: str = "") -> list[str]:
    """A text as a fenced block that it cannot end."""
    fence = "`" * max(3, 1 + _longest_run(value))
    known = re.sub(r"[^A-Za-z0-9_+-]", "", lang)
    body = UNPRINTABLE.sub("\ufffd", value).rstrip("\n").splitlines()
    return [f"{indent}{fence}{known}", *(f"{indent}{line}".rstrip() for line in body), f"{indent}{fence}"]


def _longest_run(value: str) -> int:
    return max((len(run) for run in re.findall("`+", value)), default=0)


def slug(heading: str) -> str:
    """The anchor GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(label: str, heading: str) -> str:
    """A link to a heading of this file."""
    return f"[{text(label)}](#{slug(heading)})"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table of cells that are escaped already."""
    head = list(head)
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


# ---- the parts of the file ------------------------------------------------------------------------


def _preface(deck: Deck) -> list[str]:
    dates = [run.at for evidence in deck.evidence.values() if evidence for run in evidence.runs if run.at]
    missing = [id_ for id_, claim in deck.claims.items() if claim.checks and deck.evidence.get(id_) is None]
    scope = "--all" if deck.topic is None else f"--topic {deck.topic}"
    measured = "Nothing measured yet." if deck.kept != "none" else "This file was made without the evidence."
    if dates:
        first, last = min(dates)[:10], max(dates)[:10]
        measured = (
            f"Measured on {text(first)}." if first == last else f"Measured {text(first)} to {text(last)}."
        )
    lines = [
        "Answer first, then open the answer. Where a claim can be tested, the answer says what was measured,",
        "and you can measure it again:",
        "",
        *block(f"quizapp prove {scope}", "sh"),
        "",
        measured + (SHIPPED if deck.kept == "reference" else ""),
    ]
    if missing:
        lines.append(f"Not run yet: {', '.join(link(id_, _evidence_heading(id_)) for id_ in missing)}.")
    return lines


def _contents(deck: Deck) -> list[str]:
    lines = ["## Contents", ""]
    for topic, items in deck.topics().items():
        count = f"{len(items)} item{'s' if len(items) != 1 else ''}"
        lines.append(f"- {link(topic_name(topic), topic_name(topic))}: {count}")
    if deck.claims:
        lines.append(f"- {link('Evidence', 'Evidence')}")
    for id_ in deck.claims:
        said = findings.state(deck.claims[id_], deck.evidence.get(id_))
        lines.append(f"  - {link(id_, _evidence_heading(id_))}: {text(said)}")
    return lines


def _item(deck: Deck, item: Item, number: int) -> list[str]:
    written = sheet(item, deck.numbers, deck.misconceptions)
    kind = item.kind.replace("_", " ")
    about = f"*{kind}, {item.level}, difficulty {item.difficulty} of 5, {item.time_s} s* · {code(item.id)}"
    lines = [f"### {text(topic_name(item.topic))} {number}", "", about, ""]
    lines += [text(written.question)]
    if written.code:
        lines += ["", *block(written.code, written.lang)]
    for part in written.parts:
        lines += ["", *_part(part)] if not part.later else []
    lines += ["", "<details>", "<summary>Answer</summary>", "", *_answer(deck, item, written)]
    return [*lines, "", "</details>"]


def _part(part: Part) -> list[str]:
    lines = [text(part.prompt) + ("" if part.prompt.endswith("?") else ":"), ""]
    for pick in part.picks:
        if "\n" in pick.text and pick.code:
            lines += [f"- **{text(pick.label)}.**", "", *block(pick.text, indent="  ")]
        else:
            lines.append(f"- **{text(pick.label)}.** {_said(pick)}")
    return lines


def _said(pick: Pick) -> str:
    return code(pick.text) if pick.code else text(pick.text)


def _answer(deck: Deck, item: Item, written: Sheet) -> list[str]:
    lines = [f"**{text(line)}**<br>" for line in written.answer]
    lines[-1] = lines[-1].removesuffix("<br>")
    for part in written.parts:
        lines += ["", *_part(part)] if part.later else []
        lines += _reasons(part)
    for more in written.blocks:
        lines += ["", f"**{text(more.title)}**", "", *(f"- {text(line)}" for line in more.lines)]
    if item.answer_aloud:
        lines += ["", f"**Say it aloud:** “{text(item.answer_aloud)}”"]
    for title, entries in (("When it stops being true", item.caveats), ("Asked next", deck.asked_next(item))):
        if entries:
            lines += ["", f"**{title}**", "", *(f"- {text(entry)}" for entry in entries)]
    if item.sources:
        lines += ["", "**Sources**", "", *(f"- {text(_source(source))}" for source in item.sources)]
    for claim in (deck.claims[id_] for id_ in item.claims if id_ in deck.claims):
        said = findings.sentence(claim, deck.evidence.get(claim.id))
        where = link("evidence", _evidence_heading(claim.id))
        lines += ["", f"**Claim:** {text(claim.says)} *{text(said)}* ({where})"]
    return lines


def _reasons(part: Part) -> list[str]:
    """Why each pick is right or wrong, and why the list as a whole is as it is."""
    explained = [pick for pick in part.picks if pick.why]
    lines = ["", f"*{text(part.prompt)}*", ""] if explained else []
    for pick in explained:
        lines.append(f"- {'✓' if pick.right else '✗'} **{text(pick.label)}.** {text(pick.why)}")
    return [*lines, "", f"*{text(part.prompt)}* {text(part.why)}"] if part.why else lines


def _source(source: Source) -> str:
    where = f", {source.locator}" if source.locator else ""
    return f"{source.ref}{where} (read: {source.seen})"


# ---- evidence -------------------------------------------------------------------------------------


def _evidence_heading(claim: str) -> str:
    return f"Claim {claim}"


def _claim(claim: Claim, evidence: Evidence | None, references: Iterable[Evidence]) -> list[str]:
    lines = [f"### {text(_evidence_heading(claim.id))}", "", f"> {text(claim.says)}", ""]
    lines += [f"**{text(findings.sentence(claim, evidence))}**", ""]
    for reference in references:
        lines += [text(reference_text(reference)), ""]
    lines += [f"Better said: {text(claim.correct)}<br>", f"In the literature: {text(claim.standing)}.", ""]
    lines += [f"- {text(_source(source))}" for source in claim.sources]
    if not claim.checks:
        return lines
    if evidence is not None:
        rows = findings.rows(claim, evidence)
        head = ("Check", "Role", "Estimate", "Interval", "Bounds", "Outcome", "Control must")
        lines += ["", *table(head, map(_cells, rows)), ""]
        lines += [f"- {code(row.name)}: {text(row.meaning)}" for row in rows if row.role]
        if evidence.beside:
            lines += ["", "Beside what was published (no verdict rests on it):", ""]
            lines += [f"- {text(beside_text(beside))}" for beside in evidence.beside]
        for run in evidence.runs:
            lines += ["", *_run(run)]
    return [*lines, "", "Run it again:", "", *block(findings.command(claim, evidence), "sh")]


def _cells(row: findings.Row) -> list[str]:
    name = code(row.name).replace("|", "\\|")
    rest = (row.role or "also measured", row.estimate, row.interval, row.bounds, row.outcome, row.must)
    return [name, *(text(cell) for cell in rest)]


def _run(run: Run) -> list[str]:
    lines = [f"How {code(run.experiment)} was run:", ""]
    lines += [f"- {name}: {text(value)}" for name, value in findings.facts(run)]
    lines += [f"- Note: {text(note)}" for note in run.notes]
    if (timing := toy_table.timing(run)) is not None:
        lines += ["", f"{text(toy_table.TITLE)}:", ""]
        lines += [*table(toy_table.HEAD, (map(text, row) for row in timing.rows)), ""]
        lines += [f"- {text(note)}" for note in timing.notes]
    drawn = [(curve, picture.sparkline(curve, run.plot)) for curve in run.plot.curves]
    drawn = [(curve, bars) for curve, bars in drawn if bars]
    if drawn:
        axes = f"{run.plot.y} against {run.plot.x}"
        logs = " and ".join(name for name, log in (("x", run.plot.x_log), ("y", run.plot.y_log)) if log)
        lines += ["", f"{text(axes)}{f' ({logs} logarithmic)' if logs else ''}, all on one scale:", ""]
        lines += table(("Curve", "Arm", ""), ((text(c.name), text(c.arm), code(bars)) for c, bars in drawn))
    return lines
