"""Talk to a bench process: ask for an experiment, hand its events on, and make a Run of them.

The bench can crash, hang, print or be killed; the app only ever sees events, and the last one of a run
is always Ended.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from quizapp import claims, paths
from quizapp.errors import BenchError
from quizapp.evidence import Curve, Evidence, Plot, Run
from quizapp.model import Claim, Status
from quizapp.verifiers import catalogue, wire
from quizapp.verifiers.wire import Ended, Event, Request

Process = asyncio.subprocess.Process
Drain = asyncio.Task[None]

SECONDS = {"quick": 120.0, "full": 3600.0}
"""Wall-clock limit of a run, by profile."""
GRACE = 60.0
"""Seconds beyond a run's limit, warming up included, after which the bench itself is taken to hang."""
PATIENCE = 2.0
"""Seconds that an ending bench has before it is killed."""
TICK = 0.25
"""Seconds between looks at a bench that is running something."""
INSTANT = 0.01
"""Seconds between looks at one that was killed."""


class Recorder:
    """Makes a Run of the events of one experiment."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.started: wire.Started | None = None
        self.finished: wire.Finished | None = None
        self.checks: dict[str, wire.CheckResult] = {}
        self.figures: dict[str, wire.Figure] = {}
        self.sketch = wire.Sketch()
        self.notes: list[str] = []
        self.progress = wire.Progress(done=0, most=1)
        self.ended: Ended | None = None

    def take(self, event: Event) -> None:
        """One more event."""
        match event:
            case wire.Started():
                self.started = event
            case wire.Checked():
                self.checks[event.check.name] = event.check
            case wire.Figured():
                self.figures[event.figure.name] = event.figure
            case wire.Point():
                self.sketch.add(event)
            case wire.Note():
                if event.text not in self.notes:
                    self.notes.append(event.text)
            case wire.Progress():
                self.progress = event
            case wire.Finished():
                self.finished = event
            case Ended():
                self.ended = event

    def plot(self) -> Plot:
        """The picture so far."""
        axes = self.started.plot if self.started else {}
        curves = tuple(
            Curve(name=name, arm=arm, x=tuple(xs), y=tuple(ys))
            for (name, arm), (xs, ys) in self.sketch.curves().items()
        )
        return Plot(
            curves=curves, **{key: axes[key] for key in ("title", "x", "y", "x_log", "y_log") if key in axes}
        )

    def run(self) -> Run:
        """What was measured. A run that did not come to its end is never `ok`."""
        status, reason = self._status()
        started, finished = self.started, self.finished
        return Run(
            experiment=self.request.experiment,
            profile=self.request.profile,
            status=status,
            reason=reason,
            checks=tuple(self.checks.values()),
            figures=tuple(self.figures.values()),
            plot=self.plot(),
            notes=tuple(self.notes),
            seeds=finished.seeds if finished else (),
            seconds=finished.seconds if finished else 0.0,
            device=started.device if started else "",
            machine=started.machine if started else "",
            threads=started.threads if started else 0,
            versions=started.versions if started else {},
            fingerprint=started.fingerprint if started else "",
            at=finished.at if finished else datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _status(self) -> tuple[Status, str]:
        if self.ended is None:
            return "crashed", "the bench fell silent"
        if self.ended.status != "ok":
            known: dict[str, Status] = {"timeout": "timeout", "cancelled": "cancelled"}
            return known.get(self.ended.status, "crashed"), self.ended.reason
        if self.finished is None or self.started is None:
            return "crashed", "the experiment ended without a result"
        return ("ok" if self.finished.status == "ok" else "invalid"), self.finished.reason


class Bench:
    """One warm bench process. Experiments run one at a time; close() leaves no process behind."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._stderr: deque[str] = deque(maxlen=40)
        self._drain: Drain | None = None
        self._ids = itertools.count(1)
        self._busy = asyncio.Lock()
        self._current: str | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.waiting = False
        """Whether a run has been asked for that waits for somebody else's to end."""

    async def start(self) -> None:
        """Start the process, if it is not running. It warms up by itself.

        Raises BenchError when it cannot be started.
        """
        if self._process is not None and self._process.returncode is None:
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
        # Whoever waits may be cancelled in the middle; the process must be known all the same.
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        root = str(paths.PACKAGE.parent)
        environment = {
            **os.environ,
            "OMP_WAIT_POLICY": "PASSIVE",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "quizapp.verifiers", "--serve"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=2 * wire.LINE_LIMIT,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise BenchError(f"the bench cannot be started: {error}", "Try `quizapp doctor`.") from error
        self._drain = asyncio.create_task(self._read_stderr(self._process))

    async def _read_stderr(self, process: Process) -> None:
        """Keep the last lines; a pipe that nobody reads would block the bench."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(65536):
            self._stderr.extend(chunk.decode(errors="replace").splitlines())

    async def events(self, request: Request) -> AsyncGenerator[Event, None]:
        """The events of one run, Ended last. Cancelling or closing the iterator stops the run."""
        async with self._busy:
            await self.start()
            process, drain = self._process, self._drain
            assert process is not None
            assert process.stdout is not None
            assert drain is not None
            self._current = request.id
            ended = False
            guard = asyncio.create_task(self._guard(process, drain, request.seconds + GRACE))
            try:
                await self._send({**asdict(request)})
                while not ended:
                    try:
                        line = await process.stdout.readline()
                    except ValueError:
                        continue  # a line over the limit; the reader has dropped it
                    if not line:
                        ended = True
                        await self._see_off(process, drain)
                        yield Ended(id=request.id, status="crashed", reason=self._last_words())
                        return
                    try:
                        event = wire.decode(line.decode(errors="replace"))
                    except ValueError:
                        continue  # half a line of a process that was killed
                    if isinstance(event, Ended) and event.id != request.id:
                        continue  # not the bench's word about this run
                    ended = isinstance(event, Ended)
                    yield event
            finally:
                self._current = None
                self._stderr.clear()  # what this run said explains no later crash
                guard.cancel()
                if not ended:
                    # The reader left in the middle; a fresh process is simpler than finding the end.
                    await self.close()

    async def _send(self, message: dict[str, object]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()

    def _last_words(self) -> str:
        said = [line for line in self._stderr if line.strip()]
        return said[-1] if said else "the bench process is gone"

    async def _guard(self, process: Process, drain: Drain, seconds: float) -> None:
        """End the run even if the bench itself hangs, or is gone and a stray process holds its pipes."""
        for _ in range(round(seconds / TICK)):
            if process.returncode is not None:
                await asyncio.sleep(PATIENCE)  # what it said last is still being read
                break
            await asyncio.sleep(TICK)
        await self._see_off(process, drain)

    async def _see_off(self, process: Process, drain: Drain) -> None:
        """Wait until the process is gone, or kill it; let go of its pipes whoever else may hold them."""
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # Not process.wait(): that waits for the pipes, too. A loop that closes before it has heard of the
        # end, or a transport that asks for it first, has asyncio complain.
        for _ in range(round(PATIENCE / INSTANT)):
            if process.returncode is not None:
                break
            await asyncio.sleep(INSTANT)
        await asyncio.wait({drain}, timeout=PATIENCE)
        # A stray grandchild may hold the pipes for ever, and asyncio has no public way to let go of them.
        process._transport.close()  # type: ignore[attr-defined]
        await drain

    async def prove(
        self,
        experiment: str,
        *,
        profile: str = "quick",
        device: str = "auto",
        seeds: int | None = None,
        first_seed: int = 0,
        seconds: float | None = None,
        watch: Callable[[Recorder, Event], None] | None = None,
    ) -> Run:
        """Run an experiment to its end and return what came of it; never raises for what it does."""
        request = Request(
            id=str(next(self._ids)),
            experiment=experiment,
            profile=profile,
            device=device,
            seeds=seeds,
            first_seed=first_seed,
            seconds=seconds or SECONDS[profile],
        )
        recorder = Recorder(request)
        async with aclosing(self.events(request)) as events:
            async for event in events:
                recorder.take(event)
                if watch is not None:
                    watch(recorder, event)
        return recorder.run()

    async def cancel(self, id_: str) -> None:
        """Stop that run, if it is the one under way; its last event says so."""
        if self._current == id_ and self._process is not None:
            await self._send({"cancel": id_})

    async def close(self) -> None:
        """End the process and everything it started, also when whoever asks is cancelled meanwhile."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        process, drain = self._process, self._drain
        self._process = self._drain = None
        if process is not None and drain is not None:
            if process.returncode is None and process.stdin is not None:
                process.stdin.close()  # its end tells the bench to kill its child and go
            self._closing = asyncio.create_task(self._see_off(process, drain))
        if self._closing is not None:
            await asyncio.shield(self._closing)


async def prove_claim(
    bench: Bench,
    claim: Claim,
    *,
    profile: str = "quick",
    device: str = "auto",
    seeds: int | None = None,
    known: dict[str, Run] | None = None,
    keep: Callable[[Run], object] | None = None,
    watch: Callable[[Recorder, Event], None] | None = None,
) -> Evidence:
    """Run every experiment a claim draws on, except those in `known`, and judge it.

    Raises ValueError for a claim that has no checks.
    """
    runs = known if known is not None else {}
    for name in claim.experiments:
        if name in runs:
            continue
        runs[name] = await bench.prove(name, profile=profile, device=device, seeds=seeds, watch=watch)
        if keep is not None:
            keep(runs[name])
    evidence = claims.judge(claim, runs)
    if evidence is None:
        raise ValueError(f"{claim.id} is cited only; there is nothing to run")
    return evidence


def source(experiment: str) -> tuple[Path, str]:
    """The file of an experiment and what is in it."""
    path = catalogue.read(experiment).path
    return path, path.read_text(encoding="utf-8")
