"""Whose turn it is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import schedule
from quizapp.queues import APART, Queues, forgotten, interleaved, pick

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """As much of an item as turns look at."""

    id: str
    topic: str = "t"
    family: str = ""


A, B, C, D, E = (Asked(name, topic=f"topic {name}") for name in "abcde")


def walk(queues, count, mixed=True):
    """The ids of so many picks; what was picked leaves its queue."""
    asked = []
    for _ in range(count):
        item = pick(queues, asked, mixed=mixed)
        asked.append(item)
        kept = {
            name: [one for one in getattr(queues, name) if one is not item]
            for name in ("returning", "urgent", "due", "new", "waiting")
        }
        queues = replace(queues, **kept)
    return "".join(item.id for item in asked)


def test_the_queues_come_one_after_the_other():
    queues = Queues(returning=[A], urgent=[B], due=[C], new=[D], waiting=[E])
    assert walk(queues, 5) == "abcde"
    assert queues.again == 4
    assert pick(Queues(), []) is None


def test_another_topic_first_but_only_within_a_queue():
    twin = Asked("x", topic=A.topic)
    assert pick(Queues(due=[twin, B]), [A]) == B
    assert pick(Queues(urgent=[twin], due=[B]), [A]) == twin
    assert pick(Queues(due=[twin, B]), [A], mixed=False) == twin


@pytest.mark.parametrize("ago", range(APART + 1))
def test_no_two_of_one_family_near_each_other_when_there_is_a_choice(ago):
    one, other = Asked("x", family="f"), Asked("y", family="f")
    between = [Asked(f"b{number}") for number in range(ago)]
    picked = pick(Queues(due=[other], new=[E]), [one, *between])
    assert picked == (E if ago < APART else other)


def test_without_a_choice_the_family_that_rested_longest():
    asked = [Asked("x", family="f"), Asked("y", family="g")]
    assert pick(Queues(due=[Asked("v", family="g"), Asked("w", family="f")]), asked).id == "w"


def test_what_was_missed_waits_for_others_and_only_for_others():
    assert pick(Queues(due=[B], waiting=[A]), [A]) == B
    assert pick(Queues(waiting=[A]), [A]) == A
    assert pick(Queues(due=[Asked("y", family="f")], waiting=[A]), [A, Asked("x", family="f")]) == A


def test_topics_are_taken_in_turn_and_keep_their_order():
    items = [Asked(f"{topic}{number}", topic=topic) for topic in "ab" for number in range(3)]
    assert [item.id for item in interleaved(items[:5])] == ["a0", "b0", "a1", "b1", "a2"]


def test_items_in_order_of_forgetting_are_in_order_of_recall():
    memories = []
    for rating, days in ((1, 3), (2, 9), (3, 1), (3, 40), (4, 4), (4, 80)):
        memories.append(schedule.review("a", None, rating, NOW - timedelta(days=days)))
    by_ratio = sorted(memories, key=lambda memory: forgotten(memory, NOW))
    recalls = [schedule.recall(memory, NOW) for memory in by_ratio]
    assert recalls == sorted(recalls, reverse=True)
    assert forgotten(None, NOW) > forgotten(by_ratio[-1], NOW)
