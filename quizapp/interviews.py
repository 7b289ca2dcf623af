"""Mock interviews as they are kept: what was asked, what was said, what was ticked. Rows are only added.

What an interview is at a moment is a fold over its rows, so one that was broken off goes on where it was.
Knows the store and no items: an item may have changed or gone since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from quizapp.store import Store

RULES = "rules"
"""Who asked, when no model did."""
State = Literal["talk", "debrief", "done"]


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What a model said about an answer: suggestions, until a person confirms them."""

    asker: str
    points: Mapping[str, str]
    """Point id, or `flag0`..., -> the words of the answer it goes by."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was said to a question, for ever as it was typed."""

    id: int
    said: str
    seconds: float
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question as it was asked."""

    id: int
    item: str
    point: str
    """The point of the rubric it follows up; empty for the question of the item itself."""
    prompt: str
    asker: str
    """`rules`, or the name of the model that worded it."""
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """What the learner confirmed of one item, the newest word on it."""

    item: str
    ticked: tuple[str, ...]
    band: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Interview:
    """One interview, from its rows."""

    id: int
    at: datetime
    topic: str
    """Empty: any."""
    minutes: int
    seed: int
    questions: tuple[Question, ...] = ()
    ended: bool = False
    ticks: Mapping[str, Ticks] = field(default_factory=dict)

    @property
    def items(self) -> tuple[str, ...]:
        """The items asked about, in order; an item and its follow-ups count once."""
        return tuple(dict.fromkeys(question.item for question in self.questions))

    @property
    def seconds(self) -> float:
        """The time spent on the answers there are."""
        return sum(question.answer.seconds for question in self.questions if question.answer)

    @property
    def open(self) -> Question | None:
        """The question that waits for an answer."""
        last = self.questions[-1] if self.questions else None
        return last if last is not None and last.answer is None and not self.ended else None

    @property
    def state(self) -> State:
        """Whether it is being held, being gone through, or over."""
        if not self.ended:
            return "talk"
        return "done" if all(item in self.ticks for item in self.answered) else "debrief"

    @property
    def answered(self) -> tuple[str, ...]:
        """The items to which something was said or passed, in order."""
        return tuple(dict.fromkeys(question.item for question in self.questions if question.answer))

    def about(self, item: str) -> tuple[Question, ...]:
        """The questions about one item that were answered."""
        return tuple(question for question in self.questions if question.item == item and question.answer)


class Interviews:
    """The interviews of a store. Every method that adds writes one row, on disk when it returns."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(self, topic: str, minutes: int, seed: int, at: datetime) -> int:
        """A new interview; returns its id."""
        return self.store.insert("interviews", at=at.isoformat(), topic=topic, minutes=minutes, seed=seed)

    def ask(self, interview: int, question: Question, rev: int, at: datetime) -> int:
        """A question was asked; its id is given here and returned."""
        return self.store.insert(
            "interview_questions",
            interview=interview,
            at=at.isoformat(),
            item=question.item,
            rev=rev,
            point=question.point,
            prompt=question.prompt,
            asker=question.asker,
        )

    def answer(self, question: int, said: str, seconds: float, at: datetime) -> int:
        """It was answered."""
        return self.store.insert(
            "interview_answers", question=question, at=at.isoformat(), said=said, seconds=round(seconds, 1)
        )

    def hint(self, answer: int, hint: Hint, at: datetime) -> int:
        """A model had something to say about an answer."""
        body = json.dumps(dict(hint.points))
        return self.store.insert(
            "interview_hints", answer=answer, at=at.isoformat(), asker=hint.asker, body=body
        )

    def end(self, interview: int, at: datetime) -> int:
        """No more questions."""
        return self.store.insert("interview_ends", interview=interview, at=at.isoformat())

    def tick(self, interview: int, ticks: Ticks) -> int:
        """The learner confirmed what one item's rubric found; the newest row counts."""
        return self.store.insert(
            "interview_ticks",
            interview=interview,
            at=ticks.at.isoformat(),
            item=ticks.item,
            ticked=json.dumps(ticks.ticked),
            band=ticks.band,
        )

    def agree(self, endpoint: str, model: str, at: datetime) -> int:
        """The learner agreed that answers go to this model."""
        return self.store.insert("interview_consents", at=at.isoformat(), endpoint=endpoint, model=model)

    def agreed(self, endpoint: str, model: str) -> bool:
        """Whether they did."""
        query = "SELECT count(*) FROM interview_consents WHERE endpoint = ? AND model = ?"
        return bool(self.store.rows(query, endpoint, model)[0][0])

    # ---- reading

    def one(self, id_: int) -> Interview | None:
        """The interview with this id."""
        return next(iter(self._fold("WHERE id = ?", id_)), None)

    def all(self) -> list[Interview]:
        """Every interview, newest first."""
        return self._fold("")

    def unfinished(self) -> Interview | None:
        """The newest one that is not done."""
        return next((interview for interview in self.all() if interview.state != "done"), None)

    def _fold(self, where: str, *arguments: int) -> list[Interview]:
        rows = self.store.rows(
            f"SELECT id, at, topic, minutes, seed FROM interviews {where} ORDER BY id DESC", *arguments
        )
        narrow = where.replace("id", "interview", 1)
        questions: dict[int, list[Question]] = {}
        for interview, question in self._questions(narrow, *arguments):
            questions.setdefault(interview, []).append(question)
        ends = {
            row[0] for row in self.store.rows(f"SELECT interview FROM interview_ends {narrow}", *arguments)
        }
        ticks: dict[int, dict[str, Ticks]] = {}
        query = f"SELECT interview, item, ticked, band, at FROM interview_ticks {narrow} ORDER BY id"
        for row in self.store.rows(query, *arguments):
            kept = Ticks(
                item=row[1], ticked=tuple(json.loads(row[2])), band=row[3], at=datetime.fromisoformat(row[4])
            )
            ticks.setdefault(row[0], {})[row[1]] = kept
        return [
            Interview(
                id=row[0],
                at=datetime.fromisoformat(row[1]),
                topic=row[2],
                minutes=row[3],
                seed=row[4],
                questions=tuple(questions.get(row[0], ())),
                ended=row[0] in ends,
                ticks=ticks.get(row[0], {}),
            )
            for row in rows
        ]

    def _questions(self, where: str, *arguments: int) -> list[tuple[int, Question]]:
        hints: dict[int, list[Hint]] = {}
        for row in self.store.rows("SELECT answer, asker, body FROM interview_hints ORDER BY id"):
            hints.setdefault(row[0], []).append(Hint(asker=row[1], points=json.loads(row[2])))
        rows = self.store.rows(
            f"""SELECT q.interview, q.id, q.item, q.point, q.prompt, q.asker, a.id, a.said, a.seconds
                FROM (SELECT * FROM interview_questions {where}) q LEFT JOIN interview_answers a
                  ON a.id = (SELECT min(id) FROM interview_answers WHERE question = q.id) ORDER BY q.id""",
            *arguments,
        )
        return [(row[0], _question(row, hints)) for row in rows]


def _question(row: tuple[Any, ...], hints: Mapping[int, list[Hint]]) -> Question:
    answer = None
    if row[6] is not None:
        answer = Answer(id=row[6], said=row[7], seconds=row[8], hints=tuple(hints.get(row[6], ())))
    return Question(id=row[1], item=row[2], point=row[3], prompt=row[4], asker=row[5], answer=answer)
