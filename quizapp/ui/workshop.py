"""The workshop: exercises with where one stands, their tasks, and checks of the learner's files.

A check runs in a process of its own, awaited in a thread; nothing of the learner's is imported here.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizapp import editor
from quizapp.errors import QuizError
from quizapp.ui import foreground
from quizapp.ui.background import in_background
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import MOVES, Listing
from quizapp.ui.look import bold, dim, hang, lines, scroll
from quizapp.workshop import checking, desk, progress, shelf, words
from quizapp.workshop.checking import Checked
from quizapp.workshop.progress import Act, Progress
from quizapp.workshop.shelf import Exercise

LEAF = {"left_square_bracket": "up", "right_square_bracket": "down"}
ROOMY = 40
"""Columns of a list that has room for states and levels in words."""
STATES = {"solved": "bold $text-success", "begun": "bold", "not begun": "dim"}
RESULTS = {"solved": "bold $text-success", "wrong": "bold $text-error", "broken": "bold $text-error"}


class WorkshopScreen(Keyed[None]):
    """A list of exercises, and the one at the cursor."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose an exercise; also page keys, home, end"),
        ("[ / ]", "scroll the task"),
    )
    FIXED = (*MOVES, *LEAF)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e",
            "edit",
            "edit your file with $VISUAL or $EDITOR, then check it",
            id="workshop.edit",
            show=False,
        ),
        Binding("c", "run_check", "check your file", id="workshop.check", show=False),
        Binding("h", "hint", "the next hint", id="workshop.hint", show=False),
        Binding("s", "solution", "our way, after a try of yours", id="workshop.solution", show=False),
        Binding(
            "p", "prove", "prove the claim behind it; again: the next one", id="workshop.prove", show=False
        ),
        Binding("i", "item", "an item about it; again: the next one", id="workshop.item", show=False),
        Binding("enter", "unfold", "read it in full, or beside the list", id="workshop.open", show=False),
        Binding(
            "escape", "leave", "stop a check, back to the list, then home", id="workshop.leave", show=False
        ),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-low"), (34, "-high")]  # noqa: RUF012 - Textual's own form

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Progress] = {}
        self.results: dict[str, Checked] = {}
        """The last check of each, since the screen was opened."""
        self.checking: str | None = None
        """The exercise whose check runs."""
        self._cancel = threading.Event()
        self._hinted: str | None = None
        """The exercise whose hints stand first: one was asked for since its last check."""
        self._ours: str | None = None
        """The exercise whose solution is shown."""
        self._turns: dict[tuple[str, str], int] = {}
        self._by_id: dict[str, Exercise] = {}

    def compose(self) -> ComposeResult:
        """List and leaf."""
        yield Static(id="status", markup=False)
        with Container(id="pair"):
            yield Listing(self._row, id="items")
            with VerticalScroll(id="leaf", can_focus=False):
                yield Static(id="item", markup=False)
        hints = (
            ("workshop.edit", "edit"),
            ("workshop.check", "check"),
            ("workshop.hint", "hint"),
            ("workshop.solution", "solution"),
            ("workshop.prove", "prove"),
            ("workshop.open", "open"),
            ("workshop.leave", "home"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints")

    def on_mount(self) -> None:
        """Read the exercises and what was done with them, off the loop."""
        self._listing.focus()
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        try:
            exercises = await asyncio.to_thread(shelf.load)
        except QuizError as error:
            self.query_one("#item", Static).update(str(error))
            return
        self.known = await asyncio.to_thread(progress.of, self.app.store)
        self._by_id = {one.id: one for one in exercises}
        self._listing.show(list(self._by_id))
        begin = next((place for place, id_ in enumerate(self._by_id) if not self._state(id_).solved), 0)
        self._listing.go(begin)
        self._show()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self._cancel.set()

    @property
    def _listing(self) -> Listing:
        return self.query_one("#items", Listing)

    @property
    def _at(self) -> Exercise | None:
        return self._by_id.get(self._listing.current or "")

    def _state(self, id_: str) -> Progress:
        return self.known.get(id_, Progress())

    # ---- drawing

    def _row(self, name: str, here: bool) -> Content:
        one, now = self._by_id[name], self._state(name)
        state = "checking" if self.checking == name else now.state
        mark, style = words.MARKS.get(state, "…"), STATES.get(state, "bold")
        begins = Content("› " if here else "  ")
        if self._listing.size.width < ROOMY:
            return Content.assemble(begins, (f"{mark} ", style), one.title)
        return Content.assemble(
            begins, (f"{mark} {state:<10}", style), (f"{one.level:<7} ", "dim"), one.title
        )

    def on_listing_moved(self) -> None:
        """Another exercise."""
        self._ours = self._hinted = None
        self.query_one("#leaf").scroll_home(animate=False)
        self._show()

    def on_resize(self) -> None:
        """Results hang in columns."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        solved = sum(self._state(id_).solved is not None for id_ in self._by_id)
        counted = f"{solved} of {len(self._by_id)} solved" if self._by_id else "reading..."
        self.query_one("#status", Static).update(Content.assemble(("workshop", "bold"), f"   {counted}"))
        if one := self._at:
            self.query_one("#item", Static).update(self._described(one))
        self._listing.refresh()

    def _described(self, one: Exercise) -> Content:
        now = self._state(one.id)
        rows: list[Content | str] = [bold(one.title), dim(words.about(one))]
        hints = [*map(self._hint(one), range(1, now.hints + 1))]
        if self._hinted == one.id:  # asked for just now: the newest first, at the top
            rows += ["", *hints[::-1]]
        if self.checking == one.id:
            rows += ["", bold("Checking... escape stops it."), ""]
        elif one.id in self.results:
            rows += ["", *self._result(one, self.results[one.id]), ""]
        if self.app.turn is not None:
            rows.append(
                dim("Exercises are edited and checked on a machine of your own: quizapp exercise start")
            )
        elif now.begun:
            rows.append(dim(f"your file: {desk.file_of(one)}"))
        if hints and self._hinted != one.id:
            rows += ["", *hints]
        shown = [bold("Our way"), one.solution] if self._ours == one.id else [one.task.partition("\n\n")[2]]
        rows += ["", *shown, "", dim(f"claims: {', '.join(one.claims)}")]
        if one.items:
            rows.append(dim(f"items: {', '.join(one.items)}"))
        return lines(*rows)

    def _hint(self, one: Exercise) -> Callable[[int], Content]:
        width = max(40, self.query_one("#leaf").size.width - 4)

        def hint(number: int) -> Content:
            return hang(dim(f"hint {number} of {len(one.hints)}: "), one.hints[number - 1], width)

        return hint

    def _result(self, one: Exercise, checked: Checked) -> list[Content]:
        width = max(40, self.query_one("#leaf").size.width - 4)
        found = [Content.styled(words.headline(checked), RESULTS.get(checked.state, "bold"))]
        for label, text in words.rows(checked, desk.file_of(one)):
            found.append(hang(dim(f"  {label:<{words.WIDTH}}"), text, width))
        return found

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that move the cursor or scroll."""
        full = self.has_class("-full")
        if key in LEAF or (full and key in ("up", "down", "j", "k", "pageup", "pagedown")):
            return scroll(self.query_one("#leaf"), LEAF.get(key, key))
        return self._listing.press(key)

    def action_unfold(self) -> None:
        """The exercise over the whole screen, or beside the list again."""
        self.toggle_class("-full")
        self.call_after_refresh(self._show)

    async def action_leave(self) -> None:
        """Stop a check; else back to the list; else home."""
        if self.checking is not None and not self._cancel.is_set():
            self._cancel.set()
        elif self.has_class("-full"):
            self.action_unfold()
        else:
            self.app.leave()

    async def action_edit(self) -> None:
        """Begin it if need be, open it, and check it afterwards; the terminal is the editor's meanwhile."""
        one = self._at
        if one is None or self._busy():
            return
        try:
            file, _ = await asyncio.to_thread(desk.start, one)
            if not self._state(one.id).begun:
                await self._keep(one, "start")
            command = editor.command(os.environ, file, desk.place_of_stub(file))
            before = file.stat().st_mtime_ns
            with self.app.suspend():
                foreground.run(command)
            changed = file.exists() and file.stat().st_mtime_ns != before
        except SuspendNotSupported:
            self.notify(f"No editor can be opened here. Edit {file}, then press c.", markup=False)
            return
        except (QuizError, OSError) as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._show()
        if changed:
            self.action_run_check()

    @work(group="check")
    async def action_run_check(self) -> None:
        """Check the file of the exercise at the cursor."""
        one = self._at
        if one is None or self._busy():
            return
        if not desk.begun(one):
            self.notify("Not begun yet: press e to begin it and open your file.", markup=False)
            return
        self._cancel, self.checking = threading.Event(), one.id
        self._ours = self._hinted = None
        self._show()
        checked = None
        try:
            check = partial(checking.check, one, desk.file_of(one), cancelled=self._cancel)
            checked = await in_background(check)
        except (QuizError, OSError) as error:
            self.notify(str(error), severity="error", markup=False)
        finally:
            self.checking = None
        if checked is not None and not self._cancel.is_set():
            await self._keep(one, "check", state=checked.state, what=checked.what)
            self.results[one.id] = checked
        self.query_one("#leaf").scroll_home(animate=False)
        self._show()

    def _busy(self) -> bool:
        """Whether a check runs; that is said."""
        if self.checking is not None:
            what = self._by_id[self.checking].title
            self.notify(f"Still checking: {what}. escape stops it.", timeout=3, markup=False)
        return self.checking is not None

    async def _keep(self, one: Exercise, act: Act, **said: str) -> None:
        """Write it down, off the loop, and read again where everything stands."""
        store, at = self.app.store, self.app.clock()
        await asyncio.to_thread(lambda: progress.add(store, one.id, act, at, **said))
        self.known = await asyncio.to_thread(progress.of, store)

    async def action_hint(self) -> None:
        """One more hint."""
        if (one := self._at) and self._state(one.id).hints < len(one.hints):
            await self._keep(one, "hint")
        elif one:
            self.notify("That was the last hint.", timeout=3)
        if one:
            self._hinted = one.id
            self.query_one("#leaf").scroll_home(animate=False)
            self._show()

    async def action_solution(self) -> None:
        """Our way, or the task again; only after a try."""
        one = self._at
        if one is None:
            return
        if self._ours == one.id:
            self._ours = None
        elif not self._state(one.id).tries:
            said = f"Try it first: e, then c. `quizapp exercise solution {one.id} --anyway` shows ours."
            self.notify(said, markup=False)
            return
        else:
            self._ours = one.id
            await self._keep(one, "solution")
        self._show()

    def action_prove(self) -> None:
        """The claims behind it, one after the other."""
        if one := self._at:
            testable = [
                id_ for id_ in one.claims if id_ in self.app.bank.claims and self.app.bank.claims[id_].checks
            ]
            if testable:
                self.app.open_prove(testable[self._turn(one, "claim") % len(testable)])
            else:
                self.notify("Nothing to prove here.", timeout=3)

    def action_item(self) -> None:
        """The items about it, one after the other."""
        if one := self._at:
            there = [id_ for id_ in one.items if id_ in self.app.bank.items]
            if there:
                self.app.open_item(there[self._turn(one, "item") % len(there)])
            else:
                self.notify("No item about it here.", timeout=3)

    def _turn(self, one: Exercise, kind: str) -> int:
        turn = self._turns.get((one.id, kind), 0)
        self._turns[one.id, kind] = turn + 1
        return turn
