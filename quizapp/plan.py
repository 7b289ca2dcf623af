"""What to ask until the day of an interview, so that most is recalled on that day. Pure functions.

Expected recall is what FSRS predicts for the day, to a power that fits how the learner forgets; an item
never seen counts as 0. The plan only chooses what is asked and when: what an answer does to a memory stays
the schedule's. Knows no store, no screen and no clock. docs/plan.md says how it counts and was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from quizapp import schedule
from quizapp.errors import QuizError
from quizapp.forgetting import AGAIN, GOOD, State, fsrs
from quizapp.habits import Habits
from quizapp.model import Item, Memory
from quizapp.queues import interleaved

LONGEST_AHEAD = 730
"""Days ahead that can be planned."""
MINUTES = 30
"""Minutes a day when nobody says how many."""
HEAD_START = 1.25
"""New items are met so much faster than evenly: what comes early can be asked again."""
LEAST = 0.005
"""Recall of one item on the day that is not worth a look, even when there is time."""
NOTHING_LEFT = 30.0
"""Seconds left of a day's minutes that are not worth beginning anything for."""


def days_left(now: datetime, day: date) -> int:
    """The learner's days before the interview, today among them. Raises QuizError when none can be."""
    left = (day - schedule.day_of(now, now.tzinfo)).days
    if left < 0:
        todo = 'Name a day to come (YYYY-MM-DD); `quizapp set interview ""` takes a stored one back.'
        raise QuizError(f"the interview on {day} is past", todo)
    if left == 0:
        raise QuizError(
            "the interview is today: there is no day left to plan", "`quizapp study` practises as usual."
        )
    if left > LONGEST_AHEAD:
        todo = "Plan nearer the day; until then `quizapp study` keeps what you learn."
        raise QuizError(
            f"{day} is {left} days away, and a plan looks at most {LONGEST_AHEAD} days ahead", todo
        )
    return left


Outcomes = tuple[tuple[float, State], ...]
"""How a look may go: each chance, with the state after it."""


# ---- what one look is worth -----------------------------------------------------------------------


@dataclass(slots=True)
class Card:
    """An item as the plan sees it. Days count from today, which is 0."""

    item: Item
    seconds: float
    """What one look takes."""
    state: State | None
    """What is remembered; None: it was never seen."""
    last: int = 0
    """The day it was seen last."""


def cards(items: Iterable[Item], memories: Mapping[str, Memory], known: Habits, now: datetime) -> list[Card]:
    """The items with what is remembered of them."""
    today = schedule.day_of(now, now.tzinfo)
    found = []
    for item in items:
        seconds = known.seconds.get(item.id, item.time_s * known.pace)
        memory = memories.get(item.id)
        if memory is None:
            found.append(Card(item, seconds, None))
        else:
            last = min(0, (schedule.day_of(memory.last, now.tzinfo) - today).days)
            found.append(Card(item, seconds, State(memory.stability, memory.difficulty), last))
    return found


class Worth:
    """What looks are worth, in recall on the interview's day: that is `day`, counted from today."""

    def __init__(self, day: int, first_right: float, forgetting: float = 1.0) -> None:
        self.day = day
        self._forgetting = forgetting
        self._fsrs = fsrs()
        self._first = (
            (first_right, self._fsrs.first(GOOD)),
            (1 - first_right, self._fsrs.first(AGAIN)),
        )
        self._looks: dict[tuple[State, int, int], Outcomes] = {}
        self._later: dict[tuple[State, int, int], tuple[float, float]] = {}

    def kept(self, card: Card) -> float:
        """Recall on the day without another look."""
        return 0.0 if card.state is None else self._kept(card.state, card.last)

    def gain(self, card: Card, at: int) -> float:
        """What a look on day `at` adds to recall on the day."""
        return self._expected(self._outcomes(card.state, card.last, at), at) - self.kept(card)

    def second_gain(self, first: int, at: int) -> float:
        """What a look on day `at` adds to an item that is met on day `first`."""
        return sum(
            chance * (self._expected(self._outcomes(state, first, at), at) - self._kept(state, first))
            for chance, state in self._first
        )

    def advantage(self, card: Card, at: int, later: int, price: float) -> float:
        """What a look on day `at` adds if one on day `later` has a price, after it or in its place."""
        assert card.state is not None
        if later <= at:  # the last day
            return self.gain(card, at)
        waiting = self._best(card.state, card.last, later, price)
        outcomes = self._outcomes(card.state, card.last, at)
        return sum(chance * self._best(state, at, later, price) for chance, state in outcomes) - waiting

    def see(self, card: Card, at: int) -> None:
        """Have a card looked at on day `at`: it gets the one state with the recall to be expected.

        Stability is rounded to 5%, difficulty to a half, so that few states differ.
        """
        outcomes = self._outcomes(card.state, card.last, at)
        recall = self._expected(outcomes, at) ** (1 / self._forgetting)
        stability = self._fsrs.stability(recall, self.day - at)
        difficulty = sum(chance * state.difficulty for chance, state in outcomes)
        rounded = math.exp(round(math.log(stability) * 20) / 20)
        card.state, card.last = State(rounded, round(difficulty * 2) / 2), at

    def _kept(self, state: State, last: int) -> float:
        return self._recall(state, self.day - last)

    def _recall(self, state: State, days: int) -> float:
        return float(self._fsrs.recall(state.stability, days) ** self._forgetting)

    def _outcomes(self, state: State | None, last: int, at: int) -> Outcomes:
        """How a look may go. Among thousands of items few states differ: each is worked out once."""
        if state is None:
            return self._first
        key = (state, last, at)
        if key not in self._looks:
            right = self._recall(state, at - last)
            good, again = (self._fsrs.after(state, at - last, rating) for rating in (GOOD, AGAIN))
            self._looks[key] = ((right, good), (1 - right, again))
        return self._looks[key]

    def _expected(self, outcomes: Outcomes, at: int) -> float:
        return sum(chance * self._kept(state, at) for chance, state in outcomes)

    def _best(self, state: State, last: int, later: int, price: float) -> float:
        """Recall on the day, with a look on day `later` if it is worth its price."""
        key = (state, last, later)
        if key not in self._later:
            kept = self._kept(state, last)
            look = self._expected(self._outcomes(state, last, later), later) if later > last else kept
            self._later[key] = (kept, look)
        kept, look = self._later[key]
        return max(kept, look - price)


# ---- what to ask on one day -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Load:
    """What to ask on one day."""

    order: tuple[str, ...] = ()
    """Ids of items, in the order to ask them."""
    new: int = 0
    """How many of them were never seen."""
    seconds: float = 0.0
    """What they take."""

    @property
    def again(self) -> int:
        """How many of them were seen before."""
        return len(self.order) - self.new


def today(
    items: Iterable[Item],
    memories: Mapping[str, Memory],
    known: Habits,
    now: datetime,
    day: date,
    minutes: float,
) -> Load:
    """What to ask now so that most is recalled on `day`, with so many minutes on every day until then.

    now: in the learner's time zone. What was practised today counts against today's minutes; when they are
    used up, somebody who goes on gets as much again. Raises QuizError as `days_left` does.
    """
    worth = Worth(days_left(now, day), known.first_right, known.forgetting)
    return load(
        choose(cards(items, memories, known, now), 0, worth, left_today(known, minutes), minutes * 60)
    )


def left_today(known: Habits, minutes: float) -> float:
    """The seconds that are left of today's minutes, or as much again when they are used up."""
    left = minutes * 60 - known.spent
    return left if left >= NOTHING_LEFT else minutes * 60


def load(chosen: Sequence[Card]) -> Load:
    """The cards that were chosen, before they are looked at, as a day's load."""
    return Load(
        order=tuple(card.item.id for card in chosen),
        new=sum(card.state is None for card in chosen),
        seconds=sum(card.seconds for card in chosen),
    )


def choose(
    pool: Sequence[Card], at: int, worth: Worth, budget: float, daily: float, days: int = 1
) -> list[Card]:
    """The cards to look at on day `at`, in order; or on so many days from there.

    budget, daily: the seconds of that time, and of every later day. New cards come first, as many as keep the
    pace, of those worth their time at the price of time; then what gains most a second of what was seen, if
    it gains more now than later; then more that is new.
    """
    left, halfway = worth.day - at, worth.day - max(1, (worth.day - at) // 2)
    price = _price(pool, at, worth, budget + daily * (left - days))
    worthy = {
        card.item.id: card
        for card in sorted(pool, key=lambda card: card.item.difficulty)
        if card.state is None and worth.gain(card, halfway) >= price * card.seconds
    }
    new = [worthy[item.id] for item in interleaved(card.item for card in worthy.values())]
    pace = HEAD_START * sum(card.seconds for card in new) * days / left
    met, spent = _fill(new, min(budget, pace), 0.0)
    seen = [card for card in pool if card.state is not None and card.last < at]
    gains = [(worth.advantage(card, at, halfway, price * card.seconds) / card.seconds, card) for card in seen]
    gains.sort(key=lambda pair: -pair[0])
    again, spent = _fill((card for gain, card in gains if gain * card.seconds > LEAST), budget, spent)
    more, _ = _fill(new[len(met) :], budget, spent)
    return _woven(met + more, again)


def _price(pool: Sequence[Card], at: int, worth: Worth, total: float) -> float:
    """The gain a second that is just worth paying when `total` seconds go to the best looks first.

    On offer are a first and a second look at every new card, and one more look at every other.
    """
    left = worth.day - at
    halfway, late = worth.day - max(1, left // 2), worth.day - max(1, left // 4)
    second = worth.second_gain(late - max(1, left // 3), late)
    looks = []
    for card in pool:
        if card.last < halfway or card.state is None:
            looks.append((worth.gain(card, halfway) / card.seconds, card.seconds))
        if card.state is None:
            looks.append((second / card.seconds, card.seconds))
    looks.sort(reverse=True)
    for gain, seconds in looks:
        total -= seconds
        if total < 0:
            return max(0.0, gain)
    return 0.0


def _fill(queue: Iterable[Card], budget: float, spent: float) -> tuple[list[Card], float]:
    """The first cards that fit into a budget of seconds, and what is spent then."""
    taken = []
    for card in queue:
        if spent + card.seconds / 2 > budget:
            break
        taken.append(card)
        spent += card.seconds
    return taken, spent


def _woven(new: Sequence[Card], again: Sequence[Card]) -> list[Card]:
    """Both in one queue, evenly mixed: who stops early has done some of each."""
    places = [
        ((place + 0.5) / len(queue), card) for queue in (new, again) for place, card in enumerate(queue)
    ]
    return [card for _, card in sorted(places, key=lambda pair: pair[0])]
