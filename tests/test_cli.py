"""The command line: what it prints, where, and what it exits with."""

# ruff: noqa: F401, F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from quizapp import claims as claim_module
from quizapp import paths
from quizapp.__main__ import cli, main
from quizapp.model import Review
from quizapp.store import Store
from quizapp.verifiers import catalogue
from tests.toybench import (
    ITEMS,
    ONE_CLAIM,
    ROOT,
    Terminal,
    ToyBench,
    bench,
    call,
    refused,
    run_python,
    toy_home,
)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_help_of_every_command_has_an_example(name: str):
    said = call(name, "--help")
    assert said.exit_code == 0
    assert f"Example: quizapp {name}" in said.output


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_is_in_the_readme(name: str):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\bquizapp {name}\b", text)


def test_the_commands_are_these():
    assert sorted(cli.commands) == [
        "backup",
        "browse",
        "check",
        "claims",
        "data",
        "define",
        "doctor",
        "exercise",
        "export",
        "group",
        "import",
        "keys",
        "mock",
        "new",
        "pack",
        "pick",
        "plan",
        "prove",
        "restore",
        "schema",
        "serve",
        "set",
        "stats",
        "study",
    ]


def test_help_and_version_load_next_to_nothing():
    code = (
        "import sys; from quizapp.__main__ import main; code = main(['--help']);"
        "print(sorted({'textual', 'torch', 'pydantic', 'yaml', 'sqlite3'} & set(sys.modules)), code)"
    )
    said = run_python(code)
    assert said.stdout.splitlines()[-1] == "[] 0"
    assert "Example: quizapp prove" in said.stdout
    assert call("--version").output.startswith("quizapp, version ")


@pytest.mark.parametrize("arguments", [(), ("study",), ("study", "--topic", "attention")])
def test_the_app_needs_a_terminal(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]):
    said = refused(capsys, *arguments)
    assert "needs a terminal" in said
    assert "quizapp prove --all --json" in said


def test_the_app_is_opened_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch):
    from quizapp.ui import app

    opened = []

    class Opened:
        return_code = 3

        def __init__(self, **given: object) -> None:
            opened.append(given)

        def run(self) -> None:
            opened.append("run")

    monkeypatch.setattr(app, "QuizApp", Opened)
    monkeypatch.setattr("quizapp.cli.practice.sys.stdin", Terminal())
    monkeypatch.setattr("quizapp.cli.practice.sys.stdout", Terminal())
    assert main(["study", "--topic", "attention"]) == 3
    assert main(["study", "--filter", "is:due -is:wrong"]) == 3
    assert main(["study", "--level", "senior", "--kind", "cho", "--claim", "lstm", "--filter", "a or b"]) == 3
    assert main(["study", "--cram", "--new", "0", "--reviews", "50", "--minutes", "25"]) == 3
    assert main(["browse", "is:due", '"path length"']) == 3
    assert main([]) == 3
    narrow = "level:senior kind:cho claim:lstm"
    assert [given for given in opened if given != "run"] == [
        {"topic": "attention", "start": "study", "query": ""},
        {"topic": None, "start": "study", "query": "is:due -is:wrong"},
        {"topic": None, "start": "study", "query": " or ".join(f"{text} {narrow}" for text in "ab")},
        {
            **{"topic": None, "start": "study", "query": "", "cram": True},
            **{"new_per_day": 0, "reviews_per_day": 50, "minutes": 25},
        },
        {"topic": None, "start": "browse", "query": 'is:due "path length"'},
        {"topic": None, "start": "home", "query": ""},
    ]
    assert opened.count("run") == 6


@pytest.mark.parametrize("arguments", [("study", "--filter", "is:dead"), ("browse", "is:dead")])
def test_a_query_that_is_wrong_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    toy_home: Path,
    arguments: tuple[str, ...],
):
    monkeypatch.setattr("quizapp.cli.practice.sys.stdin", Terminal())
    monkeypatch.setattr("quizapp.cli.practice.sys.stdout", Terminal())
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "at character 4: there is no is:dead" in said
    assert "suspended" in said


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("prove",), "one of the three"),
        (("prove", ONE_CLAIM, "--all"), "one of the three"),
        (("prove", "--topic", "attension"), "there is no topic 'attension'"),
        (("prove", ONE_CLAIM, "--seeds", "0"), "--seeds"),
        (("prove", ONE_CLAIM, "--device", "abacus"), "--device"),
        (("prove", "order-changes-output"), "Did you mean order-changes-outputs"),
        (("prove", "doesnotmatter"), "Did you mean order-does-not-matter"),
        (("prove", "zzz"), "`quizapp claims` lists them all"),
        (("prove", "machines-like-it"), "cited only"),
        (("prove", "--topic", "scaling"), "no claim there can be tested"),
        (("check", "nowhere.yaml"), "there is no nowhere.yaml"),
        (("export", "deck.docx"), ".md"),
        (("dance",), "No such command 'dance'"),
    ],
)
def test_what_is_asked_wrongly_exits_with_2(
    bench: type[ToyBench], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], what: str
):
    assert what in refused(capsys, *arguments)
    assert bench.asked == []


def test_topics_are_completed():
    (option,) = (p for p in cli.commands["prove"].params if p.name == "topic")
    with click.Context(cli.commands["prove"]) as context:
        assert [item.value for item in option.shell_complete(context, "sta")] == ["stability"]


def test_claims_are_listed_with_their_evidence(bench: type[ToyBench], monkeypatch: pytest.MonkeyPatch):
    assert re.search(r"order-changes-outputs +attention +none +- +holds on cpu, ", call("claims").stdout)
    call("prove", ONE_CLAIM)
    assert re.search(r"order-changes-outputs +attention +stale +holds +", call("claims").stdout)
    toy = dataclasses.replace(catalogue.read("permutation"), name="toy", fingerprint="f00d")
    monkeypatch.setattr(claim_module, "experiment", {"toy": toy}.get)
    out = call("claims").stdout
    assert re.search(r"order-does-not-matter +attention +fresh +holds \(surprise\) +fails\n", out)
    assert re.search(r"machines-like-it +scaling +cited +- +-", out)
    rows = [json.loads(line) for line in call("claims", "--json", "--topic", "attention").stdout.splitlines()]
    assert [(row["evidence"], row["verdict"], row["surprise"]) for row in rows] == [
        ("fresh", "holds", False),
        ("fresh", "holds", True),
    ]
    assert rows[0]["expected"] == {"cpu": "holds", "cuda": "holds", "mps": "depends"}
    assert call("claims", "--topic", "glossary").stdout == ""


def test_check_says_what_is_wrong_and_exits_with_1(bench: type[ToyBench], monkeypatch: pytest.MonkeyPatch):
    from quizapp import check as linter

    toy = dataclasses.replace(
        catalogue.read("permutation"),
        name="toy",
        checks={
            name: dataclasses.replace(next(iter(catalogue.read("permutation").checks.values())), name=name)
            for name in ("change", "mask")
        },
    )
    monkeypatch.setattr(linter.catalogue, "names", lambda: ["toy"])
    monkeypatch.setattr(linter.catalogue, "read", lambda name: toy)
    clean = call("check")
    assert (clean.exit_code, clean.stdout) == (0, "1 items and 3 claims in 3 files, 0 to put right.\n")
    file = paths.questions() / "attention.yaml"
    file.write_text(ITEMS.replace("What does a", "Does a"), encoding="utf-8")
    said = call("check", str(file))
    assert said.exit_code == 1
    assert f"{file}:3:3: [L27] att-card: the front can be answered with yes or no" in said.stdout
    assert "1 to put right" in said.stderr
    (row,) = [json.loads(line) for line in call("check", "--json", str(file)).stdout.splitlines()]
    assert (row["rule"], row["id"], row["line"], row["column"]) == ("L27", "att-card", 3, 3)
    assert row["warning"] is False


CHOICE = """- id: att-choice-{n}
  kind: choice
  topic: attention
  concepts: [A01]
  level: mid
  bloom: apply
  difficulty: 2
  time_s: 60
  stem: What is it?
  options:
  - {{text: {0}, {right}why: It is so}}
  - {{text: {1}, why: It is so}}
  - {{text: {2}, why: It is so}}
"""


@pytest.mark.parametrize("spread", [False, True])
def test_check_says_what_guessing_scores(bench: type[ToyBench], spread: bool):
    file = paths.questions() / "choices.yaml"
    texts = ("One two", "Two one", "Two two")
    right = "correct: true, "
    items = []
    for n in range(30):
        item = CHOICE.format(*texts, n=n, right=right)
        place = n % 3 if spread else 0
        if place:
            item = item.replace(right, "").replace(
                f"{{text: {texts[place]}, ", f"{{text: {texts[place]}, {right}"
            )
        items.append(item)
    file.write_text("schema: 1\nitems:\n" + "".join(items), encoding="utf-8")
    said = call("check", "--strategies", str(file))
    lines = said.stdout.splitlines()
    assert said.exit_code == (0 if spread else 1)
    assert [line[:16].rstrip() for line in lines[1:3]] == ["longest", "shortest"]
    assert ("*" in next(line for line in lines if line.startswith("position 1"))) is not spread
    rows = [
        json.loads(line) for line in call("check", "--strategies", "--json", str(file)).stdout.splitlines()
    ]
    assert [row["strategy"] for row in rows] == [line[:16].rstrip() for line in lines[1:]]
    assert [row["score"] for row in rows if row["strategy"] == "position 1"] == [1 / 3 if spread else 1]


def test_export_writes_and_says_what_is_missing(bench: type[ToyBench], tmp_path: Path):
    out = tmp_path / "deck.md"
    said = call("export", str(out), "--topic", "attention")
    assert said.exit_code == 0
    assert "What does a shuffle do to the outputs?" in out.read_text(encoding="utf-8")
    assert said.stdout == f"{out}: 1 items, 3 claims\n"
    assert f"{ONE_CLAIM} has no evidence yet: quizapp prove {ONE_CLAIM}" in said.stderr
    assert "machines-like-it" not in said.stderr
    call("prove", ONE_CLAIM)
    assert f"{ONE_CLAIM} has stale evidence" in call("export", str(out)).stderr


def test_stats_of_somebody_new(toy_home: Path):
    numbers = json.loads(call("stats", "--json").stdout)
    assert (numbers["items"], numbers["items_seen"], numbers["calibration"]["brier"]) == (1, 0, None)
    assert numbers["topics"]["attention"] == {"items": 1, "seen": 0, "recall": 0, "due": 0}
    out = call("stats").stdout
    assert "0 of 1 items seen" in out
    assert re.search(r"attention +·+ +0% +0 of 1 +0\n", out)


def test_stats_of_somebody_who_practised(toy_home: Path):
    with closing(Store(paths.answers())) as store:
        for correct in (True, False):
            store.add_review(
                Review(
                    item="att-card",
                    rev=1,
                    at=datetime.now(UTC),
                    given="3",
                    score=float(correct),
                    correct=correct,
                    confidence=0.9,
                    rating=3 if correct else 1,
                    seconds=12.0,
                )
            )
    numbers = json.loads(call("stats", "--json").stdout)
    assert numbers["calibration"]["brier"]["score"] == pytest.approx((0.01 + 0.81) / 2)
    assert [one["item"] for one in numbers["confident_errors"]] == ["att-card"]
    out = call("stats").stdout
    assert re.search(r"all time +2 +50%", out)
    assert "0.410  your score" in out
    assert "What does a shuffle do to the outputs?" in out


def test_doctor_finds_everything_here(toy_home: Path):
    said = call("doctor")
    assert said.exit_code == 0
    assert re.search(r"ok +device +(cpu|cuda|mps) ", said.stdout)
    assert "torch 2" in said.stdout
    assert "1 items and 3 claims in 3 files" in said.stdout
    assert "permutation" in said.stdout
    assert not toy_home.exists()


def test_doctor_says_what_is_missing(toy_home: Path, monkeypatch: pytest.MonkeyPatch):
    from quizapp import doctor

    monkeypatch.setattr(doctor, "PACKAGES", ("click", "no-such-package-quizapp"))
    monkeypatch.setattr(doctor, "ASK_BENCH", "raise SystemExit('no torch here')")
    (paths.questions() / "concepts.yaml").unlink()
    toy_home.write_text("in the way")
    said = call("doctor")
    assert said.exit_code == 1
    assert re.search(
        r"!! +missing +no-such-package-quizapp\n +.*pip install no-such-package-quizapp", said.stdout
    )
    assert "the bench does not start: no torch here" in said.stdout
    assert "`quizapp check` shows where" in said.stdout
    assert "Set QUIZAPP_HOME" in said.stdout
    assert "4 problems found." in said.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [(">/dev/full", 2, "the output cannot be written"), (">&-", 0, ""), ("<&-", 0, "")],
)
def test_a_stream_that_is_full_or_closed_is_no_traceback(
    toy_home: Path, redirected: str, code: int, said: str
):
    command = f"{sys.executable} -m quizapp study --plain {redirected}"
    ended = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "ignored" not in ended.stderr
