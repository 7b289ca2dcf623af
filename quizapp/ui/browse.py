"""Browse: find items with a query, look at them without spoiling oneself, mark and edit them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input, Static

from quizapp import claims, editor, query, selection
from quizapp.bank import pack_of
from quizapp.errors import QueryError, QuizError
from quizapp.export.sheet import sheet
from quizapp.marks import Marked, taken_back
from quizapp.model import Item, Review
from quizapp.texts import Texts
from quizapp.ui import foreground
from quizapp.ui.item import history, row, state, written
from quizapp.ui.jump import JumpScreen
from quizapp.ui.keyed import Keyed
from quizapp.ui.listing import MOVES, Listing
from quizapp.ui.look import dim, lines, scroll
from quizapp.ui.marks import Pen, mark_bindings, mark_hint
from quizapp.ui.roll import Roll

if TYPE_CHECKING:
    from quizapp.grade import Numbers
    from quizapp.marks import MarkKind
    from quizapp.study import Study

WIDEST = 100
"""Characters in a line of an item, as in app.tcss."""
LEAF = {"left_square_bracket": "up", "right_square_bracket": "down"}


class BrowseScreen(Keyed[None]):
    """A filter, the items that fit it, and the one at the cursor."""

    AUTO_FOCUS = ""
    KEYS = (
        ("in the filter", 'words, "a phrase", topic: kind: level: id:'),
        ("", "claim: concept: is:due new learned wrong lapsed"),
        ("", "suspended buried flagged, verdict:holds depends"),
        ("", "fails unclear invalid none; pack:; - negates; or"),
        ("up / down", "choose an item; also page keys, home, end"),
        ("left / right", "when read in full: the items beside it"),
        ("[ / ]", "scroll the item"),
    )
    FIXED = (*MOVES, "left", "right", *LEAF)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="browse.filter", show=False),
        Binding("g", "jump", "go to an id or a topic by some letters", id="browse.jump", show=False),
        Binding("space", "reveal", "show the answer, or hide it", id="browse.reveal", show=False),
        Binding("enter", "unfold", "read it in full, or beside the list", id="browse.open", show=False),
        *mark_bindings("browse"),
        Binding("u,ctrl+z", "undo", "undo the last mark", id="browse.undo", show=False),
        Binding("e", "edit", "edit it with $VISUAL or $EDITOR", id="browse.edit", show=False),
        Binding("x", "export", "export what is listed", id="browse.export", show=False),
        Binding("r", "reload", "read the question files again", id="browse.reload", show=False),
        Binding("escape", "leave", "back to the list, then home", id="browse.leave", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-low"), (34, "-high")]  # noqa: RUF012 - Textual's own form

    def __init__(self, text: str = "", at: str | None = None) -> None:
        """text: a filter. at: the item to begin with."""
        super().__init__()
        self.text = text
        self.at = at
        self.revealed: str | None = None
        """The item whose answer is shown."""
        self.study: Study | None = None
        """The learner's side; it takes a moment to be read."""
        self._pen: Pen | None = None
        self._texts = Texts()
        self._verdicts: Mapping[str, str] = {}
        self._numbers: Numbers = {}
        self._reviews: dict[str, list[Review]] = {}

    def compose(self) -> ComposeResult:
        """Filter, list, item."""
        yield Static(id="status", markup=False)
        yield Input(self.text, id="filter", placeholder="/ to filter", select_on_focus=False)
        yield Static(id="amiss", markup=False)
        with Container(id="pair"):
            yield Listing(self._row, id="items")
            yield Roll(widest=100, id="leaf")
        find = (("browse.filter", "filter"), ("browse.jump", "go to"), ("browse.reveal", "answer"))
        change = (("browse.open", "open"), ("browse.edit", "edit"), mark_hint("browse"))
        yield Static(self.hints(*find, *change, ("every.help", "help")), id="hints")

    def on_mount(self) -> None:
        """The list at once; what the learner did follows."""
        self._listing.focus()
        self._select()
        if self.at in self._listing.names:
            self._listing.go(self._listing.names.index(self.at))
        self._learn()

    @property
    def _listing(self) -> Listing:
        return self.query_one("#items", Listing)

    @property
    def _at(self) -> Item | None:
        """The item at the cursor."""
        name = self._listing.current
        return None if name is None else self.app.bank.items.get(name)

    # ---- what is known

    @work(group="learn")
    async def _learn(self) -> None:
        """Read what the learner did, off the loop."""
        self.study = await asyncio.to_thread(self._read)
        self._pen = Pen(self, self.study.marking)
        self._select()
        self._numbers = await asyncio.to_thread(self.app.numbers)
        self._show()

    def _read(self) -> Study:
        study = self.app.study()
        for review in self.app.store.reviews():
            self._reviews.setdefault(review.item, []).append(review)
        self._verdicts = claims.verdicts(self.app.bank.claims.values(), self.app.runs)
        for item in self.app.bank.items.values():
            self._texts.of(item)
        return study

    # ---- the filter

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        self.text = event.value
        self._select()

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self._listing.focus()

    def _select(self) -> None:
        """Show what fits. A query that cannot be understood (yet) leaves the list as it is.

        At once and not in a thread, so that the next key finds the list it was meant for.
        """
        items = list(self.app.bank.items.values())
        try:
            asked = query.parse(self.text, self.app.bank)
        except QueryError as error:
            self._amiss(f"{error.problem} (character {error.at + 1}). {error.todo}")
            return
        self._amiss("")
        if asked.alternatives:
            if self.study is None:
                return  # once it is known what the learner did, this is called again
            items = query.select(items, asked, selection.facts(self.study, self._verdicts, self._texts))
        self._listing.show([item.id for item in items])

    def _amiss(self, text: str) -> None:
        amiss = self.query_one("#amiss", Static)
        if text or amiss.display:
            amiss.display = bool(text)
            amiss.update(dim(text))

    # ---- drawing

    def on_resize(self) -> None:
        """What is picked from is as wide as its place, once that is known."""
        self.call_after_refresh(self._show)

    def _row(self, name: str, here: bool) -> Content:
        item, width = self.app.bank.items.get(name), self._listing.content_size.width
        if item is None:
            return Content(f"{'› ' if here else '  '}{name}")
        if self.study is None:  # it is not known yet where it stands
            return row(item, "", Marked(), here, width)
        marked = self.study.marking.of(name)
        return row(item, state(self.study.memories.get(name), marked, self.study.now()), marked, here, width)

    def on_listing_moved(self) -> None:
        """Another item: its answer is hidden again."""
        if self._listing.current != self.revealed:
            self.revealed = None
        self.query_one("#leaf").scroll_home(animate=False)
        self._show()

    def _show_marks(self) -> None:
        """Draw everything again: marks are in the list, too."""
        self._listing.refresh()
        self._show()

    def _show(self) -> None:
        """Draw the status line and the item at the cursor."""
        listed, all_ = len(self._listing.names), len(self.app.bank.items)
        place = f"{self._listing.cursor + 1} of {listed}" if listed else "0"
        found = f"{place} items" if listed == all_ else f"{place} that fit, {all_} in all"
        said = Content.assemble(("browse", "bold"), f"   {found}")
        self.query_one("#status", Static).update(said, layout=False)
        item = self._at
        shown = (
            self._described(item) if item else dim("No item fits the filter." if self.text else "No items.")
        )
        self.query_one("#leaf", Roll).update(shown)

    def _described(self, item: Item) -> Content:
        place = self.app.bank.places.get(item.id, "").rsplit(":", 1)[0]
        pack = f"pack {pack_of(item.id)}" if pack_of(item.id) else ""
        about = (item.id, item.topic.replace("_", " "), item.kind, item.level, pack, place)
        rows: list[Content | str] = [dim(" · ".join(filter(None, about)))]
        if self.study is not None and (note := self.study.marking.of(item.id).note):
            rows.append(Content.assemble(("Note: ", "bold"), note))
        written_out = sheet(item, self._numbers, self.app.bank.misconceptions)
        width = min(WIDEST, self.query_one("#leaf", Roll).room or WIDEST)
        rows += written(item, written_out, width, revealed=self.revealed == item.id)
        if self.study is not None:
            memory = self.study.memories.get(item.id)
            rows += ["", *history(memory, self._reviews.get(item.id, ()), self.study.now())]
        return lines(*rows)

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that move the cursor or scroll."""
        if self.typing:
            if key in ("down", "up"):
                self._listing.focus()
            return key in ("down", "up")
        full = self.has_class("-full")
        if key in LEAF or (full and key in ("up", "down", "j", "k", "pageup", "pagedown")):
            return scroll(self.query_one("#leaf"), LEAF.get(key, key))
        if full and key in ("left", "right"):
            return self._listing.press("up" if key == "left" else "down")
        return self._listing.press(key)

    def action_filter(self) -> None:
        """To the line above the list, which an item in full covers."""
        if self.has_class("-full"):
            self.action_unfold()
        self.query_one("#filter").focus()

    def action_reveal(self) -> None:
        """Show the answer, or hide it."""
        if item := self._at:
            self.revealed = None if self.revealed == item.id else item.id
            self._show()

    def action_unfold(self) -> None:
        """The item over the whole screen, or beside the list again."""
        self.toggle_class("-full")
        if self.has_class("-full"):
            self.set_focus(None)
        else:
            self._listing.focus()

    def action_export(self) -> None:
        """What is listed, as a file."""
        self.app.open_export(self.text)

    def action_leave(self) -> None:
        """From the filter or the whole item to the list; from the list home."""
        if self.has_class("-full"):
            self.action_unfold()
        elif self.query_one("#filter").has_focus:
            self._listing.focus()
        else:
            self.app.leave()

    @work
    async def action_jump(self) -> None:
        """To an item or a topic by a few letters of its name."""
        items = self.app.bank.items.values()
        topics = dict.fromkeys(item.topic for item in items)
        names = [(topic, "topic") for topic in topics] + [
            (item.id, item.topic.replace("_", " ")) for item in items
        ]
        name = await self.app.push_screen_wait(JumpScreen(names))
        if name is None:
            return
        id_ = name if name in self.app.bank.items else next(item.id for item in items if item.topic == name)
        shown = self.app.bank.items
        if name in topics:  # the first of the topic among those shown, if there is one
            id_ = next((listed for listed in self._listing.names if shown[listed].topic == name), id_)
        if id_ not in self._listing.names:
            self._clear()
        self._listing.go(self._listing.names.index(id_))

    def _clear(self) -> None:
        with self.prevent(Input.Changed):
            self.query_one("#filter", Input).value = self.text = ""
        self._amiss("")
        self._listing.show(list(self.app.bank.items))

    # ---- marks: rows in the store, written off the loop, one after the other

    def action_mark(self, kind: MarkKind) -> None:
        """Suspend, bury, flag or note the item at the cursor."""
        if (item := self._at) and self._pen:
            self._mark(item, kind, self._pen)

    @work
    async def _mark(self, item: Item, kind: MarkKind, pen: Pen) -> None:
        if await pen.put(item.id, kind):
            self._show_marks()

    @work
    async def action_undo(self) -> None:
        """Take the last mark back, and show the item it was on."""
        mark = await self._pen.undo() if self._pen else None
        if mark is None:
            self.notify("Nothing to undo here.", timeout=3)
            return
        if mark.item in self._listing.names:
            self._listing.go(self._listing.names.index(mark.item))
        self.notify(f"{mark.item}: {taken_back(mark)}", timeout=3, markup=False)
        self._show_marks()

    # ---- the question files

    def action_edit(self) -> None:
        """Open the item in an editor; the app waits, as its terminal is the editor's."""
        item = self._at
        if item is None:
            return
        file, line = editor.locate(self.app.bank.places[item.id], item.id)
        try:
            command = editor.command(os.environ, file, line)
            with self.app.suspend():
                foreground.run(command)
        except SuspendNotSupported:
            self.notify(f"No editor can be opened here. Edit {file}:{line}, then press r.", markup=False)
            return
        except (QuizError, OSError) as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.action_reload()

    @work(exclusive=True, group="reload")
    async def action_reload(self) -> None:
        """Read the question files again."""
        problems = await self.app.reload()
        if problems:
            from quizapp.ui.problems import ProblemsScreen

            self.app.push_screen(
                ProblemsScreen(problems, "The questions stay as they were until this is put right.")
            )
            return
        self._select()
        self._show()
