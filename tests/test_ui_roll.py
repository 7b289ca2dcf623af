"""A long text that scrolls: it looks as a Static in a VerticalScroll does, without a layout for each text."""

import pytest
from textual.app import App
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Offset
from textual.screen import Screen
from textual.selection import Selection
from textual.widgets import Static

from quizapp.ui.roll import Roll
from tests.screen import text

WORDS = "One word after the other, averylongworthatfitsnowhereinanarrowplace, and wide ones: 注意力 注意力.\n"
TEXTS = {
    "empty": "",
    "one line": "One line.",
    "some lines": WORDS * 3,
    "more than fits": "\n".join(f"{line}: {WORDS}" for line in range(40)),
}


class Both(App[None]):
    CSS = """
    Screen { layout: vertical; }
    Roll, VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; overflow-x: hidden; }
    Roll { text-wrap: nowrap; text-overflow: clip; }
    Static { max-width: 60; }
    """

    def __init__(self, first):
        super().__init__()
        self.first = first

    def compose(self):
        yield self.first


def old(content):
    inside = Static(Content(content), markup=False)
    return VerticalScroll(inside, can_focus=False)


@pytest.mark.parametrize("size", [(80, 24), (30, 8), (12, 3)], ids=str)
@pytest.mark.parametrize("name", TEXTS)
async def test_it_looks_like_a_static_that_scrolls(name, size):
    seen = []
    for widget in (old(TEXTS[name]), Roll(TEXTS[name], widest=60, id="roll")):
        app = Both(widget)
        async with app.run_test(size=size) as pilot:
            for y in (0, 7, 1000):
                widget.scroll_to(y=y, animate=False)
                await pilot.pause()
                seen.append(text(app))
    assert seen[:3] == seen[3:]


async def test_without_a_width_no_line_is_wrapped():
    app = Both(Roll("x" * 100 + "\nsecond", id="roll"))
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.pause()
        assert text(app).splitlines()[:2] == [f" {'x' * 28}", " second"]


async def test_another_text_is_drawn_without_a_layout(monkeypatch):
    roll = Roll(TEXTS["more than fits"], widest=60, id="roll")
    app, layouts = Both(roll), []
    real = Screen._refresh_layout
    monkeypatch.setattr(Screen, "_refresh_layout", lambda *a, **k: (layouts.append(1), real(*a, **k))[1])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        layouts.clear()
        roll.update(Content("changed\n" * 60))
        await pilot.pause()
        assert text(app).count("changed") == 24
        assert not layouts
        roll.update(Content("short"))  # the bar goes
        await pilot.pause()
        assert text(app).strip() == "short"
        assert not roll.show_vertical_scrollbar


async def test_a_shorter_text_is_not_scrolled_past_its_end():
    roll = Roll("line\n" * 100, widest=60, id="roll")
    app = Both(roll)
    async with app.run_test(size=(80, 10)) as pilot:
        roll.scroll_end(animate=False)
        await pilot.pause()
        roll.update(Content("\n".join(map(str, range(12)))))
        await pilot.pause()
        assert text(app).split()[-1] == "11"


async def test_what_is_selected_with_the_mouse_is_the_text_as_it_was_written():
    long = "first words of a line that is wrapped here, and its last words"
    roll = Roll(f"above\n{long}\nbelow", widest=20, id="roll")
    app = Both(roll)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        selection = Selection(Offset(6, 1), Offset(len(long) - 6, 1))
        assert roll.get_selection(selection)[0] == long[6:-6]
        app.screen.selections = {roll: selection}
        roll.selection_updated(selection)
        await pilot.pause()
        marked = "".join(
            segment.text
            for y in range(roll.size.height)
            for segment in roll.render_line(y)
            if segment.style and segment.style.bgcolor != roll.rich_style.bgcolor
        )
        assert marked.replace(" ", "") == long[6:-6].replace(" ", "")


async def test_other_colours_reach_what_is_shown():
    roll = Roll("words", widest=20, id="roll")
    app = Both(roll)
    async with app.run_test(size=(40, 5)) as pilot:
        before = roll.render_line(0)
        app.theme = "textual-light"
        await pilot.pause()
        assert [s.style for s in roll.render_line(0)] != [s.style for s in before]
