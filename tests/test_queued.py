"""The bench of visitors: one run at a time, whoever asks, and nothing left when it is over."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from quizapp.verifiers.wire import Ended, Request

from quizapp.errors import BenchError
from quizapp.proof import Bench
from quizapp.queued import QueuedBench


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many ran at once, as each run began; a run lasts a moment."""
    seen: list[int] = []
    at_once = 0

    async def events(self, request):
        nonlocal at_once
        at_once += 1
        seen.append(at_once)
        try:
            await asyncio.sleep(0.05)
            if request.experiment == "broken":
                raise OSError("broken")
            yield Ended(id=request.id, status="ok", reason="")
        finally:
            at_once -= 1

    monkeypatch.setattr(Bench, "events", events)
    monkeypatch.setattr("quizapp.queued.LOOK", 0.01)
    monkeypatch.setattr("quizapp.queued.STEP_BACK", 0.02)
    return seen


async def run(bench: QueuedBench, experiment: str = "toy") -> list[object]:
    async with aclosing(bench.events(Request(id="1", experiment=experiment))) as events:
        return [event async for event in events]


async def test_one_run_at_a_time_over_all_visitors(running, tmp_path):
    benches = [QueuedBench(tmp_path / "turn") for _ in range(5)]
    found = await asyncio.gather(*map(run, benches))
    assert [len(events) for events in found] == [1] * 5
    assert running == [1] * 5
    assert not any(bench.waiting for bench in benches)


async def test_who_waits_says_so_and_may_stop_waiting(running, tmp_path):
    one, two, three = (QueuedBench(tmp_path / "turn") for _ in range(3))
    async with one._our_turn():
        assert not one.waiting
        second = asyncio.create_task(run(two))
        while not two.waiting:
            await asyncio.sleep(0.01)
        assert running == []
        second.cancel()
        await asyncio.wait({second})
        assert not two.waiting
    assert len(await run(three)) == 1
    assert running == [1]


async def test_a_run_that_breaks_gives_its_turn_back(running, tmp_path):
    with pytest.raises(OSError, match="broken"):
        await run(QueuedBench(tmp_path / "turn"), "broken")
    assert len(await asyncio.wait_for(run(QueuedBench(tmp_path / "turn")), 5)) == 1


async def test_without_a_turn_no_process_is_started(tmp_path):
    bench = QueuedBench(tmp_path / "turn")
    await bench.start()
    assert bench._process is None


async def test_a_turn_that_cannot_be_told_is_said(tmp_path):
    with pytest.raises(BenchError, match="whose turn"):
        await run(QueuedBench(tmp_path / "nowhere" / "turn"))


async def test_a_real_run_leaves_no_process(tmp_path):
    bench = QueuedBench(tmp_path / "turn")
    found = await bench.prove("permutation", seeds=2, device="cpu")
    assert found.status == "ok"
    assert bench._process is None
