"""What the learner set: settings.yaml in the folder of their data, a flat file that they may edit by hand.

Every setting is one row of `ROWS`. Knows no Textual; a file that is not there means that nothing was set.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizapp import files
from quizapp.errors import Problem, SettingsError

if TYPE_CHECKING:
    from quizapp.strict_yaml import Document


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set, and what holds when it is not."""

    new_per_day: int = 20
    """How many items may be met for the first time in a day."""
    reviews_per_day: int | None = None
    """How many due items are asked in a day; None: all of them."""
    minutes: int | None = None
    """How long a sitting lasts, in minutes; None: until nothing is left."""
    interview: date | None = None
    """The day of the interview; the plan counts back from it."""
    theme: str = ""
    """dark, light, contrast (high contrast); empty: what the app begins with."""
    motion: bool = True
    """Whether anything may move by itself, such as a curve that draws itself."""
    tour: bool = True
    """Whether somebody without answers is shown around when the app opens; off once that was done."""
    endpoint: str = ""
    """Where a model helps with mock interviews, such as http://localhost:11434/v1; empty: nowhere."""
    model: str = ""
    """Which model it is asked for."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action id -> the keys for it, separated by commas, in place of its own."""


def _count(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:  # noqa: ANN401 - whatever YAML holds
        if type(value) is not int or not least <= value <= 9_999:
            raise ValueError(f"Write a whole number from {least} to 9999.")
        return value

    return read


def _day(value: Any) -> date:  # noqa: ANN401 - whatever YAML holds
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Write a date as year-month-day, such as 2027-01-31.") from None


def _theme(value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    if value not in ("dark", "light", "contrast"):
        raise ValueError("Write dark, light or contrast.")
    return str(value)


def _truth(value: Any) -> bool:  # noqa: ANN401 - whatever YAML holds
    if type(value) is not bool:
        raise ValueError("Write true or false.")
    return value


def _endpoint(value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise ValueError("Write an address such as http://localhost:11434/v1, without a name or key in it.")
    return value.rstrip("/")


def _model(value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    if not isinstance(value, str) or not re.fullmatch(r"\S{1,100}", value):
        raise ValueError("Write the name of a model as its endpoint knows it, without spaces.")
    return value


def _keys(value: Any) -> dict[str, str]:  # noqa: ANN401 - whatever YAML holds
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value.values()):
        raise ValueError("Write one line for each action below it: `  practice.undo: z`.")
    return {str(action): keys for action, keys in value.items()}


ROWS: Mapping[str, Callable[[Any], Any]] = {
    "new_per_day": _count(0),
    "reviews_per_day": _count(1),
    "minutes": _count(1),
    "interview": _day,
    "theme": _theme,
    "motion": _truth,
    "tour": _truth,
    "endpoint": _endpoint,
    "model": _model,
    "keys": _keys,
}
"""Setting -> what takes the value from YAML; raises ValueError, saying what to write instead."""


def load(path: Path) -> Settings:
    """What is set in a file. Raises SettingsError with every problem in it."""
    if not path.exists():
        return Settings()
    if (plain := _plain(path)) is not None:
        return plain
    from quizapp import strict_yaml

    return _of(strict_yaml.read(path, str(path)))


def _of(document: Document | Problem) -> Settings:
    """What is set in a document. Raises SettingsError with every problem in it."""
    if isinstance(document, Problem):
        raise SettingsError([document])
    if document.data is None:
        return Settings()
    if not isinstance(document.data, dict):
        raise SettingsError([document.problem([], "is not a mapping", "Write `name: value` lines.")])
    found, problems = Settings(), []
    for name, value in document.data.items():
        if name not in ROWS:
            problems.append(document.problem([name], f"unknown setting {name!r}", _meant(str(name))))
        elif value is not None:
            try:
                found = replace(found, **{name: ROWS[name](value)})
            except ValueError as error:
                problems.append(document.problem([name], f"`{name}` is {str(value)[:40]!r}", str(error)))
    if problems:
        raise SettingsError(problems)
    return found


PLAIN = re.compile(r"([a-z_]+): (true|false|0|[1-9]\d{0,3}|\d{4}-\d\d-\d\d|dark|light|contrast)", re.ASCII)


def _plain(path: Path) -> Settings | None:
    """What is set in a file of the plainest lines, which is the usual case; None: ask YAML.

    Loading PyYAML takes a sixth of a start. Lines that match mean the same to it.
    """
    found: dict[str, Any] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            matched = PLAIN.fullmatch(line)
            if matched is None or matched[1] in found or matched[1] not in ROWS:
                return None
            said = matched[2]
            value = {"true": True, "false": False}.get(said, int(said) if said.isdecimal() else said)
            found[matched[1]] = ROWS[matched[1]](value)
    except (OSError, ValueError):
        return None
    return Settings(**found)


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, ROWS, 1)
    return f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(ROWS)}."


def put(path: Path, name: str, value: str) -> Settings:
    """Set one thing, keeping every other line of the file; an empty value takes it away.

    Raises SettingsError when there is no such setting, or the value or the file is not in order.
    """
    if name not in ROWS or name == "keys":
        todo = f"Write keys into {path} with an editor." if name == "keys" else _meant(name)
        raise SettingsError([Problem(str(path), 1, 1, f"cannot set {name!r} here", todo)])
    before = load(path)  # what is broken is said before anything is written
    line = f"{name}: {value}" if value else ""
    try:
        after = replace(before, **{name: _checked(path, name, line) if line else getattr(Settings(), name)})
        text = _with(path.read_text(encoding="utf-8-sig") if path.exists() else "", name, line)
        if not _means(text, path, after):
            todo = f"Write `{line}` there with an editor." if line else "Take it out with an editor."
            what = f"`{name}` is written in a way only an editor can change"
            raise SettingsError([Problem(str(path), 1, 1, what, todo)])
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, text.encode())
    except OSError as error:
        todo = "Set QUIZAPP_HOME to a folder you can write to."
        raise SettingsError(
            [Problem(str(path), 1, 1, f"cannot be written: {error.strerror}", todo)]
        ) from error
    return after


def _with(text: str, name: str, line: str) -> str:
    """The text of a file with this line for a setting, or without the setting; every other line stays."""
    kept, ours = [], False
    for old in text.splitlines():
        ours = bool(re.match(rf"(['\"]?){name}\1\s*:", old) or (ours and re.match(r"\s+[^\s#]", old)))
        if not ours:
            kept.append(old)
    return "".join(f"{one}\n" for one in ([*kept, line] if line else kept))


def _means(text: str, path: Path, wanted: Settings) -> bool:
    """Whether a text would be read as these settings."""
    from quizapp import strict_yaml

    try:
        return _of(strict_yaml.parse(text, str(path))) == wanted
    except SettingsError:
        return False


def _checked(path: Path, name: str, line: str) -> Any:  # noqa: ANN401 - the value of a setting
    """What the line sets `name` to. Raises SettingsError when it does not set it."""
    from quizapp import strict_yaml

    document = strict_yaml.parse(line, str(path))
    try:
        if isinstance(document, Problem) or not isinstance(document.data, dict) or "\n" in line:
            raise ValueError("Write its value on one line.")
        return ROWS[name](document.data[name])
    except ValueError as error:
        what = f"{line.partition(': ')[2][:40]!r} is no value for `{name}`"
        raise SettingsError([Problem(str(path), 1, 1, what, str(error))]) from None


def shown(settings: Settings) -> list[tuple[str, str]]:
    """(name, value) of every setting, as it would be written."""
    rows = []
    for one in fields(settings):
        value = getattr(settings, one.name)
        if isinstance(value, Mapping):
            text = ", ".join(f"{action}: {keys}" for action, keys in value.items())
        elif isinstance(value, bool):
            text = str(value).lower()
        else:
            text = "" if value is None else str(value)
        rows.append((one.name, text))
    return rows
