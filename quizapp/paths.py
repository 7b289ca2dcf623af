"""Where things are, in a checkout and installed."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).parent


def questions() -> Path:
    """The folder of the built-in banks."""
    checkout = PACKAGE.parent / "questions"
    return checkout if (checkout / "claims.yaml").is_file() else PACKAGE / "questions"


def home() -> Path:
    """The folder of the learner's data: QUIZAPP_HOME, or the platform's place for it."""
    chosen = os.environ.get("QUIZAPP_HOME")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("quizapp", appauthor=False)


def answers() -> Path:
    """The SQLite file with everything the learner did."""
    return home() / "answers.sqlite3"


def backups() -> Path:
    """The folder of the backups of that file."""
    return home() / "backups"


def snapshot() -> Path:
    """What the answers have come to, so that a start need not fold them all; safe to delete."""
    return home() / "standings.json"


def settings() -> Path:
    """The file with what the learner set."""
    return home() / "settings.yaml"


def packs() -> Path:
    """The folder of the packs that were opened, one folder each."""
    return home() / "packs"


def group() -> Path:
    """The folder of what members of a study group shared, one file each."""
    return home() / "group"


def cache() -> Path:
    """The banks as last read; safe to delete."""
    return home() / "banks.json"
