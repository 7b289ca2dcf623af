"""Who may import whom: once by reading the source, once in clean interpreters."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "quizapp"
BENCH = ROOT / "verifiers"

LEVELS = {
    **dict.fromkeys(("errors", "model", "parts", "evidence", "paths", "files", "arithmetic", "served"), 1),
    **dict.fromkeys(("safe_text",), 1),
    **dict.fromkeys(("bank_cache", "packs", "pack_content", "strict_json"), 2),
    **dict.fromkeys(("strict_yaml", "bank", "claims", "schedule", "steps", "marks", "store", "settings"), 2),
    **dict.fromkeys(("grade", "amounts", "spelling", "sketch", "terms", "interviews", "upgrade"), 2),
    **dict.fromkeys(("ui", "serving", "cli", "__main__"), 4),
}
"""By the first name under quizapp; what is not listed stands at 3 (study, proof, check, export, share...)."""
FOR_BOTH = {"wire", "catalogue", "outside", "verdict"}
STANDARD_ONLY = {"wire", "verdict", "stats", "catalogue", "outside", "serve"}


@dataclass(frozen=True)
class Import:
    """One imported module, by its full name, and where."""

    module: str
    where: str
    lazy: bool


def name_of(path: Path) -> str:
    """The full import name of a file."""
    if path.is_relative_to(BENCH):
        parts = ("quizapp", "verifiers", *path.relative_to(BENCH).with_suffix("").parts)
    else:
        parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


WORKSHOP = APP / "exercises"
"""A third process: what learners build, and the judge of it. Data to the app."""
MODULES = {
    name_of(path): path
    for folder in (APP, BENCH)
    for path in folder.rglob("*.py")
    if not path.is_relative_to(WORKSHOP)
}


def imports(path: Path) -> Iterator[Import]:
    """Every module a file imports; `from package import module` counts as importing the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    at_top = {id(node) for statement in tree.body for node in _outside_functions(statement)}
    package = name_of(path).split(".") if path.stem == "__init__" else name_of(path).split(".")[:-1]
    for node in ast.walk(tree):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        lazy = id(node) not in at_top
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, where, lazy)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(full if full in MODULES else base, where, lazy)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


@cache
def of_app() -> list[tuple[str, Import]]:
    return [
        (name, found) for name, path in MODULES.items() if path.is_relative_to(APP) for found in imports(path)
    ]


@cache
def of_bench() -> list[tuple[str, Import]]:
    return [
        (name.removeprefix("quizapp.verifiers").lstrip("."), found)
        for name, path in MODULES.items()
        if path.is_relative_to(BENCH)
        for found in imports(path)
    ]


def level(module: str) -> int:
    return LEVELS.get(module.split(".")[1], 3)


def is_verifier(module: str) -> bool:
    return f"{module}.".startswith("quizapp.verifiers.")


def test_the_source_was_found():
    assert {"quizapp.__main__", "quizapp.model", "quizapp.verifiers.wire"} <= set(MODULES)
    assert len(of_app()) > 100
    assert len(of_bench()) > 20


def test_imports_of_the_app_go_down():
    wrong = [
        f"{found.where}: {name} (layer {level(name)}) imports {found.module} (layer {level(found.module)})"
        for name, found in of_app()
        if name != "quizapp" and found.module.startswith("quizapp.") and not is_verifier(found.module)
        if level(found.module) > level(name)
    ]
    assert wrong == []


def test_only_the_command_line_imports_the_interface_and_only_late():
    wrong = [
        found.where
        for name, found in of_app()
        if f"{found.module}.".startswith("quizapp.ui.") and not name.startswith("quizapp.ui")
        if not name.startswith("quizapp.cli.") or not found.lazy
    ]
    assert wrong == []


def test_the_app_knows_only_the_wire_and_the_catalogue_of_the_bench():
    wrong = [
        f"{found.where}: {found.module}"
        for name, found in of_app()
        if is_verifier(found.module) and not is_verifier(name)
        if found.module.removeprefix("quizapp.verifiers").lstrip(".") not in FOR_BOTH
    ]
    assert wrong == []


def test_textual_stays_in_the_interface():
    wrong = [
        found.where
        for name, found in of_app() + of_bench()
        if found.module.split(".")[0].startswith("textual") and not name.startswith("quizapp.ui")
        if found.module.split(".")[0] != "textual_serve"
    ]
    assert wrong == []


def test_serving_knows_no_screen_and_nothing_else_knows_how_to_serve():
    wrong = [
        f"{found.where}: {found.module}"
        for name, found in of_app() + of_bench()
        if found.module.split(".")[0] in ("textual_serve", "aiohttp", "aiohttp_jinja2", "jinja2")
        or f"{found.module}.".startswith("quizapp.serving.")
        if not name.startswith("quizapp.serving") and not (name == "quizapp.cli.evening" and found.lazy)
    ]
    wrong += [
        f"{found.where}: {found.module}"
        for name, found in of_app()
        if name.startswith("quizapp.serving") and f"{found.module}.".startswith(("quizapp.ui.", "textual."))
    ]
    assert wrong == []


def test_torch_stays_in_the_bench():
    wrong = [found.where for _, found in of_app() if found.module.split(".")[0] == "torch"]
    assert wrong == []


def test_the_workshop_stands_by_itself():
    found = [one for path in WORKSHOP.rglob("*.py") for one in imports(path)]
    assert len(found) > 50
    assert [one.where for one in found if one.module.split(".")[0] in ("quizapp", "textual", "yaml")] == []
    assert [one.where for _, one in of_app() if f"{one.module}.".startswith("quizapp.exercises.")] == []


def test_the_bench_knows_nothing_of_quizzes():
    wrong = [
        f"{found.where}: {found.module}"
        for _, found in of_bench()
        if found.module.split(".")[0] in ("yaml", "pydantic", "quizapp") and not is_verifier(found.module)
    ]
    assert wrong == []


def test_what_both_sides_use_needs_only_the_standard_library():
    wrong = []
    for name, found in of_bench():
        if name not in STANDARD_ONLY:
            continue
        inside = is_verifier(found.module) and found.module.rpartition(".")[2] in STANDARD_ONLY
        late = name == "serve" and found.lazy and found.module == "torch"
        if not (inside or late or found.module.split(".")[0] in sys.stdlib_module_names):
            wrong.append(f"{found.where}: {found.module}")
    assert wrong == []


def test_experiments_do_not_import_each_other():
    experiments = "quizapp.verifiers.experiments"
    wrong = [
        found.where
        for name, found in of_bench()
        if name.startswith("experiments.") and found.module.startswith(experiments)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("quizapp.__main__", ("torch", "textual", "pydantic", "yaml", "sqlite3", "quizapp.bank")),
        ("quizapp.__main__", ("quizapp.schema", "quizapp.skeleton", "quizapp.new")),
        ("quizapp.ui.app", ("quizapp.schema", "quizapp.skeleton", "quizapp.new")),
        ("quizapp.ui.app", ("quizapp.statistics", "quizapp.summary", "quizapp.memories")),
        ("quizapp.ui.app", ("quizapp.picker", "quizapp.glossary", "quizapp.toy_table")),
        ("quizapp.picker.choose", ("torch", "textual", "pydantic")),
        ("quizapp.ui.app", ("quizapp.plan", "quizapp.planned", "quizapp.forecast", "numpy")),
        ("quizapp.ui.app", ("quizapp.workshop", "quizapp.ui.workshop")),
        ("quizapp.ui.workshop", ("torch", "pydantic", "yaml", "quizapp.drawing")),
        ("quizapp.summary", ("torch", "textual", "pydantic", "yaml", "fsrs")),
        ("quizapp.new", ("torch", "textual")),
        ("quizapp.bank", ("torch", "textual", "pydantic", "yaml")),
        ("quizapp.study", ("torch", "textual", "pydantic", "fsrs")),
        ("quizapp.proof", ("torch", "textual", "pydantic")),
        ("quizapp.check", ("torch", "textual")),
        ("quizapp.doctor", ("torch", "textual")),
        ("quizapp.ui.app", ("quizapp.backups", "quizapp.records", "quizapp.share", "zstandard")),
        ("quizapp.cli.data", ("torch", "textual", "pydantic", "yaml", "sqlite3")),
        ("quizapp.share.incoming.items", ("torch", "textual", "pydantic")),
        ("quizapp.keymap", ("torch", "textual", "yaml")),
        (
            "quizapp.ui.app",
            ("quizapp.ui.palette", "quizapp.ui.tour", "quizapp.ui.keytable", "quizapp.keymap"),
        ),
        ("quizapp.serving.evening", ("torch", "textual", "jinja2", "pydantic")),
        ("quizapp.serving.door", ("aiohttp", "textual_serve")),
        ("quizapp.export", ("torch", "textual", "matplotlib", "genanki")),
        ("quizapp.ui.app", ("torch", "pydantic", "yaml", "quizapp.drawing")),
        ("quizapp.ui.practice", ("torch", "pydantic", "quizapp.query", "quizapp.export")),
        ("quizapp.ui.browse", ("torch", "pydantic", "yaml", "quizapp.proof")),
        ("quizapp.verifiers.wire", ("torch", "textual")),
        ("quizapp.verifiers.verdict", ("torch", "textual")),
        ("quizapp.verifiers.outside", ("torch", "textual")),
        ("quizapp.verifiers.catalogue", ("torch", "textual")),
        ("quizapp.verifiers.serve", ("torch", "textual")),
    ],
)
def test_a_clean_interpreter_loads_no_more_than_it_must(module: str, absent: tuple[str, ...]):
    code = f"import sys, {module}; print(sorted(set({absent!r}) & set(sys.modules)))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert said.stdout.strip() == "[]"
