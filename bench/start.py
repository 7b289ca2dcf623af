"""Time from exec to the first item on screen, beside a minimal Textual app on the same machine.

Pairs are interleaved; the ratio of the medians is what counts. Run: python bench/start.py [rounds]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("how sure are you of this first item")
Minimal().run()
"""
LIMIT = 1.5


def seconds(command: list[str], marker: str, home: str) -> float:
    """Wall time from exec until `marker` is on the screen; the program is killed then."""
    environment = {**os.environ, "QUIZAPP_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    child = pexpect.spawn(
        command[0], command[1:], env=environment, dimensions=(24, 80), timeout=30, encoding="utf-8"
    )
    child.delaybeforesend = None
    child.expect(marker)
    took = time.perf_counter() - began
    child.kill(9)
    child.wait()
    child.close()
    return took


def main() -> int:
    """Print both medians and their ratio; 1 when the ratio is over the limit."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as home:
        Path(home, "settings.yaml").write_text("tour: false\n", encoding="utf-8")
        app = [sys.executable, "-m", "quizapp", "study"]
        minimal = [sys.executable, "-c", MINIMAL]
        seconds(app, "due,", home)  # reads the banks once, so that the cache is there
        pairs = [
            (seconds(app, "1-9|turn it|take it", home), seconds(minimal, "first item", home))
            for _ in range(rounds)
        ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"quizapp study {ours * 1000:.0f} ms, minimal Textual app {theirs * 1000:.0f} ms, {rounds} rounds")
    print(f"ratio {ours / theirs:.2f} (limit {LIMIT})")
    return 1 if ours / theirs > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
