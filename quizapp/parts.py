"""The parts that items are made of: options, reasons, answers, traps, rubrics, spans.

Standard-library dataclasses that pydantic can check when a bank is read; nothing here imports pydantic,
so that a warm start never pays for it.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar, dataclass_transform

Level = Literal["junior", "mid", "senior", "staff", "all"]

STRICT = {"extra": "forbid", "str_strip_whitespace": True}
"""How pydantic reads every class here."""


class Within:
    """Bounds on a field, in pydantic's own words (`ge`, `min_length`...), kept until pydantic asks."""

    def __init__(self, **limits: float) -> None:
        self.limits = limits

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's
        return {**handler(source), **self.limits}


_Frozen = TypeVar("_Frozen", bound="Frozen")


class Frozen:
    """A field is set once. What `dataclass(frozen=True)` compiles anew for every class stands here once:
    with some fifty classes that is a tenth of the time to the first screen.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: type[_Frozen]) -> type[_Frozen]:
    """A frozen dataclass with keyword arguments only. The class must be a child of Frozen."""
    return dataclass(kw_only=True, eq=False, repr=False)(cls)


Text = Annotated[str, Within(min_length=1, max_length=4000)]
Id = Annotated[str, Within(min_length=2, max_length=80)]


@record
class Option(Frozen):
    """One thing to pick: `text`, or `code` in an item of kind code."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: str = ""
    code: str = ""
    correct: bool = False
    misconception: str | None = None
    why: Text


@record
class Reason(Frozen):
    """One reason of a true/false item; `supports` is the truth value it argues for, if not the item's."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    correct: bool = False
    misconception: str | None = None
    supports: bool | None = None
    why: Text


@record
class Tolerance(Frozen):
    """How far off still counts: absolute, relative, or in decades. The first one given is used."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    abs: Annotated[float, Within(ge=0)] | None = None
    rel: Annotated[float, Within(ge=0)] | None = None
    log10: Annotated[float, Within(gt=0)] | None = None


@record
class Answer(Frozen):
    """A number: written down as `value`, or read from the newest `evidence` (`experiment.check`)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float | None = None
    evidence: str | None = None
    unit: str = ""
    tol: Tolerance = field(metadata={"of": Tolerance})


@record
class Trap(Frozen):
    """A wrong number with a name, and what whoever types it was thinking."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float
    misconception: str
    why: Text


@record
class Interval(Frozen):
    """An estimate asks for an interval at this level as well as a best guess."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    level: Annotated[float, Within(gt=0.5, le=0.99)] = 0.9


@record
class Ranked(Frozen):
    """One thing to put in order; `value` is the quantity it is ordered by."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    value: float


@record
class Swap(Frozen):
    """Two places (from 0) that a named misconception would exchange."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    pair: tuple[int, int]
    misconception: str
    why: Text


@record
class Reject(Frozen):
    """A wrong filling of a cloze deletion that deserves an answer of its own."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    deletion: str
    value: Text
    misconception: str
    why: Text


@record
class Point(Frozen):
    """One point of a rubric; `must` points are needed for the lowest band."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    level: Level
    weight: Annotated[int, Within(ge=1, le=5)] = 1
    must: bool = False
    text: Text


@record
class RedFlag(Frozen):
    """Something that costs the candidate the interview."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    misconception: str


@record
class Bands(Frozen):
    """An open answer, or what it takes, at three levels."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    junior: Text
    senior: Text
    staff: Text


@record
class Axis(Frozen):
    """One axis of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Text
    scale: Literal["linear", "log2", "log10"] = "linear"
    range: tuple[float, float]


@record
class Axes(Frozen):
    """Both axes of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    x: Axis = field(metadata={"of": Axis})
    y: Axis = field(metadata={"of": Axis})


@record
class Ask(Frozen):
    """One question about a curve: `key` is a choice, or `evidence` is cut at `edges` into the choices."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    prompt: Text
    choices: Annotated[tuple[str, ...], Within(min_length=2, max_length=5)]
    key: str | None = None
    evidence: str | None = None
    edges: tuple[float, ...] = ()
    why: Text


@record
class Span(Frozen):
    """One sentence somebody said: right, or wrong in a named way."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    ok: bool
    misconception: str | None = None
    why: Text


@record
class Source(Frozen):
    """Where it stands. `seen` says how much of it was read for this item."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    ref: Text
    locator: str = ""
    seen: str = "no"


@record
class Checked(Frozen):
    """Who wrote an item, who checked it, and when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    author: str = ""
    checked_by: str = ""
    date: str = ""
