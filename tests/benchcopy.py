"""A copy of the bench with experiments of a test's own, which real worker processes then find.

The copy is what `quizapp.verifiers` means in every interpreter that has the returned folder on its
PYTHONPATH, by way of a sitecustomize; the repository itself is never written to.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "verifiers"

EXPERIMENT = '''"""An experiment of the tests. It does not show anything."""

import ctypes
import math
import os
import subprocess
import sys
import time

TITLE = "of the tests"
CHECKS = {{
    "value": {{"unit": "1", "bounds": [0.0, 1.0], "arm": "claim", "interval": "range", "meaning": "m"}},
    "spoilt": {{"unit": "1", "bounds": [0.0, 1.0], "arm": "control", "must": "fail",
               "interval": "range", "meaning": "m"}},
}}
PLOT = {{"x": "x", "y": "y", "x_log": False, "y_log": False}}
LOOKS = {looks}
PROFILES = {{"quick": {{"n": 1}}, "full": {{"n": 2}}}}


def report(lab, value=0.5, spoilt=2.0):
    lab.check(*(("value", value) if lab.arm == "claim" else ("spoilt", spoilt)))


def events(lab):
    """The descriptor that events are written to, which no experiment should know."""
    return next(cell.cell_contents for cell in lab._emit.__closure__ if isinstance(cell.cell_contents, int))


def trial(lab):
    {body}
'''


def experiment(body: str, looks: str = "(2,)") -> str:
    """The source of an experiment with this body of `trial(lab)`."""
    return EXPERIMENT.format(body="\n    ".join(body.strip().splitlines()), looks=looks)


def copy_bench(folder: Path, sources: Mapping[str, str]) -> Path:
    """Copy the bench into `folder` with these experiments only: name -> source."""
    bench = folder / "bench"
    shutil.copytree(BENCH, bench, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (bench / "experiments").glob("*.py"):
        if path.stem != "__init__":
            path.unlink()
    for name, source in sources.items():
        (bench / "experiments" / f"{name}.py").write_text(source, encoding="utf-8")
    return bench


def make_known(folder: Path, bench: Path) -> Path:
    """A folder for PYTHONPATH that makes `bench` the bench."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        f"import quizapp.verifiers\nquizapp.verifiers.__path__[:] = [{str(bench)!r}]\n", encoding="utf-8"
    )
    return site
