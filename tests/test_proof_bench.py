"""The bench process itself: warm, killed, frozen, closed, or never there; and the app killed above it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from quizapp.verifiers.wire import Started

from quizapp import proof
from quizapp.errors import BenchError
from quizapp.proof import Bench, Recorder
from quizapp.verifiers import wire
from tests.misbehaviour import alive, at_note, bench, gone, known, session_of

__all__ = ["bench", "known"]

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]
ROOT = Path(__file__).resolve().parents[1]


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
    assert await gone(*processes, within=15.0)  # 50 ms when quiet; a busy machine lets them wait
