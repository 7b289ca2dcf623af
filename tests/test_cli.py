"""The command line: what it prints, where, and what it exits with."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from quizapp.verifiers.wire import CheckResult, Request

from quizapp import claims as claim_module
from quizapp import headless, paths, report
from quizapp.__main__ import cli, main
from quizapp.bank import read
from quizapp.errors import QuizError
from quizapp.model import Claim, Evidence, Run
from quizapp.proof import Recorder
from quizapp.store import Store
from quizapp.verifiers import catalogue

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = """schema: 1
concepts:
- {id: A01, topic: attention, concept: Attention weighs values}
"""
CLAIMS = """schema: 1
claims:
- id: order-changes-outputs
  topic: attention
  says: Shuffling the tokens changes the outputs.
  correct: Only their order changes.
  standing: false as stated
  sources: [{ref: Computed}]
  supports: [toy.change]
  limits: [{check: toy.mask, sentence: Only without a mask.}]
  expected: {cpu: holds, cuda: holds, mps: depends}
- id: order-does-not-matter
  topic: attention
  says: The order does not matter.
  correct: It does to a masked layer.
  standing: true with conditions
  sources: [{ref: Computed}]
  supports: [toy.change]
  expected: {cpu: fails, cuda: fails, mps: fails}
- id: machines-like-it
  topic: scaling
  says: Everybody uses it.
  correct: Most do.
  standing: not testable here
  sources: [{ref: "A survey, 2024"}]
"""
ITEMS = """schema: 1
items:
- id: att-card
  kind: card
  topic: attention
  concepts: [A01]
  claims: [order-changes-outputs, order-does-not-matter, machines-like-it]
  level: mid
  bloom: apply
  difficulty: 2
  time_s: 60
  front: What does a shuffle do to the outputs?
  back: It shuffles them in the same way.
  grade_yourself: [says equivariant]
"""
ONE_CLAIM = "order-changes-outputs"


def checked(name: str, outcome: str = "pass", must: str = "", **rest: object) -> CheckResult:
    values = {"estimate": 0.5, "low": 0.4, "high": 0.6, "bounds": (None, 1.0), "values": (0.4, 0.6)} | rest
    arm = "control" if must else "claim"
    return CheckResult(
        name=name, arm=arm, must=must, unit="share", meaning="A toy.", outcome=outcome, **values
    )


def toy_run(*checks: CheckResult, **rest: object) -> Run:
    known = {
        "experiment": "toy",
        "profile": "quick",
        "status": "ok",
        "seeds": (0, 1),
        "seconds": 1.25,
        "device": "cpu",
        "machine": "a toy",
        "threads": 1,
        "versions": {"torch": "2"},
        "fingerprint": "f00d",
        "at": "2025-01-01T00:00:00+00:00",
    }
    return Run(checks=checks, **(known | rest))


GOOD = (checked("change"), checked("mask", "fail"), checked("removed", "fail", "fail"))


class ToyBench:
    """A bench that says at once what a test wants to hear."""

    run = toy_run(*GOOD)
    asked: list[dict[str, object]] = []  # noqa: RUF012 - reset by the fixture
    interrupted = False
    closed = 0

    async def prove(self, experiment: str, *, watch: Callable[..., None], **how: object) -> Run:
        ToyBench.asked.append({"experiment": experiment, **how})
        if ToyBench.interrupted:
            raise KeyboardInterrupt
        watch(Recorder(Request(id="1", experiment=experiment)), None)
        return ToyBench.run

    async def close(self) -> None:
        ToyBench.closed += 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, and a small bank in place of the built-in one."""
    monkeypatch.setenv("QUIZAPP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / "questions"
    folder.mkdir()
    for name, body in {"concepts": QUESTIONS, "claims": CLAIMS, "attention": ITEMS}.items():
        (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    monkeypatch.setattr(paths, "questions", lambda: folder)
    return tmp_path / "home"


@pytest.fixture
def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> type[ToyBench]:
    monkeypatch.setattr(ToyBench, "run", toy_run(*GOOD))
    monkeypatch.setattr(ToyBench, "asked", [])
    monkeypatch.setattr(ToyBench, "interrupted", False)
    monkeypatch.setattr(ToyBench, "closed", 0)
    monkeypatch.setattr(headless, "Bench", ToyBench)
    return ToyBench


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What stderr says of a command that exits with 2 and prints nothing."""
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


# ---- every command --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_help_of_every_command_has_an_example(name: str):
    said = call(name, "--help")
    assert said.exit_code == 0
    assert f"Example: quizapp {name}" in said.output


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_is_in_the_readme(name: str):
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if not text.strip():
        pytest.skip("there is no README.md yet")
    assert re.search(rf"\bquizapp {name}\b", text)


def test_the_commands_are_these():
    assert sorted(cli.commands) == ["check", "claims", "doctor", "export", "prove", "stats", "study"]


def test_help_and_version_load_next_to_nothing():
    code = (
        "import sys; from quizapp.__main__ import main; code = main(['--help']);"
        "print(sorted({'textual', 'torch', 'pydantic', 'yaml', 'sqlite3'} & set(sys.modules)), code)"
    )
    said = run_python(code)
    assert said.stdout.splitlines()[-1] == "[] 0"
    assert "Example: quizapp prove" in said.stdout
    assert call("--version").output.startswith("quizapp, version ")


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


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
    monkeypatch.setattr("quizapp.__main__.sys.stdin", Terminal())
    monkeypatch.setattr("quizapp.__main__.sys.stdout", Terminal())
    assert main(["study", "--topic", "attention"]) == 3
    assert main([]) == 3
    assert opened == [
        {"topic": "attention", "start": "study"},
        "run",
        {"topic": None, "start": "home"},
        "run",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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


# ---- prove ----------------------------------------------------------------------------------------


def test_a_proof_says_everything_needed_to_doubt_it(bench: type[ToyBench]):
    said = call("prove", ONE_CLAIM)
    assert said.exit_code == 0
    out = said.stdout
    assert "“Shuffling the tokens changes the outputs.”\n  HOLDS:" in out
    assert re.search(r"toy\.change +0\.5 share +\[0\.4, 0\.6\] +<= 1 +pass +support", out)
    assert re.search(r"toy\.mask .* fail +limit", out)
    assert re.search(r"toy\.removed .* fail +control, must fail: it does", out)
    assert "Measured on cpu (a toy, 1 thread): 2 seeds, 1.2 s, profile quick" in out
    assert "Rerun: quizapp prove order-changes-outputs --profile quick --device cpu" in out
    assert "\x1b" not in said.output
    assert said.stderr == "[1/1] order-changes-outputs\n"


def test_all_shares_runs_keeps_them_and_skips_what_is_only_cited(bench: type[ToyBench]):
    said = call("prove", "--all", "--json", "--profile", "full", "--device", "cpu", "--seeds", "3")
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    assert [row["claim"] for row in rows] == [ONE_CLAIM, "order-does-not-matter"]
    assert bench.asked == [{"experiment": "toy", "profile": "full", "device": "cpu", "seeds": 3}]
    assert "machines-like-it is cited only" in said.stderr
    assert said.exit_code == 1
    assert [row["surprise"] for row in rows] == [False, True]
    assert bench.closed == 1
    store = Store(paths.answers())
    assert store.newest_runs()["toy"].checks == GOOD
    store.close()


def test_the_json_of_a_proof_is_what_was_promised(bench: type[ToyBench]):
    bench.run = toy_run(checked("change", "unclear", estimate=float("nan"), low=float("-inf")), *GOOD[1:])
    said = call("prove", ONE_CLAIM, "--json", "--seeds", "2")
    row = json.loads(said.stdout, parse_constant=pytest.fail)
    names = "claim verdict expected surprise checks seeds seconds device machine threads versions profile"
    names += " fingerprint at reason conditions stale rerun"
    assert list(row) == names.split()
    assert list(row["checks"][0]) == (
        ["name", "arm", "must", "unit", "estimate", "low", "high", "bounds", "values", "outcome"]
    )
    assert row["checks"][0]["name"] == "toy.change"
    assert (row["checks"][0]["estimate"], row["checks"][0]["low"]) == (None, None)
    assert row["checks"][0]["bounds"] == [None, 1.0]
    assert (row["verdict"], row["expected"], row["seeds"]) == ("unclear", "holds", [0, 1])
    assert row["rerun"].endswith("--seeds 2")
    assert said.exit_code == 1


@pytest.mark.parametrize(
    ("run", "code", "word"),
    [
        (toy_run(*GOOD), 0, "HOLDS"),
        (toy_run(checked("change"), checked("mask")), 1, "DEPENDS"),
        (toy_run(checked("change", "fail"), checked("mask", "fail")), 1, "FAILS"),
        (toy_run(checked("change", "unclear"), checked("mask", "fail")), 1, "UNCLEAR"),
        (toy_run(*GOOD, status="invalid", reason="removed did not fail"), 1, "INVALID"),
        (toy_run(status="crashed", reason="no memory", device=""), 2, "CRASHED"),
        (toy_run(*GOOD, status="timeout", reason="stopped"), 2, "TIMEOUT"),
        (toy_run(*GOOD, status="cancelled"), 2, "CANCELLED"),
    ],
)
def test_exit_codes_of_a_proof(bench: type[ToyBench], run: Run, code: int, word: str):
    bench.run = run
    said = call("prove", ONE_CLAIM)
    assert said.exit_code == code
    assert f"  {word}: " in said.stdout
    assert ("SURPRISE" in said.stdout) == (word in ("DEPENDS", "FAILS"))
    assert run.reason in said.stdout
    assert ("HOLDS" in said.stdout) == (code == 0)


def test_the_worst_of_several_claims_is_the_exit_code(bench: type[ToyBench]):
    bench.run = toy_run(status="crashed")
    assert call("prove", "order-does-not-matter", ONE_CLAIM, ONE_CLAIM).exit_code == 2
    assert len(bench.asked) == 1


def test_an_interrupt_exits_with_130(bench: type[ToyBench], capsys: pytest.CaptureFixture[str]):
    bench.interrupted = True
    assert main(["prove", ONE_CLAIM]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert bench.closed == 1


def test_problems_in_items_do_not_stop_a_proof_but_problems_in_claims_do(
    bench: type[ToyBench], capsys: pytest.CaptureFixture[str]
):
    items = paths.questions() / "attention.yaml"
    items.write_text(ITEMS.replace("A01", "A77"), encoding="utf-8")
    said = call("prove", ONE_CLAIM)
    assert said.exit_code == 0
    assert "1 problem" in said.stderr
    assert "claims.yaml" not in refused(capsys, "stats")
    broken = paths.questions() / "claims.yaml"
    broken.write_text(CLAIMS.replace("standing: true with", "standing: surely true with"), encoding="utf-8")
    assert "claims.yaml:" in refused(capsys, "prove", "--all")


def test_a_data_folder_that_cannot_be_used_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    home.write_text("a file, not a folder")
    said = refused(capsys, "prove", ONE_CLAIM)
    assert "cannot be used" in said
    assert "QUIZAPP_HOME" in said


def test_several_experiments_are_summed_up():
    runs = (
        toy_run(*GOOD),
        toy_run(
            experiment="two", seeds=(0, 1, 2), at="2025-01-02", fingerprint="beef", versions={"cuda": "12"}
        ),
    )
    row = report.evidence_data(Evidence(claim="c", verdict="holds", expected=None, runs=runs))
    assert (row["seeds"], row["seconds"], row["fingerprint"]) == ([0, 1, 2], 2.5, "f00d+beef")
    assert (row["device"], row["at"]) == ("cpu", "2025-01-02")
    assert row["versions"] == {"torch": "2", "cuda": "12"}


def test_progress_is_one_line_on_a_terminal(home: Path):
    terminal = Terminal()
    live = headless.Live("[1/1] x", terminal)
    live.begin()
    live.watch(Recorder(Request(id="1", experiment="toy")), None)
    live.write("")
    assert terminal.getvalue() == "\r\x1b[K[1/1] x\r\x1b[K[1/1] x: toy, trial 0 of 1\r\x1b[K"


def test_colours_only_on_a_terminal_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch):
    from quizapp.__main__ import _colour

    assert not _colour()
    monkeypatch.setattr("quizapp.__main__.sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert _colour()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not _colour()


def a_claim() -> Claim:
    bank, _ = read([paths.questions() / "claims.yaml"])
    return bank.claims[ONE_CLAIM]


def test_colours_are_added_to_the_same_words(home: Path):
    bad = toy_run(checked("change"), checked("removed", "pass", "fail"), status="invalid", reason="removed")
    evidence = Evidence(claim=ONE_CLAIM, verdict="invalid", expected="holds", runs=(bad,))
    plain = report.evidence_text(a_claim(), evidence)
    coloured = report.evidence_text(a_claim(), evidence, colour=True)
    assert "IT DOES NOT" in plain
    assert "\x1b[33m" in coloured
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


# ---- the other commands ---------------------------------------------------------------------------


def test_claims_are_listed_with_their_evidence(bench: type[ToyBench], monkeypatch: pytest.MonkeyPatch):
    assert re.search(r"order-changes-outputs +attention +none +- +holds on cpu, ", call("claims").stdout)
    call("prove", ONE_CLAIM)
    assert re.search(r"order-changes-outputs +attention +stale +holds +", call("claims").stdout)
    toy = dataclasses.replace(catalogue.read("permutation"), name="toy", fingerprint="f00d")
    monkeypatch.setattr(claim_module, "experiments", lambda: {"toy": toy})
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


def test_stats_of_somebody_new(home: Path):
    numbers = json.loads(call("stats", "--json").stdout)
    assert (numbers["answers"], numbers["items"], numbers["brier"]) == (0, 1, None)
    out = call("stats").stdout
    assert re.search(r"Items seen +0 of 1", out)
    assert re.search(r"attention +0 +1 +0", out)


def test_stats_of_somebody_who_practised():
    numbers = {
        "answers": 4,
        "correct": 3,
        "items_seen": 4,
        "items": 9,
        "brier": 0.125,
        "predictions": 2,
        "predictions_right": 1,
        "topics": {"attention": {"due": 1, "new": 5, "learned": 4}},
    }
    out = report.statistics_text(numbers)
    assert "4 (75% right)" in out
    assert "0.125" in out
    assert "1 of 2 right" in out


def test_doctor_finds_everything_here(home: Path):
    said = call("doctor")
    assert said.exit_code == 0
    assert re.search(r"ok +device +(cpu|cuda|mps) ", said.stdout)
    assert "torch 2" in said.stdout
    assert "1 items and 3 claims in 3 files" in said.stdout
    assert "permutation" in said.stdout
    assert not home.exists()


def test_doctor_says_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch):
    from quizapp import doctor

    monkeypatch.setattr(doctor, "PACKAGES", ("click", "no-such-package-quizapp"))
    monkeypatch.setattr(doctor, "ASK_BENCH", "raise SystemExit('no torch here')")
    (paths.questions() / "concepts.yaml").unlink()
    home.write_text("in the way")
    said = call("doctor")
    assert said.exit_code == 1
    assert re.search(
        r"!! +missing +no-such-package-quizapp\n +.*pip install no-such-package-quizapp", said.stdout
    )
    assert "the bench does not start: no torch here" in said.stdout
    assert "`quizapp check` shows where" in said.stdout
    assert "Set QUIZAPP_HOME" in said.stdout
    assert "4 problems found." in said.stdout


# ---- real processes -------------------------------------------------------------------------------

DRIVER = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from quizapp import paths
paths.questions = lambda: Path({questions!r})
from quizapp.__main__ import main
sys.exit(main({arguments!r}))
"""


def start(*arguments: str, **pipes: int) -> subprocess.Popen[str]:
    code = DRIVER.format(questions=str(paths.questions()), arguments=list(arguments))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code], text=True, stdin=subprocess.DEVNULL, env=environment, **pipes
    )


@pytest.fixture
def real_claim(home: Path) -> str:
    """A claim that the cheapest real experiment settles."""
    if "permutation" not in catalogue.names():
        pytest.skip("there is no experiment `permutation` here")
    real = CLAIMS.replace("toy.change", "permutation.equivariance_error")
    real = real.replace("  limits: [{check: toy.mask, sentence: Only without a mask.}]\n", "")
    (paths.questions() / "claims.yaml").write_text(real, encoding="utf-8")
    return ONE_CLAIM


def test_a_real_experiment_is_run(real_claim: str):
    said = call("prove", real_claim, "--json", "--seeds", "2", "--device", "cpu")
    row = json.loads(said.stdout)
    assert (said.exit_code, row["verdict"], row["stale"]) == (0, "holds", False)
    assert row["seeds"] == [0, 1]
    assert any(check["must"] == "fail" and check["outcome"] == "fail" for check in row["checks"])
    assert "fresh" in call("claims").stdout


def relatives(marker: str) -> list[int]:
    """Processes whose environment holds the marker, this one excepted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_an_interrupt_leaves_no_process_behind(real_claim: str, home: Path):
    running = start("prove", real_claim, "--profile", "full", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # The command, its warm bench, and the run under way.
        assert until(lambda: len(relatives(str(home))) >= 3)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert out == ""
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    assert until(lambda: relatives(str(home)) == [], 5.0)


@pytest.mark.parametrize(
    ("arguments", "code"), [(("claims", "--json"), 141), (("check",), 141), (("--help",), 1)]
)
def test_a_reader_that_leaves_early_is_no_accident(home: Path, arguments: tuple[str, ...], code: int):
    reading, writing = os.pipe()
    os.close(reading)
    said = start(*arguments, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, err = said.communicate(timeout=60)
    assert said.returncode == code
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_a_terminal_without_quotes_gets_the_rest():
    code = "import sys; from quizapp.__main__ import main; main(['--version']); print('“')"
    assert run_python(code, PYTHONIOENCODING="ascii").stdout.endswith("?\n")


def test_the_module_can_be_run(home: Path):
    said = subprocess.run(
        [sys.executable, "-m", "quizapp"],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert said.returncode == 2
    assert said.stderr.startswith("quizapp: the app needs a terminal")


def test_every_error_of_the_family_is_caught_once(monkeypatch: pytest.MonkeyPatch, home: Path):
    from quizapp.errors import BankError, BenchError, ExportError, Problem, StoreError

    def raising(error: QuizError) -> Callable[..., Iterator[None]]:
        def raise_it(*_: object) -> Iterator[None]:
            raise error

        return raise_it

    problem = Problem("f.yaml", 1, 2, "is odd", "Mend it.")
    errors = [QuizError("a", "b"), BankError([problem]), StoreError("s"), BenchError("x"), ExportError("y")]
    for error in errors:
        monkeypatch.setattr("quizapp.check.check_paths", raising(error))
        assert main(["check"]) == 2
