"""What is said about a file that cannot be run, and about exceptions that everybody gets once.

Runs in the judge's process. Standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

SHOWN = 400
"""Characters of one value or one line that are shown."""


def says_nothing(tree: ast.Module) -> bool:
    """Whether there is nothing but a docstring, or not even that."""
    return all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in tree.body)


def smell(error: BaseException, inside: bool) -> str:
    """What an exception comes from, as a rule. inside: whether it happened in a line of the learner's."""
    if isinstance(error, ModuleNotFoundError):
        return "misspelt, or not installed here; the exercises need nothing but what they begin with"
    if isinstance(error, TypeError) and not inside:
        return "it is called as the task says: keep its parameters, and their order"
    return ""


def syntax(error: SyntaxError | ValueError) -> str:
    """What Python says of a file that it cannot read."""
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


def syntax_place(lines: Sequence[str], error: SyntaxError | ValueError) -> list[list[object]]:
    """The line where it stopped reading."""
    if not isinstance(error, SyntaxError) or error.lineno is None:
        return []
    text = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    return [[error.lineno, text.strip()[:SHOWN]]]
