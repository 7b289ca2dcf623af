"""A screen whose actions have names, and keys that can be given others. Knows no screen in particular.

Textual runs bindings after the screen had its turn, from a queue of its own: keys typed fast would overtake
each other. So a screen runs its bindings here, in the order of the keys; what it leaves goes on to Textual.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import actions, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key, Mount, Resize
from textual.keys import REPLACED_KEYS, key_to_character
from textual.screen import Screen, ScreenResultType
from textual.widgets import Input, Static

from quizapp import served
from quizapp.ui.hints import Hint, laid_out, rows
from quizapp.ui.look import keys, tap

if TYPE_CHECKING:
    from quizapp.ui.app import QuizApp

HELP = ("every.help", "help")
"""The hint that no screen is without."""
SIDES = 2
"""Columns beside the hints."""


def written(key: str) -> str | None:
    """The character that a key writes."""
    character = key_to_character(REPLACED_KEYS.get(key, key))
    return character if character and character.isprintable() else None


def key_name(key: str) -> str:
    """A key as it is written on a keyboard: `?`, not `question_mark`."""
    return (written(key) or "").strip() or key


def key_names(keys: Iterable[str]) -> str:
    """Keys that do the same."""
    return " or ".join(map(key_name, keys))


class Keyed(Screen[ScreenResultType]):
    """BINDINGS with an id are its named actions; what has no name, such as digits, goes to `press`."""

    app: QuizApp
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The keys that stay as they are, with what they do."""
    FIXED: ClassVar[tuple[str, ...]] = ()
    """The names of those keys: no other action of this screen may have them."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "this help", id="every.help", show=False)
    ]

    _foot: tuple[tuple[str, str], ...] = ()
    _foot_typing = False

    @on(Mount)
    def _show_taps_as_text(self) -> None:
        """What can be clicked looks as it does without a mouse."""
        for shown in self.query(Static):
            shown.auto_links = False

    def on_key(self, event: Key) -> None:
        """Keys without a name first, then named actions; while somebody types these are left to Textual."""
        if self.press(event.key) or (not self.typing and self._run_bound(event.key)):
            event.stop()

    def press(self, key: str) -> bool:
        """Take a key that has no name; False when it means nothing now."""
        return False

    @property
    def typing(self) -> bool:
        """Whether keys go into a line of text."""
        return isinstance(self.focused, Input)

    def _run_bound(self, key: str) -> bool:
        for binding in self._mapped().get(key, ()):
            if binding.id and self._allowed(binding):
                self._perform(binding)
                return True
        return False

    def _allowed(self, binding: Binding) -> bool:
        _, name, parameters = actions.parse(binding.action)
        return bool(self.check_action(name, parameters))

    def _perform(self, binding: Binding) -> None:
        _, name, parameters = actions.parse(binding.action)
        done = getattr(self, f"action_{name}")(*parameters)
        if inspect.iscoroutine(done):
            self.call_next(partial(_wait_for, done))

    def _bound_as(self, id_: str) -> Binding | None:
        return next((binding for _, binding in self._bindings if binding.id == id_), None)

    def can(self, id_: str) -> bool:
        """Whether a named action means something now."""
        binding = self._bound_as(id_)
        return binding is not None and self._allowed(binding)

    def do(self, id_: str) -> None:
        """Do what a key of it would do."""
        binding = self._bound_as(id_)
        if binding is not None and self._allowed(binding):
            self._perform(binding)

    def _mapped(self) -> dict[str, list[Binding]]:
        bindings = self._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        return bindings.key_to_bindings

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A visitor does not have every action."""
        return False if self._off(action) else super().check_action(action, parameters)

    def _off(self, action: str) -> bool:
        return self.app.turn is not None and action in served.OFF

    # ---- what is said about the keys

    def named(self) -> dict[str, tuple[str, list[str]]]:
        """Id of every named action -> what it does, and its keys now."""
        found: dict[str, tuple[str, list[str]]] = {}
        for key, bound in self._mapped().items():
            for binding in bound:
                if binding.id and not self._off(binding.action):
                    _, its = found.setdefault(binding.id, (binding.description, []))
                    its += [] if key in its else [key]
        return found

    def explained(self) -> list[tuple[str, str]]:
        """Every key of this screen with what it does, for the help."""
        shown = sorted(self.named().items(), key=lambda one: one[0].startswith("every."))
        return [*self.KEYS, *[(key_names(its), what) for _, (what, its) in shown]]

    def hints(self, *pairs: tuple[str, str], typing: bool = False) -> Content:
        """A row of hints, the most important first; how to get help is always among them.

        An id stands for its key; several ids are separated by spaces. typing: somebody writes, so keys that
        write a letter do nothing else.
        """
        self._foot, self._foot_typing = pairs, typing
        known = self.named()

        def there(word: str) -> bool:
            return word in known or "." not in word.strip(".")

        def shown(word: str) -> str:
            its = known[word][1] if word in known else [word]
            free = [key for key in its if not written(key)] if typing else its
            if typing and not free and word == HELP[0]:
                return self.app.key_of("app.help", "f1")
            return key_name((free or its)[0])

        found = []
        for place, (text, what) in enumerate(pairs if HELP in pairs else (*pairs, HELP)):
            words = text.split(" ")
            if all(map(there, words)):
                part = keys((" ".join(map(shown, words)), what))
                found.append(Hint(tap(part, text) if len(words) == 1 else part, _rank(place, text)))
        return laid_out(found, self.app.size.width - SIDES, rows(self.app.size.height))

    def hint(self, *pairs: tuple[str, str], typing: bool = False) -> None:
        """Show these hints at the foot of the screen."""
        self.query_one("#hints", Static).update(self.hints(*pairs, typing=typing))

    @on(Resize)
    def hint_again(self) -> None:
        """The same hints: keys are other ones now, or there is more or less room."""
        if self._foot:
            self.hint(*self._foot, typing=self._foot_typing)

    def action_tap(self, what: str) -> None:
        """Somebody clicked on what a key would do."""
        if "." in what:
            self.do(what)
        else:
            self.press(what) or self._run_bound(what)

    def action_help(self) -> None:
        """What the keys do."""
        self.app.action_help()

    def action_leave(self) -> Awaitable[None] | None:
        """Back to where one came from."""
        self.app.leave()
        return None


async def _wait_for(done: Awaitable[None]) -> None:
    await done


def _rank(place: int, text: str) -> int:
    """How soon a hint goes where there is no room: the help last, before it the first one and the way out."""
    if text == HELP[0]:
        return -1
    return 0 if place == 0 else 1 if text.endswith((".leave", ".quit")) else 1 + place
