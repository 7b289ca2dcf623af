"""`quizapp pack ...` as somebody types it: nothing changes unasked, and the exit codes say what happened."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from quizapp import bank, paths
from quizapp.__main__ import main
from quizapp.cli import saying
from quizapp.errors import PackError
from quizapp.model import Review
from quizapp.store import Store
from tests import qpacks
from tests.conftest import FIXTURE_BANK
from tests.test_share_packs import OWN

CARD = """schema: 1
items:
- {{id: card, kind: card, topic: attention, concepts: [C02], level: mid, bloom: understand, difficulty: 2,
  time_s: 40, front: {front}, back: {back}, grade_yourself: [Said so]}}
"""


@pytest.fixture
def place(home, tmp_path, monkeypatch):
    """A folder to work in, on the fixture bank."""
    monkeypatch.setattr(paths, "questions", lambda: FIXTURE_BANK)
    (tmp_path / "own.yaml").write_text(OWN)
    (tmp_path / "group.qpack").write_bytes(qpacks.pack({"questions/own.yaml": OWN}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def says(monkeypatch):
    """What the one at the keyboard answers, one after the other; what was asked."""
    asked = []

    def answer(*answers):
        waiting = iter(answers)

        def reply(question, **_):
            asked.append(question)
            said = next(waiting, None)
            if said is None:
                raise click.Abort
            return said

        monkeypatch.setattr(click, "confirm", reply)
        monkeypatch.setattr(click, "prompt", reply)
        return asked

    return answer


def test_make_open_study_remove(place, capsys, says):
    says()
    assert main(["pack", "make", "tuesday.qpack", "own.yaml", "--author", "Anna"]) == 0
    assert "2 items, 2 claims, 2 misconceptions, 3 concepts; no evidence" in capsys.readouterr().out
    assert main(["pack", "check", "tuesday.qpack"]) == 0
    assert "tuesday, by Anna, made " in capsys.readouterr().out
    assert main(["pack", "diff", "tuesday.qpack"]) == 1
    said = capsys.readouterr()
    assert "+ new item card  How many heads can go?" in said.out
    assert (
        said.err == "2 new items, 1 new claim, 1 new misconception, 2 new concepts\n"
    )  # not what is built in
    asked = says(True, True)
    assert main(["pack", "open", "tuesday.qpack"]) == 0
    assert "quizapp study --filter pack:tuesday" in capsys.readouterr().out
    assert "tuesday:card" in bank.load(cache=paths.cache()).items
    assert main(["pack", "diff", "tuesday.qpack"]) == 0
    assert main(["pack", "list", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["items"] == 2
    store = Store(paths.answers())
    store.add_review(
        Review(item="tuesday:card", rev=1, at=datetime.now(UTC), given="1", score=1.0, correct=True,
               confidence=None, rating=3, seconds=1.0)
    )  # fmt: skip
    assert main(["pack", "remove", "tuesday"]) == 0
    assert asked == ["\nOpen it as tuesday?", "Remove tuesday? Your answers stay."]
    assert "tuesday:card" not in bank.load(cache=paths.cache()).items
    assert [review.item for review in store.reviews()] == ["tuesday:card"]
    store.close()


def test_nothing_is_changed_without_a_yes(place, capsys, says):
    says(False)
    assert main(["pack", "open", "group.qpack"]) == 1
    said = capsys.readouterr()
    assert "+ new item card" in said.out
    assert "Nothing was changed." in said.err
    assert not paths.packs().exists()
    says()  # nobody there
    assert main(["pack", "open", "group.qpack"]) == 1
    assert main(["pack", "open", "group.qpack", "--yes", "--as", "mine"]) == 0
    assert "mine:card" in bank.load().items
    assert main(["pack", "remove", "mine"]) == 1
    assert "mine:card" in bank.load().items


def test_a_file_is_not_written_over_unasked(place, capsys, says):
    says(False)
    (place / "mine.qpack").write_text("precious")
    assert main(["pack", "make", "mine.qpack", "own.yaml"]) == 2
    assert "is there already, and stays as it was" in capsys.readouterr().err
    assert (place / "mine.qpack").read_text() == "precious"
    assert main(["pack", "make", "mine.qpack", "own.yaml", "--yes"]) == 0
    first = (place / "mine.qpack").read_bytes()
    assert main(["pack", "make", "mine.qpack", "own.yaml"]) == 0
    assert (place / "mine.qpack").read_bytes() == first


def test_a_part_of_what_is_here_can_be_packed(place, capsys):
    assert main(["pack", "make", "a.qpack", "--filter", "id:fix-choice or id:fix-multi"]) == 0
    assert "a.qpack: 2 items, " in capsys.readouterr().out
    assert main(["pack", "open", "a.qpack", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "2 items are built in already, word for word" in said
    assert "a is open; it adds no question here" in said
    assert main(["pack", "make", "b.qpack", "own.yaml", "--filter", "id:other"]) == 0
    assert "b.qpack: 1 item, 1 concept; " in capsys.readouterr().out
    assert main(["pack", "make", "c.qpack", "--filter", "id:fix-choice is:suspended"]) == 2
    assert "no item fits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make", "a.zip"], "does not end in .qpack"),
        (["make", "A b.qpack", "own.yaml"], "'a b' cannot be the name of a pack"),
        (["make", "a.qpack", "nothing.yaml"], "there is no nothing.yaml"),
        (["make", "a.qpack", "own.yaml", "--author", "A\x1b[31m"], "'A\\x1b[31m' cannot be the author"),
        (["open", "nothing.qpack"], "cannot be read"),
        (["open", "own.yaml"], "own.yaml is not a zip"),
        (["open", "group.qpack", "--as", "../x"], "'../x' cannot be the name of a pack"),
        (["remove", "../x"], "there is no pack '../x'"),
        (["merge", "own.yaml", "own.yaml", "nothing.yaml", "-o", "out.yaml"], "no question files"),
    ],
)
def test_what_is_asked_wrongly_is_said(place, capsys, words, said):
    assert main(["pack", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_hostile_pack_steers_no_terminal(place, capsys):
    (place / "bad.qpack").write_bytes(
        qpacks.pack({"questions/a.yaml": qpacks.items(qpacks.item(stem='"\\e]0;owned\\a"'))})
    )
    assert main(["pack", "open", "bad.qpack", "--yes"]) == 2
    said = capsys.readouterr()
    assert "control character (U+001B)" in said.err
    assert "\x1b" not in said.err + said.out
    assert not paths.packs().exists()


def test_a_broken_pack_is_listed_and_said_by_other_commands(place, capsys):
    assert main(["pack", "open", "group.qpack", "--yes"]) == 0
    (paths.packs() / "group" / "questions" / "own.yaml").write_text("hello")
    capsys.readouterr()
    assert main(["pack", "list"]) == 1
    assert "left out: 1 problem" in capsys.readouterr().out
    assert main(["export", "a.md", "--filter", "id:fix-choice"]) == 0
    assert "a pack is left out" in capsys.readouterr().err


def test_a_pack_that_cannot_be_read_is_listed_with_the_reason(place, capsys):
    assert main(["pack", "open", "group.qpack", "--yes"]) == 0
    (paths.packs() / "group" / "questions" / "more.yaml").symlink_to(place / "own.yaml")
    capsys.readouterr()
    assert main(["pack", "list"]) == 1
    said = capsys.readouterr().out
    assert "left out: 1 problem" in said
    assert "cannot be read: it holds a link or a device" in said
    assert main(["pack", "open", "group.qpack", "--yes"]) == 0
    assert main(["pack", "list"]) == 0


def test_a_pipe_is_not_read_from_and_stays(place, monkeypatch):
    os.mkfifo(place / "pipe.qpack")
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("this would wait for somebody who writes"))
    with pytest.raises(PackError, match=r"pipe\.qpack cannot be written: .* is no plain file"):
        saying.put(place / "pipe.qpack", b"new", yes=False)
    assert (place / "pipe.qpack").is_fifo()


# ---- merging --------------------------------------------------------------------------------------


@pytest.fixture
def sides(place):
    """Three versions of one card: the sides differ in its back."""
    for name, front, back in (("base", "Q", "A"), ("mine", "Q1", "A1"), ("theirs", "Q", "A2")):
        (place / f"{name}.yaml").write_text(CARD.format(front=front, back=back))
    return ["pack", "merge", "base.yaml", "mine.yaml", "theirs.yaml", "-o"]


def merged(file):
    (item,) = bank.read([file])[0].items.values()
    return item.front, item.back


def test_scripts_list_conflicts_or_prefer_a_side(place, sides, capsys):
    assert main([*sides, "out.yaml", "--no-input"]) == 1
    said = capsys.readouterr().err
    assert "[1/1] item card, back\n  base:   A\n  mine:   A1\n  theirs: A2\n" in said
    assert not (place / "out.yaml").exists()
    assert main([*sides, "out.yaml", "--no-input", "--prefer", "theirs"]) == 0
    assert merged(place / "out.yaml") == ("Q1", "A2")
    assert "Comments in the files were not carried over." in capsys.readouterr().err
    assert main([*sides, "out.yaml", "--no-input", "--prefer", "mine"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*sides, "out.yaml", "--prefer", "mine", "--yes"]) == 0
    assert merged(place / "out.yaml") == ("Q1", "A1")


def test_conflicts_are_settled_one_by_one(place, sides, says, monkeypatch, capsys):
    says("t")
    assert main([*sides, "theirs-kept.yaml"]) == 0
    assert merged(place / "theirs-kept.yaml") == ("Q1", "A2")
    says("e")
    edits = iter(["[not closed", "A1 and A2\n"])
    monkeypatch.setattr(click, "edit", lambda text, **_: next(edits))
    monkeypatch.setattr(click, "pause", lambda *_, **__: None)
    assert main([*sides, "edited.yaml"]) == 0
    assert merged(place / "edited.yaml") == ("Q1", "A1 and A2")
    says("s")
    assert main([*sides, "skipped.yaml"]) == 1
    assert merged(place / "skipped.yaml") == ("Q1", "A1")
    kept = (place / "skipped.yaml.conflicts.yaml").read_text()
    assert kept == "- about: item card, back\n  base: A\n  mine: A1\n  theirs: A2\n"


def test_leaving_in_the_middle_writes_nothing(place, sides, says):
    says()
    assert main([*sides, "out.yaml"]) == 130
    assert not (place / "out.yaml").exists()


def test_folders_and_packs_are_merged_too(place, sides, capsys):
    for side in ("base", "mine", "theirs"):
        (place / side).mkdir()
        (place / f"{side}.yaml").rename(place / side / "cards.yaml")
    words = ["pack", "merge", "base", "mine", "theirs", "--prefer", "mine", "-o"]
    assert main([*words, "out"]) == 0
    assert merged(place / "out" / "cards.yaml") == ("Q1", "A1")
    assert main([*words, "out"]) == 2
    assert "out is there already" in capsys.readouterr().err
    for side in ("base", "mine", "theirs"):
        assert main(["pack", "make", f"{side}.qpack", side]) == 0
    assert (
        main(
            [
                "pack",
                "merge",
                "base.qpack",
                "mine.qpack",
                "theirs.qpack",
                "-o",
                "all.qpack",
                "--prefer",
                "theirs",
            ]
        )
        == 0
    )
    assert main(["pack", "open", "all.qpack", "--yes"]) == 0
    assert bank.load().items["mine:card"].back == "A2"


@pytest.mark.parametrize("there", ["a folder with something in it", "a file without an ending"])
def test_where_nothing_can_be_written_nothing_is_asked(place, sides, says, capsys, there):
    precious = place / "out" / "precious" if there.startswith("a folder") else place / "out"
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("precious")
    asked = says("t", "t")
    assert main([*sides, "out"]) == 2
    assert "out is there already" in capsys.readouterr().err
    assert asked == []
    assert precious.read_text() == "precious"


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("no/out.yaml", "there is no folder no"),
        ("dir.yaml", "dir.yaml is there already"),
        ("a b.qpack", "'a b' cannot be the name of a pack"),
    ],
)
def test_an_out_that_cannot_be_is_refused_before_anything_is_asked(place, sides, says, capsys, out, why):
    (place / "dir.yaml").mkdir()
    asked = says("t", "t")
    assert main([*sides, out]) == 2
    assert why in capsys.readouterr().err
    assert asked == []


def test_a_merged_pack_may_have_a_capital_in_the_name_of_its_file(place, sides, capsys):
    assert main([*sides, "Tuesday.qpack", "--prefer", "theirs"]) == 0
    capsys.readouterr()
    assert main(["pack", "open", "Tuesday.qpack", "--yes"]) == 0
    assert "Opening it as tuesday: " in capsys.readouterr().out
    assert bank.load().items["tuesday:card"].back == "A2"


def test_what_was_skipped_last_time_is_not_written_over(place, sides, says, capsys):
    (place / "out.yaml.conflicts.yaml").write_text("precious")
    says("s", True, "s")
    for _ in range(2):
        assert main([*sides, "out.yaml"]) == 1
    assert (place / "out.yaml.conflicts.yaml").read_text() == "precious"
    for number in (1, 2):
        assert "item card, back" in (place / f"out.yaml.conflicts-{number}.yaml").read_text()
    assert "both sides are in out.yaml.conflicts-2.yaml" in capsys.readouterr().err


def test_a_merge_that_makes_no_sense_is_told(place, capsys):
    choice = qpacks.items(qpacks.item())
    (place / "base.yaml").write_text(choice)
    (place / "mine.yaml").write_text(choice.replace("text: Second,", "text: Second, correct: true,"))
    (place / "theirs.yaml").write_text(choice.replace("level: mid", "level: senior"))
    assert main(["pack", "merge", "base.yaml", "mine.yaml", "theirs.yaml", "-o", "out.yaml"]) == 0
    assert "To put right: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("schema: 1\nitems:\n- just words\n", "odd.yaml:3:3: is not a mapping"),
        ("schema: 1\nitems:\n- front: Q\n", "odd.yaml:3:3: has no id"),
        ("schema: 1\nitems:\n- {id: a1}\n- {id: a1}\n", "odd.yaml:4:3: the id 'a1' is taken"),
        ("schema: 1\nitems: [\n", "not readable as YAML"),
        ("hello\n", "is not a bank"),
    ],
)
def test_what_a_merge_would_drop_is_refused(place, sides, capsys, body, said):
    (place / "odd.yaml").write_text(body)
    assert main(["pack", "merge", "base.yaml", "odd.yaml", "theirs.yaml", "-o", "out.yaml"]) == 2
    assert said in capsys.readouterr().err
    assert not (place / "out.yaml").exists()
