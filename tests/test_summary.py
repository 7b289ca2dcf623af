"""The statistics as text and as plain data."""

import dataclasses
import json
import math
import re
from datetime import date
from pathlib import Path

import pytest

from quizapp import figures, memories, statistics, summary
from quizapp.evidence import Prediction
from quizapp.shares import share
from tests.test_statistics import NOW, many

DOCUMENT = Path(__file__).parents[1] / "docs" / "statistics.md"


@pytest.fixture(scope="module")
def practised(all_kinds):
    """Somebody's statistics over the fixture bank."""
    ids = list(all_kinds.items)
    reviews = [dataclasses.replace(one, item=ids[index % len(ids)]) for index, one in enumerate(many())]
    made = [Prediction(claim="c", at=NOW, predicted="holds", measured="fails")]
    found = statistics.answers(reviews, made, all_kinds, NOW)
    return found, memories.memories(reviews, all_kinds, NOW)


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


def test_the_data_are_plain_finite_and_documented(practised):
    data = statistics.data(*practised)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    known = set(re.findall(r"\w+", DOCUMENT.read_text(encoding="utf-8")))
    by_id = re.compile(r"^\.(days|topics|concepts|predictions\.pairs)\.")
    for path, value in leaves(data):
        assert not isinstance(value, float) or math.isfinite(value)
        names = re.findall(r"\w+", path if not by_id.match(path) else path.rpartition(".")[2])
        assert by_id.match(path) or set(names) <= known, path
    for key in data:
        assert f"`{key}" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 77, 80, 100])
def test_no_line_is_wider_than_the_screen(practised, all_kinds, width):
    pages = summary.pages(*practised, all_kinds, width)
    assert [page.name for page in pages] == list(summary.NAMES)
    lines = summary.text(pages).splitlines()
    assert max(map(len, lines)) <= width
    said = summary.text(pages)
    for title in ("Answers per day", "Brier score", "True retention", "Reviews to come", "Mastery by topic"):
        assert title in said


def test_somebody_new_is_told_what_will_be_there(all_kinds):
    found = statistics.answers([], [], all_kinds, NOW)
    held = memories.memories([], all_kinds, NOW)
    said = " ".join(summary.text(summary.pages(found, held, all_kinds, 80)).split())
    assert "0 of 13 items seen" in said
    assert "No answer yet" in said
    assert "Say how sure you are" in said
    assert "nothing comes back" in said
    assert found.calibration.brier is None
    waiting = summary.text(summary.pages(found, None, all_kinds, 80))
    assert "Going through every answer" in waiting


def test_a_dot_stands_where_the_share_is():
    one = dataclasses.replace(share(50, 100), low=0.4, high=0.6)
    assert figures.dot(one, 0.9, 11) == "····━●━··│·"
    assert figures.dot(one, 0.6, 11) == "····━●┼····"
    assert figures.dot(one, 0.5, 11) == "····━◉━····"
    assert figures.dot(share(0, 0), 0.5, 11) == "·····│·····"
    assert figures.dot(one, 0.9, 11, first=0.5) == "●━━·····│··"


def test_bars_and_columns():
    assert figures.bar(0.5, 0.8, 10) == "█████░░░··"
    assert figures.bar(0.0, 0.0, 4) == "····"
    rows = figures.columns([8, 4, 0, 1], 2, 2, date(2026, 3, 2))
    assert rows == ["  8 │█", "    │█ █   ▂", "  0 └────────", "     today"]
    towering = figures.columns([90, 4, 2], 2, 1, date(2026, 3, 2))
    assert towering[:2] == ["  4 │▲█", "    │███"]


def test_the_calendar_has_a_shade_and_a_number_on_every_day():
    today = date(2026, 3, 4)  # a Wednesday
    counts = {today: 4, date(2026, 3, 2): 8, date(2026, 2, 24): 1}
    rows = figures.calendar(counts, today, 13)
    assert rows[:4] == ["          Mar", "Mon   ·  ·█ 8", "Tue   ·░ 1  ·", "Wed   ·  ·▒ 4"]
    assert rows[4] == "Thu   ·  ·"  # tomorrow is not there yet
    assert rows[-1].split("   ")[-4:] == ["░ 1-2", "▒ 3-4", "▓ 5-6", "█ 7-8"]
    assert len(figures.calendar(counts, today, 200)[1]) == 4 + 26 * 3
