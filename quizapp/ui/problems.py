"""What is wrong in the question files or the settings, before going on without it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from quizapp import paths
from quizapp.errors import Problem
from quizapp.ui.look import bold, dim, lines


class ProblemsScreen(ModalScreen[None]):
    """Every problem, with its place."""

    KEYS = (("up / down", "scroll"), ("enter", "go on"))

    def __init__(
        self,
        problems: list[Problem],
        so: str = "What has problems is left out. enter goes on; `quizapp check`, `doctor` and `pack list` "
        "list them too.",
    ) -> None:
        super().__init__()
        self.where = " and ".join(sorted({_where(problem) for problem in problems}))
        self.problems = problems
        self.so = so

    def compose(self) -> ComposeResult:
        """The list."""
        shown = [str(problem) for problem in sorted(self.problems)]
        with VerticalScroll(classes="sheet"):
            yield Static(
                lines(
                    bold(f"{len(shown)} problem{'s' * (len(shown) != 1)} in {self.where}"),
                    dim(self.so),
                    "",
                    *shown,
                )
            )

    def on_key(self, event: Key) -> None:
        """Close."""
        if event.key in ("enter", "escape", "space"):
            event.stop()
            self.dismiss()


def _where(problem: Problem) -> str:
    if problem.file == str(paths.settings()):
        return "your settings"
    return "your packs" if problem.file.startswith(str(paths.packs())) else "the question files"
