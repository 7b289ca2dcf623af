"""Reference evidence: runs that come with quizapp, to hold one's own against.

One file per kind of device in `verifiers/reference/`, one run per line. It knows no store and no screen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from quizapp import claims, packs, paths
from quizapp.errors import RunsError
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim, build
from quizapp.verifiers import catalogue

FOLDER = catalogue.BENCH / "reference"
DEVICES = ("cpu", "cuda", "mps")
KEPT = ("ok", "invalid")
"""Runs that came to their end; others are no evidence."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What comes with quizapp: kind of device -> experiment -> run."""

    runs: Mapping[str, Mapping[str, Run]]
    others: Mapping[str, Mapping[str, Mapping[str, Run]]] = field(default_factory=dict)
    """What others measured: who (`the pack tuesday`) -> kind of device -> experiment -> run. No number is
    read from it."""

    def evidence(self, claim: Claim) -> tuple[Evidence, ...]:
        """What was measured for a claim, one piece per kind of device that has run all it needs."""
        judged = (claims.judge(claim, runs) for runs in self.runs.values())
        return tuple(evidence for evidence in judged if evidence is not None)

    def beside(self, claim: Claim) -> tuple[Evidence, ...]:
        """What to show beside one's own: the reference, then what others measured, one by one."""
        found = [
            replace(evidence, origin=who)
            for who, devices in self.others.items()
            for runs in devices.values()
            if (evidence := claims.judge(claim, runs)) is not None
        ]
        return (*self.evidence(claim), *found)

    def numbers(self) -> dict[str, float]:
        """`experiment.check` -> its estimate: on a CPU if it was measured there, else on another device."""
        found: dict[str, float] = {}
        for runs in self.runs.values():
            found = numbers(runs.values()) | found
        return found

    def key(self, own: Iterable[Run]) -> dict[str, float]:
        """What measured answers are held against: the learner's own numbers, else the reference's.

        Those of an experiment that has changed since count only where there are no others.
        """
        runs = list(own)
        return numbers(runs) | self.numbers() | numbers(run for run in runs if not claims.is_stale(run))


def numbers(runs: Iterable[Run]) -> dict[str, float]:
    """`experiment.check` -> its estimate, from runs whose controls came out right."""
    return {
        f"{run.experiment}.{check.name}": check.estimate
        for run in runs
        if run.status == "ok"
        for check in run.checks
    }


def load(folder: Path = FOLDER) -> Reference:
    """All of it, and what came with packs. Raises RunsError naming file and line of what is no run.

    No outcome is taken from a pack: they are drawn again from its numbers.
    """
    files = {device: folder / f"{device}.jsonl" for device in DEVICES}
    shipped = {device: read(file) for device, file in files.items() if file.is_file()}
    others = {f"the pack {name}": _fair(runs) for name, runs in packs.evidence(paths.packs()).items()}
    return Reference(runs=shipped, others=others)


def _fair(devices: Mapping[str, Mapping[str, Run]]) -> dict[str, dict[str, Run]]:
    from quizapp.share.group_judge import fair

    return {device: {name: fair(run) for name, run in runs.items()} for device, runs in devices.items()}


def read(file: Path) -> dict[str, Run]:
    """Experiment -> run. Raises RunsError naming the first line that is no run."""
    found: dict[str, Run] = {}
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            run = build(Run, json.loads(line.decode()))
            found[run.experiment] = run
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            what = f"{file}:{number}: is not a run: {error}"
            raise RunsError(what, "Delete the line and run it again.") from error
    return found


def write(file: Path, runs: Iterable[Run]) -> None:
    """Put runs that came to their end into the file, each in the place of an earlier one of its experiment.

    Raises RunsError when the file is there and holds something else, OSError when it cannot be written.
    """
    known = read(file) if file.is_file() else {}
    known |= {run.experiment: replace(run, id=0) for run in runs if run.status in KEPT}
    lines = [json.dumps(asdict(known[name])) + "\n" for name in sorted(known)]
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(file)
