"""The glossary: terms to the left or above, the one at the cursor in full, filtered as one types."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from quizapp import glossary
from quizapp.bank import Bank
from quizapp.glossary import Shown, Term
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import Listing
from quizapp.ui.look import bold, dim, hang, lines, scroll, verdict

SIDES = 5
"""Columns of a line that the entry needs for itself."""
LABEL = 12


class GlossaryScreen(Keyed[None]):
    """What people say, what it means, and what shows it."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose a term"),
        ("page keys, j / k", "scroll the entry"),
        ("in the filter", "letters of the term; what is near it is shown when nothing fits"),
    )
    FIXED = ("up", "down", "home", "end", "j", "k", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "item", "look at its item, with the answer hidden", id="glossary.item", show=False),
        Binding("p", "prove", "prove the claim that shows it", id="glossary.prove", show=False),
        Binding("n", "next", "the first related term", id="glossary.next", show=False),
        Binding("slash", "filter", "filter", id="glossary.filter", show=False),
        Binding("escape", "leave", "leave the filter, then home", id="glossary.leave", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-low"), (34, "-high")]  # noqa: RUF012 - Textual's own form

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Term] = {}
        self._bank: Bank | None = None
        self.shown: tuple[Shown, ...] = ()

    def compose(self) -> ComposeResult:
        """Filter, names, entry, keys."""
        yield Static(id="status", markup=False)
        yield Input(id="filter", placeholder="/ to filter", select_on_focus=False)
        with Vertical(id="pair"):
            yield Listing(self._row, id="items")
            with VerticalScroll(id="leaf", can_focus=False):
                yield Static(id="item", markup=False)
        hints = (
            ("up down", "term"),
            ("glossary.filter", "filter"),
            ("glossary.item", "item"),
            ("glossary.prove", "prove"),
            ("glossary.next", "related"),
            ("glossary.leave", "home"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints", markup=False)

    def on_mount(self) -> None:
        """Keys go to the list."""
        self.query_one(Listing).focus()

    def on_screen_resume(self) -> None:
        """Something may have been edited meanwhile, or proved."""
        if self._bank is not self.app.bank:
            self._read()
        else:
            self._judge()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """The terms; those of a large deck take a moment."""
        self._bank = bank = self.app.bank
        self.known = await asyncio.to_thread(glossary.terms, bank)
        self._fill()

    def on_resize(self) -> None:
        """The entry is as wide as its place, once that is known."""
        self.call_after_refresh(self._draw)

    @property
    def term(self) -> Term | None:
        """The one at the cursor."""
        return self.known.get(self.query_one(Listing).current or "")

    def _row(self, name: str, here: bool) -> Content:
        return Content.assemble(("> " if here else "  ", "bold"), name)

    def _fill(self) -> None:
        typed = self.query_one("#filter", Input).value
        names = glossary.matching(self.known, typed)
        self.query_one(Listing).show(names)
        said = f"{len(names):,} of {len(self.known):,} terms" if self.known else "there are no terms here"
        self.query_one("#status", Static).update(Content.assemble(("glossary", "bold"), f"   {said}"))

    def on_listing_moved(self) -> None:
        """Another term: its text at once, its verdicts in a moment."""
        self.shown = ()
        self._draw()
        self.query_one("#leaf").scroll_home(animate=False)
        self._judge()

    @work(exclusive=True)
    async def _judge(self) -> None:
        """Judging reads the source of the experiments, so it is done off the loop."""
        term = self.term
        if term is not None:
            runs = dict(self.app.runs)
            self.shown = await asyncio.to_thread(
                lambda: glossary.shown(term, self.app.bank.claims, runs, self.app.reference)
            )
            self._draw()

    def _draw(self) -> None:
        term = self.term
        entry = self.query_one("#item", Static)
        width = min(100, entry.parent.size.width - SIDES if entry.parent else 80)  # type: ignore[attr-defined]
        entry.update(_entry(term, self.shown, width) if term else self._around(width))

    def _around(self, width: int) -> Content:
        """What is said elsewhere about what is typed, where no term is like it."""
        found = glossary.around(self.app.bank, self.query_one("#filter", Input).value)
        if found is None:
            return dim("No term is like that.")
        return Content("\n".join(glossary.around_text(found, width)))

    # ---- keys

    def on_input_changed(self) -> None:
        """Filter as one types."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self.query_one(Listing).focus()

    def press(self, key: str) -> bool:
        """The keys that move or scroll; from the filter down to the list."""
        if self.typing:
            if key != "down":
                return False
            self.query_one(Listing).focus()
            return True
        if key in ("up", "down", "home", "end"):
            return self.query_one(Listing).press(key)
        return scroll(self.query_one("#leaf"), key)

    def action_item(self) -> None:
        """Its item, among the others."""
        if self.term is not None:
            self.app.open_item(self.term.item)

    def action_prove(self) -> None:
        """The first claim that can be tested."""
        known = self.app.bank.claims
        tested = (known[id_] for id_ in (self.term.claims if self.term else ()) if id_ in known)
        if (claim := next((one for one in tested if one.checks), None)) is None:
            self.notify("No claim about this term can be tested here.")
        else:
            self.app.open_prove(claim.id)

    def action_next(self) -> None:
        """The first related term."""
        if self.term is not None and self.term.related:
            wanted = self.term.related[0]
            self.query_one("#filter", Input).value = ""
            listing = self.query_one(Listing)
            listing.show(list(self.known))
            listing.go(listing.names.index(wanted))

    def action_filter(self) -> None:
        """To the line above the list."""
        self.query_one("#filter").focus()

    def action_leave(self) -> None:
        """From the filter to the list; from the list home."""
        if self.typing:
            self.query_one(Listing).focus()
        else:
            self.app.leave()


def _entry(term: Term, shown: tuple[Shown, ...], width: int) -> Content:
    """A term in full."""
    rows: list[Content | str] = [bold(term.name)]
    for label, said in glossary.labelled(term):
        rows.append(hang(dim(label.ljust(LABEL)), said, width))
    for one in shown:
        whose = f" ({one.whose})" if one.whose else ""
        by = f"  {'; '.join(one.experiments)}" if one.experiments else ""
        said_by = Content.assemble(verdict(one.verdict), whose, f"  “{one.says}”", (by, "dim"))
        rows.append(hang(dim("Shown by".ljust(LABEL)), said_by, width))
    for label, names in (("Related", term.related), ("Practise", term.practise)):
        if names:
            rows.append(hang(dim(label.ljust(LABEL)), ", ".join(names), width))
    return lines(*rows)
