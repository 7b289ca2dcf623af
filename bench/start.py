"""Time from exec to the first screen, beside a minimal Textual app on the same machine: CPU and wall.

Rounds are interleaved; the ratios of the medians are what counts. On a busy machine the wall clock says
little, and only the CPU time is judged: that of the process until its first screen was read here.
Run: python bench/start.py [rounds]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
from filled import fill

from quizapp import bank, paths
from quizapp.learner import Learner
from quizapp.store import Store

MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("how sure are you of this first item")
Minimal().run()
"""
LIMIT = 1.5
ASKED, TOPICS, READING = "1-9|turn it|take it", "positional encoding", "Reading"
Taken = tuple[float, float]
"""Seconds of CPU, seconds by the clock."""


def cpu(pid: int) -> float:
    """Seconds that a process has computed so far, all its threads together; 0 where Linux does not say."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def taken(command: list[str], marker: str, home: Path) -> Taken:
    """From exec until `marker` is on the screen; the program is killed then."""
    here = {"QUIZAPP_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    # As it is installed: with its modules compiled. They are kept apart from those of the checkout.
    here |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home.parent / "compiled")}
    began = time.perf_counter()
    child = pexpect.spawn(
        command[0],
        command[1:],
        env={**os.environ, **here},
        dimensions=(24, 80),
        timeout=60,
        encoding="utf-8",
    )
    child.delaybeforesend = None
    child.expect(marker)
    found = cpu(child.pid), time.perf_counter() - began
    child.kill(9)
    child.wait()
    child.close()
    return found


def practised(home: Path) -> None:
    """Make a home with 50,000 answers to the questions that come with quizapp, and their snapshot."""
    fill(home, items=len(bank.load().items))
    learner = Learner(Store(home / paths.answers().name), home / paths.snapshot().name)
    learner.refresh()
    learner.keep()


def main() -> int:
    """Print the medians and their ratios; 1 when one of them is over the limit."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    app = [sys.executable, "-m", "quizapp"]
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder, "empty"), Path(folder, "full")
        fill(empty, items=len(bank.load().items), answers=0)
        practised(full)
        practised(unread := Path(folder, "unread"))

        def afresh() -> Taken:
            (unread / paths.snapshot().name).unlink(missing_ok=True)
            return taken([*app, "study"], READING, unread)

        def again(command: list[str], marker: str, home: Path) -> Callable[[], Taken]:
            return lambda: taken(command, marker, home)

        rows: dict[str, Callable[[], Taken]] = {
            "a minimal Textual app": again([sys.executable, "-c", MINIMAL], "first item", empty),
            "quizapp study, new": again([*app, "study"], ASKED, empty),
            "quizapp, new": again(app, TOPICS, empty),
            "quizapp study, 50,000 answers": again([*app, "study"], ASKED, full),
            "quizapp, 50,000 answers": again(app, TOPICS, full),
            "quizapp study, 50,000 to read": afresh,
        }
        for row in rows.values():
            row()  # compiles, and reads the banks, so that the cache is there
        times: dict[str, list[Taken]] = {name: [] for name in rows}
        for _ in range(rounds):
            for name, row in rows.items():
                times[name].append(row())
    return judged(times)


def judged(times: dict[str, list[Taken]]) -> int:
    """Print a row for each; 1 when a ratio is over the limit."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    worst = 0.0
    first: tuple[float, ...] | None = None
    for name, found in times.items():
        middle = tuple(statistics.median(column) for column in zip(*found, strict=True))
        first = first or middle
        of_cpu, of_wall = (mine / theirs for mine, theirs in zip(middle, first, strict=True))
        print(
            f"{name:<30} CPU {middle[0] * 1000:5.0f} ms, ratio {of_cpu:.2f}   "
            f"wall {middle[1] * 1000:5.0f} ms, ratio {of_wall:.2f}"
        )
        worst = max(worst, of_cpu, of_wall if load < cores else 0.0)
    busy = "" if load < cores else "; too busy to judge by the clock"
    print(f"worst ratio {worst:.2f} (limit {LIMIT}); load average {load:.1f} on {cores} cores{busy}")
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
