"""Every error a user may see. Caught in two places only: the command line and the app.

QuizError                what is wrong, where, what to do
├── BankError            a bank, claim or misconception file; carries every problem found
├── StoreError           the learner's file of answers
├── BackupError          a backup could not be made, or cannot be restored
├── RunsError            a file of runs, such as the reference evidence
├── RulesError           the rules of the picker; carries every problem found
├── QueryError           a query that selects items; carries the place
├── SettingsError        the learner's settings; carries every problem found
├── BenchError           the bench process could not be started or understood
├── ExportError          a deck could not be written
├── IncomingError        a file of cards from elsewhere could not be read
└── PackError            a pack of a study group; carries every problem found in its files
    └── GroupError       a file of a study group's evidence; the same
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_PROBLEMS = 20
"""So many problems of a pack are listed."""


class QuizError(Exception):
    """A problem the user can act on. `what` is one sentence; `todo` says what to do about it."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.what}\n  {self.todo}" if self.todo else self.what


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file, at a place an editor can jump to (line and column count from 1)."""

    file: str
    line: int
    column: int
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}\n    {self.todo}"


class BankError(QuizError):
    """Problems in the question files, all of them at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        count = len(problems)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} in the question files:\n"
            + "\n".join(str(problem) for problem in self.problems)
        )


class SettingsError(QuizError):
    """Problems in the learner's settings, all of them at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StoreError(QuizError):
    """The file with the learner's answers cannot be used."""


class BackupError(QuizError):
    """A backup could not be made, or a file cannot be restored."""


class RunsError(QuizError):
    """A file of runs holds something else."""


class RulesError(QuizError):
    """Problems in the rules of the picker, all of them at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class QueryError(QuizError):
    """A query cannot be understood. `at` is the place in it, from 0."""

    def __init__(self, at: int, what: str, todo: str) -> None:
        super().__init__(f"the query, at character {at + 1}: {what}", todo)
        self.at = at
        self.problem = what


class BenchError(QuizError):
    """The bench process could not be started or said something that is not an event."""


class ExportError(QuizError):
    """A deck could not be written."""


class PackError(QuizError):
    """A pack cannot be made, opened or merged. What strangers wrote into it is shown as safe text."""

    def __init__(self, what: str, todo: str, problems: list[Problem] | None = None) -> None:
        from quizapp.safe_text import visible

        self.problems = sorted(problems or [])
        lines = [what, *(str(problem) for problem in self.problems[:MOST_PROBLEMS])]
        if (more := len(self.problems) - MOST_PROBLEMS) > 0:
            lines.append(f"... and {more:,} more")
        super().__init__(visible("\n".join(lines)), visible(todo))


class GroupError(PackError):
    """What a member of a study group shared cannot be made, taken or reported."""


class IncomingError(QuizError):
    """A file of cards from elsewhere could not be read. Its name and words are shown as safe text."""

    def __init__(self, what: str, todo: str = "") -> None:
        from quizapp.safe_text import visible

        super().__init__(visible(what), visible(todo))
