"""A4 pages that are filled line by line, with the fonts in them. Knows no deck.

Lines are broken here, by the widths of their words, and put down one by one: the many pages of a whole
deck are then made in seconds. What comes together is first made as a list of lines, so that it is known
how high it is before it stands anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.outline import OutlineSection

Style = Literal["", "B", "M"]
"""Plain, bold, or with letters of one width."""
FILES: dict[Style, str] = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf", "M": "DejaVuSansMono.ttf"}
LEFT, RIGHT, TOP, BOTTOM = 20.0, 20.0, 22.0, 20.0
"""Margins in millimetres."""
WIDTH, HEIGHT = 210.0, 297.0
POINT = 0.3528
"""Millimetres."""
BODY, SMALL = 9.0, 7.5
LEADING = 1.36
CONTENTS_SIZE = 9.0
ROOM = 35.0
"""Millimetres that must be left below a heading."""
GREY = (90, 90, 90)
BLACK = (0, 0, 0)
Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: pieces of text, each with its place from the left margin and its style."""

    pieces: tuple[tuple[float, Style, str], ...] = ()
    size: float = BODY
    height: float
    """In millimetres, with the space around it."""
    colour: Colour = BLACK
    link: str = ""
    """The place in the document that a click leads to."""
    mark: str = ""
    """The name of this place."""


class Paper(FPDF):
    """The document so far."""

    def __init__(self, title: str, at: datetime) -> None:
        """at: the date it bears."""
        super().__init__(format="A4", unit="mm")
        self.running = ""
        """What stands at the head of the next pages."""
        self._heads: dict[int, str] = {}
        self._places: dict[str, int] = {}
        self._known: dict[Style, frozenset[int]] = {}
        self._now: tuple[Style, float] = ("", BODY)
        self._width = cache(self._measured)
        self.set_auto_page_break(False)
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_creation_date(at)
        for style, file in FILES.items():
            self.add_font(f"deck{style}", "", fonts() / file)
            self._known[style] = frozenset(getattr(self.fonts[f"deck{style}".lower()], "cmap", {}))
        self.set_title(self.clean(title))
        self.set_lang("en")
        self.entitled = self.clean(title)

    # ---- text

    def clean(self, value: str, style: Style = "") -> str:
        """The text without what the font has no shape for."""
        known = self._known[style]
        return "".join(
            sign if ord(sign) in known and sign.isprintable() else "\ufffd" for sign in value.expandtabs(4)
        )

    def use(self, style: Style, size: float) -> None:
        """Write so from now on."""
        self._now = (style, size)
        self.set_font(f"deck{style}", "", size)

    def width(self, value: str, style: Style, size: float) -> float:
        """The width of a text in millimetres."""
        return self._width(value, style) * size / BODY

    def _measured(self, value: str, style: Style) -> float:
        now = self._now
        self.use(style, BODY)
        wide = float(self.get_string_width(value))
        self.use(*now)
        return wide

    def broken(self, value: str, style: Style, size: float, width: float) -> list[str]:
        """A paragraph as lines that fit; a word that does not is cut."""
        if style == "M":
            fits = max(1, int(width / self.width("m", style, size)))
            whole = self.clean(value, style)
            return [whole[at : at + fits] for at in range(0, len(whole), fits)] or [""]
        lines, line, used = [], "", 0.0
        space = self.width(" ", style, size)
        for word in self.clean(value, style).split(" "):
            wide = self.width(word, style, size)
            if line and used + space + wide > width:
                lines.append(line)
                line, used = "", 0.0
            while wide > width:
                fits = self._fitting(word, style, size, width)
                lines.append(word[:fits])
                word = word[fits:]
                wide = self.width(word, style, size)
            line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
        return [*lines, line]

    def _fitting(self, word: str, style: Style, size: float, width: float) -> int:
        """How many letters fit; at least one."""
        used = 0.0
        for place, sign in enumerate(word):
            used += self.width(sign, style, size)
            if used > width:
                return max(1, place)
        return len(word)

    def text_lines(
        self,
        value: str,
        *,
        style: Style = "",
        size: float = BODY,
        indent: float = 0.0,
        label: str = "",
        colour: Colour = BLACK,
        link: str = "",
        after: float = 0.0,
    ) -> list[Line]:
        """Paragraphs, with a bold label hanging before them. after: space below, in millimetres."""
        high = size * POINT * LEADING
        room = WIDTH - LEFT - RIGHT - indent
        found = [
            Line(pieces=((indent, style, line),), size=size, height=high, colour=colour, link=link)
            for paragraph in value.strip("\n").splitlines()
            for line in self.broken(paragraph.strip(" ") if style != "M" else paragraph, style, size, room)
        ]
        if label and found:
            at = indent - max(5.0, self.width(label, "B", size) + 2.0)
            hang: tuple[float, Style, str] = (at, "B", self.clean(label, "B"))
            found[0] = replace(found[0], pieces=(hang, *found[0].pieces))
        return [*found, Line(height=after)] if after else found

    # ---- pages

    def header(self) -> None:
        """The part one is in, and the title."""
        said = self._heads.get(self.page, self.running)
        if not said:
            return
        self.use("", SMALL)
        self.set_text_color(*GREY)
        room = WIDTH - LEFT - RIGHT
        title = self.broken(self.entitled, "", SMALL, room * 0.6)[0]
        self.text(LEFT, 13.0, title)
        running = self.broken(said, "", SMALL, room * 0.38)[0]
        self.text(WIDTH - RIGHT - self.width(running, "", SMALL), 13.0, running)

    def footer(self) -> None:
        """The number of the page."""
        self.use("", SMALL)
        self.set_text_color(*GREY)
        number = str(self.page_no())
        self.text((WIDTH - self.width(number, "", SMALL)) / 2, HEIGHT - 11.0, number)

    def begin_page(self) -> None:
        """Another page, unless this one is still empty."""
        if self.page == 0 or self.y > TOP:
            self.add_page()
            self.set_y(TOP)

    def place(self, lines: Sequence[Line], together: int | None = None, room: float = 0.0) -> None:
        """Put lines down.

        together: so many of the first are not parted, if a page can hold them; None: all of them.
        room: millimetres of what must follow on that page.
        """
        whole = HEIGHT - TOP - BOTTOM
        high = sum(line.height for line in lines[:together]) + room
        if high <= whole and self.y + high > HEIGHT - BOTTOM:
            self.begin_page()
        for line in lines:
            if self.y + line.height > HEIGHT - BOTTOM:
                self.begin_page()
                if not line.pieces:
                    continue  # no space at the head of a page
            self._put(line)

    def _put(self, line: Line) -> None:
        base = self.y + line.height / 2 + line.size * POINT * 0.36
        self.set_text_color(*line.colour)
        for at, style, piece in line.pieces:
            self.use(style, line.size)
            self.text(LEFT + at, base, piece)
        if line.mark:
            self.set_link(self.place_of(line.mark), y=self.y, page=self.page)
        if line.link:
            self.link(LEFT, self.y, WIDTH - LEFT - RIGHT, line.height, self.place_of(line.link))
        self.set_y(self.y + line.height)

    def place_of(self, mark: str) -> int:
        """A place that is reached by a click, whether it has been put down yet or not."""
        if mark not in self._places:
            self._places[mark] = self.add_link()
        return self._places[mark]

    def part(self, title: str, level: int = 0) -> None:
        """A heading that the contents list; the first level begins a page."""
        title = " ".join(self.clean(title, "B").split())
        size = (16.0, 12.0)[level]
        if level == 0:
            self.running = title
            self.begin_page()
        lines = self.text_lines(title, style="B", size=size, after=2.0)
        high = sum(line.height for line in lines)
        if self.y + high + ROOM > HEIGHT - BOTTOM:
            self.begin_page()
        self.start_section(title, level)
        self.place([Line(height=5.0), *lines] if self.y > TOP else lines)

    # ---- contents

    def contents(self, entries: int, then: str) -> None:
        """Leave room for so many entries, to be filled in at the end. then: the part that follows."""
        pages = -(-entries // per_page())
        self.running = "Contents"
        self.begin_page()
        self._heads[self.page + pages] = then
        self.insert_toc_placeholder(_contents, pages=pages)
        self.set_y(TOP)


def fonts() -> Path:
    """The folder of the fonts, which come with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def per_page() -> int:
    """How many entries of the contents a page holds; the first ones are fewer by the heading."""
    return int((HEIGHT - TOP - BOTTOM) / (CONTENTS_SIZE * POINT * LEADING)) - 4


def _contents(paper: FPDF, outline: Iterable[OutlineSection]) -> None:
    """Write the contents into the room that was left."""
    assert isinstance(paper, Paper)
    high = CONTENTS_SIZE * POINT * LEADING
    paper.set_y(TOP)
    for place, entry in enumerate(outline):
        if place and place % per_page() == 0:
            paper.page += 1
            paper.set_y(TOP)
        style: Style = "" if entry.level else "B"
        number = str(entry.page_number)
        right = WIDTH - LEFT - RIGHT - paper.width(number, style, CONTENTS_SIZE)
        indent = 6.0 * entry.level
        name = paper.broken(entry.name, style, CONTENTS_SIZE, right - indent - 6.0)[0]
        line = Line(
            pieces=((indent, style, name), (right, style, number)), size=CONTENTS_SIZE, height=high, link=""
        )
        paper._put(line)
        paper.link(LEFT, paper.y - high, WIDTH - LEFT - RIGHT, high, paper.add_link(page=entry.page_number))
