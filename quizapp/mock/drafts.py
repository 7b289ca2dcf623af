"""What was typed and not yet handed in: a small file for each question, renewed while somebody types."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quizapp import files
from quizapp.safe_text import whole


@dataclass(frozen=True)
class Draft:
    """An answer on its way."""

    said: str = ""
    seconds: float = 0.0


class Drafts:
    """The drafts in a folder of the learner's data."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "drafts"

    def _file(self, question: int) -> Path:
        return self.folder / f"question-{question}.json"

    def keep(self, question: int, draft: Draft) -> None:
        """Put a draft on disk, whole or not at all. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files.replace(
            self._file(question), json.dumps({"said": draft.said, "seconds": draft.seconds}).encode()
        )

    def of(self, question: int) -> Draft:
        """What was typed for a question; nothing when nothing is there or it cannot be read."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads(self._file(question).read_bytes())
            return Draft(whole(str(found["said"])), float(found["seconds"]))
        return Draft()

    def drop(self, question: int) -> None:
        """It was handed in."""
        with suppress(OSError):
            self._file(question).unlink()
