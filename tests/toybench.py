"""What the tests of the command line share: a small bank, and a bench that does as it is told."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from quizapp.verifiers.wire import CheckResult, Request

from quizapp import headless, paths
from quizapp.__main__ import cli, main
from quizapp.evidence import Run
from quizapp.proof import Recorder

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
  untestable: Nobody can.
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
def toy_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, and a small bank in place of the built-in one."""
    monkeypatch.setenv("QUIZAPP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "questions"
    folder.mkdir()
    for name, body in {"concepts": QUESTIONS, "claims": CLAIMS, "attention": ITEMS}.items():
        (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    monkeypatch.setattr(paths, "questions", lambda: folder)
    return tmp_path / "home"


@pytest.fixture
def bench(toy_home: Path, monkeypatch: pytest.MonkeyPatch) -> type[ToyBench]:
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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
