"""What the command palette finds: keys of the screen at hand, screens, themes, topics, claims and items."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from quizapp import places, served
from quizapp.places import Index, Place
from quizapp.ui import themes
from quizapp.ui.keyed import Keyed, key_names

if TYPE_CHECKING:
    from quizapp.ui.app import QuizApp

SHOWN = 20


class Places(Provider):
    """Everything there is, found by words or by letters in their order."""

    async def startup(self) -> None:
        """What can be done is known at once; thousands of items are gone through off the loop."""
        self._does: dict[Place, Callable[[], object]] = dict(self._here())
        self._does |= dict(self._screens())
        for name in themes.THEMES:
            self._does[Place("theme", name)] = partial(self._app.use_theme, name)
        self._first = list(self._does)
        self._index = await asyncio.to_thread(lambda: Index([*self._first, *places.of(self._app.bank)]))

    @property
    def _app(self) -> QuizApp:
        return cast("QuizApp", self.app)

    def _here(self) -> Iterator[tuple[Place, Callable[[], object]]]:
        """What keys do on the screen at hand, now."""
        if isinstance(screen := self.screen, Keyed):
            for id_, (what, its) in sorted(screen.named().items(), key=lambda one: one[0][:6] == "every."):
                if screen.can(id_):
                    yield Place("here", what, key_names(its)), partial(screen.do, id_)

    def _screens(self) -> Iterator[tuple[Place, Callable[[], object]]]:
        """Every screen that the app opens without being told more: its methods `open_...`."""
        for name in dir(type(self._app)):
            off = self._app.turn is not None and name.removeprefix("open_") in served.OFF
            if name.startswith("open_") and not off and not self._is_here(name.removeprefix("open_")):
                method = getattr(self._app, name)
                asks = inspect.signature(method).parameters.values()
                if not any(one.default is one.empty for one in asks):
                    about = (inspect.getdoc(method) or "").partition("\n")[0]
                    yield Place("go", name.removeprefix("open_").replace("_", " "), about), method

    def _is_here(self, name: str) -> bool:
        """Whether a key of the screen at hand opens the same, or it is that screen."""
        here = type(self.screen).__name__.removesuffix("Screen").lower()
        return name == here or (isinstance(self.screen, Keyed) and f"{here}.{name}" in self.screen.named())

    def _to(self, place: Place) -> Callable[[], object]:
        go: dict[str, Callable[[str], object]] = {
            "study": self._app.open_study,
            "prove": self._app.open_prove,
            "item": self._app.open_item,
        }
        return self._does.get(place) or partial(go[place.kind], place.name)

    def best(self, query: str) -> Callable[[], object] | None:
        """What the words mean most likely; None while nothing is known yet."""
        index = getattr(self, "_index", None)
        found = index.find(query, 1) if index else []
        return self._to(found[0]) if found else None

    async def search(self, query: str) -> Hits:
        """The best first."""
        for rank, place in enumerate(await asyncio.to_thread(self._index.find, query, SHOWN)):
            yield Hit(1 - rank / SHOWN, _row(place), self._to(place), text=place.name)

    async def discover(self) -> Hits:
        """Before anything is typed: what can be done from here."""
        for place in self._first:
            yield DiscoveryHit(_row(place), self._to(place), text=place.name)


class Palette(CommandPalette):
    """The palette over the screen at hand."""

    def __init__(self) -> None:
        super().__init__([Places], placeholder="a topic, a claim, an item, a screen, a theme")

    @on(Input.Submitted)
    def _go(self, event: Input.Submitted) -> None:
        """Enter means what is typed now: that may be newer than the list, and older is something else."""
        if event.value.strip() and not self.query_one(CommandList).highlighted:
            event.stop()
            event.prevent_default()
            best = [
                provider.best(event.value) for provider in self._providers if isinstance(provider, Places)
            ]
            if best and best[0]:
                self.dismiss()
                self.app.call_later(best[0])


def _row(place: Place) -> Content:
    return Content.assemble(
        (f"{place.kind:<6}", "dim"), (place.name.replace("_", " "), "bold"), (f"  {place.about}", "dim")
    )
