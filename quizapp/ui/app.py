"""The app: a table of screens, the learner's day, and one warm bench. Everything else is in the screens."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from quizapp import bank, paths, settings
from quizapp.errors import BankError, Problem, RunsError, SettingsError
from quizapp.store import Store
from quizapp.study import Study

if TYPE_CHECKING:
    from quizapp.evidence import Run
    from quizapp.grade import Numbers
    from quizapp.proof import Bench
    from quizapp.query import Query
    from quizapp.reference import Reference

Start = Literal["home", "study", "claims", "browse"]
WARM_AFTER = 0.3
"""Seconds after the first paint at which the bench starts to warm up."""


class QuizApp(App[None]):
    """Practice, proof and claims in the terminal."""

    TITLE = "quizapp"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", priority=True),
        Binding("f1", "help", "help", priority=True),
        Binding("f2", "swap_theme", "light or dark", priority=True),
    ]

    def __init__(
        self, topic: str | None = None, start: Start = "home", claim: str | None = None, query: str = ""
    ) -> None:
        """Read the banks. Raises QueryError when the query of a start cannot be understood."""
        super().__init__()
        self.problems: list[Problem] = []
        try:
            self.bank = bank.load(cache=paths.cache())
        except BankError as error:
            self.problems = error.problems
            self.bank, _ = bank.read(sorted(paths.questions().glob("*.yaml")))
        try:
            self.settings = settings.load(paths.settings())
        except SettingsError as error:
            self.settings = settings.Settings()
            self.problems += error.problems
        self.chosen = self._parsed(query) if query else None
        self.store = Store(paths.answers())
        self._bench: Bench | None = None
        self.topic = topic
        self.start = start
        self.claim = claim
        self._runs: dict[str, Run] | None = None
        self._reference: Reference | None = None

    # ---- what the screens ask for

    @property
    def bench(self) -> Bench:
        """The bench; it warms up when it is started, and is not even imported before it is asked for."""
        if self._bench is None:
            from quizapp.proof import Bench

            self._bench = Bench()
        return self._bench

    @property
    def runs(self) -> Mapping[str, Run]:
        """The newest run of every experiment."""
        if self._runs is None:
            self._runs = self.store.newest_runs()
        return self._runs

    def keep(self, run: Run) -> None:
        """Store a run and remember it."""
        self.store.add_run(run)
        self._runs = None

    @property
    def reference(self) -> Reference:
        """The evidence that came with quizapp; none, and a word about it, when it cannot be read."""
        if self._reference is None:
            from quizapp import reference

            try:
                self._reference = reference.load()
            except RunsError as error:
                self._reference = reference.Reference(runs={})
                self.notify(str(error), severity="error")
        return self._reference

    def numbers(self) -> Numbers:
        """What was measured, here or else for the reference: `experiment.check` -> its estimate."""
        from quizapp import reference

        return self.reference.numbers() | reference.numbers(self.runs.values())

    def clock(self) -> datetime:
        """The time, in the learner's zone."""
        return datetime.now().astimezone()

    def study(self, topic: str | None = None, only: Query | None = None) -> Study:
        """A new sitting, of the items a query selects now; it knows no measurements yet."""
        study = Study(self.bank, self.store, lambda: datetime.now().astimezone(), topic=topic)
        if only is not None:
            from quizapp import selection

            study.only = selection.ids(study, only)
        return study

    def _parsed(self, text: str) -> Query:
        from quizapp import query

        return query.parse(text, self.bank)

    async def reload(self) -> list[Problem]:
        """Read the question files again, for every screen. Returns their problems; then the bank stays."""
        try:
            self.bank = await asyncio.to_thread(bank.load, None, paths.cache())
        except BankError as error:
            return error.problems
        for screen in self.screen_stack:
            if isinstance(study := getattr(screen, "study", None), Study):
                study.bank = self.bank
        return []

    # ---- life

    def get_default_screen(self) -> Screen[None]:
        """What is painted first: what was asked for."""
        if self.start == "study":
            from quizapp.ui.practice import PracticeScreen

            return PracticeScreen(self.study(self.topic, self.chosen))
        if self.start == "claims":
            from quizapp.ui.claims import ClaimsScreen

            return ClaimsScreen()
        if self.start == "browse":
            from quizapp.ui.browse import BrowseScreen

            return BrowseScreen(self.chosen.text if self.chosen else "")
        from quizapp.ui.home import HomeScreen

        return HomeScreen()

    def leave(self) -> None:
        """From a screen back to the one under it; from the first one home."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            from quizapp.ui.home import HomeScreen

            self.add_mode("home", HomeScreen)
            self.switch_mode("home")

    def on_mount(self) -> None:
        """Say what is wrong; warm the bench only when there is something to look at."""
        if self.claim is not None:
            self.open_prove(self.claim)
        if self.problems:
            from quizapp.ui.problems import ProblemsScreen

            self.push_screen(ProblemsScreen(self.problems))
        self.call_after_refresh(partial(self.set_timer, WARM_AFTER, self._warm))

    async def _warm(self) -> None:
        """Import what the prove screen draws with, and have a bench ready, before anybody asks."""
        await asyncio.to_thread(__import__, "quizapp.ui.prove")
        await asyncio.to_thread(getattr, self, "reference")
        gc.freeze()  # what is there now stays: looking through it again and again would delay keys
        self._start_bench()

    @work(exit_on_error=False)
    async def _start_bench(self) -> None:
        await self.bench.start()

    async def on_unmount(self) -> None:
        """Leave no process behind."""
        if self._bench is not None:
            await self._bench.close()
        self.store.close()

    # ---- the table of screens; each is imported when it is first opened

    def open_study(self, topic: str | None = None) -> None:
        """Practise."""
        from quizapp.ui.practice import PracticeScreen

        self.push_screen(PracticeScreen(self.study(topic)))

    def open_claims(self) -> None:
        """Browse the claims."""
        from quizapp.ui.claims import ClaimsScreen

        self.push_screen(ClaimsScreen())

    def open_browse(self) -> None:
        """Find, look at, mark and edit items."""
        from quizapp.ui.browse import BrowseScreen

        self.push_screen(BrowseScreen())

    def open_stats(self) -> None:
        """How the practice is going."""
        from quizapp.ui.stats import StatsScreen

        self.push_screen(StatsScreen())

    def open_prove(self, claim: str) -> None:
        """Put a claim to the test."""
        from quizapp.ui.prove import ProveScreen

        self.push_screen(ProveScreen(self.bank.claims[claim]))

    def action_help(self) -> None:
        """The keys of the screen at hand."""
        from quizapp.ui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(getattr(self.screen, "KEYS", ())))

    def action_swap_theme(self) -> None:
        """Dark to light and back."""
        self.theme = "textual-light" if self.theme == "textual-dark" else "textual-dark"
