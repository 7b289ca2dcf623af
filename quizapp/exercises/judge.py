"""Check learners' files, each in a process of its own: `python -I judge.py FD`, jobs on stdin, results on FD.

A job and a result are one JSON object to a line. A job: folder (of the exercise), file (of the learner),
torch, cpu, wall (seconds), memory (bytes). Whatever the file does, its job gets one result: state, and what
to say.
Standard library only; torch is imported for those who need it. Knows no quizapp.
"""

from __future__ import annotations

import json
import os
import resource
import runpy
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.append(str(Path(__file__).parent))

import kit  # type: ignore[import-not-found] # a file beside this one, which is no package

ROOM = 60_000
"""Bytes of a result: less than a pipe holds, so that writing it never waits."""
GRACE = 3.0
"""Seconds beyond the wall limit after which a job is killed."""


def main() -> None:
    """Do every job on stdin."""
    out = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    os.set_inheritable(out.fileno(), False)
    jobs = [json.loads(line) for line in sys.stdin]
    if len(jobs) > 1 and any(job["torch"] for job in jobs):
        _torch()  # once for all; forked, it costs nothing
    for job in jobs:
        out.write(json.dumps(run(job)) + "\n")
        out.flush()


def run(job: dict[str, Any]) -> dict[str, object]:
    """One job in a process of its own."""
    reading, writing = os.pipe()
    began = time.monotonic()
    if (child := os.fork()) == 0:
        os.close(reading)
        _child(job, writing)
    os.close(writing)
    status = _wait(child, reading, began + job["wall"] + GRACE)
    told = _told(reading)
    os.close(reading)
    result = next((line for line in reversed(told) if "state" in line), None)
    if result is None:
        at = next((line["at"] for line in reversed(told) if "at" in line), "loading the file")
        result = {"state": "stopped", "at": at, **_ending(status, job)}
    return {**result, "seconds": round(time.monotonic() - began, 3)}


def _wait(child: int, reading: int, until: float) -> int | None:
    """Its exit status; None when it had to be killed."""
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        # Its end closes the pipe, which wakes us at once.
        if select.select([reading], [], [], 0.05)[0]:
            time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _told(reading: int) -> list[dict[str, Any]]:
    """The lines that are in the pipe."""
    os.set_blocking(reading, False)
    body = b""
    with suppress(BlockingIOError):
        while chunk := os.read(reading, 65536):
            body += chunk
    found = []
    for line in body.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]


def _ending(status: int | None, job: dict[str, Any]) -> dict[str, object]:
    """What to say about a process that ended without a word."""
    if status is None:
        what = f"it did not end within {job['wall']:g} seconds"
        return {"what": what, "smells": "a loop that never ends, or one long call"}
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if killed == signal.SIGXCPU:
        what = f"it used more than {job['cpu']:g} seconds of the processor"
        return {"what": what, "smells": "a loop that never ends, or one long call"}
    if killed:
        name = signal.Signals(killed).name
        return {
            "what": f"the process crashed ({name})",
            "smells": "too deep, too big, or a crash in a library",
        }
    what = f"it ended the whole process, with exit code {os.waitstatus_to_exitcode(status)}"
    return {"what": what, "smells": "os._exit() or something like it: return the result"}


# ---- in the process of one job


def _child(job: dict[str, Any], pipe: int) -> None:
    """Check, tell, and end."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = os.fdopen(0, closefd=False)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr]
        _tell(pipe, _checked(job, pipe))
        sys.stdout.flush()
    finally:
        os._exit(0)


def _tell(pipe: int, said: dict[str, object]) -> None:
    body = json.dumps(said).encode()
    if len(body) > ROOM:
        body = json.dumps({"state": said["state"], "what": str(said.get("what"))[:1000]}).encode()
    os.write(pipe, body + b"\n")


def _checked(job: dict[str, Any], pipe: int) -> dict[str, object]:
    desk: kit.Desk | None = None
    try:
        if job["torch"]:
            _torch()
        _limit(job)
        check = runpy.run_path(str(Path(job["folder"], "check.py")))
        _alarm(job, lambda: desk)
        desk = kit.Desk(Path(job["file"]), check.get("FORBIDDEN", {}), lambda name: _tell(pipe, {"at": name}))
        check["check"](desk)
        said: dict[str, object] = {"state": "solved", "what": ""}
    except kit.Stop as stop:
        said = {"state": stop.state, **stop.said}
    except MemoryError:
        said = {"state": "stopped", "what": "it needed too much memory"}
    except Exception as error:
        what = f"what came back could not be looked at: {type(error).__name__}: {error}"[:1000]
        said = {"state": "broken", "what": what}
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
    if desk is not None:
        said |= {"passed": desk.passed, "measured": desk.measured}
        if said["state"] != "solved":
            said["at"] = desk.at
    return said


def _torch() -> None:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)


def _limit(job: dict[str, Any]) -> None:
    """Hard limits, for code that nothing else stops. What a platform does not know is left out."""
    cpu = round(time.process_time() + job["cpu"] + GRACE)
    limits = {"RLIMIT_CPU": (cpu, cpu + 2), "RLIMIT_CORE": (0, 0), "RLIMIT_FSIZE": (10_000_000, 10_000_000)}
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        room = pages * os.sysconf("SC_PAGE_SIZE") + job["memory"]
        limits["RLIMIT_AS"] = (room, room)
    for name, limit in limits.items():
        with suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, name), limit)


def _alarm(job: dict[str, Any], desk: Any) -> None:  # noqa: ANN401 - a function that returns the desk
    """Softer ones, which say where the learner's code was."""
    began = time.process_time()

    def ring(number: int, frame: FrameType | None) -> None:
        spent = number == signal.SIGPROF
        took = f"{job['cpu']:g} seconds of work" if spent else f"{job['wall']:g} seconds"
        place = desk().line_of(frame) if desk() is not None else _line(Path(job["file"]), frame)
        busy = spent or time.process_time() - began > 0.05 * job["wall"]  # others may use the machine, too
        smells = "a loop that never ends?" if busy else "it waits for something that does not come"
        raise kit.Stop("stopped", f"it was still running after {took}", smells=smells, **place)

    signal.signal(signal.SIGPROF, ring)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_PROF, job["cpu"])
    signal.setitimer(signal.ITIMER_REAL, job["wall"])


def _line(path: Path, frame: FrameType | None) -> dict[str, object]:
    """Where the file was while it was being loaded."""
    while frame is not None and frame.f_code.co_filename != str(path):
        frame = frame.f_back
    if frame is None:
        return {}
    return {
        "where": [[frame.f_lineno, path.read_text(encoding="utf-8").splitlines()[frame.f_lineno - 1].strip()]]
    }


if __name__ == "__main__":
    main()
