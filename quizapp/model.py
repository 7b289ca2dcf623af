"""The types that flow between modules: frozen, and free of I/O, YAML, SQL and Textual.

They are standard-library dataclasses whose annotations pydantic can check when a bank is read;
nothing here imports pydantic, so that a warm start never pays for it. Evidence is in `evidence`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from quizapp.parts import (
    STRICT,
    Answer,
    Ask,
    Axes,
    Bands,
    Checked,
    Frozen,
    Id,
    Interval,
    Level,
    Option,
    Point,
    Ranked,
    Reason,
    RedFlag,
    Reject,
    Source,
    Span,
    Swap,
    Text,
    Trap,
    Within,
    record,
)

Topic = Literal[
    "parallelism",
    "path_length",
    "attention",
    "positional_encoding",
    "stability",
    "quadratic_cost",
    "choosing",
    "scaling",
    "glossary",
    "synthesis",
]
Bloom = Literal["remember", "understand", "apply", "analyze", "evaluate", "create"]
VerdictName = Literal["holds", "depends", "fails", "unclear"]
Outcome = Literal["pass", "fail", "unclear"]
Status = Literal["ok", "invalid", "crashed", "timeout", "cancelled"]


# ---- items ----------------------------------------------------------------------------------------


@record
class Item(Frozen):
    """One thing to answer. What every kind has in common."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """Never changes and carries the learner's memory."""
    kind: str
    """Which of the classes below this is."""
    topic: Topic
    """The bank it belongs to."""
    rev: Annotated[int, Within(ge=1)] = 1
    """Bumped only when the meaning changes."""
    concepts: Annotated[tuple[str, ...], Within(min_length=1)]
    """Ids from concepts.yaml; the first is the primary one."""
    claims: tuple[str, ...] = ()
    """Ids from claims.yaml that this item is about; *prove it* runs the first."""
    family: str = ""
    """Variants of one question share a family and are never asked one after the other."""
    level: Level
    """Whose interview this belongs to."""
    bloom: Bloom
    """What the learner has to do with the knowledge."""
    difficulty: Annotated[int, Within(ge=1, le=5)]
    """The author's guess, 1 easy to 5 hard."""
    time_s: Annotated[int, Within(ge=5, le=900)]
    """Seconds a prepared candidate needs."""
    answer_aloud: str = ""
    """What you would say in the interview, at most 45 words."""
    caveats: tuple[Text, ...] = ()
    """When it stops being true."""
    followups: tuple[Text, ...] = ()
    """What the interviewer asks next: text, or the id of an item."""
    sources: tuple[Source, ...] = field(default=(), metadata={"of": Source})
    """Where it stands, with how much of it was read."""
    verify: str = ""
    """A Python expression that must be true; the tests evaluate it."""
    tags: tuple[str, ...] = ()
    """Free words to filter by."""
    lint_allow: Mapping[str, str] = field(default_factory=dict)
    """Rules of the linter this item may break, each with the reason."""
    review: Checked = field(default_factory=Checked, metadata={"of": Checked})
    """Who wrote and who checked it."""


@record
class Choice(Item):
    """Pick the one right option."""

    kind: Literal["choice"]
    stem: Text
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Option}
    )


@record
class Multi(Item):
    """Pick every right option; right picks minus wrong picks, floored at zero."""

    kind: Literal["multi"]
    stem: Text
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=6)] = field(
        metadata={"of": Option}
    )


@record
class TrueFalse(Item):
    """Say whether the statement is true and why; only both together count."""

    kind: Literal["truefalse"]
    statement: Text
    truth: bool
    reasons: Annotated[tuple[Reason, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Reason}
    )


@record
class Numeric(Item):
    """Work out a number."""

    kind: Literal["numeric"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    worked: Text


@record
class Estimate(Item):
    """Give a 90% interval and a best guess."""

    kind: Literal["estimate"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    interval: Interval = field(default_factory=Interval, metadata={"of": Interval})
    anchors: tuple[Text, ...] = ()
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    worked: Text


@record
class Order(Item):
    """Put the things in order of their value, smallest first."""

    kind: Literal["order"]
    stem: Text
    sequence: Annotated[tuple[Ranked, ...], Within(min_length=3, max_length=7)] = field(
        metadata={"of": Ranked}
    )
    swaps: tuple[Swap, ...] = field(default=(), metadata={"of": Swap})
    worked: Text


@record
class Cloze(Item):
    """Fill the gaps written as {{c1::word}}."""

    kind: Literal["cloze"]
    text: Text
    accept: Mapping[str, tuple[str, ...]]
    reject: tuple[Reject, ...] = field(default=(), metadata={"of": Reject})
    why: Text


@record
class Card(Item):
    """Front and back; the learner grades against `grade_yourself`."""

    kind: Literal["card"]
    front: Text
    back: Text
    grade_yourself: Annotated[tuple[str, ...], Within(min_length=1)]
    more: str = ""
    misconceptions: tuple[str, ...] = ()


@record
class Open(Item):
    """Answer in your own words, then grade against the rubric."""

    kind: Literal["open"]
    prompt: Text
    rubric: Annotated[tuple[Point, ...], Within(min_length=3)] = field(metadata={"of": Point})
    red_flags: tuple[RedFlag, ...] = field(default=(), metadata={"of": RedFlag})
    bands: Bands = field(metadata={"of": Bands})
    model_answers: Bands = field(metadata={"of": Bands})


@record
class PredictPlot(Item):
    """Say what the curves will look like, then run the experiment."""

    kind: Literal["predict_plot"]
    stem: Text
    axes: Axes = field(metadata={"of": Axes})
    ask: Annotated[tuple[Ask, ...], Within(min_length=1, max_length=6)] = field(metadata={"of": Ask})
    misconceptions: tuple[str, ...] = ()


@record
class PredictNumber(Item):
    """Say what the experiment will measure, then run it."""

    kind: Literal["predict_number"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    after: str = ""
    misconceptions: tuple[str, ...] = ()


@record
class Flaw(Item):
    """Find the sentence that is wrong, then its repair."""

    kind: Literal["flaw"]
    speaker: Literal["candidate", "interviewer", "post"]
    spans: Annotated[tuple[Span, ...], Within(min_length=3, max_length=6)] = field(metadata={"of": Span})
    fixes: Annotated[tuple[Option, ...], Within(min_length=2, max_length=4)] = field(metadata={"of": Option})


@record
class Code(Item):
    """Pick the code that does what is asked; `lines` are the ones to look at (from 1)."""

    kind: Literal["code"]
    stem: Text
    lang: str = "python"
    code: Text
    lines: tuple[int, ...] = ()
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Option}
    )


KINDS: dict[str, type[Item]] = {
    "choice": Choice,
    "multi": Multi,
    "truefalse": TrueFalse,
    "numeric": Numeric,
    "estimate": Estimate,
    "order": Order,
    "cloze": Cloze,
    "card": Card,
    "open": Open,
    "predict_plot": PredictPlot,
    "predict_number": PredictNumber,
    "flaw": Flaw,
    "code": Code,
}


# ---- claims ---------------------------------------------------------------------------------------


@record
class Limit(Frozen):
    """A condition: when its check passes, the claim only *depends*, and `sentence` says on what."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    check: Text
    sentence: Text


@record
class Expected(Frozen):
    """What the literature says the verdict should be, by kind of device. The bench never sees it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    cpu: VerdictName
    cuda: VerdictName
    mps: VerdictName


@record
class Claim(Frozen):
    """A sentence people say, true or not, with what settles it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """Never changes; items and evidence refer to it."""
    topic: Topic
    """The bank it belongs to."""
    says: Text
    """The popular sentence."""
    correct: Text
    """What a careful person would say instead."""
    standing: Literal["true", "true with conditions", "false as stated", "not testable here"]
    """Where the literature stands."""
    sources: Annotated[tuple[Source, ...], Within(min_length=1)] = field(metadata={"of": Source})
    """Where that stands, with how much of it was read."""
    supports: tuple[str, ...] = ()
    """Checks (`experiment.check`) that must pass for the claim to hold."""
    limits: tuple[Limit, ...] = field(default=(), metadata={"of": Limit})
    """Checks that show a condition when they pass."""
    also: tuple[str, ...] = ()
    """Checks of the same experiments worth seeing beside them; they decide nothing."""
    expected: Expected | None = field(default=None, metadata={"of": Expected})
    """The verdict the literature leads one to expect."""
    untestable: str = ""
    """Why no experiment here can settle it; only for a claim that is cited, without checks."""

    @property
    def checks(self) -> tuple[str, ...]:
        """Every check the claim draws on, `experiment.check`, supports first."""
        return self.supports + tuple(limit.check for limit in self.limits)

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """Every check to show, with its role: `support`, `limit` or `also`."""
        limits = tuple((limit.check, "limit") for limit in self.limits)
        return (
            *((name, "support") for name in self.supports),
            *limits,
            *((name, "also") for name in self.also),
        )

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments that proving this claim runs, in order of first use."""
        return tuple(dict.fromkeys(check.partition(".")[0] for check in self.checks))


@record
class Misconception(Frozen):
    """A wrong belief with a name; distractors, traps and flaws point at it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    says: Text
    concept: str
    refute: Text


@record
class Concept(Frozen):
    """One idea of the subject."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    topic: Topic
    concept: Text
    nuance: str = ""
    misconception: str = ""


@cache
def _shape(cls: type) -> tuple[tuple[str, type[Any] | None], ...]:
    """The fields of a dataclass, each with the class of its parts if it has any."""
    return tuple((entry.name, entry.metadata.get("of")) for entry in dataclasses.fields(cls))


def build(cls: type[Any], data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - returns an instance of cls
    """The instance of the dataclass `cls` that already checked plain data describes."""
    values: dict[str, Any] = {}
    for name, part in _shape(cls):  # type: ignore[arg-type] # classes can be hashed
        if name not in data:
            continue
        value = data[name]
        if part is not None and isinstance(value, (list, tuple)):
            value = tuple(build(part, element) for element in value)
        elif part is not None and value is not None:
            value = build(part, value)
        elif isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, dict):
            value = {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
        values[name] = value
    return cls(**values)


# ---- what the learner does ------------------------------------------------------------------------


@record
class Remark(Frozen):
    """What to say about one option, reason, trap or sentence after the answer."""

    text: str
    correct: bool
    chosen: bool
    why: str


@record
class Grade(Frozen):
    """The judgement of one answer. `score` is 0 to 1; `correct` is what confidence is scored against."""

    score: float
    correct: bool
    remarks: tuple[Remark, ...] = ()
    summary: str = ""


@record
class Review(Frozen):
    """One answer, as it is kept for ever."""

    id: int = 0
    item: str
    rev: int
    at: datetime
    given: str
    """What was answered, as JSON."""
    score: float
    correct: bool
    confidence: float | None
    """0.5 to 0.99, said before the answer was shown."""
    rating: int
    """1 again, 2 hard, 3 good, 4 easy."""
    seconds: float


@record
class Memory(Frozen):
    """What the schedule believes about one item, folded from its reviews."""

    item: str
    stability: float
    """Days until recall falls to 90%."""
    difficulty: float
    """1 to 10, as FSRS counts."""
    due: datetime
    last: datetime
    state: int
    """FSRS's state: 1 learning, 2 review, 3 relearning."""
    step: int | None
    """How far along the learning steps, while there are any."""
    reps: int = 0
    lapses: int = 0
