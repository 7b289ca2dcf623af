"""Home: what is due, topic by topic, and the last verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from quizapp.ui.hints import ROOMY
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, dim, lines, verdict
from quizapp.waiting import Count, Left

if TYPE_CHECKING:
    from quizapp.evidence import Evidence

SHOWN_VERDICTS = 5
ALL = "all topics"
TOPIC = 24
COUNTS = (("due", 5), ("new", 6), ("learned", 9))
"""The columns of the list, with what each takes."""
SIDES = 4
"""Columns of a line that the screen needs for itself: its padding and the bars to scroll with."""


class HomeScreen(Keyed[None]):
    """The first screen."""

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-small"), (ROOMY, "-room")]  # noqa: RUF012 - Textual's own form
    KEYS = (("up / down", "choose a topic"), ("enter", "study it"))
    FIXED = ("up", "down", "enter", "home", "end", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "study", "study everything that is due", id="home.study", show=False),
        Binding(
            "k",
            "cram",
            "cram the topic: all of it, due or not; the schedule stays",
            id="home.cram",
            show=False,
        ),
        Binding("c", "claims", "claims: browse and prove", id="home.claims", show=False),
        Binding("b", "browse", "browse: find, look at, mark and edit items", id="home.browse", show=False),
        Binding("m", "mock", "a mock interview", id="home.mock", show=False),
        Binding(
            "d",
            "interview",
            "the day of your interview: practice follows a plan until then",
            id="home.interview",
            show=False,
        ),
        Binding(
            "w",
            "workshop",
            "workshop: build it yourself, and have it checked",
            id="home.workshop",
            show=False,
        ),
        Binding("a", "pick", "architecture: which one for which task, and why", id="home.pick", show=False),
        Binding("g", "glossary", "glossary: what the terms mean", id="home.glossary", show=False),
        Binding("t", "stats", "statistics: how the practice is going", id="home.stats", show=False),
        Binding("x", "export", "export: for browsers, paper, Anki, Moodle...", id="home.export", show=False),
        Binding("q", "quit", "quit", id="home.quit", show=False),
    ]

    _rows: Mapping[str, Count | None] = {}

    def compose(self) -> ComposeResult:
        """Counts first; verdicts come a moment later."""
        yield Static(id="status")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(classes="block", id="head")
            yield OptionList(id="topics")
            yield Static(classes="block", id="plan", markup=False)
            yield Static(classes="block", id="verdicts")
        hints = (
            ("enter", "study"),
            ("home.study", "study all"),
            ("home.cram", "cram"),
            ("home.claims", "claims"),
            ("home.browse", "browse"),
            ("home.mock", "mock"),
            ("home.pick", "pick"),
            ("home.glossary", "terms"),
            ("home.workshop", "workshop"),
            ("home.stats", "stats"),
            ("home.interview", "date"),
            ("every.help", "help"),
            ("home.quit", "quit"),
        )
        yield Static(self.hints(*hints), id="hints")

    def on_mount(self) -> None:
        """The topics at once; the counts follow, as there may be thousands of answers to read."""
        self.query_one("#status", Static).update(bold("quizapp"))
        topics = sorted({item.topic for item in self.app.bank.items.values()})
        self._list(dict.fromkeys((ALL, *topics)))

    def on_resize(self) -> None:
        """The list has as many columns as there is room for."""
        self._list(self._rows)

    def on_screen_resume(self) -> None:
        """Somebody comes, or comes back: count again, once there is something to look at."""
        self.query_one("#topics").focus()
        self.call_after_refresh(self._count)
        self.call_after_refresh(self._show_verdicts)

    def _list(self, rows: Mapping[str, Count | None]) -> None:
        """Topics with their counts, as far as those are known."""
        self._rows, width = rows, self.app.size.width - SIDES
        topics = self.query_one("#topics", OptionList)
        at = topics.highlighted or 0
        self.query_one("#head", Static).update(dim(_row("topic", [name for name, _ in COUNTS], width)))
        topics.set_options(
            Option(Content(_row(name, _cells(count), width)), id=name) for name, count in rows.items()
        )
        topics.highlighted = min(at, len(rows) - 1)

    @work(exclusive=True, group="count")
    async def _count(self) -> None:
        """Count off the loop, then show it."""
        counts, left = await asyncio.to_thread(self._counted)
        total = Count(
            due=sum(count.due for count in counts.values()),
            new=sum(count.new for count in counts.values()),
            learned=sum(count.learned for count in counts.values()),
        )
        self.query_one("#status", Static).update(
            Content.assemble(("quizapp", "bold"), f"  {_day(total, left)}")
        )
        self._list({ALL: total, **dict(sorted(counts.items()))})
        await self._look_ahead()
        await asyncio.to_thread(self.app.learner.keep)

    async def _look_ahead(self) -> None:
        """The plan, in a line, where the day of an interview is set."""
        said = ""
        if self.app.settings.interview is not None:
            ahead = await asyncio.to_thread(import_module, "quizapp.ui.interview")
            said = await ahead.glance(self.app.study())
        shown = self.query_one("#plan", Static)
        shown.display = bool(said)
        shown.update(said)

    def _counted(self) -> tuple[dict[str, Count], Left]:
        study = self.app.study()
        counts, left = study.counts(), study.today()
        if study.settings.interview is not None:
            from quizapp import planned

            if planned.applies(study):  # the plan has no limits but time
                left = replace(left, due_over=0, new_over=0)
        return counts, left

    @work(exclusive=True)
    async def _show_verdicts(self) -> None:
        """Judging reads the source of every experiment; that is done off the first paint."""
        runs = dict(self.app.runs)
        if not runs:
            self.query_one("#verdicts", Static).update(
                lines(
                    bold("Verdicts"),
                    dim("Nothing proved yet. Press c, choose a claim, and put it to the test."),
                )
            )
            return
        found = await asyncio.to_thread(self._judged, runs)
        found.sort(key=lambda evidence: max(run.at for run in evidence.runs), reverse=True)
        rows = [
            Content.assemble(
                verdict(evidence.verdict, 11),
                f" {evidence.claim:<38.38} ",
                ("surprise " if evidence.surprise else "", "bold"),
                ("stale " if evidence.stale else "", "dim"),
                (f"{evidence.runs[0].device} {max(run.at for run in evidence.runs)[:10]}", "dim"),
            )
            for evidence in found[:SHOWN_VERDICTS]
        ]
        self.query_one("#verdicts", Static).update(lines(bold("Last verdicts"), *rows))

    def _judged(self, runs: dict[str, Any]) -> list[Evidence]:
        from quizapp import claims

        judged = (claims.judge(claim, runs) for claim in self.app.bank.claims.values())
        return [evidence for evidence in judged if evidence is not None]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Study the topic."""
        self.app.open_study(None if event.option_id == ALL else event.option_id)

    def action_study(self) -> None:
        """Every topic."""
        self.app.open_study()

    def action_cram(self) -> None:
        """The topic at the cursor, without the schedule."""
        topics = self.query_one("#topics", OptionList)
        name = topics.highlighted_option.id if topics.highlighted_option else ALL
        self.app.open_study(None if name == ALL else name, cram=True)

    def action_claims(self) -> None:
        """The catalogue."""
        self.app.open_claims()

    def action_browse(self) -> None:
        """The items."""
        self.app.open_browse()

    def action_mock(self) -> None:
        """A mock interview."""
        self.app.open_mock()

    @work(group="interview")
    async def action_interview(self) -> None:
        """Ask for the day; keep it, and plan for it."""
        from quizapp.ui.interview import DayScreen

        day = await self.app.push_screen_wait(DayScreen(self.app.settings.interview, self.app.clock()))
        if day is not None:
            interview = date.fromisoformat(day) if day else None
            self.app.settings = replace(self.app.settings, interview=interview)
            self.app.keep_setting("interview", day)
            self._count()

    def action_workshop(self) -> None:
        """The exercises."""
        self.app.open_workshop()

    def action_stats(self) -> None:
        """The statistics."""
        self.app.open_stats()

    def action_pick(self) -> None:
        """Which architecture."""
        self.app.open_pick()

    def action_glossary(self) -> None:
        """The terms."""
        self.app.open_glossary()

    def action_export(self) -> None:
        """The topic at the cursor, as a file."""
        topics = self.query_one("#topics", OptionList)
        name = topics.highlighted_option.id if topics.highlighted_option else ALL
        self.app.open_export("" if name == ALL else f"topic:{name}")

    def action_quit(self) -> None:
        """Leave the app."""
        self.app.exit()


def _cells(count: Count | None) -> list[str]:
    return ["" for _ in COUNTS] if count is None else [str(getattr(count, name)) for name, _ in COUNTS]


def _row(name: str, cells: Sequence[str], width: int) -> str:
    """A topic with its counts; those that there is no room for are left out, from the right."""
    topic = max(8, min(TOPIC, width - COUNTS[0][1]))
    row = f"{name.replace('_', ' '):<{topic}.{topic}}"
    for cell, (_, columns) in zip(cells, COUNTS, strict=True):
        if len(row) + columns <= width:
            row += f"{cell:>{columns}}"
    return row


def _day(total: Count, left: Left) -> str:
    """The day in a line: what is due and new, and how much of it the limits of a day let through."""
    due = f"{left.due} of {total.due} due" if left.due_over else f"{total.due} due"
    new = f"{left.new} of {total.new} new" if left.new_over else f"{total.new} new"
    if total.learned and not left.due and not left.new:
        over = [f"{count} {word}" for count, word in ((total.due, "due"), (total.new, "new")) if count]
        wait = f" ({' and '.join(over)} for another day)" if over else ""
        return f"done for today{wait}, {total.learned} learned"
    return f"{due}, {new}, {total.learned} learned"
