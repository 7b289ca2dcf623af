"""The parts that items are made of: options, reasons, answers, traps, rubrics, spans.

Standard-library dataclasses that pydantic can check when a bank is read; nothing here imports pydantic,
so that a warm start never pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

Level = Literal["junior", "mid", "senior", "staff", "all"]

STRICT = {"extra": "forbid", "str_strip_whitespace": True}
"""How pydantic reads every class here."""


class Within:
    """Bounds on a field, in pydantic's own words (`ge`, `min_length`...), kept until pydantic asks."""

    def __init__(self, **limits: float) -> None:
        self.limits = limits

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's
        return {**handler(source), **self.limits}


Text = Annotated[str, Within(min_length=1, max_length=4000)]
Id = Annotated[str, Within(min_length=2, max_length=80)]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to pick: `text`, or `code` in an item of kind code."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: str = ""
    code: str = ""
    correct: bool = False
    misconception: str | None = None
    why: Text


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason of a true/false item; `supports` is the truth value it argues for, if not the item's."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    correct: bool = False
    misconception: str | None = None
    supports: bool | None = None
    why: Text


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far off still counts: absolute, relative, or in decades. The first one given is used."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    abs: Annotated[float, Within(ge=0)] | None = None
    rel: Annotated[float, Within(ge=0)] | None = None
    log10: Annotated[float, Within(gt=0)] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A number: written down as `value`, or read from the newest `evidence` (`experiment.check`)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float | None = None
    evidence: str | None = None
    unit: str = ""
    tol: Tolerance = field(metadata={"of": Tolerance})


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A wrong number with a name, and what whoever types it was thinking."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float
    misconception: str
    why: Text


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate asks for an interval at this level as well as a best guess."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    level: Annotated[float, Within(gt=0.5, le=0.99)] = 0.9


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One thing to put in order; `value` is the quantity it is ordered by."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    value: float


@dataclass(frozen=True, kw_only=True)
class Swap:
    """Two places (from 0) that a named misconception would exchange."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    pair: tuple[int, int]
    misconception: str
    why: Text


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A wrong filling of a cloze deletion that deserves an answer of its own."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    deletion: str
    value: Text
    misconception: str
    why: Text


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point of a rubric; `must` points are needed for the lowest band."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    level: Level
    weight: Annotated[int, Within(ge=1, le=5)] = 1
    must: bool = False
    text: Text


@dataclass(frozen=True, kw_only=True)
class RedFlag:
    """Something that costs the candidate the interview."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    misconception: str


@dataclass(frozen=True, kw_only=True)
class Bands:
    """An open answer, or what it takes, at three levels."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    junior: Text
    senior: Text
    staff: Text


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Text
    scale: Literal["linear", "log2", "log10"] = "linear"
    range: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Both axes of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    x: Axis = field(metadata={"of": Axis})
    y: Axis = field(metadata={"of": Axis})


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question about a curve: `key` is a choice, or `evidence` is cut at `edges` into the choices."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    prompt: Text
    choices: Annotated[tuple[str, ...], Within(min_length=2, max_length=5)]
    key: str | None = None
    evidence: str | None = None
    edges: tuple[float, ...] = ()
    why: Text


@dataclass(frozen=True, kw_only=True)
class Span:
    """One sentence somebody said: right, or wrong in a named way."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    ok: bool
    misconception: str | None = None
    why: Text


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where it stands. `seen` says how much of it was read for this item."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    ref: Text
    locator: str = ""
    seen: str = "no"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Who wrote an item, who checked it, and when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    author: str = ""
    checked_by: str = ""
    date: str = ""
