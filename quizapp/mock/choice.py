"""What an interviewer asks: an opening, follow-ups on what was not said, and on to a related topic. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence

from quizapp import terms
from quizapp.bank import Bank
from quizapp.model import Open
from quizapp.parts import Point

LEVELS = ("junior", "mid", "senior", "staff", "all")
SHORT, LONG = 10, 20
"""Minutes below which an interview has three questions, and from which it has five."""
PROBE = "Stay with this for a moment. What have you left out that a {level} colleague would mention?"


def planned(minutes: int) -> int:
    """How many questions there is time for."""
    return 3 if minutes < SHORT else 4 if minutes < LONG else 5


def questions(bank: Bank, topic: str) -> list[Open]:
    """The open items, of one topic or of all."""
    found = [item for item in bank.items.values() if isinstance(item, Open)]
    return [item for item in found if topic in ("", item.topic)]


def opening(bank: Bank, topic: str, seed: int, asked: Mapping[str, int]) -> Open | None:
    """The question to begin with: one of those asked least, by the seed; None when the topic has none."""
    pool = questions(bank, topic)
    least = min((asked.get(item.id, 0) for item in pool), default=0)
    fresh = [item for item in pool if asked.get(item.id, 0) == least]
    return random.Random(seed).choice(fresh) if fresh else None


def leading_on(bank: Bank, topic: str, used: Sequence[Open], seed: int) -> Open | None:
    """Where an interview goes from here: to what shares claims and ideas, and to another topic if it may."""
    last = used[-1]
    families = {item.family for item in used if item.family}
    pool = [item for item in questions(bank, topic) if item not in used and item.family not in families]
    topics = {item.topic for item in used}
    rng = random.Random(seed + len(used))
    order = {item.id: rng.random() for item in pool}

    def nearness(item: Open) -> tuple[bool, int, float]:
        shared = 2 * len(set(item.claims) & set(last.claims)) + len(set(item.concepts) & set(last.concepts))
        named = 3 * (item.id in last.followups)
        return item.topic not in topics, min(shared, 3) + named, order[item.id]

    return max(pool, key=nearness, default=None)


def missed(item: Open, heard: Collection[str], probed: Collection[str]) -> Point | None:
    """The point a follow-up aims at: what the lowest band needs, then level by level, heavy before light."""
    open_ = [point for point in item.rubric if point.id not in heard and point.id not in probed]
    return min(open_, key=lambda p: (not p.must, LEVELS.index(p.level), -p.weight), default=None)


def probe(item: Open, point: Point) -> str:
    """How one asks for a point without giving it away."""
    if point.probe:
        return point.probe
    words = terms.derived(point.text, item.prompt)
    texts = [text for text in item.followups if " " in text]
    near = max(texts, key=lambda text: _shared(text, words), default="")
    return near if _shared(near, words) >= 2 else PROBE.format(level=point.level.replace("all", "senior"))


def _shared(text: str, words: Sequence[str]) -> int:
    said = [token.word for sentence in terms.sentences(text) for token in sentence]
    return sum(any(word.startswith(stem) for word in said) for stem in words)
