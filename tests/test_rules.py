"""Every rule with something it must find and something it must leave alone."""

from __future__ import annotations

import dataclasses

import pytest

from quizapp import model, parts
from quizapp.rules import RULES

WHY = "You took the one for the other, and that is not how it works here."
COMMON = {
    "topic": "attention",
    "concepts": ("A01",),
    "level": "mid",
    "bloom": "understand",
    "difficulty": 2,
    "time_s": 60,
}


def option(
    text: str, correct: bool = False, why: str = WHY, misconception: str | None = "M-ONE"
) -> parts.Option:
    return parts.Option(text=text, correct=correct, why=why, misconception=None if correct else misconception)


def choice(*texts: str, key: int = 0, stem: str = "What does it cost?", **rest: object) -> model.Choice:
    options = tuple(option(text, correct=place == key) for place, text in enumerate(texts))
    return model.Choice(id="att-x", kind="choice", stem=stem, options=options, **COMMON, **rest)


def numeric(key: float, *traps: float, **tol: float) -> model.Numeric:
    return model.Numeric(
        id="att-n",
        kind="numeric",
        stem="How many?",
        answer=parts.Answer(value=key, tol=parts.Tolerance(**tol)),
        traps=tuple(parts.Trap(value=value, misconception="M-ONE", why=WHY) for value in traps),
        worked="By hand.",
        **COMMON,
    )


def card(front: str, back: str) -> model.Card:
    return model.Card(id="att-c", kind="card", front=front, back=back, grade_yourself=("said it",), **COMMON)


def found(item: model.Item) -> list[str]:
    return [complaint[0] for rule in RULES for complaint in rule(item)]


GOOD = ("It grows with length", "It falls with length", "It stays as it was")


def test_a_good_item_is_left_alone():
    assert found(choice(*GOOD)) == []
    assert found(card("Why do we scale the scores?", "Their variance grows with the width.")) == []
    assert found(numeric(10.0, 20.0, 40.0, rel=0.05)) == []


@pytest.mark.parametrize(
    "stem",
    [
        "A long story. Which of these is not linear in N?",
        "Which layers do NOT mix tokens?",
        "All of these grow with N, except?",
        "Which kernel doesn't write the scores out?",
    ],
)
def test_negative_lead_ins_are_found(stem: str):
    assert found(choice(*GOOD, stem=stem)) == ["L04"]


@pytest.mark.parametrize(
    "stem",
    [
        "Why does attention not depend on order?",
        "It does not use positions. Which symmetry follows?",
        "Which symmetry has a layer that does not use positions?",
        "What changes if the mask is not causal?",
    ],
)
def test_a_not_that_is_no_lead_in_is_left_alone(stem: str):
    assert found(choice(*GOOD, stem=stem)) == []


@pytest.mark.parametrize(
    "text", ["All of the above", "None of these", "Both of the above", "Neither of them"]
)
def test_options_about_other_options_are_found(text: str):
    assert found(choice("It grows with N", "It falls with N", text)) == ["L05"]


def test_none_of_something_else_is_an_option():
    assert found(choice("None of the tokens", "Half of the tokens", "Each of the tokens")) == []


def test_a_key_that_is_longest_is_found():
    assert found(choice("It grows with length, as said", *("It falls with the length",) * 2)) == ["L08"]
    assert (
        found(
            choice("It grows with length, as said", "It falls with length, as so", "It stays as was before")
        )
        == []
    )


def test_uneven_options_are_found():
    assert found(choice("It grows with length", "It falls", "It stays as it was")) == ["L08"]


def test_numbers_may_differ_in_length():
    assert found(choice("8", "128 GiB of memory", "2 GiB")) == []


def test_a_wrong_option_without_a_misconception_is_found():
    options = (
        option("It grows with N", True),
        option("It falls with N", misconception=None),
        option("It stays as N"),
    )
    item = model.Choice(id="att-x", kind="choice", stem="What?", options=options, **COMMON)
    assert found(item) == ["L12"]


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        (numeric(10.0, 12.0, abs=1.0), True),
        (numeric(10.0, 12.1, abs=1.0), False),
        (numeric(10.0, 11.0, rel=0.05), True),
        (numeric(10.0, 11.2, rel=0.05), False),
        (numeric(10.0, 100.0, log10=0.5), True),
        (numeric(10.0, 101.0, log10=0.5), False),
        (numeric(10.0, 30.0, 31.0, abs=1.0), True),
        (numeric(10.0, -10.0, log10=0.5), False),
    ],
)
def test_traps_stand_two_tolerances_apart(item: model.Item, wrong: bool):
    assert found(item) == (["L14"] if wrong else [])


def test_vague_words_and_lone_absolutes_are_found():
    assert found(choice("It often grows a bit", "It falls with length", "It stays as it was")) == ["L15"]
    said = {"caveats": ("In exact arithmetic.",)}
    assert found(choice("It always grows by one", *GOOD[1:], **said)) == ["L15"]
    assert found(choice("It always grows by one", "It never grows by one", GOOD[2], **said)) == []
    assert found(choice("As many as tokens", "Says how many are", "The layers alone")) == []


def test_an_unscoped_percentage_or_absolute_is_a_matter_for_caveats():
    aloud = {"answer_aloud": "It saves 30% of the time."}
    assert found(choice(*GOOD, **aloud)) == ["L21"]
    assert found(choice(*GOOD, **aloud, caveats=("On one GPU.",))) == []
    assert found(choice(*GOOD, **aloud, verify="30 == 30")) == []
    assert found(choice(*GOOD, answer_aloud="It never pays.", verify="1 == 1")) == ["L21"]
    assert found(card("What does it save?", "30 percent")) == ["L21"]


@pytest.mark.parametrize(
    ("stem", "wrong"),
    [
        ("Which of the following is true?", True),
        ("Take a softmax. Which one of these statements is correct?", True),
        ("Which statement is true?", True),
        ("Which is correct?", True),
        ("Which statement on the mask is true of both?", False),
        ("Which of these tensors is largest?", False),
    ],
)
def test_a_question_says_what_it_asks(stem: str, wrong: bool):
    assert found(choice(*GOOD, stem=stem)) == (["L03"] if wrong else [])


def test_several_may_be_true():
    options = tuple(option(text, correct=place < 2) for place, text in enumerate(GOOD))
    stem = "Which of the following are true?"
    assert found(model.Multi(id="att-m", kind="multi", stem=stem, options=options, **COMMON)) == []


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (("It grows with length.", "It falls with length", "It stays as it was"), True),
        (("It grows with length", "It falls with length.", "It stays as it was."), True),
        (("It grows with length.", "It falls with length.", "It stays as it was."), False),
        (("it grows with length", "It falls with length", "It stays as it was"), True),
        (("Adam with momentum", "plain descent steps", "descent with noise"), False),
        (("softmax(x) of scores", "Sum of the scores", "RMS of the scores"), False),
        (("softmax of the scores", "Sum of the scores", "Root of the scores"), True),
    ],
)
def test_an_option_that_alone_looks_different_is_found(texts: tuple[str, ...], wrong: bool):
    assert found(choice(*texts)) == (["L11"] if wrong else [])


@pytest.mark.parametrize(
    ("stem", "texts", "wrong"),
    [
        ("A gate is an", ("element", "operator", "matrix"), 1),
        ("A gate is a ...", ("element", "operator", "matrix"), 2),
        ("A gate is a", ("vector", "scalar", "matrix"), 0),
        ("A gate is a", ("unit now", "LSTM in", "64 bits"), 0),
        ("What is a gate?", ("element", "operator", "matrix"), 0),
    ],
)
def test_an_article_fits_every_option(stem: str, texts: tuple[str, ...], wrong: int):
    assert [rule for rule in found(choice(*texts, stem=stem)) if rule != "L08"] == ["L16"] * wrong


def test_reading_load_is_limited():
    assert found(choice(*GOOD, stem="word " * 71)) == ["L18"]
    assert found(choice(*GOOD, answer_aloud="word " * 46)) == ["L18"]
    assert found(choice(*[f"{first} " + "a " * 16 for first in ("one", "two", "six")])) == ["L18"] * 3
    assert found(card("Why " + "so " * 20, "Because.")) == ["L18"]
    assert found(card("Why so?", "so " * 26)) == ["L18"]


def test_feedback_that_says_nothing_is_found():
    short = (
        option("It grows with N", True),
        option("It falls with N", why="No, it grows."),
        option("It stays as N"),
    )
    item = model.Choice(id="att-x", kind="choice", stem="What?", options=short, **COMMON)
    assert found(item) == ["L23"]
    text = "The cost of it grows with the square of N"
    copied = tuple(option(text, place == 0, why=f"{text}, really.") for place in range(3))
    assert found(dataclasses.replace(item, options=copied)) == ["L23"] * 3


def test_cards_make_one_think():
    assert found(card("Is attention linear in N?", "Quadratic.")) == ["L27"]
    assert found(card("Why is softmax called a soft maximum?", "soft maximum")) == ["L27"]
    assert found(card("Is it a set or a sequence to it? Say why.", "A multiset.")) == []
