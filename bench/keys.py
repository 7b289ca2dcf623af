"""Time from a key to the repaint it causes, over a real pty, while every core is busy.

Every screen that takes keys, for somebody with 5,000 items and 50,000 answers. `WALKS` says how to come to a
screen and what to press there. Nothing moves by itself on these screens (motion is off), so the first bytes
are the reply. Over a claim that is being proved curves are drawn as they come in, with motion on: there every
key waits for a text that only its own effect paints, and the claim is proved again when it is through.
Run: python bench/keys.py [presses for each] [part of a name]
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from filled import fill
from terminal import LONGEST, Taken, Terminal, every_core_busy

from quizapp import paths
from quizapp.learner import Learner
from quizapp.store import Store

LIMIT = 50.0
"""Milliseconds that the 99th percentile may take."""
LONG_RUNNING = "gradient_distance"
"""The experiment to prove meanwhile, if there is a claim that needs it."""
UP, DOWN, ESCAPE, ENTER, TAB, CTRL_P, ERASE = b"\x1b[A", b"\x1b[B", b"\x1b", b"\r", b"\t", b"\x10", b"\x7f"
LEFT, RIGHT, PAGE_DOWN, PAGE_UP = b"\x1b[D", b"\x1b[C", b"\x1b[6~", b"\x1b[5~"
CURSOR, LEGEND = "›".encode(), "↑".encode()
LITERATURE, SENTENCE, VERDICT = b"literature", b"People say", b"Verdict:"
Timings = dict[str, list[Taken]]
"""What was pressed -> what every press took."""


@dataclass(frozen=True)
class Walk:
    """A screen, and keys to press on it in turn."""

    there: tuple[bytes, ...]
    """From home to the screen, key by key."""
    keys: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    """What is measured -> the keys, again and again. A key that changes nothing is passed over."""


def letters(text: str) -> tuple[bytes, ...]:
    """A text typed letter by letter, and taken away again."""
    return (*(letter.encode() for letter in text), *[ERASE] * len(text))


WALKS = {
    "home": Walk((), {"down, up": (DOWN, DOWN, UP, UP)}),
    "help": Walk((b"?",), {"down, up": (DOWN, UP)}),
    "palette": Walk((CTRL_P,), {"letters": letters("softmax"), "down, up": (DOWN, UP)}),
    "date": Walk((b"d",), {"letters": letters("2027-01-31")}),
    "browse": Walk(
        (b"b",),
        {"down, up": (DOWN, DOWN, UP), "pages": (PAGE_DOWN, PAGE_DOWN, PAGE_UP), "answer": (b" ",)},
    ),
    "browse: filter": Walk((b"b", b"/"), {"letters": letters("softmax"), "is:due": letters("is:due")}),
    "browse: item": Walk((b"b", ENTER), {"left, right": (RIGHT, RIGHT, LEFT), "scroll": (DOWN, UP)}),
    "browse: go to": Walk((b"b", b"g"), {"letters": letters("attent"), "down, up": (DOWN, UP)}),
    "claims: filter": Walk((b"c", b"/"), {"letters": letters("atten")}),
    "stats": Walk((b"t",), {"pages": (b"2", b"3", b"4", b"5", b"1"), "scroll": (DOWN, UP)}),
    "errors": Walk((b"t", b"e"), {"down, up": (DOWN, DOWN, UP)}),
    "mock": Walk((b"m",), {"minutes": (b"+", b"-"), "scroll": (DOWN, UP)}),
    "mock: talk": Walk((b"m", ENTER), {"letters": letters("any token is one hop away")}),
    "workshop": Walk((b"w",), {"down, up": (DOWN, DOWN, UP)}),
    "architecture": Walk((b"a",), {"down, up": (DOWN, DOWN, UP)}),
    "glossary": Walk((b"g",), {"down, up": (DOWN, DOWN, UP)}),
    "export": Walk((b"x",), {"down, up": (DOWN, DOWN, UP)}),
}


def pause(terminal: Terminal, source: random.Random) -> None:
    """As long as a human takes, so that keys meet the ticks of the app at every phase."""
    terminal.settle(source.uniform(0.05, 0.25))


def walked(terminal: Terminal, walk: Walk, presses: int, source: random.Random) -> Timings:
    """Go to a screen and press its keys."""
    for key in walk.there:
        terminal.type(key, then=1.5)
    took: Timings = {}
    for name, keys in walk.keys.items():
        took[name] = found = []
        for press in range(presses):
            pause(terminal, source)
            with suppress(TimeoutError):  # at the end of a list, or nothing to scroll
                found.append(terminal.press(keys[press % len(keys)], seconds=0.7))
    return took


def in_the_claims(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """Down through the claims; the bar moves, then the claim is shown in full."""
    terminal.type(b"c", then=0.0)
    terminal.wait(LITERATURE)
    bar, whole = [], []
    for _ in range(presses):
        pause(terminal, source)
        bar.append(terminal.press(DOWN))
        whole.append(terminal.until(LITERATURE))
    return {"down": bar, "(claim in full)": whole}


def in_practice(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """Questions with one right option: the cursor, the answer, how sure, what was right, and the next."""
    took: Timings = {"down": [], "pick": [], "(told)": [], "told: scroll": [], "told: flag": [], "next": []}
    for _ in range(presses):
        pause(terminal, source)
        took["down"].append(terminal.press(DOWN, CURSOR))
        pause(terminal, source)
        took["pick"].append(terminal.press(b"1", b"How sure"))
        pause(terminal, source)
        took["(told)"].append(terminal.press(b"2", b"next"))  # the answer is on disk by then
        for name, key in (("told: scroll", DOWN), ("told: scroll", UP), ("told: flag", b"f")):
            pause(terminal, source)
            with suppress(TimeoutError):  # nothing to scroll
                took[name].append(terminal.press(key, seconds=0.5))
        terminal.settle(3.5)  # what was said about the flag goes away by itself
        took["next"].append(terminal.press(ENTER, CURSOR))
    return took


def while_proving(terminal: Terminal, presses: int, source: random.Random) -> Timings:
    """Over a run: down to the legend, up to the sentence under test, the help sheet opened and closed."""
    terminal.type(b"c")
    terminal.type(b"/")
    claim = long_running()
    terminal.type(claim.encode(), then=1.0)
    terminal.type(b"\r")
    terminal.press(b"\r", SENTENCE)
    run_it(terminal)
    steps = {
        "down": (DOWN * 2, LEGEND),
        "up": (UP * 2, SENTENCE),
        "(help opens)": (b"?", b"this help"),
        "(help closes)": (b"x", claim.encode()),  # the first line of the screen, painted whatever is scrolled
    }
    took: Timings = {name: [] for name in steps}

    def pressed(name: str) -> bool:
        """Press a key; False when the run came to its end, whose verdict scrolls up by itself."""
        pause(terminal, source)
        if terminal.shows(VERDICT):
            return False
        try:
            found = terminal.press(*steps[name])
        except TimeoutError:
            if not terminal.shows(VERDICT):
                raise
            return False
        took[name].append(found)
        return not terminal.shows(VERDICT)

    while len(took["(help closes)"]) < presses:
        if not all(map(pressed, steps)):
            terminal.type(b"x", then=1.0)  # if the help is open
            terminal.type(b"r")
            run_it(terminal)
    return took


def run_it(terminal: Terminal) -> None:
    """Start the run and wait for its curves; with them there is more to see than fits."""
    terminal.press(b"s", b"cancel")
    terminal.wait(b"% left", 20.0)
    terminal.settle(0.5)


def long_running() -> str:
    """The id of a claim whose proof takes long."""
    from quizapp import headless

    claims = [claim for claim in headless.bank_of_claims(lambda _: None).claims.values() if claim.checks]
    claims.sort(key=lambda claim: LONG_RUNNING not in claim.experiments)
    return claims[0].id


Script = Callable[[Terminal, int, random.Random], Timings]


def measure(script: Script, presses: int, home: str) -> Timings:
    """Start the app, let its bench warm up, then press keys on busy cores."""
    still(home, script is not while_proving)
    practice = ("study", "--kind", "choice") if script is in_practice else ()
    terminal = Terminal([sys.executable, "-m", "quizapp", *practice], home)
    try:
        terminal.wait(b"1-9" if practice else b"topic", 30.0)
        terminal.settle(LONGEST)
        with every_core_busy():
            return script(terminal, presses, random.Random(0))
    finally:
        terminal.close()


def said(name: str, took: list[Taken]) -> float:
    """Print the percentiles of the milliseconds; returns the 99th by the clock."""
    if len(took) < 2:
        print(f"{name:<28}{len(took):>4} keys   nothing to see here", flush=True)
        return 0.0
    wall, cpu = (
        statistics.quantiles(column, n=100, method="inclusive") for column in zip(*took, strict=True)
    )
    print(
        f"{name:<28}{len(took):>4} keys   p50 {wall[49]:5.1f}  p90 {wall[89]:5.1f}  p99 {wall[98]:5.1f} ms   "
        f"CPU p50 {cpu[49]:5.1f}  p90 {cpu[89]:5.1f}  p99 {cpu[98]:5.1f} ms",
        flush=True,
    )
    return wall[98]


def still(home: str, nothing_moves: bool) -> None:
    """Set whether anything may move by itself."""
    motion = "false" if nothing_moves else "true"
    Path(home, "settings.yaml").write_text(
        f"tour: false\nmotion: {motion}\nnew_per_day: 5000\n", encoding="utf-8"
    )


def ready(home: Path) -> None:
    """Somebody who practised for long; the start does not read it all again."""
    fill(home)
    learner = Learner(Store(home / paths.answers().name), home / paths.snapshot().name)
    learner.refresh()
    learner.keep()


def main() -> int:
    """Print the percentiles of every key; 1 when one of them is over the limit."""
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    scripts: dict[str, Script] = {"claims": in_the_claims, "practice": in_practice, "proving": while_proving}
    for name, walk in WALKS.items():
        scripts[name] = lambda *given, walk=walk: walked(given[0], walk, *given[1:])
    worst = 0.0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ready(home := Path(folder, "home"))
        for screen, script in scripts.items():
            if wanted in screen:
                for name, took in measure(script, presses, str(home)).items():
                    p99 = said(f"{screen}: {name}", took)
                    if not name.startswith("("):  # a screen that opens is more than a repaint
                        worst = max(worst, p99)
    print(f"worst p99 {worst:.1f} ms (limit {LIMIT:g}); load average {os.getloadavg()[0]:.1f}")
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
