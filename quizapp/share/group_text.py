"""The report of a study group as plain text, for a terminal, and as Markdown. Pure; same report, same text.

Whoever prints the text writes it out with `visible`; in Markdown every text is escaped here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from quizapp.export import markdown
from quizapp.figures import clipped, percent, wrapped
from quizapp.report import number, table
from quizapp.share import group_plot
from quizapp.share.group_beliefs import Dispute, Side
from quizapp.share.group_report import Found, Numbers, Report, Verdict

MOST = 12
"""So many disputes are printed; the files have all."""
AGREEMENT = {
    "differ": "DIFFER",
    "by device": "differ by device",
    "unclear": "unclear",
    "alone": "decided by one machine",
    "agree": "agree",
    "none": "other versions only",
}


def heading(report: Report) -> list[str]:
    """Who and how much, and what is not said."""
    machines = f"{_count(len(report.machines), 'machine')}, {_count(report.runs, 'run')}"
    shared = f"{_count(report.sharing, 'member')} shared {_count(report.answers, 'answer')}"
    lines = [f"{_count(report.members, 'member')}, {machines}; {shared}."]
    if report.named:
        lines.append(f"Named: {', '.join(report.named)}.")
    if report.lies:
        lines.append(
            f"{_count(report.lies, 'run')} said something that the numbers in it do not; "
            "every verdict here is drawn from the numbers."
        )
    if report.other_versions:
        were = (
            "comes from another version of its experiment: it is"
            if report.other_versions == 1
            else ("come from other versions of their experiments: they are")
        )
        lines.append(f"{_count(report.other_versions, 'run')} {were} marked * and not counted.")
    if report.outdated:
        lines.append(f"{_count(report.outdated, 'answer')} to questions that are not here, or changed since.")
    return [*lines, *report.left_out]


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted(verdicts: Iterable[Verdict]) -> str:
    """`fails: cpu 2, cuda 1`, or by device: `cpu: fails 2, holds 1 · cuda: holds 1`; * other versions."""
    devices: dict[str, Counter[str]] = {}
    for one in verdicts:
        devices.setdefault(one.machine.device, Counter())[one.verdict + "*" * (not one.known)] += 1
    kinds = sorted(devices.items())
    if len(all_ := {verdict for counts in devices.values() for verdict in counts}) == 1:
        return f"{all_.pop()}: {', '.join(f'{device} {counts.total()}' for device, counts in kinds)}"
    return " · ".join(
        f"{device}: {', '.join(f'{verdict} {n}' for verdict, n in sorted(counts.items()))}"
        for device, counts in kinds
    )


def reproduced(found: Found) -> str:
    """`2 of 3`."""
    return f"{found.reproduced} of {found.machines}" if found.machines else "-"


def sides(sides: Iterable[Side]) -> str:
    """`right: Anna 95%, a member 90%; wrong: Ben 99%`."""
    sides = list(sides)
    told = []
    for word, correct in (("right", True), ("wrong", False)):
        names = [f"{one.who} {one.confidence:.0%}" for one in sides if one.correct is correct]
        if names:
            told.append(f"{word}: {', '.join(names)}")
    return "; ".join(told)


def spreads(numbers: Numbers) -> list[str]:
    """A line for each kind of device."""
    rows = []
    for one in numbers.spreads:
        span = f"median {number(one.median)}, {number(one.least)} to {number(one.most)}"
        told = span if one.n > 1 else number(one.median)
        rows.append(f"{one.device}: {told}, {_count(one.n, 'machine')}")
    return rows


# ---- for a terminal -------------------------------------------------------------------------------


def text(report: Report, width: int, claim: str = "") -> str:
    """What to print. claim: that one alone, with all its numbers; else the numbers of those that differ."""
    if claim:
        chosen = [one for one in report.found if one.claim == claim]
        lines = [line for one in chosen for line in _numbers(one, width)]
        lines += [
            line for one in report.disputes or () if one.claim == claim for line in _dispute(one, width)
        ]
        lines += [f"Nothing decided: {one.why}." for one in report.missing if one.claim == claim]
        return "\n".join(lines)
    lines = [row for part in heading(report) for row in wrapped(part, width)]
    lines += ["", "CLAIMS, BY MACHINE: how often as the literature expects; verdicts"]
    lines += _claims(report.found, width) if report.found else ["  Nobody measured any."]
    for one in report.found:
        if one.agreement in ("differ", "by device"):
            lines += ["", *_numbers(one, width)]
    lines += ["", "WHAT TO ARGUE ABOUT"]
    if not report.disputes:
        lines.append(
            "  Not shown." if report.disputes is None else "  No claim that two members answered about."
        )
    for dispute in (report.disputes or ())[:MOST]:
        lines += _dispute(dispute, width)
    if (more := len(report.disputes or ()) - MOST) > 0:
        lines.append(f"  ... and {more} more: --md, --html or --json have them")
    lines += ["", "WHAT NOBODY PROVED"]
    if report.missing:
        lines += table(((one.claim, one.why) for one in report.missing), "  ")
        lines.append(f"  For example: quizapp prove {report.missing[0].claim}")
    else:
        lines.append("  Nothing: every claim that can be tested was.")
    return "\n".join(lines)


def _claims(found: Sequence[Found], width: int) -> list[str]:
    """A row for each, under what they have in common; verdicts are wrapped in their column."""
    widest = max(len(one.claim) for one in found)
    lines, before = [], ""
    for one in found:
        if one.agreement != before:
            alike = sum(other.agreement == one.agreement for other in found)
            lines.append(f" {AGREEMENT[one.agreement]} ({alike})")
        before = one.agreement
        left = f"  {one.claim:<{widest}}  {reproduced(one):<8}  "
        rows = wrapped(counted(one.verdicts), width - len(left))
        lines += [left + rows[0], *(" " * len(left) + row for row in rows[1:])]
    return lines


def _numbers(found: Found, width: int) -> list[str]:
    lines = [f"  {found.claim}: {AGREEMENT[found.agreement]}"]
    lines += [f"    {row}" for row in wrapped(found.says, width - 4)]
    width = max(width, 40)
    for numbers in found.numbers:
        lines += ["", *(f"    {row}" for row in wrapped(f"{numbers.meaning} ({numbers.unit})", width - 4))]
        plot = max(16, min(group_plot.WIDTH, width - 40))
        strips = group_plot.strips(numbers, plot)
        for point, strip in zip(numbers.points, strips, strict=True):
            name = clipped(str(point.machine), width - plot - 18)
            lines.append(f"    {name:<{width - plot - 18}} {number(point.estimate):>9} {strip}".rstrip())
        lines += [f"    {row}" for row in wrapped(group_plot.caption(numbers), width - 4)]
        lines += [f"    {row}" for row in spreads(numbers)]
    return lines


def _dispute(one: Dispute, width: int) -> list[str]:
    right = f"{one.right} of {_count(one.answers, 'answer')} right, {percent(one.confidence)} sure"
    head = f"{one.claim}: {_count(one.members, 'member')}, {right}; split {percent(one.score)}"
    rows = wrapped(one.says, width - 4) + wrapped(f"{one.item}: {sides(one.sides)}", width - 4)
    return [*(f"  {row}" for row in wrapped(head, width - 2)), *(f"    {row}" for row in rows)]


# ---- Markdown -------------------------------------------------------------------------------------


def render(report: Report) -> bytes:
    """The file."""
    say = markdown.text
    lines = ["# A study group", ""]
    for part in heading(report):
        lines += [say(part), ""]
    lines += ["## Claims, by machine", ""]
    rows = [
        [say(one.claim), AGREEMENT[one.agreement], reproduced(one), say(counted(one.verdicts)), say(one.says)]
        for one in report.found
    ]
    lines += markdown.table(["claim", "machines", "as expected", "verdicts", "says"], rows)
    for found in report.found:
        if found.numbers:
            lines += ["", f"### {say(found.claim)}", ""]
        for numbers in found.numbers:
            lines += [f"{say(numbers.meaning)} ({say(numbers.unit)})", "", *_plot(numbers), ""]
            lines += [f"- {say(row)}" for row in spreads(numbers)] + [""]
    lines += ["", "## What to argue about", ""]
    if report.disputes is None:
        lines += ["Not shown."]
    else:
        head = ["claim", "members", "right", "sure", "split", "item", "newest answers"]
        lines += markdown.table(head, (_cells(one) for one in report.disputes))
    lines += ["", "## What nobody proved", ""]
    lines += [f"- {say(one.claim)}: {say(one.why)}" for one in report.missing] or ["Nothing."]
    return ("\n".join(lines) + "\n").encode()


def _plot(numbers: Numbers) -> list[str]:
    names = [str(point.machine) for point in numbers.points]
    widest = min(48, max(map(len, names)))
    rows = [
        f"{clipped(name, widest):<{widest}}  {number(point.estimate):>9}  {strip}"
        for name, point, strip in zip(names, numbers.points, group_plot.strips(numbers), strict=True)
    ]
    return markdown.block("\n".join([*rows, group_plot.caption(numbers)]), "text")


def _cells(one: Dispute) -> list[str]:
    say = markdown.text
    right = f"{one.right} of {one.answers}"
    who = sides(one.sides)
    return [
        say(one.claim),
        str(one.members),
        right,
        percent(one.confidence),
        percent(one.score),
        say(one.item),
        say(who),
    ]
