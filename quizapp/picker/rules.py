"""The rules of the picker: rules.yaml, checked. Every problem has a place and something to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from quizapp import strict_yaml
from quizapp.errors import Problem, RulesError
from quizapp.parts import STRICT, Frozen, Id, Source, Text, Within, record
from quizapp.picker.formulas import KINDS, Shape
from quizapp.strict_yaml import Document

FILE = Path(__file__).with_name("rules.yaml")
Basis = Literal["formula", "measured", "published", "judgement"]
By = Literal["length", "tokens", "recall"]
When = Literal["task", "device", "matrix_unit", "gpu", "recall", "stream", "throughput", "latency"]


@record
class Device(Frozen):
    """Where it runs, and the size of model that is counted with there."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """What `--device` takes."""
    name: Text
    """What it is called in an answer."""
    memory: Annotated[float, Within(gt=0)]
    """Bytes there are when nobody says otherwise."""
    layers: Annotated[int, Within(ge=1)]
    """Layers of the model."""
    width: Annotated[int, Within(ge=16)]
    """Numbers of a token in a layer."""
    heads: Annotated[int, Within(ge=1)]
    """Heads of a layer."""
    kv_heads: Annotated[int, Within(ge=1)]
    """Heads with keys and values of their own."""
    number: Literal[1, 2, 4, 8]
    """Bytes of one number."""
    matrix_unit: bool
    """Whether it multiplies matrices in a unit made for it."""
    gpu: bool
    """Whether it is a GPU."""

    @property
    def shape(self) -> Shape:
        """The model that is counted with."""
        return Shape(
            layers=self.layers,
            width=self.width,
            heads=self.heads,
            kv_heads=self.kv_heads,
            number=self.number,
        )


@record
class Task(Frozen):
    """What it is for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """What `--task` takes."""
    name: Text
    """What it is called in an answer."""
    generates: bool
    """Whether it writes token by token, so that every layer keeps its cache."""
    length: Annotated[int, Within(ge=1)]
    """Tokens of a usual sequence, when nobody says otherwise."""
    recall: Literal["none", "some", "exact"]
    """How exactly earlier tokens must be found again, when nobody says otherwise."""


@record
class Candidate(Frozen):
    """One architecture that can be recommended."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """What rules name it by."""
    name: Text
    """What it is called in an answer."""
    layer: Text
    """The kind of layer that `formulas` counts."""
    attention: bool = False
    """Whether some layer is attention."""
    scores: bool = False
    """Whether the scores of all pairs are written out."""
    same_as: str = ""
    """The candidate that computes the same function (a window: while it holds the whole sequence)."""
    fixed_state: bool = False
    """Whether what it carries stops growing with the length."""
    pure_rnn: bool = False
    """Whether it is a recurrence alone, to which the rule of a billion tokens applies."""
    gains: Text
    """What one gains with it."""
    gives_up: Text
    """What one gives up with it."""
    above_a_billion: str = ""
    """The trade-off that must be stated before it is recommended for more training tokens than that."""
    claims: tuple[str, ...] = ()
    """Claims of the catalogue behind that."""


@record
class Constraint(Frozen):
    """What excludes candidates: too little memory, or being one of `excludes` in certain situations."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """What an answer names it by."""
    over: Literal["memory"] | None = None
    """What a candidate may not need more of than there is."""
    when: Mapping[When, tuple[bool | str, ...]] = field(default_factory=dict)
    """Where it applies: a fact and its values; everywhere when empty."""
    above: Mapping[Literal["tokens", "length"], float] = field(default_factory=dict)
    """It applies only above these amounts."""
    excludes: tuple[str, ...] = ()
    """The candidates that are out."""
    unless_stated: bool = False
    """Whether a candidate that states its trade-off is let through."""
    says: Text
    """Why, with {needed} and {budget} where it is about memory."""
    claims: tuple[str, ...] = ()
    """Claims of the catalogue behind it."""
    sources: Annotated[tuple[Source, ...], Within(min_length=1)] = field(metadata={"of": Source})
    """Where it comes from."""


@record
class Measured(Frozen):
    """A check of the bench that shows what a rule is about."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    check: Text
    """Experiment and check: `decode_state.lstm_time_growth`."""
    says: Text
    """What the number is."""


@record
class Score(Frozen):
    """What speaks for or against candidates."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: Id
    """What an answer names it by."""
    when: Mapping[When, tuple[bool | str, ...]] = field(default_factory=dict)
    """Where it applies: a fact and its values; everywhere when empty."""
    by: By | None = None
    """The need that its level goes by."""
    points: tuple[tuple[float, float], ...] = ()
    """Value of the need and level, by rising need; joined by straight lines."""
    values: Annotated[Mapping[str, float], Within(min_length=1)]
    """What it adds to each candidate at level 1."""
    says: Text
    """Why, in a sentence."""
    basis: Basis
    """How far it can be trusted: computed, measured here, published, or our judgement."""
    claims: tuple[str, ...] = ()
    """Claims of the catalogue behind it."""
    sources: Annotated[tuple[Source, ...], Within(min_length=1)] = field(metadata={"of": Source})
    """Where it comes from."""
    measured: tuple[Measured, ...] = field(default=(), metadata={"of": Measured})
    """Checks of the bench that show what it is about."""


@record
class Rules(Frozen):
    """All of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    schema: Literal[1]
    """Always 1."""
    devices: Annotated[tuple[Device, ...], Within(min_length=1)]
    """Where it may run."""
    tasks: Annotated[tuple[Task, ...], Within(min_length=1)]
    """What it may be for."""
    candidates: Annotated[tuple[Candidate, ...], Within(min_length=2)]
    """What can be recommended."""
    constraints: tuple[Constraint, ...]
    """What excludes candidates."""
    scores: Annotated[tuple[Score, ...], Within(min_length=1)]
    """What speaks for or against them."""

    def device(self, id_: str) -> Device:
        """The device of that id."""
        return next(device for device in self.devices if device.id == id_)

    def task(self, id_: str) -> Task:
        """The task of that id."""
        return next(task for task in self.tasks if task.id == id_)


@cache
def shipped() -> Rules:
    """The rules that came with quizapp."""
    return load(FILE)


def load(path: Path) -> Rules:
    """The rules in a file. Raises RulesError with every problem in it."""
    from pydantic import TypeAdapter, ValidationError

    document = strict_yaml.read(path, str(path))
    if isinstance(document, Problem):
        raise RulesError([document])
    try:
        rules: Rules = TypeAdapter(Rules).validate_python(document.data)
    except ValidationError as error:
        raise RulesError([_explain(document, detail) for detail in error.errors()]) from None
    if problems := list(_links(document, rules)):
        raise RulesError(problems)
    return rules


def _explain(document: Document, detail: Any) -> Problem:  # noqa: ANN401 - pydantic's
    """What pydantic found, at its place."""
    path = [step for step in detail["loc"] if step != "[key]"]
    name = ".".join(map(str, path)) or "the file"
    if detail["type"] == "missing":
        return document.problem(path[:-1], f"`{name}` is missing", f"Add `{path[-1]}:` here.")
    if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return document.problem(path, f"unknown key `{name}`", "Remove it, or check its spelling.")
    return document.problem(path, f"`{name}`: {detail['msg']}", f"It is {str(detail['input'])[:60]!r} now.")


def _links(document: Document, rules: Rules) -> Iterable[Problem]:
    """Names that lead nowhere, names that are taken, and levels out of order."""
    for part in ("devices", "tasks", "candidates", "constraints", "scores"):
        seen: set[str] = set()
        for place, entry in enumerate(getattr(rules, part)):
            if entry.id in seen:
                yield document.problem([part, place, "id"], f"the id {entry.id!r} is taken", "Use another.")
            seen.add(entry.id)
    known = [candidate.id for candidate in rules.candidates]
    for place, candidate in enumerate(rules.candidates):
        if candidate.layer not in KINDS:
            what = f"unknown layer {candidate.layer!r}"
            yield document.problem(["candidates", place, "layer"], what, _meant(candidate.layer, KINDS))
    for part in ("constraints", "scores"):
        for place, rule in enumerate(getattr(rules, part)):
            for name in rule.excludes if isinstance(rule, Constraint) else rule.values:
                if name not in known:
                    what = f"{rule.id}: unknown candidate {name!r}"
                    yield document.problem([part, place], what, _meant(name, known))
            yield from _situations(document, rules, part, place)
    for place, score in enumerate(rules.scores):
        values = [point[0] for point in score.points]
        if bool(score.by) != bool(values) or values != sorted(set(values)):
            todo = "Give `by` and `points` together, the points by rising need."
            yield document.problem(["scores", place], f"{score.id}: levels out of order", todo)


def _situations(document: Document, rules: Rules, part: str, place: int) -> Iterable[Problem]:
    """Tasks and devices in `when` that do not exist."""
    known = {"task": [task.id for task in rules.tasks], "device": [device.id for device in rules.devices]}
    rule = getattr(rules, part)[place]
    for name, allowed in known.items():
        for value in rule.when.get(name, ()):
            if value not in allowed:
                what = f"{rule.id}: unknown {name} {value!r}"
                yield document.problem([part, place, "when", name], what, _meant(str(value), allowed))


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(known)}."
