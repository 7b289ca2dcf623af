"""Does the plan help? Simulated learners prepare for an interview with it and without, at equal minutes.

Each learner goes through the same days three times, with the same luck: with the plain schedule (due first,
then up to 20 new a day, as `quizapp study` asks without a date), with the plan, and with breadth (every item
once, in turns of topics, then what is due), which is what a sensible person does without a program. The plain
run says how many seconds there are: up to no day have the others had more. What counts is the true mean
recall of all items on the day. The policy was chosen on seeds 0 to 9; from 3000 on nobody looked at any.

Run: python bench/plan.py [--learners 8] [--first 3000] [--days 7 14 30 60] [--minutes 15 30 60] [--kinds ...]
"""

from __future__ import annotations

import argparse
import operator
import random
import statistics
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from learners import AGAIN, EASY, GOOD, KINDS, Learner

from quizapp import bank, forecast, habits, plan
from quizapp.forgetting import fsrs, speed
from quizapp.model import Item
from quizapp.queues import APART, interleaved

NEW_PER_DAY = 20
KEPT = 120.0
"""Seconds that may be left over for the next day: the next item would not have fitted."""
MINUTE = 1 / 1440


class Run:
    """One learner on the way to the day: what is true, and what the schedule believes."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.true: dict[int, Any] = {}
        self.cards = [plan.Card(item, float(item.time_s), None) for item in learner.items]
        self.looks = [0] * len(self.cards)
        self.due: dict[int, float] = {}
        self.steps: dict[int, tuple[int, int]] = {}
        """(at which learning step, of how many) for what is not in review yet."""
        self.right = 0
        """How many first answers were right."""
        self.again: list[tuple[float, bool]] = []
        """Of every item seen again on another day: the recall predicted, and whether it was recalled."""

    def ask(self, number: int, moment: float) -> tuple[int, float]:
        """Ask an item at a moment, in days; returns the rating and the seconds it took."""
        learner, card, day = self.learner, self.cards[number], int(moment)
        memory, remember = self.true.get(number), learner.memory
        if first := number not in self.true:
            rating = learner.rating(number, 0, learner.knows(number))
            self.true[number] = remember.first(rating, day)
            card.state = fsrs().first(rating)
            self.right += rating > AGAIN
        else:
            rating = learner.rating(number, self.looks[number], remember.recall(memory, day))
            if day > card.last:
                predicted = fsrs().recall(card.state.stability, day - card.last)
                self.again.append((predicted, rating > AGAIN))
            self.true[number] = remember.after(memory, day, rating)
            card.state = fsrs().after(card.state, day - card.last, rating)
        card.last, card.seconds = day, learner.seconds[number]
        self.looks[number] += 1
        self._schedule(number, moment, rating, first)
        return rating, card.seconds

    def _schedule(self, number: int, moment: float, rating: int, first: bool) -> None:
        """When plain FSRS asks again: steps of 1 and 10 minutes to learn, one of 10 to learn again."""
        step, steps = (0, 2) if first else self.steps.get(number, (0, 1) if rating == AGAIN else (1, 1))
        if rating == AGAIN:
            step = 0
        elif rating == GOOD:
            step += 1
        if rating == EASY or step >= steps:
            self.steps.pop(number, None)
            self.due[number] = int(moment) + max(1, round(self.cards[number].state.stability))
        else:
            self.steps[number] = (step, steps)
            self.due[number] = moment + (MINUTE if rating == AGAIN and steps == 2 else 10 * MINUTE)

    def score(self, day: int, by: Sequence[float]) -> float:
        """The true mean recall on a day, items weighted."""
        recall = [
            self.learner.memory.recall(self.true[number], day)
            if number in self.true
            else self.learner.unseen(number)
            for number in range(len(self.cards))
        ]
        return sum(map(operator.mul, recall, by)) / sum(by)


def plain(learner: Learner, days: int, minutes: float) -> tuple[Run, list[float]]:
    """As `quizapp study` asks: due first, then up to 20 new, what was missed after three others.

    Returns the run and the seconds of every day.
    """
    run, used = Run(learner), []
    new = [number for number, _ in in_turns(learner.items)]
    for day in range(days):
        seconds, met, asked = 0.0, 0, []
        missed: dict[int, int] = {}
        while seconds < minutes * 60:
            moment = day + seconds / 86_400
            number = next((number for number, at in missed.items() if len(asked) - at >= APART), None)
            if number is None:
                number = _most_overdue(run, moment, missed)
            if number is None and met < NEW_PER_DAY:
                number = next((number for number in new if number not in run.true), None)
                met += number is not None
            if number is None:
                number = next(iter(missed), None)
            if number is None:
                break
            rating, took = run.ask(number, moment)
            seconds += took
            asked.append(number)
            missed.pop(number, None)
            if rating == AGAIN:
                missed[number] = len(asked)
        used.append(seconds)
    return run, used


def _most_overdue(run: Run, moment: float, but: Container[int]) -> int | None:
    """What is in review is due from the beginning of its day, learning steps to the minute."""
    end = int(moment) + 1
    waiting = [
        (at, number)
        for number, at in run.due.items()
        if number not in but and (at <= moment if number in run.steps else at < end)
    ]
    return min(waiting, default=(0, None))[1]


def in_turns(items: Sequence[Item]) -> list[tuple[int, Item]]:
    """Items with their numbers, topics in turn, easy before hard."""
    numbers = {item.id: number for number, item in enumerate(items)}
    turns = interleaved(sorted(items, key=lambda item: item.difficulty))
    return [(numbers[item.id], item) for item in turns]


Policy = Callable[[Run, int, int, float, float], Iterable[int]]
"""(run, day, days, seconds there are, seconds of every later day) -> numbers of items, in order."""


def planned(run: Run, day: int, days: int, budget: float, daily: float) -> Iterable[int]:
    """The plan, as the app asks it."""
    took = sum(run.cards[number].seconds for number in run.true)
    pace = habits.pace(took, sum(run.cards[number].item.time_s for number in run.true))
    for card in run.cards:
        if card.state is None:
            card.seconds = card.item.time_s * pace
    share = habits.first_right(run.right, len(run.true))
    numbers = {card.item.id: number for number, card in enumerate(run.cards)}
    chosen = plan.choose(run.cards, day, plan.Worth(days, share, speed(run.again)), budget, daily)
    return [numbers[card.item.id] for card in chosen]


def breadth(run: Run, day: int, days: int, budget: float, daily: float) -> Iterable[int]:
    """Every item once, then what is due, most overdue first."""
    new = [number for number, _ in in_turns(run.learner.items) if number not in run.true]
    due = sorted((at, number) for number, at in run.due.items() if at < day + 1)
    return [*new, *(number for _, number in due)]


def follow(learner: Learner, policy: Policy, used: Sequence[float], minutes: float) -> Run:
    """Go through the days with a policy, none longer than it was, but for what no item fitted into."""
    run, have = Run(learner), 0.0
    for day, seconds in enumerate(used):
        have = min(have, KEPT) + seconds
        for number in policy(run, day, len(used), have, minutes * 60):
            if learner.seconds[number] > have:
                break
            have -= run.ask(number, day)[1]
    return run


class Result(NamedTuple):
    """One learner: true recall on the day, 0 to 1; `heavy` weighs items by the time they ask for."""

    plain: float
    plan: float
    breadth: float
    plain_heavy: float
    plan_heavy: float
    promised: float
    """What the plan's forecast said before the first day."""
    minutes: float
    """Of the plain run, a day."""


def promised(days: int, minutes: float, items: list[Item]) -> float:
    """What the forecast says to somebody new."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    day = now.date() + timedelta(days=days)
    return forecast.forecast(items, {}, habits.Habits(), now, day, minutes).all.planned


def compare(kind: str, seed: int, days: int, minutes: float, items: list[Item], said: float = 0.0) -> Result:
    """One learner in one cell. said: what the forecast promised."""
    learner = Learner(kind, seed, items)
    first, used = plain(learner, days, minutes)
    second, third = (follow(learner, policy, used, minutes) for policy in (planned, breadth))
    even, heavy = [1.0] * len(items), [float(item.time_s) for item in items]
    return Result(
        plain=first.score(days, even),
        plan=second.score(days, even),
        breadth=third.score(days, even),
        plain_heavy=first.score(days, heavy),
        plan_heavy=second.score(days, heavy),
        promised=said,
        minutes=sum(used) / 60 / days,
    )


def interval(differences: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """The mean and the 95% interval of 2,000 bootstrap samples of learners."""
    draw = random.Random(seed)
    means = sorted(sum(draw.choices(differences, k=len(differences))) / len(differences) for _ in range(2000))
    return sum(differences) / len(differences), means[49], means[1949]


def row(results: Sequence[Result]) -> str:
    """The numbers of one cell, in points of 100."""

    def between(values: Iterator[float]) -> str:
        mean, low, high = (100 * value for value in interval(list(values)))
        lost = " LOST" if high < 0 else " even" if low <= 0 else ""
        return f"{mean:+6.1f} [{low:+5.1f}, {high:+5.1f}]{lost:<5}"

    means = Result(*map(statistics.mean, zip(*results, strict=True)))
    return (
        f"{means.minutes:5.0f}{100 * means.plain:7.1f}{100 * means.plan:7.1f}{100 * means.promised:7.1f}  "
        f"{between(one.plan - one.plain for one in results)} "
        f"{between(one.plan - one.breadth for one in results)} "
        f"{between(one.plan_heavy - one.plain_heavy for one in results)}"
    )


def main() -> None:
    """Print a line per kind of learner, deadline and budget."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=8)
    parser.add_argument("--first", type=int, default=3000)
    parser.add_argument("--days", type=int, nargs="+", default=[7, 14, 30])
    parser.add_argument("--minutes", type=int, nargs="+", default=[15, 30, 60])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    asked = parser.parse_args()
    items = list(bank.load().items.values())
    print(f"{asked.learners} learners a line, seeds from {asked.first}; {len(items)} items; points of 100")
    print(
        f"{'':21}{'min':>5}{'plain':>7}{'plan':>7}{'said':>7}  {'plan - plain':^27} {'plan - breadth':^27} "
        f"{'plan - plain, by time':^27}"
    )
    for kind in asked.kinds:
        for days in asked.days:
            for minutes in asked.minutes:
                said = promised(days, minutes, items)
                seeds = range(asked.first, asked.first + asked.learners)
                results = [compare(kind, seed, days, minutes, items, said) for seed in seeds]
                print(f"{kind:<12}{days:>3} d{minutes:>3} m{row(results)}", flush=True)


if __name__ == "__main__":
    main()
