"""`quizapp group ...` as somebody types it; a learner's own data stays as it was."""

import dataclasses
import json
from datetime import timedelta

import pytest

from quizapp import paths
from quizapp.__main__ import main
from quizapp.share import group
from quizapp.store import Store
from tests import groups
from tests.conftest import FIXTURE_BANK
from tests.groups import run
from tests.test_share_group import lying, reviewed, three


@pytest.fixture
def place(home, tmp_path, monkeypatch):
    """A folder to work in, on the fixture bank, with a shared folder of three members."""
    monkeypatch.setattr(paths, "questions", lambda: FIXTURE_BANK)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    for number, one in enumerate(three()):
        (tmp_path / "shared" / f"m{number}.jsonl").write_bytes(group.written(one))
    return tmp_path


def put(file, member):
    file.write_bytes(group.written(member))


def test_a_group_from_making_to_the_report(place, clock, capsys):
    store = Store(paths.answers())
    store.add_run(run(machine="my own"))
    reviewed(store, clock)
    store.close()
    assert main(["group", "make", "shared/me.jsonl", "--name", "Me", "--reviews"]) == 0
    assert "Me, 1 runs, 1 answers" in capsys.readouterr().out
    before = paths.answers().read_bytes()
    assert main(["group", "add", "shared"]) == 0
    assert capsys.readouterr().out.count("new here") == 4
    assert main(["group", "report"]) == 0
    said = capsys.readouterr().out
    assert "4 members, 4 machines, 4 runs; 4 members shared 4 answers" in said
    assert "differ" in said.lower()
    assert "cpu, my own" in said
    assert paths.answers().read_bytes() == before
    assert main(["group", "list", "--json"]) == 0
    assert [json.loads(row)["name"] for row in capsys.readouterr().out.splitlines()] == [
        "Anna",
        "Ben",
        "Me",
        "",
    ]


def test_made_again_it_is_the_same_and_another_file_is_not_written_over_unasked(place, capsys):
    store = Store(paths.answers())
    store.add_run(run())
    store.close()
    assert main(["group", "make", "me.jsonl"]) == 0
    raw = (place / "me.jsonl").read_bytes()
    assert main(["group", "make", "me.jsonl"]) == 0
    assert (place / "me.jsonl").read_bytes() == raw
    (place / "me.jsonl").write_text("mine")
    assert main(["group", "make", "me.jsonl"]) == 2
    assert (place / "me.jsonl").read_text() == "mine"
    assert main(["group", "make", "me.txt"]) == 2
    assert main(["group", "make", "you.jsonl", "--name", "a\x1b[31m"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_newer_file_replaces_an_older_one_and_not_the_other_way_round(place, capsys):
    nan = dataclasses.replace(run().checks[0], estimate=float("nan"), outcome="unclear")
    old = dataclasses.replace(three()[0], runs=(run(checks=(nan,)),))
    new = dataclasses.replace(old, newest=old.newest + timedelta(minutes=5), answers=None)
    put(place / "old.jsonl", old)
    put(place / "new.jsonl", new)
    assert main(["group", "add", "old.jsonl"]) == 0
    assert main(["group", "add", "new.jsonl"]) == 0
    assert "replaces what was here, up to 2026-03-02 11:00" in capsys.readouterr().out
    assert main(["group", "add", "old.jsonl", "new.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "older than what is here" in said
    assert "here already" in said
    assert (paths.group() / f"{old.id}.jsonl").read_bytes() == group.written(new)


def test_a_broken_file_does_not_keep_the_others_out(place, capsys):
    (place / "shared" / "bad.jsonl").write_text('{"quizapp_group": 1}\n')
    assert main(["group", "add", "shared"]) == 1
    said = capsys.readouterr()
    assert said.out.count("new here") == 3
    assert "bad.jsonl:1:1" in said.err
    assert main(["group", "add", "shared/bad.jsonl"]) == 2
    (paths.group() / f"{three()[0].id}.jsonl").write_text("broken here\n")
    assert main(["group", "list"]) == 1
    assert main(["group", "report", "--json"]) == 1
    said = capsys.readouterr()
    assert "left out" in said.err
    assert main(["group", "remove", three()[0].id]) == 0
    assert main(["group", "list"]) == 0


def test_a_folder_without_group_files_is_said_before_anything_is_taken(place, capsys):
    (place / "empty").mkdir()
    assert main(["group", "add", "shared/m0.jsonl", "empty"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "empty holds no file of a study group" in said.err
    assert not paths.group().exists()


def test_a_lying_file_is_told_and_its_verdict_is_drawn_from_the_numbers(place, capsys):
    put(place / "liar.jsonl", groups.member(9, lying(outcome="pass")))
    assert main(["group", "add", "liar.jsonl"]) == 0
    assert "lstm_slope says pass; its numbers say fail" in capsys.readouterr().out
    assert main(["group", "report", "--json", "--named"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["lies"] == 1
    assert {one["claim"]: one["verdicts"][0]["verdict"] for one in made["found"]}[
        "lstm-gradient-fades"
    ] == "fails"


def test_the_report_as_files_is_the_same_twice(place, capsys):
    assert main(["group", "add", "shared"]) == 0
    assert main(["group", "report", "--md", "out.md", "--html", "out.html"]) == 0
    first = (place / "out.md").read_bytes(), (place / "out.html").read_bytes()
    assert main(["group", "report", "--md", "out.md", "--html", "out.html"]) == 0
    assert first == ((place / "out.md").read_bytes(), (place / "out.html").read_bytes())
    (place / "out.md").write_text("mine")
    assert main(["group", "report", "--md", "out.md"]) == 2
    assert main(["group", "report", "--md", "out.md", "--yes"]) == 0
    assert main(["group", "report", "--claim", "lstm-fades-slower"]) == 0
    assert "lstm-fades-slower: agree" in capsys.readouterr().out


def test_removing_names_one_member(place, capsys):
    assert main(["group", "report"]) == 2
    assert "nobody is here yet" in capsys.readouterr().err
    assert main(["group", "add", "shared"]) == 0
    put(place / "namesake.jsonl", dataclasses.replace(three()[0], id="f" * 16))
    assert main(["group", "add", "namesake.jsonl"]) == 0
    assert main(["group", "remove", "Anna"]) == 2
    assert "2 members called 'Anna'" in capsys.readouterr().err
    assert main(["group", "remove", "Nobody"]) == 2
    assert main(["group", "remove", "f" * 16]) == 0
    assert main(["group", "remove", "Anna"]) == 0
    assert len(list(paths.group().iterdir())) == 2


def test_wrong_claims_and_options_are_said(place, capsys):
    assert main(["group", "add", "shared"]) == 0
    assert main(["group", "report", "--claim", "none-such"]) == 2
    assert "no claim 'none-such'" in capsys.readouterr().err
    assert main(["group", "report", "--claim", "lstm-fades-slower", "--json"]) == 2
    assert main(["group", "add"]) == 2
    assert main(["group", "add", str(place)]) == 2
