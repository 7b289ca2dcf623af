"""Every kind can be answered by steps, and what was shown shuffled comes back in the order of the file."""

import json
from dataclasses import replace

import pytest

from quizapp.grade import grade
from quizapp.plain import words
from quizapp.steps import asked_next, given, question, steps
from quizapp.ui.feedback import judged

NUMBERS = {"gradient_distance.lstm_slope": -0.49, "gradient_distance.lstm_minus_rnn": 0.3}
RIGHT = {
    "fix-choice": [1],
    "fix-multi": [[0, 1]],
    "fix-truefalse": [0, 0],
    "fix-numeric": ["512"],
    "fix-estimate": ["16", "32", "64"],
    "fix-order": [[0, 1, 2, 3]],
    "fix-cloze": ["d", "sqrt(d)"],
    "fix-card": None,
    "fix-open": [None, [0, 1, 2]],
    "fix-plot": [1, 1],
    "fix-number": ["0.3"],
    "fix-flaw": [1, 0],
    "fix-code": [0],
}
"""What is right, as places in the file; a card is graded by its rating."""


def shown(step, reply):
    """The place on the screen of a place in the file."""
    if step.mode == "one":
        return step.order.index(reply)
    if step.mode in ("many", "rank"):
        return [step.order.index(place) for place in reply]
    return reply


@pytest.mark.parametrize("salt", ["0", "1", "2"])
@pytest.mark.parametrize("id_", [id_ for id_, right in RIGHT.items() if right is not None])
def test_the_right_replies_grade_as_right_in_any_order_shown(all_kinds, id_, salt):
    item = all_kinds.items[id_]
    taken = steps(item, salt)
    replies = [shown(step, reply) for step, reply in zip(taken, RIGHT[id_], strict=True)]
    answer = json.loads(json.dumps(given(item, taken, replies)))  # as the store keeps it
    assert grade(item, answer, NUMBERS).correct


def test_every_kind_is_covered(all_kinds):
    assert set(RIGHT) == set(all_kinds.items)


def test_the_order_depends_on_the_salt_and_on_nothing_else(all_kinds):
    item = all_kinds.items["fix-choice"]
    assert steps(item, "a") == steps(item, "a")
    assert len({steps(item, str(salt))[0].order for salt in range(20)}) > 5


def test_the_question_of_a_cloze_does_not_show_the_answer(all_kinds):
    asked = question(all_kinds.items["fix-cloze"])
    assert "sqrt" not in asked
    assert asked.count("____") == 2


def test_what_is_asked_next_is_a_question_and_no_id(all_kinds):
    known = all_kinds.items
    item = replace(known["fix-choice"], followups=("Why so?", "fix-cloze", "fix-flaw", "gone"))
    why, cloze, flaw, gone = asked_next(item, known)
    assert (why, gone) == ("Why so?", "gone")
    assert cloze == " ".join(question(known["fix-cloze"]).split())
    assert "sqrt" not in cloze
    assert all(span.text in flaw for span in known["fix-flaw"].spans)


def test_feedback_asks_on_in_words(all_kinds):
    known = all_kinds.items
    item = replace(known["fix-choice"], followups=("fix-truefalse",))
    statement = known["fix-truefalse"].statement
    shown = judged(item, grade(item, 0, {}), None, known).plain
    assert f"Then they ask: {statement}" in shown
    assert f"Then they ask: {statement}" in list(words._more(item, known))
