"""The report of a study group as one HTML page, without script or network. Pure; same report, same bytes.

The page's policy lets nothing run and nothing load; every text is escaped.
"""

from __future__ import annotations

import html

from quizapp.export.html import policy
from quizapp.figures import percent
from quizapp.report import number
from quizapp.safe_text import UNPRINTABLE
from quizapp.share import group_plot
from quizapp.share.group_report import Found, Numbers, Report
from quizapp.share.group_text import AGREEMENT, counted, heading, reproduced, sides, spreads

SHORT = 16
"""Letters of a cell that is not broken into lines."""
STYLE = """
:root { color-scheme: light dark; --paper: #f7f5f0; --card: #fffefb; --ink: #26231e; --quiet: #6a645a;
  --line: #e0dbd0; --accent: #23635e; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --card: #1d2024; --ink: #e8e4dc;
  --quiet: #a19b90; --line: #33373c; --accent: #7fc4b8; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem;
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
h1, h2 { line-height: 1.25; }
h2 { margin: 3rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem .4rem 0; }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
tr { border-bottom: 1px solid var(--line); }
.short { white-space: nowrap; }
.quiet, .says, figcaption + p { color: var(--quiet); }
summary { cursor: pointer; padding: .6rem 1rem; font-weight: 600; }
details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
details > *:not(summary) { margin-left: 1rem; margin-right: 1rem; }
figure { margin: 1.5rem 0; }
figcaption { font-weight: 600; }
.strips { margin: .5rem 0; }
.strips tr { border: 0; }
.strips th { font-weight: 400; width: 34%; }
.strips .strip { padding: .2rem 1.5rem .2rem .5rem; vertical-align: middle; }
.strips th, .strips .value { vertical-align: middle; }
.strips .value { width: 22%; }
.ends { display: flex; justify-content: space-between; color: var(--quiet); font-size: .85rem; }
svg { display: block; width: 100%; height: 1.4rem; overflow: visible; }
svg line, svg circle { stroke: var(--accent); stroke-width: 2; }
svg .bound { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 3 3; }
svg .inside { fill: var(--accent); }
svg .outside { fill: var(--card); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 44rem) {
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows, .rows tbody, .rows tr, .rows td:first-child { display: block; }
  .rows tr { padding: .6rem 0; }
  .rows td { display: inline-block; padding: .1rem .8rem .1rem 0; white-space: normal; }
  .rows td:first-child { font-weight: 600; }
  .rows td + td::before { content: attr(data-head) ": "; color: var(--quiet); }
  .strips, .strips tbody, .strips tr, .strips th, .strips td, .strips .value { display: block; width: 100%; }
  .strips td:empty { display: none; }
  .strips th, .strips .value { padding: .2rem 0 0; }
  .strips .value { padding-bottom: .6rem; }
  .strips .strip { padding: .2rem .5rem; }
}
@media print { body { background: none; } details::details-content { content-visibility: visible; } }
"""


def render(report: Report) -> bytes:
    """The page."""
    body = "\n".join([*_claims(report), *_disputes(report), *_missing(report)])
    top = "\n".join(f"<p>{_text(line)}</p>" for line in heading(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy(STYLE, ""))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>A study group</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>A study group</h1>\n"
        f"{top}\n{body}\n</body>\n</html>\n"
    ).encode()


def _text(value: str) -> str:
    return html.escape(UNPRINTABLE.sub("\ufffd", value))


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A table of cells that are escaped here; on a narrow page, every row is a card."""
    cells = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    body = ["".join(map(_cell, head, row)) for row in rows]
    top = f"<thead><tr>{cells}</tr></thead>"
    return ['<table class="rows">', top, "<tbody>", *(f"<tr>{row}</tr>" for row in body), "</tbody></table>"]


def _cell(head: str, cell: str) -> str:
    width = "short" if len(cell) < SHORT else "long"
    return f'<td class="{width}" data-head="{_text(head)}">{_text(cell)}</td>'


def _claims(report: Report) -> list[str]:
    rows = [
        [one.claim, AGREEMENT[one.agreement], reproduced(one), counted(one.verdicts)] for one in report.found
    ]
    lines = ["<h2>Claims, by machine</h2>", *_table(["claim", "machines", "as expected", "verdicts"], rows)]
    lines.append(
        "<p>Open a claim for its numbers: each machine's interval on one scale, with the bounds dashed. "
        "Filled marks lie inside them, hollow ones not, or not surely.</p>"
    )
    return lines + [line for one in report.found for line in _numbers(one)]


def _numbers(found: Found) -> list[str]:
    if not found.numbers:
        return []
    opened = " open" if found.agreement in ("differ", "by device") else ""
    lines = [f"<details{opened}><summary>{_text(found.claim)}: {_text(AGREEMENT[found.agreement])}</summary>"]
    lines.append(f'<p class="says">{_text(found.says)}</p>')
    for numbers in found.numbers:
        told = "; ".join(map(_text, spreads(numbers)))
        unit = f" ({_text(numbers.unit)})" if numbers.unit else ""
        lines.append(f"<figure><figcaption>{_text(numbers.meaning)}{unit}</figcaption><p>{told}.</p>")
        lines += [*_strips(numbers), "</figure>"]
    return [*lines, "</details>"]


def _strips(numbers: Numbers) -> list[str]:
    """Machine, interval on the common scale, number and outcome; below them the ends of the scale."""
    rows = []
    for point, mark in zip(numbers.points, group_plot.marks(numbers), strict=True):
        machine = point.machine
        words = ", ".join(filter(None, (machine.device, machine.words)))
        who = (
            f'{_text(machine.who)} <span class="quiet">{_text(words)}</span>' if machine.who else _text(words)
        )
        value = f"{number(point.estimate)}, {point.outcome}"
        cells = f'<td class="strip">{mark}</td><td class="value">{_text(value)}</td>'
        rows.append(f'<tr><th scope="row">{who}</th>{cells}</tr>')
    on = group_plot.scale(numbers)
    kind = ", logarithmic" if on.log else ""
    ends = f"<span>{number(on.low)}</span><span>{number(on.high)}{kind}</span>"
    foot = f'<tr><td></td><td class="strip"><div class="ends">{ends}</div></td><td></td></tr>'
    return ['<table class="strips"><tbody>', *rows, foot, "</tbody></table>"]


def _disputes(report: Report) -> list[str]:
    lines = ["<h2>What to argue about</h2>"]
    if report.disputes is None:
        return [*lines, "<p>Not shown.</p>"]
    rows = [
        [
            *(f"{one.claim}: {one.says}", str(one.members), f"{one.right} of {one.answers}"),
            *(percent(one.confidence), percent(one.score), one.item, sides(one.sides)),
        ]
        for one in report.disputes
    ]
    head = ["claim", "members", "right", "sure", "split", "item", "newest answers"]
    return [*lines, *_table(head, rows)]


def _missing(report: Report) -> list[str]:
    rows = [f"<li>{_text(one.claim)}: {_text(one.why)}</li>" for one in report.missing]
    return ["<h2>What nobody proved</h2>", "<ul>", *(rows or ["<li>Nothing.</li>"]), "</ul>"]
