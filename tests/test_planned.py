"""The plan in practice: what a sitting asks, and `quizapp plan`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from quizapp import __main__, plan, planned
from quizapp.bank import Bank
from quizapp.settings import Settings
from quizapp.study import Study

RIGHT, WRONG = 1, 0


@pytest.fixture
def sit(all_kinds, store, clock):
    """Begin a sitting on six items of a minute."""
    one = all_kinds.items["fix-choice"]
    items = {id_: replace(one, id=id_, family="", time_s=60) for id_ in "abcdef"}

    def begin(days=3, minutes=2, **more):
        day = None if days is None else (clock() + timedelta(days=days)).date()
        study = Study(
            Bank(items=items), store, clock, settings=Settings(interview=day, minutes=minutes), **more
        )
        planned.follow(study)
        return study

    return begin


def asked(study, reply=RIGHT, most=20):
    """Answer what comes, a minute each; the ids."""
    ids = []
    while (item := study.next()) is not None and len(ids) < most:
        ids.append(item.id)
        study.answer(item, reply, None, 60.0)
    return ids


def test_a_sitting_asks_what_the_plan_asks_and_no_more(sit):
    study = sit()
    assert len(study.order) == 2
    assert study.left() == (0, 2)
    assert asked(study) == list(study.order)
    assert study.left() == (0, 0)


def test_what_was_missed_comes_last(sit):
    study = sit(minutes=4)
    first = study.next()
    study.answer(first, WRONG, None, 60.0)
    rest = asked(study)
    assert rest == [*study.order[1:], first.id]
    assert study.left() == (0, 0)


def test_undo_asks_the_item_again(sit):
    study = sit()
    item = study.next()
    study.answer(item, RIGHT, None, 60.0)
    assert study.undo() == item
    assert study.left() == (0, 2)
    assert asked(study) == list(study.order)


def test_the_schedule_is_what_it_is_without_a_plan(sit, clock, store):
    study = sit()
    asked(study)
    reviews = store.reviews()
    assert [review.rating for review in reviews] == [3, 3]
    assert study.memories == sit(days=None).memories


def test_the_next_day_the_plan_goes_on(sit, clock):
    first = set(asked(sit()))
    clock.forward(days=1)
    second = sit(days=2)
    assert not first & set(second.order[:1])
    clock.forward(days=1)
    assert len(sit(days=1).order) == 2


@pytest.mark.parametrize("days", [None, 0, -5, 5_000])
def test_without_a_day_that_can_be_planned_practice_is_as_ever(sit, days):
    study = sit(days=days)
    assert study.order is None
    assert study.left() == (0, 6)


def test_cramming_asks_everything(sit):
    assert sit(cram=True).order is None


def test_suspended_items_are_not_planned(sit, clock):
    study = sit()
    gone = study.order[0]
    study.marking.toggle(gone, "suspend")
    assert gone not in asked(study)
    assert gone not in sit().order


def test_a_glance_and_the_whole_plan_agree(sit):
    study = sit()
    day = study.settings.interview
    assert planned.glance(study, day).after_today == pytest.approx(planned.ahead(study, day).after_today)


# ---- the command ----------------------------------------------------------------------------------


def run(*arguments, capsys):
    code = __main__.main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def day(ahead):
    return (date.today() + timedelta(days=ahead)).isoformat()


def test_plan_says_how_it_goes(home, capsys):
    code, out, _ = run("plan", "--by", day(14), "--minutes", "30", capsys=capsys)
    assert code == 0
    assert f"Interview on {day(14)}: " in out
    assert "Too short" in out


def test_plan_as_json_and_for_a_part(home, capsys):
    code, out, _ = run(
        "plan", "--by", day(14), "--topic", "attention", "--level", "senior", "--json", capsys=capsys
    )
    found = json.loads(out)
    assert code == 0
    assert list(found["topics"]) == ["attention"]
    assert found["minutes"] == plan.MINUTES
    assert found["shortfall"] is None


def test_plan_takes_the_day_and_the_minutes_that_are_set(home, capsys):
    assert run("plan", capsys=capsys)[0] == 2
    run("set", "interview", day(20), capsys=capsys)
    run("set", "minutes", "45", capsys=capsys)
    _, out, _ = run("plan", "--json", capsys=capsys)
    assert (json.loads(out)["day"], json.loads(out)["minutes"]) == (day(20), 45)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan",), "no day of an interview is set"),
        (("plan", "--by", "2020-01-31"), "is past"),
        (("plan", "--by", "soon"), "Write a date as year-month-day"),
        (("plan", "--by", day(1)[:4].replace("2", "3", 1) + "-01-31"), "at most 730 days"),
        (("plan", "--by", day(9), "--filter", "is:due"), "no item is selected"),
        (("study", "--by", "2020-01-31"), "is past"),
    ],
)
def test_what_cannot_be_planned_is_said(home, capsys, arguments, said):
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert said in err


def test_today_cannot_be_planned(home, capsys):
    today = (datetime.now().astimezone() - timedelta(hours=4)).date().isoformat()
    code, _, err = run("plan", "--by", today, capsys=capsys)
    assert code == 2
    assert "is today" in err


def test_planning_loads_neither_numpy_nor_textual():
    code = "import sys, quizapp.planned; print({'numpy', 'textual', 'fsrs', 'torch'} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "set()"
