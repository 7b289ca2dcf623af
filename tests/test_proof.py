"""The process boundary: whatever an experiment does, the app gets events, an end, and its bench back."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from quizapp.verifiers.wire import Ended, Note, Point, Request, Started

from quizapp import proof
from quizapp.errors import BenchError
from quizapp.proof import Bench, Recorder
from quizapp.verifiers import wire
from tests.benchcopy import copy_bench, experiment, make_known

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]
ROOT = Path(__file__).resolve().parents[1]

BODIES = {
    "fine": "report(lab)",
    "raises": "raise RuntimeError('the flux is off')",
    "segfault": "ctypes.string_at(0)",
    "exit3": "os._exit(3)",
    "leaves_early": "os._exit(0)",
    "system_exit": "raise SystemExit('had enough')",
    "hang": "lab.note(str(os.getpid()))\nwhile True:\n    pass",
    "sleep_in_c": "lab.note(str(os.getpid()))\nctypes.CDLL(None).sleep(1000)",
    "own_killer": "os.kill(os.getpid(), 9)",
    "half_line": 'os.write(events(lab), b\'{"event":"poi\')\nos._exit(4)',
    "grandchild": "lab.note(str(subprocess.Popen(['sleep', '1000']).pid))\nreport(lab)",
    "grandchild_hang": "lab.note(str(subprocess.Popen(['sleep', '1000']).pid))\ntime.sleep(1000)",
    "forked": (
        "pid = os.fork()\nif pid == 0:\n    time.sleep(1000)\n    os._exit(0)\nlab.note(str(pid))\nreport(lab)"
    ),
    "runaway": (
        "pid = os.fork()\nif pid == 0:\n    os.setsid()\n    time.sleep(20)\n    os._exit(0)\n"
        "lab.note(str(pid))\ntime.sleep(1000)"
    ),
    "prints": (
        'print(\'{"event":"note","text":"forged"}\', flush=True)\n'
        'os.write(1, b\'{"event":"note","text":"forged"}\\n\')\n'
        "libc = ctypes.CDLL(None)\n"
        'libc.puts(b\'{"event":"note","text":"forged"}\')\nlibc.fflush(None)\n'
        'subprocess.run([\'echo\', \'{"event":"note","text":"forged"}\'])\nreport(lab)'
    ),
    "loud": "sys.stderr.write('x' * 1_000_000 + '\\n')\nsys.stderr.write('y\\n' * 500_000)\nreport(lab)",
    "wide": "lab.note('x' * 70_000)\nreport(lab)",
    "over_the_limit": "os.write(events(lab), b'x' * 300_000 + b'\\n')\nreport(lab)",
    "not_an_event": (
        "os.write(events(lab), b'[]\\n{}\\n17\\n\\xff\\xfe\\n' + b'[' * 50_000 + b'\\n')\nreport(lab)"
    ),
    "forged_end": "lab._emit(__import__('quizapp.verifiers.wire').verifiers.wire.Ended(id='x', status='ok'))\n"
    "report(lab)",
    "many_points": "for i in range(25_000):\n    lab.point('c', i, lab.seed)\nreport(lab)",
    "strange_numbers": "lab.point('c', math.inf, math.nan)\nreport(lab, math.nan, -math.inf)",
    "wrong_check": "lab.check('other', 1.0)",
    "no_check": "pass",
    "one_check_too_many": "report(lab)\nlab.check('other', 1.0)",
    "twice": "report(lab)\nreport(lab)",
    "blunt_control": "report(lab, spoilt=0.5)",
    "threads": "lab.note(os.environ['OMP_NUM_THREADS'])\nreport(lab)",
}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """PYTHONPATH with which a worker finds the experiments of BODIES."""
    folder = tmp_path_factory.mktemp("bench")
    sources = {name: experiment(body) for name, body in BODIES.items()}
    sources["undeclared"] = experiment("report(lab)").replace("PLOT", "PLAN")
    sources["unreadable"] = "def trial(:\n"
    sources["many_points"] = experiment(BODIES["many_points"], looks="(1,)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(make_known(folder, copy_bench(folder, sources))))
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(known):
    """One warm bench for all; what breaks it shows in every later test."""
    bench = Bench()
    run = await bench.prove("fine")
    assert run.status == "ok", run.reason
    yield bench
    await bench.close()


def alive(pid: int) -> bool:
    """Whether there is such a process, other than one that only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def session_of(leader: int) -> set[int]:
    """The living processes of a session."""
    found = set()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and os.getsid(int(entry.name)) == leader and alive(int(entry.name)):
                found.add(int(entry.name))
    return found


async def gone(*pids: int, within: float = 1.0) -> bool:
    """Whether all of these are gone in time."""
    limit = time.monotonic() + within
    while time.monotonic() < limit:
        if not any(map(alive, pids)):
            return True
        await asyncio.sleep(0.01)
    return False


async def at_note(bench: Bench, name: str, act, **how):
    """Prove `name`; when its first note comes call act(number in the note). Returns (run, number)."""
    said: list[int] = []

    def watch(recorder: Recorder, event: wire.Event) -> None:
        if isinstance(event, Note) and not said:
            said.append(int(event.text))
            acting.append(asyncio.ensure_future(act(said[0])))

    acting: list[asyncio.Future] = []
    run = await bench.prove(name, watch=watch, **how)
    await asyncio.gather(*acting)
    return run, said[0]


# ---- runs that end ----------------------------------------------------------------------------------


async def test_a_run_is_recorded_whole(bench):
    run = await bench.prove("fine")
    assert (run.status, run.reason, run.seeds) == ("ok", "", (0, 1))
    assert {check.name: (check.outcome, check.values) for check in run.checks} == {
        "value": ("pass", (0.5, 0.5)),
        "spoilt": ("fail", (2.0, 2.0)),
    }
    assert run.device in ("cpu", "cuda", "mps")
    assert len(run.fingerprint) == 16
    assert set(run.versions) == {"python", "torch"}
    assert run.plot.title == "of the tests"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("raises", "RuntimeError: the flux is off"),
        ("segfault", "SIGSEGV"),
        ("own_killer", "SIGKILL"),
        ("exit3", "code 3"),
        ("half_line", "code 4"),
        ("system_exit", "SystemExit: had enough"),
        ("leaves_early", "without a result"),
        ("wide", "over the"),
        ("wrong_check", "reported ['other'], declared ['value']"),
        ("no_check", "reported [], declared ['value']"),
        ("one_check_too_many", "['other', 'value']"),
        ("twice", "twice in one trial"),
        ("undeclared", "undeclared.py lacks PLOT"),
        ("unreadable", "invalid syntax"),
        ("no_such_thing", "there is no experiment 'no_such_thing'"),
    ],
)
async def test_a_crash_is_reported_with_its_reason_and_nothing_else_breaks(bench, name, reason):
    run = await bench.prove(name)
    assert run.status == "crashed"
    assert reason in run.reason
    assert not run.checks
    assert (await bench.prove("fine")).status == "ok"


async def test_wrong_requests_crash_the_run_only(bench):
    assert "no profile 'huge'" in (await bench.prove("fine", profile="huge", seconds=10)).reason
    assert "unknown device 'abacus'" in (await bench.prove("fine", device="abacus")).reason
    assert "at least one seed" in (await bench.prove("fine", seeds=0)).reason
    assert (await bench.prove("fine", seeds=1)).seeds == (0,)


async def test_a_control_that_does_not_come_out_makes_the_run_invalid(bench):
    run = await bench.prove("blunt_control")
    assert run.status == "invalid"
    assert "spoilt" in run.reason
    assert all(check.outcome == "pass" for check in run.checks)


async def test_a_hang_is_a_timeout(bench):
    began = time.monotonic()
    run = await bench.prove("hang", seconds=0.5)
    assert (run.status, run.reason) == ("timeout", "stopped after 0.5 s")
    assert time.monotonic() - began < 2
    assert await gone(int(run.notes[0]))


@pytest.mark.parametrize("name", ["hang", "sleep_in_c"])
async def test_cancelling_takes_less_than_a_second_and_leaves_no_process(bench, name):
    pressed = []

    async def cancel(_pid: int) -> None:
        pressed.append(time.monotonic())
        await bench.cancel()

    run, pid = await at_note(bench, name, cancel)
    assert time.monotonic() - pressed[0] < 1
    assert run.status == "cancelled"
    assert not alive(pid)
    assert (await bench.prove("fine")).status == "ok"


async def test_cancelling_when_nothing_runs_does_nothing(bench):
    await bench.cancel()
    assert (await bench.prove("fine")).status == "ok"


# ---- what a run starts ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grandchild", "forked"])
async def test_what_a_run_started_ends_with_it(bench, name):
    began = time.monotonic()
    run = await bench.prove(name, seeds=1)
    assert run.status == "ok"
    assert time.monotonic() - began < 5
    assert await gone(*map(int, run.notes))


async def test_cancelling_ends_grandchildren_too(bench):
    async def cancel(_pid: int) -> None:
        await bench.cancel()

    run, grandchild = await at_note(bench, "grandchild_hang", cancel)
    assert run.status == "cancelled"
    assert await gone(grandchild)


async def test_a_process_that_breaks_away_holds_nobody_up(bench):
    async def cancel(_pid: int) -> None:
        await bench.cancel()

    run, runaway = await at_note(bench, "runaway", cancel)
    assert run.status == "cancelled"
    assert (await bench.prove("fine")).status == "ok"
    os.kill(runaway, signal.SIGKILL)  # in a session of its own it is beyond the bench's reach


# ---- the stream -------------------------------------------------------------------------------------


async def test_prints_never_become_events(bench):
    run = await bench.prove("prints")
    assert run.status == "ok"
    assert run.notes == ()


@pytest.mark.parametrize("name", ["loud", "over_the_limit", "not_an_event", "forged_end"])
async def test_noise_does_not_disturb_a_run(bench, name):
    run = await bench.prove(name, seconds=20)
    assert (run.status, len(run.checks)) == ("ok", 2)


async def test_fifty_thousand_points_arrive(bench):
    points = []

    def watch(recorder: Recorder, event: wire.Event) -> None:
        if isinstance(event, Point):
            points.append((event.arm, event.x))

    run = await bench.prove("many_points", watch=watch)
    assert run.status == "ok"
    assert points == [(arm, float(i)) for arm in ("claim", "control") for i in range(25_000)]
    assert [len(curve.x) for curve in run.plot.curves] == [25_000, 25_000]


async def test_numbers_that_are_none_travel_and_pass_nothing(bench):
    points = []

    def watch(recorder: Recorder, event: wire.Event) -> None:
        if isinstance(event, Point):
            points.append(event)

    run = await bench.prove("strange_numbers", watch=watch)
    assert points[0].x == math.inf
    assert math.isnan(points[0].y)
    value, spoilt = run.checks
    assert math.isnan(value.values[0])
    assert (value.outcome, spoilt.values[0], spoilt.outcome) == ("unclear", -math.inf, "fail")


# ---- the bench itself -------------------------------------------------------------------------------


async def test_a_second_request_finds_the_bench_warm(bench):
    before = bench._process.pid
    began = time.monotonic()
    first = []

    def watch(recorder: Recorder, event: wire.Event) -> None:
        if not first:
            first.append((type(event), time.monotonic() - began))

    run = await bench.prove("threads", watch=watch)
    assert bench._process.pid == before
    assert first[0][0] is Started
    assert first[0][1] < 0.5
    assert (run.notes, run.threads) == (("1",), 1)


async def test_requests_made_together_run_one_after_the_other(bench):
    runs = await asyncio.gather(*(bench.prove("fine") for _ in range(3)), bench.prove("raises"))
    assert [run.status for run in runs] == ["ok", "ok", "ok", "crashed"]


async def test_a_killed_bench_is_a_crash_and_the_next_run_has_a_new_one(bench):
    before = bench._process.pid

    async def kill(_pid: int) -> None:
        os.kill(before, signal.SIGKILL)

    run, pid = await at_note(bench, "hang", kill)
    assert run.status == "crashed"
    assert "gone" in run.reason
    assert await gone(pid)
    assert (await bench.prove("fine")).status == "ok"
    assert bench._process.pid != before


async def test_a_watcher_that_raises_ends_the_run_and_frees_the_bench(bench):
    def watch(recorder: Recorder, event: wire.Event) -> None:
        raise KeyError("the screen is gone")

    before = bench._process.pid
    with pytest.raises(KeyError):
        await bench.prove("hang", watch=watch)
    assert not session_of(before)
    assert (await bench.prove("fine")).status == "ok"


async def test_a_cancelled_task_leaves_no_process(bench):
    before = bench._process.pid
    seen = asyncio.Event()
    task = asyncio.create_task(bench.prove("hang", watch=lambda *_: seen.set()))
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not session_of(before)


async def test_a_bench_that_hangs_itself_is_given_up(known, monkeypatch):
    monkeypatch.setattr(proof, "GRACE", 1.0)
    monkeypatch.setattr(proof, "PATIENCE", 0.2)
    bench = Bench()
    await bench.start()
    os.kill(bench._process.pid, signal.SIGSTOP)
    run = await bench.prove("fine", seconds=0.5)
    await bench.close()
    assert run.status == "crashed"


async def test_a_runaway_that_holds_the_pipes_of_a_killed_bench_is_given_up(known, monkeypatch):
    monkeypatch.setattr(proof, "PATIENCE", 0.3)
    bench = Bench()
    await bench.start()

    async def kill(_pid: int) -> None:
        os.kill(bench._process.pid, signal.SIGKILL)

    run, runaway = await at_note(bench, "runaway", kill, seconds=60)
    assert run.status == "crashed"
    assert alive(runaway)
    os.kill(runaway, signal.SIGKILL)
    await bench.close()


async def test_closing_ends_a_bench_in_the_middle_of_a_run(known):
    bench = Bench()

    async def close(_pid: int) -> None:
        await bench.close()

    await bench.start()
    leader = bench._process.pid
    run, pid = await at_note(bench, "hang", close)
    assert run.status == "cancelled"
    assert not alive(pid)
    assert not session_of(leader)
    await bench.close()


async def test_a_bench_that_cannot_be_started_is_a_bench_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(BenchError, match="cannot be started"):
        await Bench().start()


async def test_a_bench_that_cannot_run_is_a_crash_with_its_last_words(tmp_path, monkeypatch):
    site = tmp_path / "torch"
    site.mkdir()
    (site / "__init__.py").write_text("raise ImportError('torch is broken here')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = Bench()
    run = await bench.prove("permutation")
    await bench.close()
    assert run.status == "crashed"
    assert "torch is broken here" in run.reason


APP = """
import asyncio, sys
from quizapp.proof import Bench

def watch(recorder, event):
    if event.kind == "note":
        print(bench._process.pid, event.text, "torch" in sys.modules, flush=True)

async def main():
    global bench
    bench = Bench()
    if {warm}:
        await bench.prove("grandchild_hang", watch=watch)
    else:
        await bench.start()
        print(bench._process.pid, bench._process.pid, "torch" in sys.modules, flush=True)
        await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.parametrize("warm", [True, False])
async def test_an_app_that_is_killed_takes_the_bench_along_and_never_imported_torch(known, warm):
    app = subprocess.Popen(
        [sys.executable, "-c", APP.format(warm=warm)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])},
    )
    with app:
        assert app.stdout is not None
        leader, grandchild, imported = app.stdout.readline().split()
        assert imported == "False"
        processes = {*session_of(int(leader)), int(grandchild)}
        assert len(processes) == (3 if warm else 1)
        app.kill()
    assert await gone(*processes, within=1.0)


# ---- the recorder, without a process ------------------------------------------------------------------


def started() -> Started:
    return Started(
        experiment="e",
        profile="quick",
        device="cpu",
        machine="m",
        threads=1,
        versions={},
        fingerprint="f",
        looks=(1,),
        plot={"title": "t"},
    )


def finished(status: str = "ok") -> wire.Finished:
    return wire.Finished(status=status, reason="", seeds=(0,), seconds=1.0, at="now")


def ended(status: str = "ok") -> Ended:
    return Ended(id="1", status=status)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([started(), finished(), ended()], "ok"),
        ([started(), finished("invalid"), ended()], "invalid"),
        ([started(), finished("splendid"), ended()], "invalid"),
        ([started(), ended()], "crashed"),
        ([finished(), ended()], "crashed"),
        ([ended()], "crashed"),
        ([], "crashed"),
        ([started(), finished()], "crashed"),
        ([started(), finished(), ended("crashed")], "crashed"),
        ([started(), finished(), ended("timeout")], "timeout"),
        ([started(), finished(), ended("cancelled")], "cancelled"),
        ([started(), finished(), ended("splendid")], "crashed"),
    ],
)
async def test_only_a_run_that_came_to_its_end_is_ok(events, status):
    recorder = Recorder(Request(id="1", experiment="e"))
    for event in events:
        recorder.take(event)
    assert recorder.run().status == status


async def test_the_source_of_an_experiment_is_what_is_in_its_file():
    path, text = proof.source("permutation")
    assert path == ROOT / "verifiers" / "experiments" / "permutation.py"
    assert text.startswith('"""What shuffling')
