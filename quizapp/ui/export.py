"""Export: choose a format, a part of the questions, whose evidence, and a file. Written off the loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from quizapp import export, paths
from quizapp.errors import QuizError
from quizapp.export import wish
from quizapp.export.wish import Wish
from quizapp.ui.keyed import Keyed

if TYPE_CHECKING:
    from quizapp.export.deck import Kept


class ExportScreen(Keyed[None]):
    """Formats, two lines to write on, and what came of it."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose a format"),
        ("left / right", "whose evidence"),
        ("tab", "to the questions, to the file, and back"),
        ("enter", "write the file"),
    )
    FIXED = ("up", "down", "left", "right", "enter", "tab", "home", "end", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="export.leave", show=False),
    ]

    def __init__(self, query: str = "") -> None:
        """query: the part to begin with."""
        super().__init__()
        self.query_text = query
        self.kept: Kept = "latest"
        self._there: Path | None = None
        """A file that is there already, and may be written over by asking once more."""
        self._busy = False

    def compose(self) -> ComposeResult:
        """The formats, then what to write and where."""
        yield Static(Content.assemble(("export", "bold")), id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            rows = [
                Option(Content(f"{suffix[1:]:<10} {said}"), id=suffix)
                for suffix, said in export.WORDS.items()
            ]
            yield OptionList(*rows, id="formats")
            yield Static(id="whose", markup=False)
            with Horizontal(classes="field"):
                yield Static("questions", markup=False)
                yield Input(
                    self.query_text,
                    id="part",
                    placeholder="all; or as in browse: topic:attention level:senior",
                    select_on_focus=False,
                )
            with Horizontal(classes="field"):
                yield Static("file", markup=False)
                yield Input(wish.suffixed("", next(iter(export.FORMATS))), id="file", select_on_focus=False)
            yield Static(id="outcome", classes="block", markup=False)
        hints = (("enter", "write"), ("up down", "format"), ("left right", "evidence"), ("tab", "next line"))
        yield Static(self.hints(*hints, ("every.help", "help"), ("export.leave", "back")), id="hints")

    def on_mount(self) -> None:
        """The list takes the keys."""
        formats = self.query_one("#formats", OptionList)
        formats.highlighted = 0
        formats.focus()
        self._turn(0)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another format: the file is named after it."""
        file = self.query_one("#file", Input)
        file.value = wish.suffixed(file.value, str(event.option_id))
        file.cursor_position = len(file.value)

    def on_option_list_option_selected(self) -> None:
        """Write it."""
        self._ask()

    def on_input_submitted(self) -> None:
        """Write it."""
        self._ask()

    def on_input_changed(self) -> None:
        """What was asked about another file does not count."""
        self._there = None

    def press(self, key: str) -> bool:
        """Other evidence."""
        if key not in ("left", "right") or self.typing:
            return False
        self._turn(1 if key == "right" else -1)
        return True

    def _turn(self, by: int) -> None:
        known = list(wish.EVIDENCE)
        self.kept = known[(known.index(self.kept) + by) % len(known)]
        said = f"‹ {wish.EVIDENCE[self.kept]} ›"
        self.query_one("#whose", Static).update(Content.assemble(("evidence  ", "dim"), said))

    def _say(self, text: str) -> None:
        said = self.query_one("#outcome", Static)
        said.update(Content(text))
        said.scroll_visible(animate=False)

    # ---- writing

    def _ask(self) -> None:
        """Write, unless something is in the way."""
        if self._busy or self.app.turn is not None:
            return
        try:
            path = wish.path_of(self.query_one("#file", Input).value)
        except QuizError as error:
            self._say(str(error))
            return
        if path.is_file() and path != self._there:
            self._there = path
            self._say(f"{path} is there already. Enter again writes over it.")
            return
        self._busy = True
        self._say("Writing...")
        asked = Wish(path=path, query=self.query_one("#part", Input).value, kept=self.kept)
        self.app.run_worker(self._write(asked), exit_on_error=False)

    async def _write(self, asked: Wish) -> None:
        """It goes on when one leaves, and is told wherever one is then."""
        app = self.app
        ledger = paths.home() / "exported.json"
        try:
            written = await asyncio.to_thread(wish.write, asked, app.bank, app.store, ledger, app.clock)
            said = wish.told(written)
        except QuizError as error:
            said = str(error)
        finally:
            self._busy = False
            self._there = None
        if self.is_attached:
            self._say(said)
        else:
            app.notify(said, markup=False)
