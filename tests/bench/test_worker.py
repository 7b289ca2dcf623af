"""The worker by itself: its command line, its protocol on stdin, and the way without fork."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from quizapp.verifiers import wire
from tests.benchcopy import copy_bench, experiment, make_known

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds a test waits for an event: a busy machine imports torch slowly."""

BODIES = {
    "fine": "lab.point('c', lab.seed, 1.0)\nreport(lab)",
    "raises": "raise RuntimeError('the flux is off')",
    "segfault": "ctypes.string_at(0)",
    "system_exit": "raise SystemExit(0)",
    "hang": "lab.note(str(os.getpid()))\nwhile True:\n    pass",
    "prints": 'print(\'{"event":"note","text":"forged"}\', flush=True)\nos.write(1, b\'x\\n\')\nreport(lab)',
    "blunt": "report(lab, spoilt=0.5)",
    "niceness": "lab.note(str(os.nice(0)))\nlab.note(repr(sys.stdin.read()))\nreport(lab)",
}


def site_of(folder: Path, *, forks: bool) -> str:
    bench = copy_bench(folder, {name: experiment(body) for name, body in BODIES.items()})
    if not forks:
        serve = bench / "serve.py"
        source = serve.read_text(encoding="utf-8")
        assert source.count('FORKS = sys.platform == "linux"') == 1
        serve.write_text(source.replace('FORKS = sys.platform == "linux"', "FORKS = False"), encoding="utf-8")
    return os.pathsep.join([str(make_known(folder, bench)), str(ROOT)])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """PYTHONPATH of a bench with the experiments of BODIES."""
    return site_of(tmp_path_factory.mktemp("forking"), forks=True)


def command(site: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The worker's command line."""
    return subprocess.run(
        [sys.executable, "-m", "quizapp.verifiers", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": site},
        timeout=PATIENCE,
    )


class Served:
    """A serving bench, asked in raw lines."""

    def __init__(self, site: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quizapp.verifiers", "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": site},
            start_new_session=True,
        )
        self.lines: queue.Queue[bytes] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            if line.strip():
                self.lines.put(line)
        self.lines.put(b"")

    def send(self, **message: object) -> None:
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def until(self, *kinds: str) -> list[wire.Event]:
        """Events up to the first of these kinds, which is the last of the list."""
        found = []
        while True:
            line = self.lines.get(timeout=PATIENCE)
            assert line, f"the bench is gone; it said {found}"
            found.append(wire.decode(line.decode()))
            if found[-1].kind in kinds:
                return found

    def ask(self, experiment: str, id_: str = "1", **other: object) -> wire.Ended:
        self.send(id=id_, experiment=experiment, **other)
        return self.until("ended")[-1]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.reader.join(PATIENCE)
            self.process.stdout.close()


@pytest.fixture(scope="module", params=["fork", "fresh process"])
def served(request, site, tmp_path_factory):
    """A bench that forks, then one as on a platform where forking is not safe."""
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("forks on Linux only")
    forks = request.param == "fork"
    with Served(site if forks else site_of(tmp_path_factory.mktemp("fresh"), forks=False)) as served:
        yield served


# ---- the command line -------------------------------------------------------------------------------


def test_without_a_name_it_lists_the_experiments(site):
    said = command(site)
    assert [line.split()[0] for line in said.stdout.splitlines()] == sorted(BODIES)
    assert said.returncode == 0


def test_a_run_by_hand_prints_events_and_nothing_else(site):
    said = command(site, "prints", "--seeds", "1", "--device", "cpu")
    events = [wire.decode(line) for line in said.stdout.splitlines()]
    assert [event.kind for event in events] == [
        *("started", "progress", "progress", "checked", "checked", "finished", "ended")
    ]
    assert events[-1] == wire.Ended(id="", status="ok")
    assert "forged" in said.stderr
    assert said.returncode == 0


@pytest.mark.parametrize("name", ["raises", "system_exit"])
def test_a_crash_by_hand_is_said_and_is_exit_code_2(site, name):
    said = command(site, name)
    last = wire.decode(said.stdout.splitlines()[-1])
    assert last.status == "crashed"
    assert last.reason
    assert said.returncode == 2


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("fine", "--profile", "huge"), ("fine", "--seeds", "x"), ("fine", "--what")]
)
def test_a_wrong_command_is_exit_code_2_and_prints_no_event(site, arguments):
    said = command(site, *arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert "error" in said.stderr


# ---- serving ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("fine", "ok", ""),
        ("raises", "crashed", "RuntimeError: the flux is off"),
        ("segfault", "crashed", "SIGSEGV"),
        ("system_exit", "crashed", "SystemExit: 0"),
        ("prints", "ok", ""),
        ("blunt", "ok", ""),
    ],
)
def test_every_request_has_an_end_with_its_id(served, name, status, reason):
    ended = served.ask(name, f"the {name} one", seeds=1)
    assert (ended.id, ended.status) == (f"the {name} one", status)
    assert reason in ended.reason


def test_a_timeout(served):
    served.send(id="slow", experiment="hang", seconds=0.7)
    events = served.until("ended")
    assert events[-1].status == "timeout"
    assert events[-1].reason == "stopped after 0.7 s"
    assert not [event for event in events if event.kind == "note" and Path(f"/proc/{event.text}").exists()]


def test_cancelling_what_runs_and_what_waits(served):
    for id_ in ("runs", "waits", "last"):
        served.send(id=id_, experiment="fine" if id_ == "last" else "hang")
    pid = int(served.until("note")[-1].text)
    served.send(cancel="waits")
    assert served.until("ended")[-1] == wire.Ended(id="waits", status="cancelled")
    served.send(cancel="nobody")
    served.send(cancel="runs")
    assert served.until("ended")[-1] == wire.Ended(id="runs", status="cancelled")
    assert not Path(f"/proc/{pid}").exists()
    assert served.until("ended")[-1] == wire.Ended(id="last", status="ok")


def test_a_run_has_low_priority_and_no_stdin(served):
    served.send(id="n", experiment="niceness", seeds=1)
    notes = [event.text for event in served.until("ended") if event.kind == "note"]
    assert int(notes[0]) >= 10
    assert notes[1] == "''"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_closing_stdin_ends_the_bench_and_its_run(site):
    with Served(site) as served:
        served.send(id="1", experiment="hang")
        pid = int(served.until("note")[-1].text)
        served.process.stdin.close()
        assert served.process.wait(PATIENCE) == 0
        assert not Path(f"/proc/{pid}").exists()


def test_closing_stdin_before_torch_is_there_ends_the_bench_too(site):
    with Served(site) as served:
        served.process.stdin.close()
        assert served.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("line", [b"hello", b'{"id": "1", "what": 2}'])
def test_a_request_that_is_none_ends_the_bench_rather_than_keep_the_app_waiting(site, line):
    with Served(site) as served:
        served.process.stdin.write(line + b"\n")
        served.process.stdin.flush()
        assert served.process.wait(PATIENCE) == 1


def test_a_reader_that_leaves_early_ends_it_quietly():
    command = [sys.executable, "-m", "quizapp.verifiers", "forget_gate_law"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(5)
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 141
    assert "Traceback" not in said
