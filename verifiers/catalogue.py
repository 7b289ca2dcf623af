"""What experiments there are, read from their source without running it. Standard library only.

An experiment is one file in `experiments/` with a docstring, a TITLE, and the literals CHECKS, PLOT,
LOOKS and PROFILES; where published numbers can be set beside its own, also OUTSIDE and FIGURES. Its
fingerprint is a hash of its file and of every bench file it imports.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import outside
from .outside import Outside
from .verdict import Check, declared

BENCH = Path(__file__).parent
LITERALS = ("TITLE", "CHECKS", "PLOT", "LOOKS", "PROFILES")
OPTIONAL: dict[str, Any] = {"FIGURES": {}, "OUTSIDE": ()}
"""Literals that a file may leave out, and what that means."""


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
    figures: dict[str, tuple[str, str, str]]
    """Name -> (unit, interval, meaning) of what is measured only to stand beside a published number."""
    outside: tuple[Outside, ...]


def names() -> list[str]:
    """The names of all experiments."""
    return sorted(path.stem for path in (BENCH / "experiments").glob("*.py") if path.stem != "__init__")


def read(name: str) -> Experiment:
    """The experiment of that name. Raises LookupError, or ValueError when its declarations are wrong."""
    path = BENCH / "experiments" / f"{name}.py"
    if name not in names():
        raise LookupError(f"there is no experiment {name!r}; there are: {', '.join(names())}")
    try:
        return _read(path, fingerprint(path))
    except SyntaxError as error:
        raise ValueError(f"{error.filename}:{error.lineno}: {error.msg}") from error


@lru_cache(maxsize=256)
def _read(path: Path, mark: str) -> Experiment:
    """The experiment in the file, read once for every fingerprint."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    found = _literals(tree)
    doc = ast.get_docstring(tree) or ""
    missing = [literal for literal in LITERALS if literal not in found]
    if missing or not doc:
        raise ValueError(f"{path.name} lacks {', '.join(missing) or 'a docstring'}")
    if "does not show" not in doc:
        raise ValueError(f"the docstring of {path.name} must say what the experiment does not show")
    _judge_literals(path.name, found)
    checks, figures = declared(found["CHECKS"]), outside.figures(found["FIGURES"])
    if set(checks) & set(figures):
        raise ValueError(f"{path.name}: a figure has the name of a check")
    return Experiment(
        name=path.stem,
        title=found["TITLE"],
        doc=doc,
        checks=checks,
        plot=found["PLOT"],
        looks=tuple(found["LOOKS"]),
        profiles=found["PROFILES"],
        path=path,
        fingerprint=mark,
        figures=figures,
        outside=outside.declared(found["OUTSIDE"], checks, figures),
    )


def _literals(tree: ast.Module) -> dict[str, Any]:
    """The values of LITERALS and OPTIONAL. Raises ValueError for one that is not a literal."""
    found: dict[str, Any] = dict(OPTIONAL)
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if (
            isinstance(node, ast.Assign)
            and isinstance(target, ast.Name)
            and target.id in (*LITERALS, *OPTIONAL)
        ):
            found[target.id] = ast.literal_eval(node.value)
    return found


def _judge_literals(file: str, found: dict[str, Any]) -> None:
    """Raises ValueError unless TITLE, LOOKS, PLOT and PROFILES are of the right form."""
    looks, plot, profiles = found["LOOKS"], found["PLOT"], found["PROFILES"]
    if not isinstance(found["TITLE"], str) or not found["TITLE"].strip():
        raise ValueError(f"{file}: TITLE is a text")
    if not isinstance(looks, tuple) or not all(type(look) is int and look > 0 for look in looks):
        raise ValueError(f"{file}: LOOKS are numbers of seeds, such as (5, 8, 13, 20)")
    if not looks or any(later <= look for look, later in pairwise(looks)):
        raise ValueError(f"{file}: LOOKS must grow, and there must be one")
    kinds = {"x": str, "y": str, "x_log": bool, "y_log": bool}
    if not isinstance(plot, dict) or {key: type(value) for key, value in plot.items()} != kinds:
        raise ValueError(f"{file}: PLOT needs exactly x and y (texts), x_log and y_log (booleans)")
    if not isinstance(profiles, dict) or set(profiles) != {"quick", "full"}:
        raise ValueError(f"{file}: PROFILES are quick and full")
    if not all(isinstance(sizes, dict) for sizes in profiles.values()):
        raise ValueError(f"{file}: a profile is a dict of sizes")


def fingerprint(path: Path) -> str:
    """Sixteen hex digits over the file and every bench file it imports, directly or not."""
    seen: dict[Path, bytes] = {}
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen or not current.is_file():
            continue
        now = current.stat()
        seen[current], imported = _source(current, now.st_mtime_ns, now.st_size)
        waiting.extend(imported)
    digest = hashlib.sha256()
    for current in sorted(seen):
        digest.update(current.relative_to(BENCH).as_posix().encode() + b"\0" + seen[current] + b"\0")
    return digest.hexdigest()[:16]


@lru_cache(maxsize=512)
def _source(path: Path, changed_ns: int, size: int) -> tuple[bytes, tuple[Path, ...]]:
    """What a file holds, and the bench files that its relative imports can mean; once while it stays so."""
    held = path.read_bytes()
    found = []
    for node in ast.walk(ast.parse(held, str(path))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1]
            module = folder.joinpath(*(node.module or "").split(".")) if node.module else folder
            if module != BENCH:
                found += [module.with_suffix(".py"), module / "__init__.py"]
            found.extend(module / f"{alias.name}.py" for alias in node.names)
    return held, tuple(found)
