"""The process boundary: whatever an experiment does, the app gets events, an end, and its bench back."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from quizapp.verifiers.wire import Ended, Point, Request, Started

from quizapp import proof
from quizapp.proof import Recorder
from quizapp.verifiers import wire
from tests.misbehaviour import alive, at_note, bench, gone, known

__all__ = ["bench", "known"]

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]
ROOT = Path(__file__).resolve().parents[1]


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
        await bench.cancel(bench._current)

    run, pid = await at_note(bench, name, cancel)
    assert time.monotonic() - pressed[0] < 1
    assert run.status == "cancelled"
    assert not alive(pid)
    assert (await bench.prove("fine")).status == "ok"


async def test_only_the_run_that_is_named_is_cancelled(bench):
    await bench.cancel("1")

    async def cancel(_pid: int) -> None:
        await bench.cancel("another")

    run, _ = await at_note(bench, "grandchild", cancel, seeds=1)
    assert run.status == "ok"
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
        await bench.cancel(bench._current)

    run, grandchild = await at_note(bench, "grandchild_hang", cancel)
    assert run.status == "cancelled"
    assert await gone(grandchild)


async def test_a_process_that_breaks_away_holds_nobody_up(bench):
    async def cancel(_pid: int) -> None:
        await bench.cancel(bench._current)

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


async def test_a_bench_that_must_be_killed_is_known_to_be_gone_when_it_is_closed(tmp_path, monkeypatch):
    """Else asyncio complains of a process that ends after its loop."""
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nwhile :; do sleep 0.05; done\n", encoding="utf-8")
    deaf.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(deaf))
    monkeypatch.setattr(proof, "PATIENCE", 0.5)
    for _ in range(12):
        bench = proof.Bench()
        await bench.start()
        process = bench._process
        await bench.close()
        assert process.returncode == -signal.SIGKILL
