"""Practice line by line: every kind of item, every command, pipes, the end of input and ctrl+c."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from quizapp import bank, paths
from quizapp.plain import commands, replies, words
from quizapp.plain.console import Console, EndOfInput, printable
from quizapp.plain.replies import Expected
from quizapp.plain.talk import Talk
from quizapp.steps import steps
from quizapp.store import Store
from quizapp.study import Study

NUMBERS = {"gradient_distance.lstm_slope": -0.49, "gradient_distance.lstm_minus_rnn": 0.3}
RIGHT = {
    "fix-choice": [1],
    "fix-multi": [[0, 1]],
    "fix-truefalse": [0, 0],
    "fix-numeric": ["0.5 GiB"],
    "fix-estimate": ["16", "32", "64"],
    "fix-order": [[0, 1, 2, 3]],
    "fix-cloze": ["d", "sqrt(d)"],
    "fix-card": [None],
    "fix-open": [None, [0, 1, 2]],
    "fix-plot": [1, 1],
    "fix-number": ["0.3"],
    "fix-flaw": [1, 0],
    "fix-code": [0],
}
"""What is right, as places in the file."""


def right(item, reps="0"):
    """The lines that answer an item right, with 90% confidence before anything is told."""
    lines = []
    for step, reply in zip(steps(item, reps), RIGHT[item.id], strict=True):
        if item.kind == "open" and step.mode == "many":
            lines.append("4")
        if step.mode == "one":
            lines.append(str(step.order.index(reply) + 1))
        elif step.mode in ("many", "rank"):
            lines.append(" ".join(str(step.order.index(place) + 1) for place in reply))
        else:
            lines.append(reply or "")
    return lines if item.kind == "open" else [*lines, "4", *(["3"] if item.kind == "card" else [])]


class Room:
    """A talk over the fixture bank, with what was said."""

    def __init__(self, store, clock, whole, *ids, width=80):
        self.study = Study(whole, store, clock, numbers=NUMBERS)
        self.study.only = frozenset(ids)
        self.store, self.width = store, width
        self.proved = []
        self.said = ""

    def talk(self, *lines):
        out = io.StringIO()
        console = Console(io.StringIO("".join(f"{line}\n" for line in lines)), out, self.width)
        Talk(self.study, console, self.proved.append, seconds=lambda: 0.0).run()
        self.said = out.getvalue()
        return " ".join(self.said.split())


@pytest.fixture
def room(store, clock, all_kinds):
    return lambda *ids, **more: Room(store, clock, all_kinds, *ids, **more)


# ---- every kind -------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", RIGHT)
def test_every_kind_can_be_answered(room, all_kinds, id_):
    here = room(id_)
    said = here.talk(*right(all_kinds.items[id_]), "")
    (review,) = here.store.reviews()
    assert (review.item, review.correct, review.confidence) == (id_, True, 0.9)
    assert "Right. You were 90% sure." in said or all_kinds.items[id_].kind == "card"
    assert "Rated good; back in" in said
    assert "Nothing more to ask now." in said


def test_every_kind_is_there(all_kinds):
    assert set(RIGHT) == set(all_kinds.items)


@pytest.mark.parametrize("id_", RIGHT)
def test_nothing_is_told_before_confidence(room, all_kinds, id_):
    item = all_kinds.items[id_]
    lines = right(item)
    sure = len(lines) - (2 if item.kind in ("card", "open") else 1)
    said = room(id_).talk(*lines[:sure])
    assert "How sure are you?" in said
    for word in ("Right.", "Wrong.", "Say aloud", "The answer:", "A senior answer"):
        assert word not in said


@pytest.mark.parametrize("id_", RIGHT)
def test_lines_are_plain_and_no_longer_than_asked(room, all_kinds, id_):
    here = room(id_, width=60)
    here.talk("?", *right(all_kinds.items[id_]), "?", "")
    code = [line for line in here.said.splitlines() if line.startswith("    ")]
    for line in here.said.splitlines():
        assert len(line) < 60 or line in code or " " not in line.strip()
        assert line.isprintable()
    assert not re.search(r"[\u2500-\u259f\x1b]", here.said)


def test_lines_are_not_wrapped_with_width_0(room, all_kinds):
    here = room("fix-choice", width=0)
    here.talk(*right(all_kinds.items["fix-choice"]))
    stem = all_kinds.items["fix-choice"].stem
    assert any(" ".join(stem.split()) in line for line in here.said.splitlines())


def test_every_item_of_the_real_bank_can_be_read_aloud(store, clock):
    real, _ = bank.read(sorted(paths.questions().glob("*.yaml")))
    for item in real.items.values():
        assert all(text.strip() for text, _ in words.asked(item))
        for step in steps(item, "0"):
            assert replies.prompt(step).endswith(":")
            assert len(words.options(step)) == len(step.options)


# ---- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "line", "wanted"),
    [
        ("fix-choice", "9", "Type one number from 1 to 4."),
        ("fix-choice", "", "Type one number from 1 to 4."),
        ("fix-multi", "1 x", "Type numbers from 1 to 4"),
        ("fix-multi", "1 1", "A number is there twice."),
        ("fix-multi", "1 01", "A number is there twice."),
        ("fix-order", "1 2 3", "Type every number once; 4 is missing."),
        ("fix-order", "1 01 001 0001", "A number is there twice."),
        ("fix-truefalse", "f", "f may be false or flag"),
        ("fix-numeric", "a lot", "Type one number, in MiB"),
        ("fix-numeric", "500-600", "Type one number, in MiB"),
        ("fix-numeric", "3 s", "Type one number, in MiB"),
        ("fix-cloze", "", "Type what belongs into the gap."),
        ("fix-plot", "down", "Type one number from 1 to"),
    ],
)
def test_bad_input_is_asked_again_with_what_is_expected(room, all_kinds, id_, line, wanted):
    here = room(id_)
    said = here.talk(line, *right(all_kinds.items[id_]))
    assert wanted in said
    assert [review.correct for review in here.store.reviews()] == [True]


def test_an_interval_must_have_its_ends_in_order(room):
    here = room("fix-estimate")
    said = here.talk("16", "8", "32", "20", "64", "")
    assert "That is below your low end, 16." in said
    assert "That is below your best guess, 32." in said
    assert [review.given for review in here.store.reviews()] == ['["16", "32", "64"]']


def test_an_empty_line_skips_confidence_and_nonsense_is_asked_again(room, all_kinds):
    here = room("fix-choice")
    lines = right(all_kinds.items["fix-choice"])
    said = here.talk(lines[0], "7", "")
    assert "Type a number from 1 to 5, or nothing" in said
    assert [review.confidence for review in here.store.reviews()] == [None]


@pytest.mark.parametrize(("line", "value"), [("5", 0.99), ("90", 0.9), ("90%", 0.9), ("", None)])
def test_confidence(line, value):
    assert replies.confidence(line) == value


def test_options_can_be_named_by_their_first_words(all_kinds):
    step = steps(all_kinds.items["fix-truefalse"], "0")
    assert [replies.reply(step, [], word) for word in ("True", "false", "fal", "1", "2.")] == [0, 1, 1, 0, 1]
    with pytest.raises(Expected):
        replies.reply(step, [], "t")
    order = steps(all_kinds.items["fix-order"], "0")
    assert replies.reply(order, [], "2143") == replies.reply(order, [], "2, 1, 4, 3") == [1, 0, 3, 2]


# ---- commands ---------------------------------------------------------------------------------------


def test_letters_are_answers_where_any_word_may_be_one(room):
    assert commands.parse("f", open_=True) is None
    assert commands.parse("undo", open_=True) is None
    assert commands.parse("/f", open_=True).name == "flag"
    assert commands.parse("?", open_=True).name == "help"
    assert commands.parse("f", open_=False).name == commands.parse("FLAG", open_=False).name == "flag"
    assert commands.parse("n a b", open_=False).text == "a b"
    assert commands.parse("s 1", open_=False) is None
    here = room("fix-cloze")
    said = here.talk("q", "/q", "d")
    assert said.count("How sure") == 0
    assert said.count("is the command;") == 1
    assert here.store.reviews() == []
    room("fix-cloze").talk("q", "q", "sqrt(d)", "")
    assert [review.given for review in here.store.reviews()] == ['{"c1": "q", "c2": "sqrt(d)"}']


def test_undo_takes_the_last_answer_back_also_at_the_end(room, all_kinds):
    here = room("fix-choice")
    lines = right(all_kinds.items["fix-choice"])
    said = here.talk(*lines, "", "u", *lines, "q")
    assert "The last answer is taken back." in said
    assert len(here.store.reviews()) == 1
    assert "Nothing to undo in this sitting." in room("fix-card").talk("u", "q")


def test_marks_put_an_item_aside_and_undo_asks_it_again(room):
    here = room("fix-choice", "fix-card")
    first = here.study.next().id
    said = here.talk("s", "u", "b", "q")
    assert "Suspended: practice leaves it out." in said
    assert "Practice asks it again." in said
    assert said.count("Question 1:") == 4
    assert here.study.marking.of(first).buried_at(here.study.now())


def test_flag_and_note(room, all_kinds):
    here = room("fix-choice")
    said = here.talk("f", "n mind the product", "n", *right(all_kinds.items["fix-choice"]), "n", "n -", "q")
    assert "Flagged." in said
    assert "There is a note; it is read after an answer." in said
    assert "Your note: mind the product" in said
    assert "The note is off." in said
    assert here.study.marking.of("fix-choice").flagged


def test_a_rating_is_changed_and_the_question_is_read_again(room, all_kinds):
    here = room("fix-choice")
    said = here.talk("r", *right(all_kinds.items["fix-choice"]), "again", "q")
    assert said.count("What happens to the gradient") >= 2
    assert [review.rating for review in here.store.reviews()] == [1]


def test_prove_only_after_the_answer_and_back_to_the_item(room, all_kinds):
    here = room("fix-choice")
    said = here.talk("p", *right(all_kinds.items["fix-choice"]), "p", "q")
    assert "Prove: after an answer." in said
    claims = [id_ for id_ in all_kinds.items["fix-choice"].claims if all_kinds.claims[id_].checks]
    assert [claim.id for claim in here.proved] == claims[:1]
    assert ("Back at the item." in said) == bool(claims)


def test_overrule_and_take_it_back(room):
    here = room("fix-numeric")
    said = here.talk("600", "5", "o", "u", "o", "", "q")
    assert "Wrong. You were 99% sure." in said
    assert "Right, overruled by you. You were 99% sure." in said
    assert "No longer overruled." in said
    (review,) = here.store.reviews()
    assert (review.correct, review.overruled, review.rating) == (True, True, 4)
    assert "Only a typed answer" in room("fix-choice").talk("1", "", "o", "q")


def test_the_end_of_input_ends_in_the_middle_of_an_item(room):
    here = room("fix-flaw")
    here.talk("2")
    assert here.store.reviews() == []
    with pytest.raises(EndOfInput):
        Console(io.StringIO(""), io.StringIO(), 80).ask("?")


def test_what_could_steer_a_terminal_is_left_out():
    assert printable("a\x1b[31mb\x07\r\nc") == "a[31mb\nc"


# ---- the whole command ------------------------------------------------------------------------------


def command(home, *options):
    environment = {**os.environ, "QUIZAPP_HOME": str(home), "COLUMNS": "60", "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "quizapp", "study", "--plain", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        encoding="utf-8",
    )


def test_over_a_pipe_to_the_end_of_input(tmp_path):
    process = command(tmp_path, "--filter", "kind:choice", "--new", "5")
    said, problems = process.communicate("1\n4\n\n2\n", timeout=60)
    assert (process.returncode, problems) == (0, "")
    assert said.count("How sure are you?") == 2
    assert "1 answered" in said
    assert max(map(len, said.splitlines())) < 60
    store = Store(tmp_path / "answers.sqlite3")
    assert len(store.reviews()) == 1
    store.close()


def test_ctrl_c_is_130_and_loses_nothing(tmp_path):
    with command(tmp_path, "--filter", "kind:choice") as process:
        process.stdin.write("1\n4\n")
        process.stdin.flush()
        assert any("Enter for the next" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()
    store = Store(tmp_path / "answers.sqlite3")
    (review,) = store.reviews()
    assert json.loads(review.given) in range(5)
    store.close()


@pytest.mark.parametrize(
    ("options", "what"), [(("--filter", "nope:1"), "nope"), (("--width", "-1"), "width")]
)
def test_what_is_asked_wrongly_is_said(tmp_path, options, what):
    process = command(tmp_path, *options)
    _, problems = process.communicate("", timeout=60)
    assert process.returncode == 2
    assert what in problems
    assert "Traceback" not in problems
