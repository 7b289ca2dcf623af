"""Home: what is due, topic by topic, and the last verdicts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from quizapp.study import Count
from quizapp.ui.look import bold, dim, keys, lines, verdict

if TYPE_CHECKING:
    from quizapp.evidence import Evidence
    from quizapp.ui.app import QuizApp

SHOWN_VERDICTS = 5
ALL = "all topics"


class HomeScreen(Screen[None]):
    """The first screen."""

    app: QuizApp
    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose a topic"),
        ("enter", "study it"),
        ("s", "study everything that is due"),
        ("c", "claims: browse and prove"),
        ("b", "browse: find, look at, mark and edit items"),
        ("t", "statistics: how the practice is going"),
        ("q", "quit"),
    )

    def compose(self) -> ComposeResult:
        """Counts first; verdicts come a moment later."""
        yield Static(id="status")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(classes="block", id="head")
            yield OptionList(id="topics")
            yield Static(classes="block", id="verdicts")
        hints = (
            ("enter", "study"),
            ("s", "study all"),
            ("c", "claims"),
            ("b", "browse"),
            ("t", "stats"),
            ("?", "help"),
            ("q", "quit"),
        )
        yield Static(keys(*hints), id="hints")

    def on_mount(self) -> None:
        """Fill in the counts."""
        self._fill()

    def on_screen_resume(self) -> None:
        """Somebody comes back: count again."""
        self._fill()

    def _fill(self) -> None:
        counts = self.app.study().counts()
        total = Count(
            due=sum(count.due for count in counts.values()),
            new=sum(count.new for count in counts.values()),
            learned=sum(count.learned for count in counts.values()),
        )
        self.query_one("#status", Static).update(
            Content.assemble(
                ("quizapp", "bold"), f"  {total.due} due, {total.new} new, {total.learned} learned"
            )
        )
        self.query_one("#head", Static).update(dim(f"  {'topic':<24}{'due':>5}{'new':>6}{'learned':>9}"))
        topics = self.query_one("#topics", OptionList)
        at = topics.highlighted or 0
        rows = [(ALL, total), *((topic, counts[topic]) for topic in sorted(counts))]
        topics.set_options(
            Option(
                Content(f"{name.replace('_', ' '):<24}{count.due:>5}{count.new:>6}{count.learned:>9}"),
                id=name,
            )
            for name, count in rows
        )
        topics.highlighted = min(at, len(rows) - 1)
        topics.focus()
        self._show_verdicts()

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

    def on_key(self, event: Key) -> None:
        """The keys of KEYS."""
        actions = {
            "s": self.app.open_study,
            "c": self.app.open_claims,
            "b": self.app.open_browse,
            "t": self.app.open_stats,
            "q": self.app.exit,
            "question_mark": self.app.action_help,
        }
        if event.key in actions:
            event.stop()
            actions[event.key]()
