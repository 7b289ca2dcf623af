"""Keys that somebody gives to actions: which are refused, why, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from quizapp import keymap, paths
from quizapp.__main__ import cli
from quizapp.doctor import _settings
from quizapp.keymap import Action, Table
from quizapp.ui import keytable

UNDO = Action(id="practice.undo", what="undo", keys=("u", "ctrl+z"))
FLAG = Action(id="practice.flag", what="flag", keys=("f",))
NEXT = Action(id="practice.next", what="next", keys=("enter",))
HELP = Action(id="every.help", what="help", keys=("question_mark",))
QUIT = Action(id="app.quit", what="quit", keys=("ctrl+q",))
TABLE = Table(
    screens={"app": (QUIT,), "practice": (UNDO, FLAG, NEXT, HELP, QUIT)},
    fixed={"practice": frozenset(("1", "enter", "down"))},
)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"practice.undo": ("z",)},
        {"practice.undo": ("z", "f5", "ctrl+alt+x", "percent_sign", "slash", "A", "ä", "shift+left")},
        {"practice.undo": ("f",), "practice.flag": ("u",)},
        {"practice.next": ("enter", "n")},
        {"app.quit": ("f10", "ctrl+x")},
        {"every.help": ("h",)},
    ],
)
def test_what_is_in_order(asked):
    assert keymap.wrong(asked, TABLE) == {}


@pytest.mark.parametrize(
    ("asked", "id_", "what", "todo"),
    [
        ({"practice.undoo": ("z",)}, "practice.undoo", "no action", "Did you mean `practice.undo`?"),
        ({"nothing": ("z",)}, "nothing", "no action", "`quizapp keys`"),
        (
            {"practice.undo": ("f",)},
            "practice.undo",
            "the key of practice.flag",
            "give practice.flag another",
        ),
        ({"practice.undo": ("z",), "practice.flag": ("z",)}, "practice.flag", "the key of", "Take another"),
        ({"practice.undo": ("ctrl+q",)}, "practice.undo", "the key of app.quit", "Take another"),
        ({"practice.undo": ("1",)}, "practice.undo", "fixed meaning on the screen practice", "Take another"),
        ({"practice.undo": ("down",)}, "practice.undo", "fixed meaning", "Take another"),
        ({"practice.undo": ("",)}, "practice.undo", "no key ''", "Write a letter"),
        ({"practice.undo": ("f25",)}, "practice.undo", "no key 'f25'", "Write a letter"),
        ({"practice.undo": ("zz",)}, "practice.undo", "no key 'zz'", "Write a letter"),
        ({"practice.undo": ("latin_small_letter_z",)}, "practice.undo", "no key", "Write a letter"),
        ({"practice.undo": ("shift+u",)}, "practice.undo", "no key", "Write it as the letter it gives: U."),
        ({"practice.undo": ("ctrl+i",)}, "practice.undo", "no key", "Terminals send tab for it"),
        ({"practice.undo": ("ctrl+ctrl+a",)}, "practice.undo", "no key", "Write a letter"),
        ({"app.quit": ("x",)}, "app.quit", "lost to everything else", "f5 or ctrl+t"),
        ({"app.quit": ("enter",)}, "app.quit", "lost to everything else", "f5 or ctrl+t"),
    ],
)
def test_what_is_refused(asked, id_, what, todo):
    found = keymap.wrong(asked, TABLE)
    assert list(found) == [id_]
    assert what in found[id_][0]
    assert todo in found[id_][1]


def test_a_refused_line_does_not_spoil_the_others():
    asked = {"practice.undo": ("zz",), "practice.flag": ("u",)}
    assert list(keymap.wrong(asked, TABLE)) == ["practice.undo", "practice.flag"], "undo keeps its u"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("z", ("z",)),
        (" ? , ctrl+z", ("question_mark", "ctrl+z")),
        ("/,@", ("slash", "at")),
        ("a,", ("a", "")),
    ],
)
def test_signs_are_taken_as_they_are_written(written, names):
    assert keytable.split(written) == names


# ---- the command line -------------------------------------------------------------------------------


@pytest.fixture
def wrote(home: Path) -> Path:
    paths.settings().write_text("keys:\n  practice.undo: z\n  home.claims: b\n", encoding="utf-8")
    return paths.settings()


def test_every_key_is_listed(home):
    said = CliRunner().invoke(cli, ["keys"])
    assert said.exit_code == 0
    for words in ("practice.undo      u, ctrl+z", "app.palette        ctrl+p", "every.help         ?"):
        assert words in said.stdout
    one = CliRunner().invoke(cli, ["keys", "stats"]).stdout
    assert {line.partition(".")[0] for line in one.splitlines() if not line.startswith("quizapp:")} == {
        "stats"
    }


def test_keys_as_they_are_now_and_what_is_wrong(wrote):
    said = CliRunner().invoke(cli, ["keys", "--json"])
    assert said.exit_code == 1
    rows = {row["id"]: row for row in map(json.loads, said.stdout.splitlines())}
    assert (rows["practice.undo"]["keys"], rows["practice.undo"]["changed"]) == (["z"], True)
    assert (rows["home.claims"]["keys"], rows["home.claims"]["changed"]) == (["c"], False)
    assert f"{wrote}:3:3: 'b' is the key of home.browse already" in said.stderr


def test_a_screen_that_is_not_there(home):
    said = CliRunner().invoke(cli, ["keys", "nowhere"])
    assert said.exit_code == 2
    assert "there are: app" in said.output


def test_doctor_says_it_too(wrote):
    (finding,) = _settings(keytable.problems)
    assert not finding.ok
    assert f"{wrote}:3: 'b' is the key" in finding.value
    wrote.write_text("minutes: 0\n", encoding="utf-8")
    (finding,) = _settings(keytable.problems)
    assert "whole number" in finding.todo
    wrote.unlink()
    (finding,) = _settings(keytable.problems)
    assert finding.ok
