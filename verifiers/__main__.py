"""The worker: runs one experiment, or stays warm and forks one child per request.

Events go to a private copy of file descriptor 1; descriptor 1 itself is pointed at stderr, so that
nothing an experiment prints can be taken for an event.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback

# Before torch is imported: spinning worker threads make a busy machine up to a hundred times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from . import catalogue
from .serve import die_with_parent, serve
from .wire import Ended, Event, Request, encode


def private_stdout() -> int:
    """A descriptor for events that nothing else knows; print() goes to stderr from now on."""
    sys.stdout.flush()
    events = os.dup(1)
    os.dup2(2, 1)
    return events


def work(request: Request, events: int) -> str:
    """Run one request and write its events; returns why it crashed, or an empty string."""

    def emit(event: Event) -> None:
        data = encode(event).encode()
        while data:
            data = data[os.write(events, data) :]

    try:
        from . import engine

        engine.run(
            request.experiment,
            emit,
            profile=request.profile,
            device=request.device,
            seeds=request.seeds,
            first_seed=request.first_seed,
        )
    except BrokenPipeError:
        raise  # nobody reads the events any more
    except (Exception, SystemExit) as error:  # whatever an experiment raises is a crash that is reported
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    """The command line; returns the exit code: 0 the run came to its end, 2 it did not."""
    parser = argparse.ArgumentParser(
        prog="python -m quizapp.verifiers",
        description="Run an experiment; events go to stdout, one JSON object per line.",
    )
    parser.add_argument("name", nargs="?", help="the experiment; left out: list them")
    parser.add_argument("--profile", default="quick", choices=["quick", "full"])
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--seeds", type=int, help="the most seeds to use")
    parser.add_argument(
        "--first-seed", type=int, default=0, help="the first seed; others give an independent repeat"
    )
    parser.add_argument("--serve", action="store_true", help="stay warm; requests come on stdin")
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        die_with_parent()
        return serve(private_stdout(), work)
    if given.name is None:
        for name in catalogue.names():
            print(f"{name:24} {catalogue.read(name).title}")
        return 0
    if given.name not in catalogue.names():
        parser.error(f"there is no experiment {given.name!r}; there are: {', '.join(catalogue.names())}")
    events = private_stdout()
    request = Request(
        id="",
        experiment=given.name,
        profile=given.profile,
        device=given.device,
        seeds=given.seeds,
        first_seed=given.first_seed,
    )
    reason = work(request, events)
    if given.lifeline is not None:  # a warm parent says how it ended
        os.write(given.lifeline, reason.encode()[:4000])
        return 0
    os.write(events, encode(Ended(id="", status="crashed" if reason else "ok", reason=reason)).encode())
    return 2 if reason else 0


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader left early, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 141
    sys.exit(code)
