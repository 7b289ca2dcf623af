"""The app: a table of screens, the learner's day, and one warm bench. Everything else is in the screens."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from textual import work
from textual.screen import Screen

from quizapp import bank, clock, opening, paths, served, settings
from quizapp.errors import BankError, Problem, RunsError, SettingsError
from quizapp.learner import Learner
from quizapp.store import Store
from quizapp.study import Study
from quizapp.ui import tidy
from quizapp.ui.keyed import Keyed
from quizapp.ui.manners import Manners

if TYPE_CHECKING:
    from pathlib import Path

    from quizapp.evidence import Run
    from quizapp.grade import Numbers
    from quizapp.proof import Bench
    from quizapp.query import Query
    from quizapp.reference import Reference
    from quizapp.ui.mock import Wish

Start = Literal["home", "study", "claims", "browse", "mock"]
AT_ONCE = 1_000
"""So many answers are folded before the first paint; it takes about 40 ms."""
WARM_AFTER = 0.3
"""Seconds after the first paint at which the bench starts to warm up."""


class QuizApp(Manners):
    """Practice, proof and claims in the terminal."""

    TITLE = "quizapp"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        topic: str | None = None,
        start: Start = "home",
        claim: str | None = None,
        query: str = "",
        cram: bool = False,
        wish: Wish | None = None,
        **limits: int | date | None,
    ) -> None:
        """Read the banks. Raises QueryError when the query of a start cannot be understood.

        cram: ask what a start selects without changing the schedule. limits: settings of a sitting that hold
        for this run in place of those that were set; None: as it was set.
        """
        super().__init__()
        self.problems: list[Problem] = []
        try:
            self.bank = bank.load(cache=paths.cache())
        except BankError as error:
            self.problems += error.problems
            self.bank = bank.in_order()
        self.problems += self.bank.left_out
        try:
            self.settings = settings.load(paths.settings())
        except SettingsError as error:
            self.settings = settings.Settings()
            self.problems += error.problems
        self.settings = opening.limited(self.settings, limits)
        self.adopt()
        self.chosen = self._parsed(query) if query else None
        self.store = Store(paths.answers())
        self.learner = Learner(self.store, paths.snapshot())
        self.turn = served.turn()
        """None on the learner's own terminal. Else this is a visit: nothing may reach beyond its folder."""
        self._bench: Bench | None = None
        self.topic = topic
        self.cram = cram
        self.start = start
        self.claim = claim
        self.wish = wish
        self._runs: dict[str, Run] | None = None
        self._reference: Reference | None = None

    # ---- what the screens ask for

    @property
    def bench(self) -> Bench:
        """The bench; it warms up when it is started, and is not even imported before it is asked for."""
        if self._bench is None:
            from quizapp.proof import Bench

            self._bench = Bench() if self.turn is None else self._queued(self.turn)
        return self._bench

    def _queued(self, turn: Path) -> Bench:
        from quizapp.queued import QueuedBench

        return QueuedBench(turn)

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
                self.notify(str(error), severity="error", markup=False)
        return self._reference

    def numbers(self) -> Numbers:
        """What was measured, here or else for the reference: `experiment.check` -> its estimate."""
        return self.reference.key(self.runs.values())

    def clock(self) -> datetime:
        """The time, in the learner's zone."""
        return clock.now()

    def study(self, topic: str | None = None, only: Query | None = None, cram: bool = False) -> Study:
        """A new sitting, of the items a query selects now; it knows no measurements yet."""
        return opening.sitting(
            self.bank,
            self.store,
            lambda: self.clock(),
            learner=self.learner,
            settings=self.settings,
            topic=topic,
            only=only,
            cram=cram,
        )

    def _parsed(self, text: str) -> Query:
        from quizapp import query

        return query.parse(text, self.bank)

    async def reload(self) -> list[Problem]:
        """Read the question files again, for every screen. Returns their problems; then the bank stays."""
        try:
            self.bank = await asyncio.to_thread(bank.load, None, paths.cache())
        except BankError as error:
            return error.problems
        if self.bank.left_out:
            self.notify("A pack is left out: quizapp pack list says why.", severity="warning")
        for screen in self.screen_stack:
            if isinstance(study := getattr(screen, "study", None), Study):
                study.bank = self.bank
        return []

    # ---- life

    def get_default_screen(self) -> Screen[None]:
        """What is painted first: what was asked for."""
        if self.start == "study":
            return self._practice(self.topic, self.chosen, self.cram)
        if self.start == "claims":
            from quizapp.ui.claims import ClaimsScreen

            return ClaimsScreen()
        if self.start == "mock":
            from quizapp.ui.mock import MockScreen

            return MockScreen(self.wish)
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
        self.call_after_refresh(self._welcome)
        self.call_after_refresh(partial(self.set_timer, WARM_AFTER, self._warm))

    def _welcome(self) -> None:
        """Show somebody new around, once: at home, on their own terminal, with nothing in the way."""
        if self.start != "home" or self.turn is not None or not self.settings.tour:
            return
        from quizapp.ui.home import HomeScreen

        alone = isinstance(self.screen, HomeScreen)
        if alone and self.store.newest() == (0, 0) and not self.store.predictions():
            self.keep_setting("tour", "false")
            self.open_tour()

    async def _warm(self) -> None:
        """Import what the prove screen draws with, and have a bench ready, before anybody asks."""
        tidy.begin()  # a start does without
        self.set_interval(tidy.QUIET, lambda: tidy.tidy(self.quiet))
        for name in ("prove", "help"):
            await asyncio.to_thread(import_module, f"quizapp.ui.{name}")
        await asyncio.to_thread(getattr, self, "reference")
        await asyncio.to_thread(self._back_up)
        gc.freeze()  # what is there now stays: looking through it again and again would delay keys
        self._start_bench()

    def _back_up(self) -> None:
        """Begin the day's backup; it is imported and made away from the keys."""
        from quizapp import backups

        backups.begin(self.store.path, self.clock)

    @work(exit_on_error=False)
    async def _start_bench(self) -> None:
        await self.bench.start()

    async def on_unmount(self) -> None:
        """Leave no process behind."""
        tidy.end()
        if self._bench is not None:
            await self._bench.close()
        self.store.close()

    # ---- the table of screens; each is imported when it is first opened

    async def open_home(self) -> None:
        """What is due, topic by topic, and the last verdicts."""
        from quizapp.ui.home import HomeScreen

        for _ in range(2 * len(self.screen_stack)):  # some screens go back in two steps
            at = self.screen
            if isinstance(at, HomeScreen) or not isinstance(at, Keyed) or not at.check_action("leave", ()):
                return
            if (leaving := at.action_leave()) is not None:
                await leaving

    def open_study(self, topic: str | None = None, cram: bool = False) -> None:
        """Everything that is due, then what is new."""
        self.push_screen(self._practice(topic, None, cram))

    def _practice(self, topic: str | None, only: Query | None, cram: bool) -> Screen[None]:
        """Practice; before it, when thousands of answers are to be read first, a screen that says so."""

        def sitting() -> Screen[None]:
            from quizapp.ui.practice import PracticeScreen

            return PracticeScreen(self.study(topic, only, cram))

        if self.learner.behind() <= AT_ONCE:
            return sitting()
        from quizapp.ui.reading import ReadingScreen

        return ReadingScreen(sitting)

    def open_claims(self) -> None:
        """What people say, and what came of putting it to the test."""
        from quizapp.ui.claims import ClaimsScreen

        self.push_screen(ClaimsScreen())

    def open_browse(self) -> None:
        """Find, look at, mark and edit items."""
        from quizapp.ui.browse import BrowseScreen

        self.push_screen(BrowseScreen())

    def open_item(self, item: str) -> None:
        """Look at one item, among the others."""
        from quizapp.ui.browse import BrowseScreen

        self.push_screen(BrowseScreen(at=item))

    def open_pick(self) -> None:
        """Which architecture for which task, and why."""
        from quizapp.ui.pick import PickScreen

        self.push_screen(PickScreen())

    def open_glossary(self) -> None:
        """What the terms mean, and what shows it."""
        from quizapp.ui.glossary import GlossaryScreen

        self.push_screen(GlossaryScreen())

    def open_stats(self) -> None:
        """How the practice is going."""
        from quizapp.ui.stats import StatsScreen

        self.push_screen(StatsScreen())

    def open_mock(self) -> None:
        """A mock interview: questions, follow-ups, and where you stand."""
        from quizapp.ui.mock import MockScreen

        self.push_screen(MockScreen())

    def open_workshop(self) -> None:
        """Exercises: code of your own, checked."""
        from quizapp.ui.workshop import WorkshopScreen

        self.push_screen(WorkshopScreen())

    def open_tour(self) -> None:
        """What there is, in half a minute."""
        from quizapp.ui.tour import TourScreen

        self.push_screen(TourScreen(self.key_of))

    def open_export(self, query: str = "") -> None:
        """Questions with their evidence as a file, for elsewhere."""
        from quizapp.ui.export import ExportScreen

        if self.turn is None:
            self.push_screen(ExportScreen(query))

    def open_prove(self, claim: str) -> None:
        """Put a claim to the test."""
        from quizapp.ui.prove import ProveScreen

        self.push_screen(ProveScreen(self.bank.claims[claim]))

    def action_help(self) -> None:
        """The keys of the screen at hand."""
        from quizapp.ui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            at = self.screen
            shown = at.explained() if isinstance(at, Keyed) else getattr(at, "KEYS", ())
            palette = self.key_of("app.palette", "ctrl+p")
            more = f"up and down scroll, other keys close; {palette} tour: the tour"
            self.push_screen(HelpScreen([*shown, *self.everywhere()], more))
