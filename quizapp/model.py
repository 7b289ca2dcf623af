"""The types that flow between modules: frozen, and free of I/O, YAML, SQL and Textual.

They are standard-library dataclasses whose annotations pydantic can check when a bank is read;
nothing here imports pydantic, so that a warm start never pays for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from quizapp.verifiers.wire import CheckResult

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
Level = Literal["junior", "mid", "senior", "staff", "all"]
Bloom = Literal["remember", "understand", "apply", "analyze", "evaluate", "create"]
VerdictName = Literal["holds", "depends", "fails", "unclear"]
Outcome = Literal["pass", "fail", "unclear"]
Status = Literal["ok", "invalid", "crashed", "timeout", "cancelled"]

Text = Annotated[str, MinLen(1), MaxLen(4000)]
Id = Annotated[str, MinLen(2), MaxLen(80)]

STRICT = {"extra": "forbid", "str_strip_whitespace": True}


# ---- parts of an item -----------------------------------------------------------------------------


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
    abs: Annotated[float, Ge(0)] | None = None
    rel: Annotated[float, Ge(0)] | None = None
    log10: Annotated[float, Gt(0)] | None = None


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
    level: Annotated[float, Gt(0.5), Le(0.99)] = 0.9


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
    weight: Annotated[int, Ge(1), Le(5)] = 1
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
    choices: Annotated[tuple[str, ...], MinLen(2), MaxLen(5)]
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


# ---- items ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to answer. What every kind has in common."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """Never changes and carries the learner's memory."""
    kind: str
    """Which of the classes below this is."""
    topic: Topic
    """The bank it belongs to."""
    rev: Annotated[int, Ge(1)] = 1
    """Bumped only when the meaning changes."""
    concepts: Annotated[tuple[str, ...], MinLen(1)]
    """Ids from concepts.yaml; the first is the primary one."""
    claims: tuple[str, ...] = ()
    """Ids from claims.yaml that this item is about; *prove it* runs the first."""
    family: str = ""
    """Variants of one question share a family and are never asked one after the other."""
    level: Level
    """Whose interview this belongs to."""
    bloom: Bloom
    """What the learner has to do with the knowledge."""
    difficulty: Annotated[int, Ge(1), Le(5)]
    """The author's guess, 1 easy to 5 hard."""
    time_s: Annotated[int, Ge(5), Le(900)]
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


@dataclass(frozen=True, kw_only=True)
class Choice(Item):
    """Pick the one right option."""

    kind: Literal["choice"]
    stem: Text
    options: Annotated[tuple[Option, ...], MinLen(3), MaxLen(5)] = field(metadata={"of": Option})


@dataclass(frozen=True, kw_only=True)
class Multi(Item):
    """Pick every right option; right picks minus wrong picks, floored at zero."""

    kind: Literal["multi"]
    stem: Text
    options: Annotated[tuple[Option, ...], MinLen(3), MaxLen(6)] = field(metadata={"of": Option})


@dataclass(frozen=True, kw_only=True)
class TrueFalse(Item):
    """Say whether the statement is true and why; only both together count."""

    kind: Literal["truefalse"]
    statement: Text
    truth: bool
    reasons: Annotated[tuple[Reason, ...], MinLen(3), MaxLen(5)] = field(metadata={"of": Reason})


@dataclass(frozen=True, kw_only=True)
class Numeric(Item):
    """Work out a number."""

    kind: Literal["numeric"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    worked: Text


@dataclass(frozen=True, kw_only=True)
class Estimate(Item):
    """Give a 90% interval and a best guess."""

    kind: Literal["estimate"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    interval: Interval = field(default_factory=Interval, metadata={"of": Interval})
    anchors: tuple[Text, ...] = ()
    traps: tuple[Trap, ...] = field(default=(), metadata={"of": Trap})
    worked: Text


@dataclass(frozen=True, kw_only=True)
class Order(Item):
    """Put the things in order of their value, smallest first."""

    kind: Literal["order"]
    stem: Text
    sequence: Annotated[tuple[Ranked, ...], MinLen(3), MaxLen(7)] = field(metadata={"of": Ranked})
    swaps: tuple[Swap, ...] = field(default=(), metadata={"of": Swap})
    worked: Text


@dataclass(frozen=True, kw_only=True)
class Cloze(Item):
    """Fill the gaps written as {{c1::word}}."""

    kind: Literal["cloze"]
    text: Text
    accept: Mapping[str, tuple[str, ...]]
    reject: tuple[Reject, ...] = field(default=(), metadata={"of": Reject})
    why: Text


@dataclass(frozen=True, kw_only=True)
class Card(Item):
    """Front and back; the learner grades against `grade_yourself`."""

    kind: Literal["card"]
    front: Text
    back: Text
    grade_yourself: Annotated[tuple[str, ...], MinLen(1)]
    more: str = ""
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Open(Item):
    """Answer in your own words, then grade against the rubric."""

    kind: Literal["open"]
    prompt: Text
    rubric: Annotated[tuple[Point, ...], MinLen(3)] = field(metadata={"of": Point})
    red_flags: tuple[RedFlag, ...] = field(default=(), metadata={"of": RedFlag})
    bands: Bands = field(metadata={"of": Bands})
    model_answers: Bands = field(metadata={"of": Bands})


@dataclass(frozen=True, kw_only=True)
class PredictPlot(Item):
    """Say what the curves will look like, then run the experiment."""

    kind: Literal["predict_plot"]
    stem: Text
    axes: Axes = field(metadata={"of": Axes})
    ask: Annotated[tuple[Ask, ...], MinLen(1), MaxLen(6)] = field(metadata={"of": Ask})
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PredictNumber(Item):
    """Say what the experiment will measure, then run it."""

    kind: Literal["predict_number"]
    stem: Text
    answer: Answer = field(metadata={"of": Answer})
    after: str = ""
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Flaw(Item):
    """Find the sentence that is wrong, then its repair."""

    kind: Literal["flaw"]
    speaker: Literal["candidate", "interviewer", "post"]
    spans: Annotated[tuple[Span, ...], MinLen(3), MaxLen(6)] = field(metadata={"of": Span})
    fixes: Annotated[tuple[Option, ...], MinLen(2), MaxLen(4)] = field(metadata={"of": Option})


@dataclass(frozen=True, kw_only=True)
class Code(Item):
    """Pick the code that does what is asked; `lines` are the ones to look at (from 1)."""

    kind: Literal["code"]
    stem: Text
    lang: str = "python"
    code: Text
    lines: tuple[int, ...] = ()
    options: Annotated[tuple[Option, ...], MinLen(3), MaxLen(5)] = field(metadata={"of": Option})


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


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A condition: when its check passes, the claim only *depends*, and `sentence` says on what."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    check: Text
    sentence: Text


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the literature says the verdict should be, by kind of device. The bench never sees it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    cpu: VerdictName
    cuda: VerdictName
    mps: VerdictName


@dataclass(frozen=True, kw_only=True)
class Claim:
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
    sources: Annotated[tuple[Source, ...], MinLen(1)] = field(metadata={"of": Source})
    """Where that stands, with how much of it was read."""
    supports: tuple[str, ...] = ()
    """Checks (`experiment.check`) that must pass for the claim to hold."""
    limits: tuple[Limit, ...] = field(default=(), metadata={"of": Limit})
    """Checks that show a condition when they pass."""
    also: tuple[str, ...] = ()
    """Checks of the same experiments worth seeing beside them; they decide nothing."""
    expected: Expected | None = field(default=None, metadata={"of": Expected})
    """The verdict the literature leads one to expect."""

    @property
    def checks(self) -> tuple[str, ...]:
        """Every check the claim draws on, `experiment.check`, supports first."""
        return self.supports + tuple(limit.check for limit in self.limits)

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """Every check to show, with its role: `support`, `limit` or `also`."""
        limits = tuple((limit.check, "limit") for limit in self.limits)
        return (*((name, "support") for name in self.supports), *limits, *((name, "also") for name in self.also))

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments that proving this claim runs, in order of first use."""
        return tuple(dict.fromkeys(check.partition(".")[0] for check in self.checks))


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """A wrong belief with a name; distractors, traps and flaws point at it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    says: Text
    concept: str
    refute: Text


@dataclass(frozen=True, kw_only=True)
class Concept:
    """One idea of the subject."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    topic: Topic
    concept: Text
    nuance: str = ""
    misconception: str = ""


def build(cls: type[Any], data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - returns an instance of cls
    """The instance of the dataclass `cls` that already checked plain data describes."""
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(cls):
        if entry.name not in data:
            continue
        value = data[entry.name]
        part = entry.metadata.get("of")
        if part is not None and isinstance(value, (list, tuple)):
            value = tuple(build(part, element) for element in value)
        elif part is not None and value is not None:
            value = build(part, value)
        elif isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, dict):
            value = {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
        values[entry.name] = value
    return cls(**values)


# ---- what the learner does ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What to say about one option, reason, trap or sentence after the answer."""

    text: str
    correct: bool
    chosen: bool
    why: str


@dataclass(frozen=True, kw_only=True)
class Grade:
    """The judgement of one answer. `score` is 0 to 1; `correct` is what confidence is scored against."""

    score: float
    correct: bool
    remarks: tuple[Remark, ...] = ()
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class Review:
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


@dataclass(frozen=True, kw_only=True)
class Memory:
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


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A verdict the learner locked before the run, and what came out."""

    claim: str
    at: datetime
    predicted: VerdictName
    measured: str = ""


# ---- evidence -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of the experiment's plot."""

    name: str
    arm: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The picture an experiment draws."""

    title: str = ""
    x: str = ""
    y: str = ""
    x_log: bool = False
    y_log: bool = False
    curves: tuple[Curve, ...] = field(default=(), metadata={"of": Curve})


@dataclass(frozen=True, kw_only=True)
class Run:
    """One experiment, run once: what the bench measured, before anybody draws a conclusion."""

    id: int = 0
    experiment: str
    profile: str
    status: Status
    reason: str = ""
    """Why it is not `ok`, or why a check is unclear."""
    checks: tuple[CheckResult, ...] = field(default=(), metadata={"of": CheckResult})
    plot: Plot = field(default_factory=Plot, metadata={"of": Plot})
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    seconds: float = 0.0
    device: str = ""
    """The kind: cpu, cuda or mps."""
    machine: str = ""
    """The device in words."""
    threads: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    """A hash of the experiment's file and of every bench file it imports."""
    at: str = ""
    """When it ended, ISO 8601, UTC."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The verdict of a claim, with the runs it was drawn from."""

    claim: str
    verdict: str
    """holds, depends, fails, unclear; or invalid, crashed, timeout, cancelled."""
    expected: VerdictName | None
    conditions: tuple[str, ...] = ()
    """The sentences of the limits that passed."""
    runs: tuple[Run, ...] = ()
    reason: str = ""
    """Why it is not one of the four verdicts, or why it is unclear."""
    stale: bool = False
    """The bench has changed since."""

    @property
    def surprise(self) -> bool:
        """Whether a decided verdict differs from the literature's. `unclear` decides nothing."""
        decided = self.verdict in ("holds", "depends", "fails")
        return decided and self.expected is not None and self.verdict != self.expected
