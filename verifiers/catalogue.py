"""What experiments there are, read from their source without running it. Standard library only.

An experiment is one file in `experiments/` with a docstring, a TITLE, and the literals CHECKS, PLOT,
LOOKS and PROFILES. Its fingerprint is a hash of its file and of every bench file it imports.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .verdict import Check, declared

BENCH = Path(__file__).parent
LITERALS = ("TITLE", "CHECKS", "PLOT", "LOOKS", "PROFILES")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment as its file declares it."""

    name: str
    title: str
    doc: str
    checks: dict[str, Check]
    plot: dict[str, Any]
    looks: tuple[int, ...]
    profiles: dict[str, dict[str, Any]]
    path: Path
    fingerprint: str


def names() -> list[str]:
    """The names of all experiments."""
    return sorted(path.stem for path in (BENCH / "experiments").glob("*.py") if path.stem != "__init__")


def read(name: str) -> Experiment:
    """The experiment of that name. Raises LookupError, or ValueError when its declarations are wrong."""
    if name not in names():
        raise LookupError(f"there is no experiment {name!r}; there are: {', '.join(names())}")
    path = BENCH / "experiments" / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    found: dict[str, Any] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and target.id in LITERALS:
            found[target.id] = ast.literal_eval(node.value)
    missing = [literal for literal in LITERALS if literal not in found]
    doc = ast.get_docstring(tree) or ""
    if missing or not doc:
        raise ValueError(f"{path.name} lacks {', '.join(missing) or 'a docstring'}")
    if "does not show" not in doc:
        raise ValueError(f"the docstring of {path.name} must say what the experiment does not show")
    return Experiment(
        name=name,
        title=found["TITLE"],
        doc=doc,
        checks=declared(found["CHECKS"]),
        plot=found["PLOT"],
        looks=tuple(found["LOOKS"]),
        profiles=found["PROFILES"],
        path=path,
        fingerprint=fingerprint(path),
    )


def fingerprint(path: Path) -> str:
    """Sixteen hex digits over the file and every bench file it imports, directly or not."""
    seen: dict[Path, bytes] = {}
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen or not current.is_file():
            continue
        seen[current] = current.read_bytes()
        waiting.extend(_imports(current, ast.parse(seen[current])))
    digest = hashlib.sha256()
    for current in sorted(seen):
        digest.update(current.relative_to(BENCH).as_posix().encode() + b"\0" + seen[current] + b"\0")
    return digest.hexdigest()[:16]


def _imports(path: Path, tree: ast.Module) -> list[Path]:
    """The bench files that relative imports in a module can mean."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1]
            module = folder.joinpath(*(node.module or "").split(".")) if node.module else folder
            found.append(module.with_suffix(".py"))
            found.extend(module / f"{alias.name}.py" for alias in node.names)
    return found
