"""The report of a study group as one HTML page, without script or network. Pure; same report, same bytes.

The page's policy lets nothing run and nothing load; every text is escaped.
"""

from __future__ import annotations

import html

from quizapp.export.html import UNPRINTABLE, policy
from quizapp.figures import percent
from quizapp.share import group_plot
from quizapp.share.group_report import Found, Report
from quizapp.share.group_text import AGREEMENT, counted, heading, reproduced, sides, spreads

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
tr { border-bottom: 1px solid #8886; }
summary { cursor: pointer; padding: .3rem 0; }
figure { margin: 1rem 0; }
svg { width: 100%; max-width: 40rem; }
svg text { font-size: 12px; fill: currentColor; }
svg .axis { font-size: 11px; opacity: .7; }
svg line { stroke: currentColor; stroke-width: 2; }
svg .bound { stroke-width: 1; stroke-dasharray: 3 3; opacity: .7; }
svg circle { stroke: currentColor; stroke-width: 2; }
svg .inside { fill: currentColor; }
svg .outside { fill: Canvas; }
.says { opacity: .75; }
@media print { details > * { display: block; } }
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
    """A table of cells that are escaped here."""
    cells = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    body = ["".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows]
    return ["<table>", f"<thead><tr>{cells}</tr></thead>", *(f"<tr>{row}</tr>" for row in body), "</table>"]


def _claims(report: Report) -> list[str]:
    rows = [
        [one.claim, AGREEMENT[one.agreement], reproduced(one), counted(one.verdicts)] for one in report.found
    ]
    lines = ["<h2>Claims, by machine</h2>", *_table(["claim", "machines", "as expected", "verdicts"], rows)]
    lines.append("<p>Filled marks lie inside the bounds (dashed), hollow ones not, or not surely.</p>")
    return lines + [line for one in report.found for line in _numbers(one)]


def _numbers(found: Found) -> list[str]:
    if not found.numbers:
        return []
    opened = " open" if found.agreement in ("differ", "by device") else ""
    lines = [f"<details{opened}><summary>{_text(found.claim)}: {_text(AGREEMENT[found.agreement])}</summary>"]
    lines.append(f'<p class="says">{_text(found.says)}</p>')
    for numbers in found.numbers:
        told = "<br>".join(map(_text, spreads(numbers)))
        lines.append(f"<figure><figcaption>{_text(numbers.meaning)} ({_text(numbers.unit)})</figcaption>")
        lines.append(f"{group_plot.svg(numbers)}\n<p>{told}</p></figure>")
    return [*lines, "</details>"]


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
