"""The workshop behind the screen: files of learners, checks that survive them, progress, the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from quizapp.__main__ import main
from quizapp.cli import exercises as exercise_commands
from quizapp.errors import BankError, QuizError
from quizapp.workshop import checking, desk, progress, shelf, words
from quizapp.workshop.checking import Checked, Limits
from tests.toybench import ROOT, call, refused

SCAN = shelf.named("hillis_steele", shelf.load())
SHORT = Limits(cpu=1.0, wall=3.0)
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def check(tmp_path: Path, text: str, limits: Limits = SHORT, exercise: shelf.Exercise = SCAN) -> Checked:
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    return checking.check(exercise, file, limits=limits)


def scan(body: str) -> str:
    return f"import os, sys, time\n\n\ndef scan(xs, combine):\n    {body}\n"


# ---- checks of files that misbehave

MISBEHAVIOUR = {
    "an exception": (scan("return 1 / 0"), "broken", "ZeroDivisionError", 5),
    "a syntax error": ("def scan(xs, combine)\n    return xs\n", "broken", "expected ':'", 1),
    "nothing returned": (scan("pass"), "wrong", "returned nothing", None),
    "another type": (scan("return 'abc'"), "wrong", "no list", None),
    "no such function": ("def other():\n    pass\n", "wrong", "no function `scan`", None),
    "other arguments": ("def scan(xs):\n    return xs\n", "broken", "TypeError", None),
    "os._exit": (scan("os._exit(0)"), "stopped", "ended the whole process", None),
    "sys.exit": (scan("sys.exit(0)"), "broken", "sys.exit", 5),
    "stdin": (scan("input()"), "broken", "reads from the keyboard", 5),
    "recursion": (scan("return scan(xs, combine)"), "broken", "RecursionError", 5),
    "a loop": (scan("while True: pass"), "stopped", "still running", 5),
    "a loop at the top": ("while True: pass\n", "stopped", "still running", 1),
    "a sleep": (scan("time.sleep(1000)"), "stopped", "still running", 5),
    "memory": (scan("return bytearray(60_000_000_000)"), "stopped", "too much memory", 5),
    "a crash": (scan("os.kill(os.getpid(), 11)"), "stopped", "SIGSEGV", None),
    "not text": ("\udcff", "broken", "cannot be read", None),
    "a missing module": ("import nummpy\n" + scan("return xs"), "broken", "No module named", 1),
    "an empty file": ("", "broken", "no code in the file", None),
    "only the task": ('"""The task."""\n', "broken", "no code in the file", None),
    "an odd object": (
        scan("return type('L', (list,), {'__len__': 0})()"),
        "broken",
        "could not be looked at",
        None,
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_file_that_misbehaves_gets_a_calm_answer(tmp_path, name):
    text, state, what, line = MISBEHAVIOUR[name]
    (tmp_path / "mine.py").write_bytes(text.encode(errors="surrogateescape"))
    checked = checking.check(SCAN, tmp_path / "mine.py", limits=SHORT)
    said = words.result(checked, tmp_path / "mine.py")
    assert checked.state == state
    assert what in checked.what
    assert line is None or checked.where[-1][0] == line
    assert "kit.py" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def scans(xs, combine):\n    return xs\n", "is it `scans` now?"),
        ("import nummpy\n", "misspelt, or not installed"),
        ("def scan(xs):\n    return xs\n", "keep its parameters"),
        (scan("while True: print('x' * 5000)"), "it prints without end"),
        (scan("time.sleep(1000)"), "it waits for something"),
        (scan("while True: pass"), "a loop that never ends?"),
    ],
)
def test_what_it_looks_like_is_said(tmp_path, text, told):
    assert told in check(tmp_path, text).smells


def test_a_line_that_was_saved_over_is_told_as_it_ran(tmp_path):
    file = tmp_path / "mine.py"
    over = f"open({str(file)!r}, 'w').write('# another\\n' * 20); "  # while it runs, whenever that is
    file.write_text(over + scan("while True: pass"), encoding="utf-8")
    assert checking.check(SCAN, file, limits=Limits(cpu=3.0, wall=6.0)).where == ((5, "while True: pass"),)


def test_lines_hang_in_the_width_that_is_there():
    checked = Checked(state="wrong", what="it is off " * 20, smells="a word " * 30, at="case", given="case")
    said = words.result(checked, Path("mine.py"), 60, "scan")
    assert max(map(len, said.splitlines())) <= 60
    assert "\n            a word" in said
    assert said.count("case") == 2  # its label and its name; what is given says nothing more
    assert len(words.result(checked, Path("mine.py")).splitlines()) == 3
    assert max(map(len, words.listed(shelf.load(), {}, 80))) == 80
    assert words.listed(shelf.load(), {})[4].endswith("explain the curve")


def test_what_is_printed_is_kept_in_part(tmp_path):
    checked = check(tmp_path, scan("print('\\x1b[31mred\\n' * 20_000); return list(xs)"))
    assert checked.state == "wrong"
    assert len(checked.printed) <= checking.KEPT
    assert checked.count > 100_000
    said = words.result(checked, tmp_path / "mine.py")
    assert "\x1b" not in said
    assert "bytes in all" in said
    assert len(said.splitlines()) < 30


def test_a_learner_cannot_write_the_verdict(tmp_path):
    lie = '{"state": "solved", "what": ""}'
    assert check(tmp_path, f"print('{lie}')\n" + scan("return list(xs)")).state == "wrong"


def test_nothing_that_a_file_starts_stays(tmp_path):
    mark = f"777.{os.getpid()}"
    check(tmp_path, f"import subprocess\nsubprocess.Popen(['sleep', '{mark}'])\n" + scan("return list(xs)"))

    def running() -> bool:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(FileNotFoundError, ProcessLookupError):  # others come and go
                if mark.encode() in path.read_bytes():
                    return True
        return False

    until = time.monotonic() + 10
    while running() and time.monotonic() < until:  # it was killed; a busy machine takes its time to bury it
        time.sleep(0.02)
    assert not running()


def test_a_check_can_be_stopped(tmp_path):
    (tmp_path / "mine.py").write_text(scan("time.sleep(60)"), encoding="utf-8")
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    began = time.monotonic()
    checked = checking.check(SCAN, tmp_path / "mine.py", cancelled=cancelled)
    assert checked.state == "stopped"
    assert time.monotonic() - began < 10


def test_a_check_runs_in_a_folder_that_goes_away(tmp_path):
    checked = check(tmp_path, scan("print(os.getcwd()); open('left', 'w').write('x'); return list(xs)"))
    assert not Path(checked.printed.split()[0]).exists()


@pytest.mark.parametrize("way", ["from {m} import {f} as f", "import {m} as m\nf = getattr(m, '{f}')"])
def test_what_is_to_be_built_cannot_be_called(tmp_path, way):
    exercise = shelf.named("scaled_attention", shelf.load())
    name = {"m": "torch.nn.functional", "f": "scaled_dot_product_attention"}
    text = f"{way.format(**name)}\n\n\ndef attention(q, k, v):\n    return f(q, k, v)\n"
    checked = check(tmp_path, text, Limits(), exercise)
    assert checked.state == "wrong"
    assert "is what you are to build" in checked.what
    assert "return f(q, k, v)" in checked.where[-1][1]


def test_the_app_knows_neither_torch_nor_the_learners_code():
    code = (
        "import sys; from pathlib import Path; from quizapp.workshop import checking, shelf;"
        "one = shelf.named('causal_mask', shelf.load());"
        "print(checking.check(one, one.folder / 'solution.py').state,"
        " sorted({'torch', 'kit', 'exercise'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert said.stdout.strip() == "solved []"


# ---- the shelf and the desk


def test_exercises_are_named_by_number_or_beginning():
    exercises = shelf.load()
    for said in ("8", "hillis_steele", "hillis", "hillis-steele", "hillis_steele.py"):
        assert shelf.named(said, exercises) is SCAN
    with pytest.raises(QuizError, match="no exercise 'hilis'"):
        shelf.named("hilis", exercises)
    with pytest.raises(QuizError, match="Did you mean"):
        shelf.named("attention", exercises)


def test_an_exercise_that_is_not_in_order_is_said(tmp_path):
    (tmp_path / "01_x").mkdir()
    (tmp_path / "01_x" / "meta.yaml").write_text("title: x\nlevel: easy\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"meta\.yaml:1:1"):
        shelf.load(tmp_path)


def test_a_file_of_the_learner_is_never_lost(tmp_path):
    file, backup = desk.start(SCAN, tmp_path)
    assert (file.read_bytes(), backup) == (SCAN.file.read_bytes(), None)
    assert file.read_text(encoding="utf-8").splitlines()[desk.place_of_stub(file) - 1].strip() == (
        "raise NotImplementedError"
    )
    for text in ("mine", "mine again"):
        file.write_text(text, encoding="utf-8")
        assert desk.start(SCAN, tmp_path) == (file, None)
        assert file.read_text(encoding="utf-8") == text
        _, backup = desk.start(SCAN, tmp_path, again=True)
        assert backup is not None
        assert backup.read_text(encoding="utf-8") == text
        assert file.read_bytes() == SCAN.file.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(QuizError, match="cannot be written"):
        desk.start(SCAN, tmp_path / "file")


# ---- progress


def test_progress_is_a_fold_over_rows(store):
    assert progress.of(store) == {}
    progress.add(store, "a", "start", AT)
    progress.add(store, "a", "check", AT, state="unfinished")
    assert (progress.of(store)["a"].state, progress.of(store)["a"].tries) == ("begun", 0)
    progress.add(store, "a", "check", AT, state="wrong")
    progress.add(store, "a", "hint", AT)
    progress.add(store, "a", "solution", AT)
    progress.add(store, "a", "check", AT, state="solved")
    progress.add(store, "a", "check", AT, state="wrong")
    progress.add(store, "b", "hint", AT)
    found = progress.of(store)
    assert (found["a"].state, found["a"].tries, found["a"].hints, found["a"].looked) == ("solved", 3, 1, True)
    assert found["b"].state == "begun"
    assert words.listed([SCAN], {SCAN.id: found["a"]})[0].split()[2:4] == ["✓", "solved"]


# ---- the command line


def test_from_nothing_to_solved(home, capsys):
    assert "0 of 13 solved" in call("exercise", "list").output
    assert "no exercise is begun" in refused(capsys, "exercise", "check")
    said = call("exercise", "start", "8")
    file = home / "exercises" / "hillis_steele.py"
    assert said.exit_code == 0
    assert str(file) in said.output
    said = call("exercise", "check")
    assert said.exit_code == 1
    assert "raise NotImplementedError" in said.output
    assert "not tried yet" in refused(capsys, "exercise", "solution")
    file.write_text((SCAN.folder / "wrong" / "serial.py").read_text(encoding="utf-8"), encoding="utf-8")
    said = call("exercise", "check", "--json")
    assert json.loads(said.output)["smells"].startswith("this is the serial chain")
    for number in (1, 2, 3, 4):
        assert f"hint {number} of 4" in call("exercise", "hint").output
    assert call("exercise", "hint").output.count("hint ") == 4
    said = call("exercise", "solution")
    assert said.exit_code == 0
    assert "Why:" in said.output
    file.write_text(SCAN.solution, encoding="utf-8")
    said = call("exercise", "check", "hillis")
    assert said.exit_code == 0
    assert "quizapp prove hillis-steele-equals-serial" in said.output
    rows = [json.loads(line) for line in call("exercise", "list", "--json").output.splitlines()]
    assert [row["id"] for row in rows if row["state"] == "solved"] == ["hillis_steele"]
    assert rows[7]["looked"] is True


def test_another_folder_and_beginning_anew(home, tmp_path):
    place = tmp_path / "work"
    call("exercise", "start", "hillis", "--dir", str(place))
    file = place / "hillis_steele.py"
    file.write_text("mine", encoding="utf-8")
    assert "stays as it is" in call("exercise", "start", "hillis", "--dir", str(place)).output
    assert file.read_text(encoding="utf-8") == "mine"
    assert "your file is now" in call("exercise", "start", "hillis", "--dir", str(place), "--again").output
    assert "mine" in [one.read_text(encoding="utf-8") for one in place.iterdir()]
    assert call("exercise", "solution", "hillis", "--anyway").exit_code == 0


def test_start_without_a_name_takes_the_next_one(home):
    assert "wide_chain.py" in call("exercise", "start").output
    assert "clip_by_global_norm.py" in call("exercise", "start").output


@pytest.mark.parametrize("name", sorted(exercise_commands.exercise.commands))
def test_the_help_of_every_command_has_an_example(name):
    assert f"Example: quizapp exercise {name}" in call("exercise", name, "--help").output


def test_watch_checks_again_on_saving_until_ctrl_c(home):
    file, _ = desk.start(SCAN, home / "exercises")
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "quizapp", "exercise", "watch", "hillis"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    assert watching.stdout is not None

    def wait_for(words: str) -> None:
        assert watching.stdout is not None
        for line in watching.stdout:
            if words in line:
                return
        pytest.fail(f"it ended without saying {words!r}")

    guard = threading.Timer(60, watching.kill)
    guard.start()
    try:
        wait_for("to do")
        fresh = file.with_suffix(".new")
        fresh.write_text(SCAN.solution, encoding="utf-8")
        fresh.replace(file)  # as editors save
        wait_for("solved")
        file.write_text(scan("while True: pass"), encoding="utf-8")
        wait_for("---")
        file.write_text(SCAN.solution, encoding="utf-8")  # the loop is given up at once
        began = time.monotonic()
        wait_for("solved")
        assert time.monotonic() - began < checking.Limits().cpu
        file.unlink()
        wait_for("is gone")
        file.write_text(SCAN.solution, encoding="utf-8")
        wait_for("solved")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == 0
    finally:
        guard.cancel()
        watching.kill()
        watching.stdout.close()
        watching.wait()


@pytest.mark.parametrize("gone", [False, True, "and saved again"])
def test_watch_says_what_went_wrong_unless_the_file_is_gone(home, monkeypatch, capsys, gone):
    file, _ = desk.start(SCAN, home / "exercises")

    def failing(*_, **__):
        if gone:
            file.unlink()
        if gone == "and saved again":
            file.write_text("def scan", encoding="utf-8")
        raise QuizError("the answers are locked", "Close the other copy.")

    def ctrl_c(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(exercise_commands, "_check", failing)
    monkeypatch.setattr(exercise_commands, "time", SimpleNamespace(sleep=ctrl_c))
    assert main(["exercise", "watch", "hillis"]) == (0 if gone else 2)
    assert ("the answers are locked" in capsys.readouterr().err) is (gone is False)
