"""Experiments that misbehave, a bench that has them, and a look at the processes they leave."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from quizapp.proof import Bench, Recorder
from quizapp.verifiers import wire
from tests.benchcopy import copy_bench, experiment, make_known

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
        "pid = os.fork()\nif pid == 0:\n    time.sleep(1000)\n    os._exit(0)\n"
        "lab.note(str(pid))\nreport(lab)"
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
    "forged_end": (
        "from quizapp.verifiers.wire import Ended\nlab._emit(Ended(id='x', status='ok'))\nreport(lab)"
    ),
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
    except (FileNotFoundError, ProcessLookupError):  # the second: it went between opening and reading
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
        if isinstance(event, wire.Note) and not said:
            said.append(int(event.text))
            acting.append(asyncio.ensure_future(act(said[0])))

    acting: list[asyncio.Future] = []
    run = await bench.prove(name, watch=watch, **how)
    await asyncio.gather(*acting)
    return run, said[0]
