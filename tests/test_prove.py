"""`quizapp prove`: evidence as text and as JSON, exit codes, and no process left behind."""

# ruff: noqa: F401, F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from quizapp.verifiers.wire import Request

from quizapp import headless, paths, report
from quizapp.__main__ import main
from quizapp.bank import read
from quizapp.errors import QuizError
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim
from quizapp.proof import Recorder
from quizapp.store import Store
from quizapp.verifiers import catalogue
from tests.toybench import (
    CLAIMS,
    GOOD,
    ITEMS,
    ONE_CLAIM,
    ROOT,
    Terminal,
    ToyBench,
    bench,
    call,
    checked,
    refused,
    run_python,
    toy_home,
    toy_run,
)


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
    names += " fingerprint at reason conditions published stale rerun"
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
    toy_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    toy_home.write_text("a file, not a folder")
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


def test_progress_is_one_line_on_a_terminal(toy_home: Path):
    terminal = Terminal()
    live = headless.Live("[1/1] x", terminal)
    live.begin()
    for _ in range(3):  # an event that changes nothing is not drawn
        live.watch(Recorder(Request(id="1", experiment="toy")), None)
    live.write("")
    assert terminal.getvalue() == "\r\x1b[K[1/1] x\r\x1b[K[1/1] x: toy, trial 0 of 1\r\x1b[K"


def test_colours_only_on_a_terminal_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch):
    from quizapp.cli.saying import colour

    assert not colour()
    monkeypatch.setattr("quizapp.cli.saying.sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colour()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour()


def a_claim() -> Claim:
    bank, _ = read([paths.questions() / "claims.yaml"])
    return bank.claims[ONE_CLAIM]


def test_colours_are_added_to_the_same_words(toy_home: Path):
    bad = toy_run(checked("change"), checked("removed", "pass", "fail"), status="invalid", reason="removed")
    evidence = Evidence(claim=ONE_CLAIM, verdict="invalid", expected="holds", runs=(bad,))
    plain = report.evidence_text(a_claim(), evidence)
    coloured = report.evidence_text(a_claim(), evidence, colour=True)
    assert "IT DOES NOT" in plain
    assert "\x1b[33m" in coloured
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


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
def real_claim(toy_home: Path) -> str:
    """A claim that the cheapest real experiment settles."""
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
def test_an_interrupt_leaves_no_process_behind(real_claim: str, toy_home: Path):
    running = start("prove", real_claim, "--profile", "full", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # The command, its warm bench, and the run under way.
        assert until(lambda: len(relatives(str(toy_home))) >= 3)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert out == ""
    assert err.endswith("interrupted\n")
    assert "Traceback" not in err
    assert until(lambda: relatives(str(toy_home)) == [], 5.0)


@pytest.mark.parametrize(
    ("arguments", "code"), [(("claims", "--json"), 141), (("check",), 141), (("--help",), 1)]
)
def test_a_reader_that_leaves_early_is_no_accident(toy_home: Path, arguments: tuple[str, ...], code: int):
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


def test_the_module_can_be_run(toy_home: Path):
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


def test_every_error_of_the_family_is_caught_once(monkeypatch: pytest.MonkeyPatch, toy_home: Path):
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
