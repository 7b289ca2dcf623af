"""One rule per kind, with what counts as right, partly right and wrong."""

import dataclasses

import pytest

from quizapp import parts
from quizapp.amounts import number
from quizapp.grade import grade, unknown_numbers
from quizapp.spelling import plain, same

NUMBERS = {"gradient_distance.lstm_slope": -0.49, "gradient_distance.lstm_minus_rnn": 0.3}


@pytest.mark.parametrize(
    ("id_", "given", "score", "correct"),
    [
        ("fix-choice", 1, 1, True),
        ("fix-choice", 0, 0, False),
        ("fix-multi", [0, 1], 1, True),
        ("fix-multi", [0], 0.5, False),
        ("fix-multi", [0, 1, 2], 0.5, False),
        ("fix-multi", [2, 3], 0, False),
        ("fix-multi", [], 0, False),
        ("fix-truefalse", [True, 0], 1, True),
        ("fix-truefalse", [True, 1], 0, False),
        ("fix-truefalse", [False, 0], 0, False),
        ("fix-numeric", "512", 1, True),
        ("fix-numeric", "2^9 MiB", 1, True),
        ("fix-numeric", "600", 0, False),
        ("fix-numeric", "half a GiB", 0, False),
        ("fix-estimate", ["16", "32", "64"], 1, True),
        ("fix-estimate", ["1", "2", "64"], 0.5, False),
        ("fix-estimate", ["1", "2", "3"], 0, False),
        ("fix-estimate", ["1", "", "3"], 0, False),
        ("fix-order", [0, 1, 2, 3], 1, True),
        ("fix-order", [3, 2, 1, 0], 0, False),
        ("fix-order", [0, 1, 3, 2], 5 / 6, False),
        ("fix-cloze", {"c1": " D ", "c2": "Sqrt( d )"}, 1, True),
        ("fix-cloze", {"c1": "d", "c2": "√d"}, 1, True),
        ("fix-cloze", {"c1": "d", "c2": "d"}, 0.5, False),
        ("fix-card", 3, 2 / 3, True),
        ("fix-card", 1, 0, False),
        ("fix-open", ["r1", "r2", "r3"], 1, True),
        ("fix-open", ["r2"], 0.4, False),
        ("fix-open", ["r1", "r2", "r3", "flag0"], 0.8, False),
        ("fix-plot", {"shape": 1, "rate": 1}, 1, True),
        ("fix-plot", {"shape": 0, "rate": 1}, 0.5, False),
        ("fix-number", "0.35", 1, True),
        ("fix-number", "3", 0, False),
        ("fix-flaw", [1, 0], 1, True),
        ("fix-flaw", [1, 1], 0.5, False),
        ("fix-flaw", [0, 1], 0, False),
        ("fix-code", 0, 1, True),
        ("fix-code", 2, 0, False),
    ],
)
def test_score(all_kinds, id_, given, score, correct):
    judged = grade(all_kinds.items[id_], given, NUMBERS)
    assert judged.score == pytest.approx(score)
    assert judged.correct is correct


def test_every_option_has_its_why_after_the_answer(all_kinds):
    item = all_kinds.items["fix-choice"]
    judged = grade(item, 0, {})
    assert [remark.why for remark in judged.remarks] == [option.why for option in item.options]
    assert [remark.chosen for remark in judged.remarks] == [True, False, False, False]


def test_a_trap_and_a_rejected_word_are_named(all_kinds):
    trapped = grade(all_kinds.items["fix-numeric"], "1,024", {})
    assert "four bytes" in trapped.remarks[0].why
    rejected = grade(all_kinds.items["fix-cloze"], {"c1": "d", "c2": "D"}, {})
    assert "variance of 1/d" in rejected.remarks[1].why


def test_numbers_are_said_in_full(all_kinds):
    item = all_kinds.items["fix-order"]
    ranked = tuple(
        dataclasses.replace(one, value=value)
        for one, value in zip(item.sequence, (0.5, 2014.5, 30_000, 2**29), strict=True)
    )
    judged = grade(dataclasses.replace(item, sequence=ranked, swaps=()), [0, 1, 2, 3], {})
    assert [remark.why for remark in judged.remarks] == ["0.5", "2014.5", "30,000", "536,870,912"]
    numeric = all_kinds.items["fix-numeric"]
    large = dataclasses.replace(numeric, answer=dataclasses.replace(numeric.answer, value=1e7), traps=())
    assert "You said 4,000,000" in grade(large, "4000000", {}).summary
    assert "it is 10,000,000" in grade(large, "4000000", {}).summary


def test_a_swapped_pair_is_named(all_kinds):
    judged = grade(all_kinds.items["fix-order"], [0, 1, 3, 2], {})
    assert "one for every pair" in judged.remarks[-1].why


def test_a_measured_key_needs_a_measurement(all_kinds):
    item = all_kinds.items["fix-number"]
    assert unknown_numbers(item, {}) == ["gradient_distance.lstm_minus_rnn"]
    assert unknown_numbers(item, NUMBERS) == []
    assert grade(item, "0.3", {}).correct is False
    assert unknown_numbers(all_kinds.items["fix-plot"], {}) == ["gradient_distance.lstm_slope"]


def test_the_key_follows_the_evidence(all_kinds):
    item = all_kinds.items["fix-plot"]
    faster = {"gradient_distance.lstm_slope": -2.0}
    assert grade(item, {"shape": 1, "rate": 0}, faster).correct
    assert not grade(item, {"shape": 1, "rate": 1}, faster).correct


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("4", 4),
        ("4.0 GiB", 4),
        ("1,024", 1024),
        ("~3", 3),
        ("2**10", 1024),
        ("2^10", 1024),
        ("10^-3", 1e-3),
        ("1e-3", 1e-3),
        ("1/3", 1 / 3),
        ("5%", 0.05),
        ("3k", 3000),
        ("2 M", 2e6),
        ("−7", -7),
        (".5", 0.5),
    ],
)
def test_numbers_are_read_kindly(typed, value):
    assert number(typed) == pytest.approx(value)


@pytest.mark.parametrize(
    ("typed", "word", "one"),
    [
        ("Sqrt( d_k )", "√dk", True),
        ("top 1", "top-1", True),
        ("log N", "log(N)", True),
        ("log N.", "log N", True),
        ("1,024", "1024", True),
        ("1.0", "1", True),
        ("0.5", ".5", True),
        ("1.0", "10", False),
        ("0.9", "09", False),
        ("-1", "1", False),
        ("2", "2n", False),
        ("d^-1", "d^1", False),
    ],
)
def test_words_are_read_kindly_and_numbers_exactly(typed, word, one):
    assert same(typed, word) == same(word, typed) == one


@pytest.mark.parametrize("typed", ["", "many", "one", "10^999999", "1/0", "0^-1"])
def test_what_is_not_a_number(typed):
    assert number(typed) is None


@pytest.mark.parametrize(("tol", "near", "far"), [("abs", 1.4, 1.6), ("rel", 1.4, 1.6), ("log10", 3.0, 3.3)])
def test_tolerances(all_kinds, tol, near, far):
    width = {"abs": 0.5, "rel": 0.5, "log10": 0.5}[tol]
    answer = parts.Answer(value=1.0, tol=parts.Tolerance(**{tol: width}))
    item = dataclasses.replace(all_kinds.items["fix-numeric"], answer=answer, traps=())
    assert grade(item, str(near), {}).correct
    assert not grade(item, str(far), {}).correct


def test_percent_is_read_in_the_unit_asked_for(all_kinds):
    share = parts.Answer(value=5.0, unit="%", tol=parts.Tolerance(rel=0.01))
    item = dataclasses.replace(all_kinds.items["fix-numeric"], answer=share, traps=())
    assert grade(item, "5%", {}).correct
    assert grade(item, "5", {}).correct


@pytest.mark.parametrize(
    ("typed", "value"), [("4 G", 4), ("4 GiB", 4), ("4k", 4 / 2**20), ("4 M", 4 / 2**10)]
)
def test_the_letter_of_a_unit_is_read_in_powers_of_two_where_the_unit_is(typed, value):
    assert number(typed, "GiB") == value


def test_plain_forgets_what_does_not_matter():
    assert plain(" Layer-Norm ") == plain("layernorm") == plain("LAYER NORM")
    assert plain("pre") != plain("post")
