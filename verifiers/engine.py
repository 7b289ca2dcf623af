"""Runs an experiment seed by seed, both arms with the same seed, and looks at fixed moments.

It knows no experiment by name and no claim; it knows arms, seeds, looks and checks.
"""

from __future__ import annotations

import importlib
import platform
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import torch

from . import catalogue
from .catalogue import Experiment
from .lab import Lab
from .verdict import interval, judge
from .wire import Checked, CheckResult, Event, Figure, Figured, Finished, Progress, Started

ARMS = ("claim", "control")


def pick_device(wanted: str) -> str:
    """`auto` is the best there is. Raises ValueError when the wanted device is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if wanted not in there:
        raise ValueError(f"unknown device {wanted!r}: auto, cpu, cuda or mps")
    if not there[wanted]:
        raise ValueError(f"torch {torch.__version__} sees no {wanted} device here")
    return wanted


def machine(device: str) -> str:
    """The device in words."""
    if device == "cuda":
        return str(torch.cuda.get_device_name())
    return f"{processor()}, {torch.get_num_threads()} thread"


def processor() -> str:
    """The model of the CPU, or at least its kind."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            what, _, value = line.partition(":")
            if what.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def looks_for(experiment: Experiment, seeds: int | None) -> tuple[int, ...]:
    """When to look: the declared looks, cut at `seeds`, which is then the last look itself."""
    if seeds is None:
        return experiment.looks
    if seeds < 1:
        raise ValueError("needs at least one seed")
    return (*[look for look in experiment.looks if look < seeds], seeds)


def run(
    name: str,
    emit: Callable[[Event], None],
    *,
    profile: str = "quick",
    device: str = "auto",
    seeds: int | None = None,
    first_seed: int = 0,
) -> dict[str, CheckResult]:
    """Run the experiment `name` and emit what happens; returns the checks as last looked at.

    Raises LookupError for an unknown name, ValueError for a profile, device or check that is not there.
    """
    experiment = catalogue.read(name)
    if profile not in experiment.profiles:
        raise ValueError(f"{name} has no profile {profile!r}: {', '.join(experiment.profiles)}")
    device = pick_device(device)
    looks = looks_for(experiment, seeds)
    began = time.perf_counter()
    emit(_started(experiment, profile, device, looks))
    trial = importlib.import_module(f"{__package__}.experiments.{name}").trial
    values: dict[str, list[float]] = {check: [] for check in experiment.checks}
    beside: dict[str, list[float]] = {}
    results: dict[str, CheckResult] = {}
    done = 0
    for look in looks:
        while done < look:
            for position, arm in enumerate(ARMS):
                lab = Lab(
                    arm=arm,
                    seed=first_seed + done,
                    size=experiment.profiles[profile],
                    device=device,
                    emit=emit,
                )
                trial(lab)
                _take(experiment, lab, values)
                _take_figures(experiment, lab, beside)
                emit(Progress(done=len(ARMS) * done + position + 1, most=len(ARMS) * looks[-1]))
            done += 1
        results = {
            check.name: judge(check, values[check.name], len(looks)) for check in experiment.checks.values()
        }
        for result in results.values():
            emit(Checked(check=result))
        for figure in _figures(experiment, beside, len(looks)):
            emit(Figured(figure=figure))
        if all(result.outcome != "unclear" for result in results.values()):
            break
    reason = _untripped(results.values())
    emit(
        Finished(
            status="invalid" if reason else "ok",
            reason=reason,
            seeds=tuple(range(first_seed, first_seed + done)),
            seconds=time.perf_counter() - began,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    )
    return results


def _untripped(results: Iterable[CheckResult]) -> str:
    """Which controls came out wrong, and which could not be decided; empty when all are as they must be."""
    known = [result for result in results if not result.tripped]
    wrong = [result.name for result in known if result.outcome != "unclear"]
    open_ = [result.name for result in known if result.outcome == "unclear"]
    said = [f"these controls did not come out as they must: {', '.join(wrong)}"] * bool(wrong)
    said += [f"these controls could not be decided: {', '.join(open_)}"] * bool(open_)
    return "; ".join(said)


def _started(experiment: Experiment, profile: str, device: str, looks: tuple[int, ...]) -> Started:
    """What is about to run, and on what."""
    return Started(
        experiment=experiment.name,
        profile=profile,
        device=device,
        machine=machine(device),
        threads=torch.get_num_threads(),
        versions={"python": platform.python_version(), "torch": torch.__version__},
        fingerprint=experiment.fingerprint,
        looks=looks,
        plot={"title": experiment.title, **experiment.plot},
    )


def _take(experiment: Experiment, lab: Lab, values: dict[str, list[float]]) -> None:
    """Move a trial's numbers over. Raises ValueError unless they are exactly the arm's declared checks."""
    wanted = {check.name for check in experiment.checks.values() if check.arm == lab.arm}
    if set(lab.values) != wanted:
        raise ValueError(
            f"{experiment.name}, {lab.arm} arm: reported {sorted(lab.values)}, declared {sorted(wanted)}"
        )
    for name, value in lab.values.items():
        values[name].append(value)


def _take_figures(experiment: Experiment, lab: Lab, values: dict[str, list[float]]) -> None:
    """Move a trial's figures over. Raises ValueError for one that is not declared."""
    unknown = sorted(set(lab.figures) - set(experiment.figures))
    if unknown:
        raise ValueError(f"{experiment.name}, {lab.arm} arm: figures {unknown} are not declared")
    for name, value in lab.figures.items():
        values.setdefault(name, []).append(value)


def _figures(experiment: Experiment, values: dict[str, list[float]], looks: int) -> Iterable[Figure]:
    """The figures after these values, when so many looks were planned."""
    for name, found in values.items():
        unit, kind, meaning = experiment.figures[name]
        estimate, low, high = interval(kind, found, looks)
        yield Figure(
            name=name,
            unit=unit,
            meaning=meaning,
            estimate=estimate,
            low=low,
            high=high,
            values=tuple(found),
        )
