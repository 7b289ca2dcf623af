"""The linter: items <-> claims <-> experiments, both ways, and the rules of the field guide.

Reads questions exactly as the app does (bank.read) and experiments without running them. A rule says
something only where it is sure; an item may break one with `lint_allow: {L08: reason}`. Rules on many items
together speak only of a whole folder with a concepts.yaml, never of a single file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from quizapp import balance, paths, reference
from quizapp.arithmetic import Refused, evaluate
from quizapp.bank import Bank, read
from quizapp.errors import Problem, QuizError
from quizapp.grade import unknown_numbers
from quizapp.model import Claim, Estimate, Item, Numeric, Order
from quizapp.rules import RULES, Complaint
from quizapp.strategies import Result
from quizapp.verifiers import catalogue
from quizapp.verifiers.catalogue import Experiment

T = TypeVar("T")
WARNINGS = {"L21", "L25", "L29", "blueprint", "levels"}
"""Rules of items and banks whose findings fail nothing."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing to look at, at a place an editor can jump to (line and column count from 1)."""

    file: str
    line: int
    column: int
    rule: str
    """L and the number of the rule in the field guide, or what kind of check it was."""
    id: str
    """The item, claim or experiment; empty when the file cannot be read that far."""
    what: str
    todo: str
    warning: bool = False
    """Worth knowing, but nothing fails because of it."""

    def __str__(self) -> str:
        about = f"{self.id}: " if self.id else ""
        kind = f"{self.rule}, warning" if self.warning else self.rule
        return f"{self.file}:{self.line}:{self.column}: [{kind}] {about}{self.what}\n    {self.todo}"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of a check."""

    findings: tuple[Finding, ...]
    items: int
    claims: int
    files: int
    strategies: tuple[Result, ...] = ()
    """What somebody who knows nothing scores on the items of these files."""

    @property
    def failed(self) -> bool:
        """Whether anything must be put right."""
        return any(not finding.warning for finding in self.findings)

    @property
    def summary(self) -> str:
        """The whole in one line."""
        wrong = sum(not finding.warning for finding in self.findings)
        parts = [
            f"{self.items} items and {self.claims} claims in {self.files} files",
            f"{wrong} to put right",
        ]
        if warnings := len(self.findings) - wrong:
            parts.append(f"{warnings} to know about")
        return ", ".join(parts) + "."


def check_paths(given: Sequence[Path]) -> Checked:
    """Check files and folders; none given: the built-in questions.

    What a file refers to is looked up in its own folder when that holds a concepts.yaml, else among the
    built-in questions; only what stands in the given files is reported. Raises QuizError for a path that
    is not there.
    """
    builtin = paths.questions()
    asked = [file for path in given or [builtin] for file in question_files(path)]
    around: dict[Path, None] = {}
    for file in asked:
        home = file.parent if (file.parent / "concepts.yaml").is_file() else builtin
        around |= dict.fromkeys(path.resolve() for path in sorted(home.glob("*.yaml")))
    around |= dict.fromkeys(file.resolve() for file in asked)
    bank, problems = read(around)
    found = [_from_problem(problem) for problem in problems]
    experiments, broken = _experiments()
    found += broken
    found += _items(bank, experiments)
    found += _claims(bank, experiments)
    shown = {_shown(file) for file in asked}
    found = [finding for finding in found if finding.file in shown]
    for folder in [] if problems else _whole_folders(asked):  # what cannot be read would seem uncovered
        found += _together(bank, folder, experiments, builtin)
    if (builtin / "claims.yaml").resolve() in {file.resolve() for file in asked}:
        found += broken + list(_unused(bank, experiments)) + list(_outdated(experiments))
    return Checked(
        findings=tuple(sorted(found)),
        items=_count(bank.items, bank, shown),
        claims=_count(bank.claims, bank, shown),
        files=len(shown),
        strategies=tuple(
            balance.strategy_results(
                item for item in bank.items.values() if _place(bank, item.id)[0] in shown
            )
        ),
    )


def question_files(path: Path) -> list[Path]:
    """The question files at a path. Raises QuizError when there are none."""
    if path.is_dir():
        files = sorted(path.glob("*.yaml"))
        if not files:
            raise QuizError(
                f"there are no question files (*.yaml) in {path}", "Name a file or another folder."
            )
        return files
    if not path.exists():
        raise QuizError(
            f"there is no {path}", "Check the path; `quizapp check` alone checks the built-in files."
        )
    return [path]


def _whole_folders(asked: Sequence[Path]) -> list[Path]:
    """Folders with a concepts.yaml of which every question file is asked about."""
    given = {file.resolve() for file in asked}
    return [
        folder
        for folder in dict.fromkeys(file.parent for file in given)
        if (folder / "concepts.yaml").is_file() and given.issuperset(folder.resolve().glob("*.yaml"))
    ]


def _shown(path: Path) -> str:
    """The path as bank.read shows it."""
    resolved = path.resolve()
    return str(resolved.relative_to(Path.cwd()) if resolved.is_relative_to(Path.cwd()) else resolved)


def _count(ids: Iterable[str], bank: Bank, shown: set[str]) -> int:
    return sum(_place(bank, id_)[0] in shown for id_ in ids)


def _place(bank: Bank, id_: str) -> tuple[str, int, int]:
    file, line, column = bank.places[id_].rsplit(":", 2)
    return file, int(line), int(column)


def _at(bank: Bank, id_: str, complaint: Complaint) -> Finding:
    file, line, column = _place(bank, id_)
    rule, what, todo = complaint
    warning = rule in WARNINGS
    return Finding(
        file=file, line=line, column=column, rule=rule, id=id_, what=what, todo=todo, warning=warning
    )


def _from_problem(problem: Problem) -> Finding:
    return Finding(
        file=problem.file,
        line=problem.line,
        column=problem.column,
        rule="bank",
        id="",
        what=problem.what,
        todo=problem.todo,
    )


# ---- items ----------------------------------------------------------------------------------------


def _items(bank: Bank, experiments: dict[str, Experiment]) -> list[Finding]:
    found = []
    for item in bank.items.values():
        complaints = [complaint for rule in RULES for complaint in rule(item)]
        complaints = [c for c in complaints if not item.lint_allow.get(c[0], "").strip()]
        # A false key and a measurement that does not exist are wrong, whatever an author allows.
        complaints += [*_verified(item), *_measured(item, experiments)]
        found += [_at(bank, item.id, complaint) for complaint in complaints]
    return found


def _together(
    bank: Bank, folder: Path, experiments: dict[str, Experiment], builtin: Path
) -> Iterator[Finding]:
    """What shows only when the items of a whole folder lie side by side."""
    files = {_shown(path) for path in folder.glob("*.yaml")}

    def inside(entries: Mapping[str, T]) -> dict[str, T]:
        return {id_: entry for id_, entry in entries.items() if _place(bank, id_)[0] in files}

    part = Bank(
        items=inside(bank.items),
        claims=inside(bank.claims),
        misconceptions=inside(bank.misconceptions),
        concepts=inside(bank.concepts),
        places=bank.places,
    )
    for remark in balance.remarks(part, experiments, blueprint=folder == builtin.resolve()):
        yield replace(_at(bank, remark.at, remark.complaint), id=remark.about)


def _verified(item: Item) -> Iterator[Complaint]:
    """Rule 20: keys that are numbers are recomputed."""
    if item.verify:
        try:
            result = evaluate(item.verify)
        except Refused as refused:
            yield (
                "L20",
                f"`verify` cannot be evaluated: {refused}",
                "Write an expression of numbers and math.*.",
            )
            return
        if result is not True:
            said = "False" if result is False else f"a {type(result).__name__}, not True or False"
            yield "L20", f"`verify` is {said}", "Correct the key or the expression; one of them is wrong."
        return
    answer = getattr(item, "answer", None)
    typed = isinstance(item, Numeric | Estimate) and answer is not None and answer.value is not None
    if (typed or isinstance(item, Order)) and not item.lint_allow.get("L20", "").strip():
        yield "L20", "the key is a number and nothing recomputes it", "Add `verify:` with an expression."


def _measured(item: Item, experiments: dict[str, Experiment]) -> Iterator[Complaint]:
    """Answers that are read from the evidence name checks that exist."""
    for name in unknown_numbers(item, {}):
        wrong = _unknown(name, experiments)
        if wrong:
            yield "link", wrong, "Name a check as `experiment.check`."


# ---- claims and experiments -----------------------------------------------------------------------


def _experiments() -> tuple[dict[str, Experiment], list[Finding]]:
    """The experiments of the bench, and what is wrong with those that cannot be read."""
    known, broken = {}, []
    for name in catalogue.names():
        try:
            known[name] = catalogue.read(name)
        except ValueError as error:
            file = _shown(catalogue.BENCH / "experiments" / f"{name}.py")
            todo = "Declare what an experiment declares; see the other files there."
            broken.append(
                Finding(file=file, line=1, column=1, rule="bench", id=name, what=str(error), todo=todo)
            )
    return known, broken


def _unknown(name: str, experiments: dict[str, Experiment]) -> str:
    """What is wrong with the name of a check; empty when it exists."""
    experiment, _, check = name.partition(".")
    if experiment not in experiments:
        return f"`{name}`: there is no experiment {experiment!r}"
    if check not in experiments[experiment].checks:
        return (
            f"`{name}`: {experiment} has no check {check!r}, but {', '.join(experiments[experiment].checks)}"
        )
    return ""


def _claims(bank: Bank, experiments: dict[str, Experiment]) -> list[Finding]:
    asked = Counter(claim for item in bank.items.values() for claim in item.claims)
    return [
        _at(bank, claim.id, complaint)
        for claim in bank.claims.values()
        for complaint in _claim(claim, experiments, asked[claim.id])
    ]


def _claim(claim: Claim, experiments: dict[str, Experiment], asked: int) -> Iterator[Complaint]:
    for name, _ in claim.shown:
        wrong = _unknown(name, experiments)
        if wrong:
            yield "link", wrong, "Name a check as `experiment.check`, or correct the experiment."
            continue
        experiment, _, check = name.partition(".")
        if experiments[experiment].checks[check].arm != "claim":
            yield "link", f"`{name}` is a control", "A claim rests on checks of the arm `claim`."
    if claim.checks and not claim.supports:
        yield "link", "has limits but no supports", "Name a check that must pass for it to hold."
    if claim.checks and claim.expected is None:
        yield "link", "has checks but no `expected`", "Say what the literature leads one to expect."
    if not claim.checks and not claim.untestable:
        yield "link", "has neither checks nor a reason", "Give it `supports`, or say in `untestable` why not."
    if claim.checks and claim.untestable:
        yield "link", "has checks and a reason why nothing can test it", "Keep one of them."
    if not asked:
        yield "link", "no item is about this claim", "Add its id to the `claims:` of an item."


def _outdated(experiments: dict[str, Experiment]) -> Iterator[Finding]:
    """Reference runs of experiments that have changed since. Raises RunsError for what is no run."""
    for device, runs in reference.load().runs.items():
        for name, run in runs.items():
            if name in experiments and experiments[name].fingerprint != run.fingerprint:
                yield Finding(
                    file=_shown(reference.FOLDER / f"{device}.jsonl"),
                    line=1,
                    column=1,
                    rule="reference",
                    id=name,
                    what="was measured before the experiment changed",
                    todo=f"`quizapp prove CLAIM --device {device} --runs FILE` with this file renews it.",
                    warning=True,
                )


def _unused(bank: Bank, experiments: dict[str, Experiment]) -> Iterator[Finding]:
    """What is measured for a claim, and that neither a claim nor the answer of an item draws on."""
    used = {name for claim in bank.claims.values() for name, _ in claim.shown}
    used |= {name for item in bank.items.values() for name in unknown_numbers(item, {})}
    for experiment in experiments.values():
        lines = experiment.path.read_text(encoding="utf-8").splitlines()
        for check in experiment.checks.values():
            if check.arm == "claim" and f"{experiment.name}.{check.name}" not in used:
                line = next((n for n, text in enumerate(lines, 1) if f'"{check.name}": {{' in text), 1)
                yield Finding(
                    file=_shown(experiment.path),
                    line=line,
                    column=1,
                    rule="link",
                    id=experiment.name,
                    what=f"neither a claim nor an item draws on its check `{check.name}`",
                    todo="Let a claim rest on it, or show it under `also`.",
                    warning=True,
                )
