"""The wheel stands on its own: banks and bench come with it, and a foreign `verifiers` is no match."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("build")
pytest.importorskip("hatchling")

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ("quizapp", "verifiers", "questions", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the source."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(source),
    ]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stdout + said.stderr
    shutil.rmtree(source)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """An environment with the wheel, a foreign `verifiers`, and our dependencies but not our checkout."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    venv.create(folder, with_pip=False)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A .pth adds a folder and not the .pth files in it, among them the one of the editable checkout.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    foreign = packages / "verifiers"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("raise RuntimeError('the other verifiers')\n", encoding="utf-8")
    return folder


def call(installed: Path, *arguments: str) -> str:
    """What the environment's Python prints, far away from the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    said = subprocess.run(
        [str(installed / "bin" / "python"), *arguments],
        capture_output=True,
        text=True,
        cwd=installed.parent,
        env={**clean, "QUIZAPP_HOME": str(installed.parent / "home")},
        timeout=120,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_the_wheel_holds_the_app_the_bench_the_banks_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        metadata = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "quizapp = quizapp.__main__:main" in archive.read(metadata).decode()
    ours = {
        *(path for folder in ("quizapp", "verifiers", "questions") for path in (ROOT / folder).rglob("*"))
    }
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in ours
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted = {name if name.startswith("quizapp/") else f"quizapp/{name}" for name in wanted}
    assert {"quizapp/verifiers/wire.py", "quizapp/questions/claims.yaml", "quizapp/ui/app.tcss"} <= set(names)
    assert "quizapp/questions/schema/bank.json" in names
    assert {"quizapp/serving/page/index.html", "quizapp/serving/page/page.js"} <= set(names)
    assert set(names) == wanted
    assert len(names) == len(set(names))


def test_everything_is_found_in_the_wheel(installed):
    code = (
        "import json, quizapp; from quizapp import paths;"
        "from quizapp.verifiers import catalogue, experiments;"
        "print(json.dumps([quizapp.__file__, str(paths.questions()), str(catalogue.BENCH),"
        "list(experiments.__path__)[0], str(catalogue.read('permutation').path)]))"
    )
    found = json.loads(call(installed, "-c", code))
    assert [path for path in found if not Path(path).is_relative_to(installed)] == []


def test_the_claims_of_the_wheel_are_those_of_the_checkout(installed):
    rows = [json.loads(line) for line in call(installed, "-m", "quizapp", "claims", "--json").splitlines()]
    source = (ROOT / "questions" / "claims.yaml").read_text(encoding="utf-8")
    assert len(rows) == source.count("\n  - id: ") + source.count("\n- id: ")
    assert len(rows) > 10


def test_an_experiment_of_the_wheel_runs_beside_a_foreign_verifiers(installed):
    refused = "try:\n import verifiers\nexcept RuntimeError as error: print(error)"
    assert "the other verifiers" in call(installed, "-c", refused)
    said = call(installed, "-m", "quizapp.verifiers", "permutation", "--seeds", "2", "--device", "cpu")
    events = [json.loads(line) for line in said.splitlines()]
    assert [(event["event"], event.get("status")) for event in events[-2:]] == [
        ("finished", "ok"),
        ("ended", "ok"),
    ]


def test_the_app_proves_a_claim_with_the_bench_of_the_wheel(installed):
    said = call(installed, "-m", "quizapp", "prove", "cat-sat-equals-sat-cat", "--seeds", "2", "--json")
    assert json.loads(said)["verdict"] == "depends"
