"""The rules on single kinds of items: what each must find and what it must leave alone."""

from __future__ import annotations

import dataclasses

import pytest

from quizapp import model, parts
from tests.test_rules import COMMON, WHY, found


def reason(text: str, correct: bool = False, supports: bool | None = None) -> parts.Reason:
    misconception = None if correct else "M-ONE"
    return parts.Reason(text=text, correct=correct, misconception=misconception, supports=supports, why=WHY)


TRUE_FALSE = model.TrueFalse(
    id="att-t",
    kind="truefalse",
    statement="Attention is linear in the length.",
    truth=False,
    reasons=(
        reason("Each token meets all tokens", correct=True),
        reason("Each layer has a softmax"),
        reason("Each token is read once", supports=True),
    ),
    **COMMON,
)
CLOZE = model.Cloze(
    id="att-z",
    kind="cloze",
    text="Scores are divided by {{c1::sqrt(d)}} before the {{c2::softmax}}.",
    accept={"c1": ("sqrt(d)", "√d"), "c2": ("softmax",)},
    reject=(parts.Reject(deletion="c1", value="d", misconception="M-ONE", why=WHY),),
    why="The variance grows with the width.",
    **COMMON,
)
POINTS = tuple(
    parts.Point(id=level, level=level, must=level == "junior", text="Says it.")
    for level in ("junior", "senior", "staff")
)
OPEN = model.Open(
    id="att-o",
    kind="open",
    prompt="Why is attention quadratic?",
    rubric=POINTS,
    red_flags=(parts.RedFlag(text="Says linear", misconception="M-ONE"),),
    bands=parts.Bands(junior="One", senior="Two", staff="Three"),
    model_answers=parts.Bands(junior="Pairs", senior="Pairs in each layer", staff="Pairs, and what to do"),
    **COMMON,
)


@pytest.mark.parametrize("item", [TRUE_FALSE, CLOZE, OPEN], ids=lambda item: item.kind)
def test_a_good_item_is_left_alone(item: model.Item):
    assert found(item) == []


@pytest.mark.parametrize(
    "reasons",
    [
        (*TRUE_FALSE.reasons[:2], reason("Each head is small")),
        (reason("Each token meets all", correct=True, supports=True), *TRUE_FALSE.reasons[1:]),
        TRUE_FALSE.reasons[1:],
        (TRUE_FALSE.reasons[0], TRUE_FALSE.reasons[2]),
    ],
    ids=["all for false", "the key argues against itself", "two for true and false", "two"],
)
def test_true_or_false_needs_reasons_for_both(reasons: tuple[parts.Reason, ...]):
    assert found(dataclasses.replace(TRUE_FALSE, reasons=reasons)) == ["L19"]


def rejecting(deletion: str, value: str) -> dict[str, object]:
    return {"reject": (parts.Reject(deletion=deletion, value=value, misconception="M-ONE", why=WHY),)}


@pytest.mark.parametrize(
    "change",
    [
        {"accept": {"c1": ("the root",), "c2": ("softmax",)}},
        {
            "text": "Scores are divided {{c1::by the}} {{c2::softmax}}.",
            "accept": {"c1": ("by the",), "c2": ("softmax",)},
        },
        {"reject": ()},
        rejecting("c2", "Softmax"),
        rejecting("c3", "sigmoid"),
    ],
    ids=["not its own word", "no content word", "no reject", "accepted and rejected", "unknown gap"],
)
def test_gaps_are_sound(change: dict[str, object]):
    assert found(dataclasses.replace(CLOZE, **change)) == ["L28"]


def test_a_symbol_or_into_is_a_content_word():
    text = "The state matrix is {{c1::A}}, mapped {{c2::into}} it."
    change = {"text": text, "accept": {"c1": ("A",), "c2": ("into",)}, **rejecting("c1", "B")}
    assert found(dataclasses.replace(CLOZE, **change)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"rubric": tuple(dataclasses.replace(point, must=False) for point in POINTS)},
        {"rubric": tuple(dataclasses.replace(point, must=True) for point in POINTS)},
        {"rubric": tuple(dataclasses.replace(point, id="same") for point in POINTS)},
        {"rubric": (dataclasses.replace(POINTS[0], id="flag0"), *POINTS[1:])},
        {"rubric": tuple(dataclasses.replace(point, level="junior") for point in POINTS)},
        {"red_flags": ()},
        {"bands": parts.Bands(junior="One", senior="One", staff="Three")},
        {"model_answers": parts.Bands(junior="Pairs", senior="Two", staff="pairs.")},
    ],
)
def test_rubrics_are_sound(change: dict[str, object]):
    assert found(dataclasses.replace(OPEN, **change)) == ["L31"]
