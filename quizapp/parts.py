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
    """What can be picked."""
    code: str = ""
    """What can be picked, in an item of kind code."""
    correct: bool = False
    """Whether it is right."""
    misconception: str | None = None
    """The id from misconceptions.yaml that picking it shows; for whatever is wrong."""
    why: Text
    """What whoever picks it believed, and what is so; a sentence."""


@record
class Reason(Frozen):
    """One reason of a true/false item; `supports` is the truth value it argues for, if not the item's."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    """The reason."""
    correct: bool = False
    """Whether it is the right one."""
    misconception: str | None = None
    """The id from misconceptions.yaml that picking it shows; for whatever is wrong."""
    supports: bool | None = None
    """The truth value it argues for, if not the item's."""
    why: Text
    """What whoever picks it believed, and what is so; a sentence."""


@record
class Tolerance(Frozen):
    """How far off still counts: absolute, relative, or in decades. The first one given is used."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    abs: Annotated[float, Within(ge=0)] | None = None
    """So much more or less."""
    rel: Annotated[float, Within(ge=0)] | None = None
    """So large a share of the number more or less."""
    log10: Annotated[float, Within(gt=0)] | None = None
    """So many powers of ten more or less."""


@record
class Answer(Frozen):
    """A number: written down as `value`, or read from the newest `evidence` (`experiment.check`)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float | None = None
    """The number."""
    evidence: str | None = None
    """The check it is read from, `experiment.check`."""
    unit: str = ""
    """What it is counted in."""
    tol: Tolerance = field(metadata={"of": Tolerance})
    """How far off still counts."""


@record
class Trap(Frozen):
    """A wrong number with a name, and what whoever types it was thinking."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float
    """The wrong number."""
    misconception: str
    """The id from misconceptions.yaml that it shows."""
    why: Text
    """What whoever types it believed, and what is so; a sentence."""


@record
class Interval(Frozen):
    """An estimate asks for an interval at this level as well as a best guess."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    level: Annotated[float, Within(gt=0.5, le=0.99)] = 0.9
    """The share of intervals that shall hold the number."""


@record
class Ranked(Frozen):
    """One thing to put in order; `value` is the quantity it is ordered by."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    """The thing."""
    value: float
    """The quantity it is ordered by."""


@record
class Swap(Frozen):
    """Two places (from 0) that a named misconception would exchange."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    pair: tuple[int, int]
    """The two places in the right order, from 0: [1, 2]."""
    misconception: str
    """The id from misconceptions.yaml that it shows."""
    why: Text
    """What whoever does it believed, and what is so; a sentence."""


@record
class Reject(Frozen):
    """A wrong filling of a cloze deletion that deserves an answer of its own."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    deletion: str
    """The gap: c1, c2..."""
    value: Text
    """What was typed."""
    misconception: str
    """The id from misconceptions.yaml that it shows."""
    why: Text
    """What whoever types it believed, and what is so; a sentence."""


@record
class Point(Frozen):
    """One point of a rubric; `must` points are needed for the lowest band."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    """A short name: r1, r2..."""
    level: Level
    """Whose answer says it."""
    weight: Annotated[int, Within(ge=1, le=5)] = 1
    """How much it counts, from 1 to 5."""
    must: bool = False
    """Whether the lowest band needs it."""
    text: Text
    """What the answer says."""
    terms: tuple[Text, ...] = ()
    """Words that show it: `mask leak/cheat`, all in a sentence (`/` or, `-` neighbours, `!` not there)."""
    probe: str = ""
    """What the interviewer asks when it was not said, without giving it away."""


@record
class RedFlag(Frozen):
    """Something that costs the candidate the interview."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    """What is said."""
    misconception: str
    """The id from misconceptions.yaml that it shows."""
    terms: tuple[Text, ...] = ()
    """Words that show it, written as for a point."""


@record
class Bands(Frozen):
    """An open answer, or what it takes, at three levels."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    junior: Text
    """For a junior."""
    senior: Text
    """For a senior."""
    staff: Text
    """For staff."""


@record
class Axis(Frozen):
    """One axis of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Text
    """What is on it, with its unit."""
    scale: Literal["linear", "log2", "log10"] = "linear"
    """How it is divided."""
    range: tuple[float, float]
    """Where it begins and ends: [0, 1]."""


@record
class Axes(Frozen):
    """Both axes of a plot to predict."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    x: Axis = field(metadata={"of": Axis})
    """The axis from left to right."""
    y: Axis = field(metadata={"of": Axis})
    """The axis from bottom to top."""


@record
class Ask(Frozen):
    """One question about a curve: `key` is a choice, or `evidence` is cut at `edges` into the choices."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    """A short name."""
    prompt: Text
    """What to predict."""
    choices: Annotated[tuple[str, ...], Within(min_length=2, max_length=5)]
    """What can be predicted, smallest first: [below 1, above 1]."""
    key: str | None = None
    """The right choice, when no evidence says it."""
    evidence: str | None = None
    """The check that says it, `experiment.check`."""
    edges: tuple[float, ...] = ()
    """Where the evidence is cut into the choices, one less than there are of them: [1.0]."""
    why: Text
    """Why it comes out so; a sentence."""


@record
class Span(Frozen):
    """One sentence somebody said: right, or wrong in a named way."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    text: Text
    """The sentence."""
    ok: bool
    """Whether it is right."""
    misconception: str | None = None
    """The id from misconceptions.yaml it shows; for the wrong one."""
    why: Text
    """What is right about it, or wrong; a sentence."""


@record
class Source(Frozen):
    """Where it stands. `seen` says how much of it was read for this item."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    ref: Text
    """The paper or the page; or how it was computed."""
    locator: str = ""
    """Where in it."""
    seen: str = "no"
    """How much of it was read: full, abstract, or no."""


@record
class Checked(Frozen):
    """Who wrote an item, who checked it, and when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    author: str = ""
    """Who wrote it."""
    checked_by: str = ""
    """Who checked it."""
    date: str = ""
    """When, as '2025-01-31'."""
