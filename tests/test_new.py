"""`quizapp new item`: an id that is free, a file that keeps its text, and no traceback."""

# ruff: noqa: F401, F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import os
import stat
from pathlib import Path

import click
import pytest

from quizapp import new, paths, strict_yaml
from quizapp.__main__ import cli
from quizapp.check import check_paths
from quizapp.errors import QuizError
from tests.toybench import ITEMS, call, refused, toy_home

CARD = ("new", "item", "--kind", "card", "--topic", "attention")
BLOCK = """\
# my questions
schema: 1
items:
  - id: mine-one   # a comment that stays
    kind: card
    topic: attention
    concepts: [A01]
    level: mid
    bloom: apply
    difficulty: 2
    time_s: 60
    front: What does it do?
    back: >-
      It weighs
      values.
    grade_yourself: [says so]
"""


def items(file: Path) -> list[dict[str, object]]:
    document = strict_yaml.read(file, file.name)
    assert isinstance(document, strict_yaml.Document), document
    return document.data["items"]


def test_it_is_printed(toy_home: Path):
    said = call(*CARD)
    assert said.exit_code == 0
    assert said.stdout.startswith("- id: att-card-1  # Never changes")
    assert said.stderr == ""


def test_the_id_is_the_one_asked_for_or_begins_as_others_of_the_topic(toy_home: Path):
    assert new.item("card", "attention", "att-of-mine").startswith("- id: att-of-mine ")
    assert new.item("predict_plot", "path_length").startswith("- id: path-length-predict-plot-1 ")


def test_a_file_is_begun_and_goes_on(toy_home: Path, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    said = call(*CARD, str(file))
    assert (said.exit_code, said.stdout) == (0, f"{file}:3: att-card-1\n")
    assert f"quizapp check {file}" in said.stderr
    begun = file.read_text(encoding="utf-8")
    assert begun == "schema: 1\nitems:\n" + new.item("card", "attention", "att-card-9").replace("9", "1", 1)
    assert new.append(file, "choice", "attention") == (begun.count("\n") + 1, "att-choice-1")
    assert new.append(file, "card", "attention")[1] == "att-card-2"
    assert [item["id"] for item in items(file)] == ["att-card-1", "att-choice-1", "att-card-2"]
    assert file.read_text(encoding="utf-8").startswith(begun)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".yaml"] == ["questions"]
    assert all("is not filled in" in finding.what for finding in check_paths([file]).findings)


@pytest.mark.parametrize(
    "text",
    [
        BLOCK,
        BLOCK.rstrip("\n"),
        BLOCK + "\n# the end\n",
        BLOCK.replace("\n", "\r\n"),
        BLOCK.replace("items:\n", "claims: []\nitems:\n"),
        ITEMS,
        "schema: 1\nitems:\n",
        "schema: 1\nitems:",
        "schema: 1\n",
        "schema: 1\nclaims: []\n",
        "\ufeffschema: 1\nitems:\n",
        "items:\nschema: 1\n"[7:] + "items:\n# none yet\n",
        "\n",
        "",
    ],
)
def test_the_text_of_a_file_is_kept(toy_home: Path, tmp_path: Path, text: str):
    file = tmp_path / "mine.yaml"
    file.write_bytes(text.encode())
    line, id_ = new.append(file, "choice", "attention", "att-mine")
    raw = file.read_bytes()
    assert raw.startswith(text.encode())
    assert items(file)[-1]["id"] == id_ == "att-mine"
    assert "id: att-mine" in raw.decode().splitlines()[line - 1]
    assert (b"\r\n" in text.encode()) == (b"\r\n" in raw)
    assert b"\n" not in raw.replace(b"\r\n", b"") or b"\r\n" not in raw


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (BLOCK + "claims: []\n", "does not end in a list of items"),
        (BLOCK.replace("items:", "items: []\nclaims:"), "does not end in a list of items"),
        ("schema: 1\nitems:\nclaims:\n- id: a-claim\n", "does not end in a list of items"),
        ("schema: 1\nitems: []\n", "does not end in a list of items"),
        ("{schema: 1, items: [{id: a-b}]}\n", "does not end in a list of items"),
        ("schema: 1\nitems:\n- id: a-b\n...\n", "does not end in a list of items"),
        ("schema: 1\nitems: {one: {id: a-b}}\n", "does not end in a list of items"),
        ("schema: 1\nitems: none\n", ":2:1: `items` is no list"),
        ("schema: 1\nclaims: 5\n", ":2:1: `claims` is no list"),
        ("schema: 2\nitems:\n", ":1:1: has schema 2, not 1"),
        ("things: []\n", ":1:1: is not a bank"),
        ("just a note\n", ":1:1: is not a bank"),
        ("a: [", "not readable as YAML"),
        ("schema: 1\nitems: &all []\n", "anchors and aliases are not accepted"),
    ],
)
def test_another_file_is_refused_and_left_alone(
    toy_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, what: str
):
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    said = refused(capsys, *CARD, str(file))
    assert what in said
    assert said.startswith(f"quizapp: {file}")
    assert len(said.splitlines()) == 2
    assert file.read_text(encoding="utf-8") == text


def test_bytes_that_are_no_text_are_refused(toy_home: Path, tmp_path: Path):
    (tmp_path / "mine.yaml").write_bytes(b"schema: 1\n\xff\n")
    with pytest.raises(QuizError, match=r"mine\.yaml:2:1: is not UTF-8"):
        new.append(tmp_path / "mine.yaml", "card", "attention")


@pytest.mark.parametrize(
    ("arguments", "what", "todo"),
    [
        (("--kind", "quiz", "--topic", "attention"), "there is no kind 'quiz'", "Use one of: choice,"),
        (("--kind", "card", "--topic", "attension"), "no topic 'attension'", "Use one of: parallelism,"),
        (("--kind", "card", "--topic", "attention", "--id", "att-card"), "'att-card' is taken", "leave --id"),
        (("--kind", "card", "--topic", "attention", "--id", "A01"), "'A01' cannot be an id", "Example"),
        (("--kind", "card", "--topic", "attention", "--id", "no"), "'no' cannot be an id", "small letters"),
        (
            ("--kind", "card", "--topic", "attention", "--id", "a-" * 40 + "b"),
            "cannot be an id",
            "at most 80",
        ),
        (("--kind", "card", "--topic", "attention", "--id", "a-b: c"), "'a-b: c' cannot be", "small letters"),
    ],
)
@pytest.mark.parametrize("file", [(), ("mine.yaml",)])
def test_what_is_asked_wrongly_is_said(
    toy_home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    what: str,
    todo: str,
    file: tuple[str, ...],
):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, "new", "item", *arguments, *file)
    assert what in said
    assert todo in said
    assert not (tmp_path / "mine.yaml").exists()


def test_an_id_of_a_claim_or_of_an_item_that_is_not_in_order_is_taken(toy_home: Path, tmp_path: Path):
    with pytest.raises(QuizError, match=r"taken: .*claims\.yaml:3:3"):
        new.item("card", "attention", "order-changes-outputs")
    (tmp_path / "other.yaml").write_text("schema: 1\nitems:\n- id: att-card-1\n- 7\n", encoding="utf-8")
    (tmp_path / "notes.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(QuizError, match=r"taken: .*other\.yaml:3:3"):
        new.append(tmp_path / "mine.yaml", "card", "attention", "att-card-1")
    assert new.append(tmp_path / "mine.yaml", "card", "attention")[1] == "att-card-2"


def test_the_place_is_wrong(toy_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert "does not end in .yaml" in refused(capsys, *CARD, str(tmp_path))
    assert "such as my-bank.yaml" in refused(capsys, *CARD, "mine.yml")
    (tmp_path / "folder.yaml").mkdir()
    assert "cannot be read: Is a directory" in refused(capsys, *CARD, str(tmp_path / "folder.yaml"))
    assert "cannot be read: File name too long" in refused(capsys, *CARD, "a" * 300 + ".yaml")
    said = refused(capsys, *CARD, str(tmp_path / "nowhere" / "mine.yaml"))
    assert "mine.yaml cannot be written: No such file" in said
    assert "Check that its folder exists" in said


def test_a_write_that_fails_leaves_the_file(toy_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "mine.yaml"
    file.write_text(BLOCK, encoding="utf-8")
    before = sorted(tmp_path.iterdir())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(QuizError, match=r"mine\.yaml cannot be written: No space left"):
            new.append(file, "card", "attention")
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda *_: False)
        with pytest.raises(QuizError, match="write-protected"):
            new.append(file, "card", "attention")
    assert file.read_text(encoding="utf-8") == BLOCK
    assert sorted(tmp_path.iterdir()) == before


def test_links_are_followed_and_permissions_kept(toy_home: Path, tmp_path: Path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "mine.yaml"
    real.write_text(BLOCK, encoding="utf-8")
    real.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(real)
    new.append(link, "card", "attention")
    assert link.is_symlink()
    assert len(items(real)) == 2
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_the_built_in_questions_are_left_alone_unless_named(toy_home: Path, tmp_path: Path):
    folder = paths.questions()
    before = {path: path.read_bytes() for path in folder.iterdir()}
    new.append(tmp_path / "mine.yaml", "card", "attention")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    new.append(folder / "attention.yaml", "card", "attention")
    assert (folder / "attention.yaml").read_bytes().startswith(before[folder / "attention.yaml"])


@pytest.mark.parametrize(
    ("option", "begun", "found"), [("kind", "cl", ["cloze"]), ("topic", "sta", ["stability"])]
)
def test_kinds_and_topics_are_completed(option: str, begun: str, found: list[str]):
    group = cli.commands["new"]
    assert isinstance(group, click.Group)
    command = group.commands["item"]
    (asked,) = (p for p in command.params if p.name == option)
    with click.Context(command) as context:
        assert [item.value for item in asked.shell_complete(context, begun)] == found


def test_the_help_of_new_item_has_an_example():
    assert "Example: quizapp new item" in call("new", "item", "--help").output
