"""What guessing scores: by hand on a few items, and on simulated banks with and without a planted cue."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest

from quizapp import model, parts, strategies
from quizapp.strategies import Puzzle, Tried, by_looks, by_position, holm, judge, puzzles, table
from tests.test_rules import COMMON, WHY, choice

PUZZLE = Puzzle(
    id="x",
    stem="What do the scores of a head need?",
    options=("Only a norm, a mask", "A norm of scores may do", "Some bias", "Every bias!"),
    key=1,
)


@pytest.mark.parametrize(
    ("name", "picked"),
    [
        ("longest", {1}),
        ("shortest", {2}),
        ("most hedged", {1, 2}),
        ("fewest absolutes", {1, 2}),
        ("most stem words", {1}),
        ("most punctuation", {0, 3}),
        ("convergence", {0, 1, 2, 3}),
    ],
)
def test_what_a_strategy_picks(name: str, picked: set[int]):
    (tried,) = next(picks for found, _, picks in by_looks([PUZZLE]) if found == name)
    assert tried.picked == picked
    assert tried.credit == ((1 / len(picked)) if 1 in picked else 0)


def tried(*cases: tuple[int, set[int], int]) -> list[Tried]:
    return [
        Tried(id=f"item{place}", options=options, picked=frozenset(picked), key=key)
        for place, (options, picked, key) in enumerate(cases)
    ]


def test_a_score_worked_out_by_hand():
    """Credits 1, 0, 1/2 and 1/3; chance (1/4 + 1/4 + 1/4 + 1/3) / 4; variance 3/16 twice, 1/16 and 0."""
    (result,) = judge([("hand", "L09", tried((4, {0}, 0), (4, {1}, 0), (4, {0, 1}, 1), (3, {0, 1, 2}, 2)))])
    assert result.score == pytest.approx((1 + 0 + 1 / 2 + 1 / 3) / 4)
    assert result.chance == pytest.approx((3 / 4 + 1 / 3) / 4)
    deviation = math.sqrt(3 / 16 + 3 / 16 + 1 / 16) / 4
    assert result.high == pytest.approx(result.chance + 1.959964 * deviation)
    assert result.low == 0
    z = (11 / 24 - 13 / 48) / deviation
    assert result.p == pytest.approx(2 * (1 - 0.5 * (1 + math.erf(z / math.sqrt(2)))))
    assert (result.n, result.decides, result.holm, result.tripped) == (4, 3, None, False)


def test_what_cannot_tell_options_apart_scores_chance_whatever_the_keys():
    (result,) = judge([("none", "L09", tried(*[(4, {0, 1, 2, 3}, 0)] * 40))])
    assert (result.score, result.low, result.high, result.p, result.holm) == (0.25, 0.25, 0.25, 1.0, None)


def test_the_band_of_the_guide():
    """For 126 items of four options the guide says 17.4% to 32.6%."""
    (result,) = judge([("guide", "L09", tried(*[(4, {0}, place % 4) for place in range(126)]))])
    assert (round(result.low, 3), round(result.high, 3)) == (0.174, 0.326)


def test_holm_by_hand():
    """Four tests: 0.01 * 4, 0.02 * 3, 0.04 * 2 and 0.05, never less than the one before."""
    assert holm([0.04, 0.01, 0.05, 0.02]) == pytest.approx([0.08, 0.04, 0.08, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_position_is_tried_where_there_is_one():
    found = [dataclasses.replace(PUZZLE, options=PUZZLE.options[:size]) for size in (3, 4, 4)]
    assert [(name, len(picks)) for name, _, picks in by_position(found)] == [
        ("position 1", 3),
        ("position 2", 3),
        ("position 3", 3),
        ("position 4", 2),
    ]
    assert by_position([]) == []
    assert judge(by_looks([])) == []


def test_which_items_are_puzzles():
    code = [parts.Option(code=f"x + {n}", correct=n == 1, why=WHY) for n in range(3)]
    mixed = [*code[:2], parts.Option(text="x", why=WHY)]
    common = {"kind": "code", "stem": "What adds one?", "code": "def f(x): ...", **COMMON}
    found = puzzles(
        [
            choice("One", "Two", "Six", key=2),
            model.Code(id="att-code", options=tuple(code), **common),
            model.Code(id="att-mixed", options=tuple(mixed), **common),
            model.Card(id="att-c", kind="card", front="Why?", back="So.", grade_yourself=("so",), **COMMON),
        ]
    )
    assert [(puzzle.id, puzzle.key) for puzzle in found] == [("att-x", 2), ("att-code", 1)]
    assert found[1].options == ("x + 0", "x + 1", "x + 2")
    assert "def f(x)" in found[1].stem


# ---- simulated banks --------------------------------------------------------------------------------

WORDS = (
    "head",
    "mask",
    "norm",
    "gate",
    "bias",
    "may",
    "always",
    "score,",
    "layer;",
    "value",
    "cache",
    "only",
)


def simulated(seed: int, items: int = 80) -> list[Puzzle]:
    """Items of random words whose key is drawn at random."""
    draw = random.Random(seed)

    def text() -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(3, 9)))

    return [
        Puzzle(id=f"i{n}", stem=text(), options=tuple(text() for _ in range(4)), key=draw.randrange(4))
        for n in range(items)
    ]


def results(found: list[Puzzle]) -> dict[str, strategies.Result]:
    return {result.strategy: result for result in judge([*by_looks(found), *by_position(found)])}


@pytest.mark.parametrize(
    ("name", "cue"),
    [
        ("longest", " and so on it goes for long"),
        ("most hedged", " may perhaps"),
        ("most punctuation", ", (so); -"),
        ("most stem words", "{stem}"),
    ],
)
def test_a_planted_cue_is_found(name: str, cue: str):
    found = simulated(1)
    planted = [
        dataclasses.replace(
            puzzle,
            options=tuple(
                option + cue.format(stem=f" {puzzle.stem}") * (place == puzzle.key and number % 2 == 0)
                for place, option in enumerate(puzzle.options)
            ),
        )
        for number, puzzle in enumerate(found)
    ]
    before, after = results(found)[name], results(planted)[name]
    assert not before.tripped
    assert before.change == () or before.p < strategies.ALPHA
    assert after.tripped
    assert after.score > after.high
    assert len({puzzle.id for puzzle in planted[::2]} & set(after.change)) >= 30
    mended = after.score - after.needed / after.n
    assert mended <= after.high < mended + 1 / after.n


def test_a_key_that_is_never_the_shortest_is_found():
    """A score far below chance tells as much as one far above."""
    found = [
        dataclasses.replace(p, options=tuple(o + " and more" * (i == p.key) for i, o in enumerate(p.options)))
        for p in simulated(2)
    ]
    shortest = results(found)["shortest"]
    assert shortest.tripped
    assert shortest.score < shortest.low
    by_id = {puzzle.id: puzzle for puzzle in found}
    assert shortest.change
    for id_ in shortest.change:
        lengths = [len(option) for option in by_id[id_].options]
        assert lengths[by_id[id_].key] > min(lengths)


def test_keys_in_one_place_are_found():
    found = [dataclasses.replace(p, key=1 if n % 2 else p.key) for n, p in enumerate(simulated(3))]
    second = results(found)["position 2"]
    assert second.tripped
    assert second.rule == "L10"
    assert second.score > second.high


def test_without_a_cue_nothing_is_found_more_often_than_promised():
    """The keys of one bank are drawn anew 400 times: each strategy alone is outside its band about 5% of the
    time (ties make it less), and all eleven together trip at most about 5% of the time, thanks to Holm.
    """
    found = simulated(4, items=60)
    tries = [*by_looks(found), *by_position(found)]
    draw = random.Random(5)
    alone = dict.fromkeys((name for name, _, _ in tries), 0)
    together = 0
    for _ in range(400):
        keys = [draw.randrange(4) for _ in found]
        redrawn = [
            (
                name,
                rule,
                [
                    Tried(id=one.id, options=one.options, picked=one.picked, key=key)
                    for one, key in zip(picks, keys, strict=True)
                ],
            )
            for name, rule, picks in tries
        ]
        judged = judge(redrawn)
        for result in judged:
            alone[result.strategy] += result.p < strategies.ALPHA
        together += any(result.tripped for result in judged)
    assert all(count / 400 < 0.09 for count in alone.values())
    assert 0.03 < alone["position 1"] / 400 < 0.08
    assert 0.005 < together / 400 < 0.07


def test_the_table_has_a_line_for_each_strategy():
    lines = table(list(results(simulated(6)).values())).splitlines()
    assert len(lines) == 1 + 7 + 4
    assert lines[0].startswith("strategy")
    few = table(list(results(simulated(6, items=3)).values()))
    assert "too few" in few
    assert len({len(line) for line in lines}) == 1
