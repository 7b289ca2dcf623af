"""A program that has the terminal to itself while the app waits, such as an editor."""

from __future__ import annotations

import signal
import subprocess


def run(command: list[str]) -> None:
    """Run it to its end. A ctrl+c in it is its own."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which it would inherit
    try:
        subprocess.run(command, check=False)
    finally:
        signal.signal(signal.SIGINT, before)
