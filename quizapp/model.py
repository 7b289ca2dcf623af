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
    """The question."""
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Option}
    )
    """What can be picked; exactly one is correct."""


@record
class Multi(Item):
    """Pick every right option; right picks minus wrong picks, floored at zero."""

    kind: Literal["multi"]
    stem: Text
    """The question."""
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=6)] = field(
        metadata={"of": Option}
    )
    """What can be picked; two or more are correct, but not all."""


@record
class TrueFalse(Item):
    """Say whether the statement is true and why; only both together count."""

    kind: Literal["truefalse"]
    statement: Text
    """What is said to be so."""
    truth: bool
    """Whether it is so: true or false."""
    reasons: Annotated[tuple[Reason, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Reason}
    )
    """Why it is so or not; exactly one is correct."""


@record
class Numeric(Item):
    """Work out a number."""

    kind: Literal["numeric"]
    stem: Text
    """The question, with everything needed to work the number out."""
    answer: Answer = field(metadata={"of": Answer})
    """The number, and how near is near enough."""
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    """Wrong numbers that give away what was thought."""
    worked: Text
    """How the number comes about, step by step."""


@record
class Estimate(Item):
    """Give a 90% interval and a best guess."""

    kind: Literal["estimate"]
    stem: Text
    """The question, about a number one can only bracket."""
    answer: Answer = field(metadata={"of": Answer})
    """The number, and how near is near enough."""
    interval: Interval = field(default_factory=Interval, metadata={"of": Interval})
    """How sure the interval must be."""
    anchors: tuple[Text, ...] = ()
    """Known numbers to start from."""
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    """Wrong numbers that give away what was thought."""
    worked: Text
    """How the number comes about, step by step."""


@record
class Order(Item):
    """Put the things in order of their value, smallest first."""

    kind: Literal["order"]
    stem: Text
    """The question: what is put in order, and by what."""
    sequence: Annotated[tuple[Ranked, ...], Within(min_length=3, max_length=7)] = field(
        metadata={"of": Ranked}
    )
    """The things, with the quantity they are ordered by."""
    swaps: tuple[Swap, ...] = field(default=(), metadata={"of": Swap})
    """Exchanges that give away what was thought."""
    worked: Text
    """How the quantities come about."""


@record
class Cloze(Item):
    """Fill the gaps written as {{c1::word}}."""

    kind: Literal["cloze"]
    text: Text
    """The sentence in quotes, with gaps written as {{c1::word}}."""
    accept: Mapping[str, tuple[str, ...]]
    """What counts, gap by gap: {c1: [word, another spelling]}."""
    reject: tuple[Reject, ...] = field(default=(), metadata={"of": Reject})
    """Wrong fillings that deserve an answer of their own."""
    why: Text
    """What to know when it was wrong."""


@record
class Card(Item):
    """Front and back; the learner grades against `grade_yourself`."""

    kind: Literal["card"]
    front: Text
    """The question; what, why or how, and nothing that yes answers."""
    back: Text
    """The answer, in a breath."""
    grade_yourself: Annotated[tuple[str, ...], Within(min_length=1)]
    """What a good answer says, point by point."""
    more: str = ""
    """What else to know, shown with the back."""
    misconceptions: tuple[str, ...] = ()
    """Ids from misconceptions.yaml that this card is against."""


@record
class Open(Item):
    """Answer in your own words, then grade against the rubric."""

    kind: Literal["open"]
    prompt: Text
    """The question, as an interviewer asks it."""
    rubric: Annotated[tuple[Point, ...], Within(min_length=3)] = field(metadata={"of": Point})
    """What a good answer says, point by point."""
    red_flags: tuple[RedFlag, ...] = field(default=(), metadata={"of": RedFlag})
    """What costs the candidate the interview."""
    bands: Bands = field(metadata={"of": Bands})
    """What it takes at each level."""
    model_answers: Bands = field(metadata={"of": Bands})
    """A good answer at each level."""


@record
class PredictPlot(Item):
    """Say what the curves will look like, then run the experiment."""

    kind: Literal["predict_plot"]
    stem: Text
    """What is measured, so that the curves can be predicted."""
    axes: Axes = field(metadata={"of": Axes})
    """The plot, before anything is drawn on it."""
    ask: Annotated[tuple[Ask, ...], Within(min_length=1, max_length=6)] = field(metadata={"of": Ask})
    """What to predict of the curves."""
    misconceptions: tuple[str, ...] = ()
    """Ids from misconceptions.yaml that wrong predictions show."""


@record
class PredictNumber(Item):
    """Say what the experiment will measure, then run it."""

    kind: Literal["predict_number"]
    stem: Text
    """What is measured, so that the number can be predicted."""
    answer: Answer = field(metadata={"of": Answer})
    """The number, and how near is near enough."""
    after: str = ""
    """What to say once it was measured."""
    misconceptions: tuple[str, ...] = ()
    """Ids from misconceptions.yaml that wrong predictions show."""


@record
class Flaw(Item):
    """Find the sentence that is wrong, then its repair."""

    kind: Literal["flaw"]
    speaker: Literal["candidate", "interviewer", "post"]
    """Who says it."""
    spans: Annotated[tuple[Span, ...], Within(min_length=3, max_length=6)] = field(metadata={"of": Span})
    """What is said, sentence by sentence; exactly one is wrong."""
    fixes: Annotated[tuple[Option, ...], Within(min_length=2, max_length=4)] = field(metadata={"of": Option})
    """Repairs of the wrong sentence; exactly one is correct."""


@record
class Code(Item):
    """Pick the code that does what is asked; `lines` are the ones to look at (from 1)."""

    kind: Literal["code"]
    stem: Text
    """What the code must do; a blank in it is ____."""
    lang: str = "python"
    """The language it is highlighted as."""
    code: Text
    """The code, as a | block."""
    lines: tuple[int, ...] = ()
    """Lines to look at, from 1."""
    options: Annotated[tuple[Option, ...], Within(min_length=3, max_length=5)] = field(
        metadata={"of": Option}
    )
    """Code that can be picked; exactly one is correct."""


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
    """The check, `experiment.check`."""
    sentence: Text
    """What the claim depends on when that check passes."""


@record
class Expected(Frozen):
    """What the literature says the verdict should be, by kind of device. The bench never sees it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    cpu: VerdictName
    """On a CPU."""
    cuda: VerdictName
    """On a GPU of NVIDIA's."""
    mps: VerdictName
    """On a GPU of Apple's."""


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
    """The wrong belief, as somebody who holds it says it."""
    concept: str
    """The id from concepts.yaml it gets wrong."""
    refute: Text
    """What is so instead."""


@record
class Concept(Frozen):
    """One idea of the subject."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    """Never changes; items and misconceptions refer to it."""
    topic: Topic
    """The topic it belongs to."""
    concept: Text
    """The idea, in a sentence."""
    nuance: str = ""
    """What a careful person adds."""
    misconception: str = ""
    """How it is often misunderstood."""


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
    cram: bool = False
    """It was crammed: an answer like any other, but the schedule does not see it."""
    overruled: bool = False
    """The learner turned the judgement around: `correct` is what they say."""


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
