"""Prove it: prediction first, events draw, the verdict is scored, no process is left behind."""

import asyncio
import os
from pathlib import Path

import pytest
from quizapp.verifiers.wire import Checked, CheckResult, Ended, Finished, Point, Progress, Request, Started
from textual.events import Key

from quizapp.drawing import LETTERS
from quizapp.model import Expected
from quizapp.proof import Bench, Recorder
from quizapp.ui.app import QuizApp
from quizapp.ui.curves import Curves
from quizapp.ui.prove import ProveScreen
from tests.screen import flat, quiet  # noqa: F401 - a fixture

SIZES = [(80, 24), (120, 40)]


def check(name, outcome="pass", arm="claim", must="", estimate=-0.5):
    return CheckResult(
        name=name,
        arm=arm,
        must=must,
        unit="nats/token",
        meaning=f"What {name} means.",
        estimate=estimate,
        low=estimate - 0.01,
        high=estimate + 0.01,
        bounds=(None, -0.05),
        values=(estimate,),
        outcome=outcome,
    )


def recording(status="ok", bias3="fail", control="fail", curves=1):
    """The events of a run of gradient_distance, as a bench would send them."""
    plot = {"title": "t", "x": "distance", "y": "log10 gradient", "x_log": False, "y_log": False}
    yield Started(
        experiment="gradient_distance",
        profile="quick",
        device="cpu",
        machine="a recording",
        threads=1,
        versions={"torch": "0"},
        fingerprint="0" * 16,
        looks=(1,),
        plot=plot,
    )
    for number in range(curves):
        for x in range(10):
            yield Point(curve="LSTM" + f" {number}" * (number > 0), arm="claim", x=x, y=-x / (4 + number))
    yield Progress(done=1, most=2)
    yield Checked(check=check("lstm_slope"))
    yield Checked(check=check("lstm_bias3_slope", bias3))
    yield Checked(check=check("transformer_decays", control, arm="control", must="fail"))
    if status == "ok":
        tripped = control == "fail"
        yield Finished(
            status="ok" if tripped else "invalid",
            reason="" if tripped else "these controls did not come out as they must",
            seeds=(0,),
            seconds=0.1,
            at="2026-03-02T12:00:00+00:00",
        )
    yield Ended(id="1", status=status, reason="" if status == "ok" else "because")


@pytest.fixture
def replayed(quiet, monkeypatch):  # noqa: F811
    """An app whose bench plays a recording; returns a function that chooses it."""

    def choose(**how):
        async def prove(self, experiment, *, watch=None, **_):
            recorder = Recorder(Request(id="1", experiment=experiment))
            for event in recording(**how):
                recorder.take(event)
                if watch is not None:
                    watch(recorder, event)
                await asyncio.sleep(0)
            return recorder.run()

        monkeypatch.setattr(Bench, "prove", prove)
        return quiet(claim="lstm-gradient-fades")

    return choose


async def settle(app, pilot):
    await app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_from_prediction_to_verdict(replayed, size):
    app = replayed(bias3="pass")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "What will the bench say?" in flat(app)
        assert app.store.predictions() == []
        await pilot.press("2")
        await settle(app, pilot)
        shown = flat(app)
        assert "Verdict: ≈ depends" in shown
        assert "With a forget bias of 3" in shown
        assert "You predicted depends: right" in shown
        for _ in range(20):
            await pilot.press("down")
            shown += flat(app)
        for words in (
            "lstm_slope",
            "[-0.51, -0.49] nats/token",
            "✓ tripped",
            "quizapp prove lstm-gradient-fades",
        ):
            assert words in shown
        (prediction,) = app.store.predictions()
        assert (prediction.predicted, prediction.measured) == ("depends", "depends")
        assert app.store.newest_runs()["gradient_distance"].status == "ok"
        await pilot.press("escape")
        await settle(app, pilot)
        assert "≈ depends" in flat(app)


async def test_nothing_of_an_earlier_run_is_shown_while_the_next_one_waits(replayed, monkeypatch):
    app = replayed(curves=2)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        assert "Verdict" in flat(app)
        monkeypatch.setattr(Bench, "prove", lambda *_, **__: asyncio.Event().wait())
        await pilot.press("r")
        assert "predict first" in flat(app)
        await pilot.press("s", "right")
        assert "waiting for the bench" in flat(app)
        assert "LSTM 1" not in flat(app)
        await pilot.press("escape")
        await settle(app, pilot)


async def test_a_surprise_is_said(replayed):
    app = replayed(bias3="fail")
    claim = app.bank.claims["lstm-gradient-fades"]
    assert claim.expected == Expected(cpu="depends", cuda="depends", mps="depends")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        assert "✓ holds" in flat(app)
        assert "a surprise: the literature leads one to expect depends" in flat(app)


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"control": "pass"}, "invalid"),
        ({"status": "crashed"}, "crashed"),
        ({"status": "timeout"}, "timeout"),
        ({"status": "cancelled"}, "cancelled"),
        ({"bias3": "unclear"}, "unclear"),
    ],
)
async def test_what_is_not_a_verdict_never_reads_as_one(replayed, how, word):
    app = replayed(**how)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        shown = flat(app)
        assert f"Verdict: {'?' if word == 'unclear' else '-' if word == 'cancelled' else '!'} {word}" in shown
        assert "holds" not in shown.partition("Verdict")[2].partition("More exactly")[0].replace(word, "")
        measured = [prediction.measured for prediction in app.store.predictions()]
        assert measured == (["unclear"] if word == "unclear" else [""])


@pytest.mark.parametrize("size", SIZES)
async def test_one_of_many_curves_by_itself(replayed, size):
    app = replayed(curves=26)
    async with app.run_test(size=size) as pilot:
        await pilot.press("right")  # there is no curve yet
        await pilot.press("1")
        await settle(app, pilot)
        picture = app.screen.query_one(Curves)

        def letters():
            rows = (picture.render_line(y) for y in range(picture.size.height))
            found = [segment for row in rows for segment in row if segment.style.bold]
            return sorted(segment.text for segment in found)

        assert letters() == list(LETTERS[:26])
        height = app.screen.query_one("#legend").size.height
        await pilot.press("right", "right")
        await settle(app, pilot)
        assert letters() == ["B"]
        assert "› 0 first, -1.8 last, -1.8 least, 0 most LSTM 1" in flat(app)
        assert picture.region.bottom < size[1]  # scrolled to where it can be seen
        await pilot.press("left")
        assert letters() == ["A"]
        await pilot.press("left", "left")
        assert letters() == ["Z"]
        await pilot.press("right")
        await settle(app, pilot)
        assert letters() == list(LETTERS[:26])
        assert "left right: one curve by itself" in flat(app)
        assert app.screen.query_one("#legend").size.height == height


async def test_every_curve_is_named_even_in_a_narrow_terminal(replayed):
    app = replayed(curves=26)
    async with app.run_test(size=(40, 60)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        words = flat(app)
        for number in range(1, 26):
            assert f"{LETTERS[number]} LSTM {number} " in words
        await pilot.resize_terminal(110, 60)
        await settle(app, pilot)
        assert "A LSTM" in flat(app)
        assert app.screen.query_one("#legend").size.height < 10


async def test_a_single_curve_is_never_chosen(replayed):
    app = replayed()
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        await pilot.press("right")
        assert app.screen.lit is None
        assert "by itself" not in flat(app)


async def test_keys_pressed_fast_all_count(replayed):
    app = replayed()
    async with app.run_test(size=(80, 16)) as pilot:
        await pilot.press("1")
        await settle(app, pilot)
        body = app.screen.query_one("#body")
        for key in ("down", "down", "down", "up"):
            app.screen.on_key(Key(key, None))  # all before the next refresh
        assert body.scroll_offset.y == 4


async def test_the_source_is_a_key_away(replayed):
    app = replayed()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await pilot.pause()
        assert "gradient_distance.py" in flat(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ProveScreen)


async def test_leaving_in_the_middle_leaves_no_process(home):
    """The real bench, the real experiment: cancel it while it runs."""
    app = QuizApp(claim="lstm-gradient-exponential-decay")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        for _ in range(1200):  # a busy machine takes its time to import torch
            await pilot.pause(0.05)
            if isinstance(app.screen, ProveScreen) and app.screen.recorder is not None:
                break
        assert app.screen.recorder is not None
        bench = app.bench._process.pid
        assert len(children(bench)) == 1
        await pilot.press("escape")
        for _ in range(200):
            await pilot.pause(0.05)
            if not children(bench):
                break
        assert children(bench) == []
        assert app.store.newest_runs() == {}
    with pytest.raises(ProcessLookupError):
        os.kill(bench, 0)


async def test_quitting_while_the_bench_is_being_started_leaves_no_process(home):
    """The app ends in the same moment as it starts to warm its bench."""
    app = QuizApp()
    async with app.run_test(size=(80, 24)):
        starting = asyncio.create_task(app.bench.start())
        await asyncio.sleep(0)
    await starting
    assert app.bench._process is None


def children(pid):
    """The processes a process has started, from /proc."""
    if not Path("/proc/self/task").exists():
        pytest.skip("needs Linux's /proc")
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
