"""The keys of every screen, for those who ask before it is open. Imports all of them: never at start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from textual.binding import Binding, BindingType

from quizapp import keymap
from quizapp.errors import Problem
from quizapp.keymap import Action, Table
from quizapp.ui.keyed import Keyed, key_name
from quizapp.ui.manners import Manners

SCREENS = {
    "home": "home:HomeScreen",
    "practice": "practice:PracticeScreen",
    "reading": "reading:ReadingScreen",
    "claims": "claims:ClaimsScreen",
    "prove": "prove:ProveScreen",
    "browse": "browse:BrowseScreen",
    "stats": "stats:StatsScreen",
    "errors": "errors:ErrorsScreen",
    "source": "source:SourceScreen",
    "mock": "mock:MockScreen",
    "talk": "talk:TalkScreen",
    "debrief": "debrief:DebriefScreen",
    "workshop": "workshop:WorkshopScreen",
    "export": "export:ExportScreen",
    "pick": "pick:PickScreen",
    "glossary": "glossary:GlossaryScreen",
}
"""The first part of the ids of a screen -> where it is, under quizapp.ui."""


def table() -> Table:
    """Every screen with its actions."""
    everywhere = _actions(Manners.BINDINGS)
    screens = {keymap.EVERYWHERE: everywhere}
    fixed = {}
    for name, place in SCREENS.items():
        module, _, class_ = place.partition(":")
        screen = cast(type[Keyed[None]], getattr(import_module(f"quizapp.ui.{module}"), class_))
        screens[name] = (*_actions(screen.BINDINGS), *_actions(Keyed.BINDINGS), *everywhere)
        fixed[name] = frozenset(screen.FIXED)
    return Table(screens=screens, fixed=fixed)


def _actions(bindings: Iterable[BindingType]) -> tuple[Action, ...]:
    keys: dict[str, tuple[str, ...]] = {}
    words: dict[str, str] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id:
            keys[binding.id] = (*keys.get(binding.id, ()), binding.key)
            words[binding.id] = binding.description
    return tuple(Action(id=id_, what=words[id_], keys=its) for id_, its in keys.items())


def split(keys: str) -> tuple[str, ...]:
    """Keys as they are written in the settings, by Textual's names."""
    written = [key.strip() for key in keys.split(",")]
    bindings = Binding.make_bindings([Binding(key or "?", "none") for key in written])
    return tuple(binding.key if key else "" for key, binding in zip(written, bindings, strict=True))


def wrong(asked: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Action id -> what is wrong with the keys that the settings give it, and what to do."""
    return keymap.wrong({id_: split(keys) for id_, keys in asked.items()}, table())


def problems(path: Path, asked: Mapping[str, str]) -> list[Problem]:
    """The same with places in the settings file."""
    found = wrong(asked) if asked else {}
    return keymap.located(path, found) if found else []


def rows(asked: Mapping[str, str]) -> list[Action]:
    """Every action with the keys it has now, written as on a keyboard; bad requests are left out."""
    found = wrong(asked) if asked else {}
    now = {id_: split(keys) for id_, keys in asked.items() if id_ not in found}
    return [
        replace(action, keys=tuple(map(key_name, now.get(action.id, action.keys))))
        for action in table().actions.values()
    ]


def names() -> list[str]:
    """The first parts of the ids."""
    return list(dict.fromkeys(id_.partition(".")[0] for id_ in table().actions))
