"""One interview as it goes: what comes next, what was said, what was ticked. Every step is one row at once.

Knows no screen and no model; whoever holds the interview may word a follow-up in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from quizapp.bank import Bank
from quizapp.errors import QuizError
from quizapp.interviews import RULES, Hint, Interview, Interviews, Question, Ticks
from quizapp.mock import bands, choice, proposals
from quizapp.model import Open

MINUTES = 15
GONE = "gone"
"""The band of an item that is in no question file any more."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """What could be asked next: an item, or a point of one."""

    item: Open
    point: str
    prompt: str


class Talk:
    """An interview that is being held or gone through. now: the clock."""

    def __init__(
        self, bank: Bank, kept: Interviews, now: Callable[[], datetime], interview: Interview
    ) -> None:
        self.bank = bank
        self.kept = kept
        self.now = now
        self.interview = interview

    @classmethod
    def begin(
        cls,
        bank: Bank,
        kept: Interviews,
        now: Callable[[], datetime],
        *,
        topic: str = "",
        minutes: int = MINUTES,
        seed: int | None = None,
    ) -> Talk:
        """A new interview, with its first question asked; with a seed, the question depends on that alone.

        Raises QuizError when there is nothing to ask.
        """
        asked: Counter[str] = Counter()
        if seed is None:
            asked.update(item for interview in kept.all() for item in interview.items)
        chosen = int(now().timestamp()) if seed is None else seed
        first = choice.opening(bank, topic, chosen, asked)
        if first is None:
            raise QuizError(
                f"there is no open question about {topic.replace('_', ' ') or 'anything'}",
                "Choose another topic, or add an item of kind `open` (questions/README.md).",
            )
        id_ = kept.begin(topic, minutes, chosen, now().astimezone(UTC))
        talk = cls(bank, kept, now, _there(kept.one(id_)))
        talk.ask(Next(item=first, point="", prompt=first.prompt))
        return talk

    def reread(self) -> None:
        """See what is kept of the interview now."""
        self.interview = _there(self.kept.one(self.interview.id))

    # ---- questions and answers

    def item(self, id_: str) -> Open | None:
        """An item of the interview, if it is still there."""
        found = self.bank.items.get(id_)
        return found if isinstance(found, Open) else None

    @property
    def planned(self) -> int:
        """How many questions it will have, as far as one can say."""
        return max(choice.planned(self.interview.minutes), len(self.interview.questions))

    def heard(self, item: Open) -> frozenset[str]:
        """What the rules or a model heard about an item so far; it only decides what is asked next."""
        return frozenset(proposals.propose(item, self.interview.about(item.id)))

    def plan(self) -> Next | None:
        """What to ask next; None when time or questions are up. Nothing is written."""
        interview = self.interview
        asked = interview.questions
        over = len(asked) >= choice.planned(interview.minutes) or interview.seconds >= interview.minutes * 60
        if interview.ended or over:
            return None
        last = self.item(asked[-1].item) if asked else None
        if last is not None and not asked[-1].point:
            point = choice.missed(last, self.heard(last), [question.point for question in asked])
            if point is not None:
                return Next(item=last, point=point.id, prompt=choice.probe(last, point))
        used = [item for id_ in interview.items if (item := self.item(id_)) is not None]
        if not used:
            return None
        onward = choice.leading_on(self.bank, interview.topic, used, interview.seed)
        onward = onward or choice.leading_on(self.bank, "", used, interview.seed)
        return None if onward is None else Next(item=onward, point="", prompt=onward.prompt)

    def ask(self, following: Next, prompt: str = "", asker: str = RULES) -> Question:
        """Put a question, in these words if there are any."""
        item = following.item
        text = prompt or following.prompt
        question = Question(id=0, item=item.id, point=following.point, prompt=text, asker=asker)
        self.kept.ask(self.interview.id, question, item.rev, self.now().astimezone(UTC))
        self.reread()
        return self.interview.questions[-1]

    def say(self, said: str, seconds: float) -> int:
        """Answer the open question; returns the answer's id. Raises LookupError when none is open."""
        question = self.interview.open
        if question is None:
            raise LookupError("no question waits for an answer")
        answer = self.kept.answer(question.id, said.strip(), seconds, self.now().astimezone(UTC))
        self.reread()
        return answer

    def hint(self, answer: int, hint: Hint) -> None:
        """Keep what a model said about an answer."""
        self.kept.hint(answer, hint, self.now().astimezone(UTC))
        self.reread()

    def end(self) -> None:
        """No more questions; what was said is gone through next."""
        self.kept.end(self.interview.id, self.now().astimezone(UTC))
        self.reread()
        for id_ in self.interview.answered:
            if self.item(id_) is None:
                self._tick(id_, (), GONE)

    # ---- the debrief

    @property
    def left(self) -> tuple[Open, ...]:
        """The items whose rubric is still to be gone through."""
        todo = [id_ for id_ in self.interview.answered if id_ not in self.interview.ticks]
        return tuple(item for id_ in todo if (item := self.item(id_)) is not None)

    def tick(self, item: Open, ticked: Collection[str]) -> str:
        """Keep what the learner confirmed about an item; returns its band."""
        chosen = tuple(key for key in proposals.keys(item) if key in ticked)
        band = bands.band(item, chosen)
        self._tick(item.id, chosen, band)
        return band

    def _tick(self, item: str, ticked: tuple[str, ...], band: str) -> None:
        ticks = Ticks(item=item, ticked=ticked, band=band, at=self.now().astimezone(UTC))
        self.kept.tick(self.interview.id, ticks)
        self.reread()


def _there(interview: Interview | None) -> Interview:
    assert interview is not None
    return interview
