"""Which architecture: the needs above, changed with left and right; below, what follows from them."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizapp.picker import ask, flips, rules, told
from quizapp.picker.needs import Needs, Question, moved
from quizapp.picker.told import Account
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import Listing
from quizapp.ui.look import bold, dim, lines, scroll

TURNS = {"right": 1, "l": 1, "left": -1, "h": -1}
"""The keys that change the need at the cursor."""
STEPS = {"length": flips.LENGTHS, "memory": flips.MEMORY, "tokens": flips.TOKENS}
SIDES = 6
"""Columns of a line that the page needs for itself."""


class PickScreen(Keyed[None]):
    """Needs in, a recommendation out; it follows every change at once."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose what to change"),
        ("left / right", "change it"),
        ("page keys, j / k", "scroll what is said"),
    )
    FIXED = ("up", "down", "home", "end", *TURNS, "j", "k", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "prove", "prove the first claim it rests on", id="pick.prove", show=False),
        Binding("r", "reset", "back to what is usual", id="pick.reset", show=False),
        Binding("escape", "leave", "home", id="pick.leave", show=False),
    ]

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-room")]  # noqa: RUF012 - Textual's own form

    def __init__(self) -> None:
        super().__init__()
        self.rules = rules.shipped()
        self.inputs = {question.name: question for question in ask.inputs(self.rules)}
        self.needs = Needs()
        self.account: Account | None = None

    def compose(self) -> ComposeResult:
        """The needs, what follows, the keys."""
        yield Static(id="status", markup=False)
        yield Listing(self._row, id="needs")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="page", markup=False)
        hints = (
            ("up down", "need"),
            ("left right", "change"),
            ("j k", "scroll"),
            ("pick.prove", "prove"),
            ("pick.leave", "home"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints", markup=False)

    def on_mount(self) -> None:
        """Show the usual needs; the account follows."""
        self.query_one("#status", Static).update(Content.assemble(("architecture", "bold"), "   which one?"))
        self.query_one(Listing).show(list(self.inputs))
        self.query_one("#page", Static).update(dim("Weighing..."))

    def on_screen_resume(self) -> None:
        """Something may have been proved meanwhile."""
        self._weigh()

    def on_resize(self) -> None:
        """The account is as wide as the screen."""
        self._draw()

    def _row(self, name: str, here: bool) -> Content:
        question = self.inputs[name]
        value = ask.usual(question, self.needs, self.rules)
        shown = Content.assemble((f"< {value} >", "bold")) if here else Content(f"  {value}")
        return Content.assemble((f"{name:<12}", "" if here else "dim"), shown)

    @work(exclusive=True)
    async def _weigh(self) -> None:
        """Judging reads the source of every experiment, so it is done off the loop."""
        wanted, runs = self.needs, dict(self.app.runs)
        self.account = await asyncio.to_thread(
            lambda: ask.account(wanted, self.rules, self.app.bank.claims, runs, self.app.reference)
        )
        self._draw()

    def _draw(self) -> None:
        if self.account is None:
            return
        width = min(100, self.size.width - SIDES)
        parts: list[Content | str] = []
        for section in told.sections(self.account, width):
            parts += [bold(section.title), *(f"  {line}" for line in section.lines), ""]
        self.query_one("#page", Static).update(lines(*parts))
        said = told.headline(self.account.choice)
        self.query_one("#status", Static).update(Content.assemble(("architecture", "bold"), f"   {said}"))

    def _turn(self, by: int) -> None:
        """Move the need at the cursor to its next value."""
        name = self.query_one(Listing).current or ""
        self.needs = turned(self.needs, self.inputs[name], by, self.rules)
        self.query_one(Listing).refresh()
        self.query_one("#body").scroll_home(animate=False)
        self._weigh()

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that move, change or scroll."""
        if key in TURNS:
            self._turn(TURNS[key])
            return True
        if key in ("up", "down", "home", "end"):
            return self.query_one(Listing).press(key)
        return scroll(self.query_one("#body"), key)

    def action_reset(self) -> None:
        """What is usual."""
        self.needs = Needs()
        self.query_one(Listing).refresh()
        self._weigh()

    def action_prove(self) -> None:
        """The first claim that can be tested."""
        rests = self.account.rests if self.account else ()
        if (claim := next((one.claim for one in rests if one.testable), None)) is None:
            self.notify("No claim behind this can be tested here.")
        else:
            self.app.open_prove(claim)


def turned(needs: Needs, question: Question, by: int, known: rules.Rules) -> Needs:
    """The needs with one of them moved to the next value, as far as there is one."""
    name = question.name
    now = ask.now(name, needs, known)
    if question.choices:
        at = ("no", "yes").index("yes" if now else "no") if name == "stream" else question.choices.index(now)
        chosen = question.choices[(at + by) % len(question.choices)]
        return moved(needs, name, chosen == "yes" if name == "stream" else chosen)
    beyond = [step for step in STEPS[name] if (step > now if by > 0 else step < now)]
    return moved(needs, name, beyond[0 if by > 0 else -1]) if beyond else needs
