"""What a study group found together: where claims reproduced, what members believe, what nobody proved. Pure.

Every verdict is drawn again (`group_judge`). With fewer than three members nothing is said of any one of
them, unless that is asked for. Knows no format and no screen.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from quizapp import claims
from quizapp.bank import Bank
from quizapp.model import Claim
from quizapp.share import group_beliefs
from quizapp.share.group import Member
from quizapp.share.group_beliefs import Dispute
from quizapp.share.group_judge import Judged, judged

DECIDED = ("holds", "depends", "fails")
FEWEST = 3
"""So many members make somebody's answers and machines one among others."""
AGREEMENTS = ("differ", "by device", "unclear", "alone", "agree", "none")
"""What to look at first: they differ on one kind of device, only between kinds, nothing decided, by one."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One kind of device of one member."""

    device: str
    words: str
    """The device in words; empty where it is not said whose is whose."""
    who: str
    """The name its owner gave, where names are shown."""

    def __str__(self) -> str:
        named = f" ({self.who})" if self.who else ""
        return f"{self.device}{', ' if self.words else ''}{self.words}{named}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a claim came to on one machine, drawn again from its runs."""

    machine: Machine
    verdict: str
    expected: str
    """What the literature leads one to expect on such a device; empty: nothing."""
    known: bool
    """Whether it was measured by the experiments as they are here; others are shown and not counted."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A number of a check on one machine, with its interval."""

    machine: Machine
    estimate: float
    low: float
    high: float
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The numbers of a check on the machines of one kind."""

    device: str
    n: int
    median: float
    least: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A check that a claim rests on, by machine."""

    check: str
    meaning: str
    unit: str
    bounds: tuple[float | None, float | None]
    points: tuple[Point, ...]
    spreads: tuple[Spread, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A claim that somebody measured."""

    claim: str
    says: str
    agreement: str
    """One of AGREEMENTS, by what was measured with the experiments that are here."""
    reproduced: int
    """On so many machines it came to what the literature leads one to expect."""
    machines: int
    """Of so many."""
    verdicts: tuple[Verdict, ...]
    numbers: tuple[Numbers, ...]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A claim that could be tested and that no machine has decided."""

    claim: str
    says: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of it."""

    members: int
    named: tuple[str, ...]
    """Those who gave a name, where names are shown."""
    sharing: int
    """So many members shared answers."""
    answers: int
    outdated: int
    """Answers to items that are not here, or no longer as they were answered."""
    runs: int
    other_versions: int
    lies: int
    """Runs that said something their numbers do not."""
    machines: tuple[Machine, ...]
    found: tuple[Found, ...]
    disputes: tuple[Dispute, ...] | None
    """None: too few members shared answers for it to be about nobody in particular."""
    missing: tuple[Missing, ...]
    left_out: tuple[str, ...]
    """What is not said, and why."""


def report(members: Sequence[Member], bank: Bank, *, named: bool = False) -> Report:
    """What there is to say. named: also of fewer than three members."""
    members = told_apart(members)
    open_ = named or len(members) >= FEWEST
    held = [_Held(member, open_) for member in members]
    testable = [claim for claim in bank.claims.values() if claim.checks]
    found = [one for claim in testable if (one := _found(claim, held)) is not None]
    found.sort(key=lambda one: (AGREEMENTS.index(one.agreement), one.claim))
    sharing = [member for member in members if member.answers is not None]
    shown = named or len(sharing) >= FEWEST
    newest, outdated = group_beliefs.newest(sharing, bank)
    told = [judged for one in held for judged in one.judged]
    left_out = []
    if members and not open_:
        left_out.append(f"Fewer than {FEWEST} members: machines are not told apart. --named does.")
    if sharing and not shown:
        left_out.append(f"Fewer than {FEWEST} members share answers: they are not shown. --named shows them.")
    return Report(
        members=len(members),
        named=tuple(member.name for member in members if member.name and open_),
        sharing=len(sharing),
        answers=sum(len(member.answers or ()) for member in sharing),
        outdated=outdated,
        runs=len(told),
        other_versions=sum(not one.known for one in told),
        lies=sum(bool(one.lies) for one in told),
        machines=tuple(machine for one in held for machine in one.machines.values()),
        found=tuple(found),
        disputes=group_beliefs.disputes(newest, bank) if shown else None,
        missing=tuple(_missing(testable, {one.claim: one for one in found})),
        left_out=tuple(left_out),
    )


def told_apart(members: Sequence[Member]) -> list[Member]:
    """The members, with a number where two have the same name."""
    names = Counter(member.name for member in members if member.name)
    return [
        replace(member, name=f"{member.name} ({member.id[:6]})") if names[member.name] > 1 else member
        for member in members
    ]


# ---- what was measured ----------------------------------------------------------------------------


class _Held:
    """A member's runs, judged again, by kind of device."""

    def __init__(self, member: Member, open_: bool) -> None:
        self.judged: list[Judged] = [judged(run) for run in member.runs]
        self.machines: dict[str, Machine] = {}
        self.by_device: dict[str, dict[str, Judged]] = defaultdict(dict)
        for one in self.judged:
            self.by_device[one.run.device][one.run.experiment] = one
        for device, runs in sorted(self.by_device.items()):
            words = " + ".join(sorted({one.run.machine for one in runs.values()})) if open_ else ""
            self.machines[device] = Machine(device=device, words=words, who=member.name if open_ else "")


def _found(claim: Claim, held: Iterable[_Held]) -> Found | None:
    verdicts = []
    points: dict[str, list[Point]] = defaultdict(list)
    for one in held:
        for device, machine in one.machines.items():
            runs = one.by_device[device]
            _points(claim, runs, machine, points)
            evidence = claims.judge(claim, {name: judged.run for name, judged in runs.items()})
            if evidence is not None:
                verdicts.append(
                    Verdict(
                        machine=machine,
                        verdict=evidence.verdict,
                        expected=evidence.expected or "",
                        known=all(runs[name].known for name in claim.experiments),
                    )
                )
    if not verdicts:
        return None
    counted = [one for one in verdicts if one.known]
    return Found(
        claim=claim.id,
        says=claim.says,
        agreement=agreement(counted),
        reproduced=sum(one.verdict in DECIDED and one.verdict == one.expected for one in counted),
        machines=len(counted),
        verdicts=tuple(verdicts),
        numbers=tuple(_numbers(claim, points)),
    )


def agreement(verdicts: Iterable[Verdict]) -> str:
    """One of AGREEMENTS. Invalid and unclear ones decide nothing; a CPU may rightly disagree with a GPU."""
    verdicts = list(verdicts)
    decided: dict[str, set[str]] = defaultdict(set)
    for one in verdicts:
        if one.verdict in DECIDED:
            decided[one.machine.device].add(one.verdict)
    if not decided:
        return "unclear" if verdicts else "none"
    if any(len(each) > 1 for each in decided.values()):
        return "differ"
    if len(set.union(*decided.values())) > 1:
        return "by device"
    return "agree" if sum(one.verdict in DECIDED for one in verdicts) > 1 else "alone"


def _points(
    claim: Claim, runs: Mapping[str, Judged], machine: Machine, points: dict[str, list[Point]]
) -> None:
    """The numbers of valid runs of the experiments that are here."""
    for name in claim.experiments:
        one = runs.get(name)
        if one is None or not one.known or one.run.status != "ok":
            continue
        for check in one.run.checks:
            if math.isfinite(check.estimate):
                points[f"{name}.{check.name}"].append(
                    Point(
                        machine=machine,
                        estimate=check.estimate,
                        low=check.low,
                        high=check.high,
                        outcome=check.outcome,
                    )
                )


def _numbers(claim: Claim, points: Mapping[str, Sequence[Point]]) -> Iterable[Numbers]:
    for name in dict.fromkeys(claim.checks):
        experiment, _, check = name.partition(".")
        here = claims.experiment(experiment)
        if not points.get(name) or here is None or check not in here.checks:
            continue
        rule = here.checks[check]
        yield Numbers(
            check=name,
            meaning=rule.meaning,
            unit=rule.unit,
            bounds=rule.bounds,
            points=tuple(sorted(points[name], key=lambda point: str(point.machine))),
            spreads=tuple(spread(points[name])),
        )


def spread(points: Iterable[Point]) -> Iterable[Spread]:
    """Median, least and most, by kind of device."""
    devices: dict[str, list[float]] = defaultdict(list)
    for point in points:
        devices[point.machine.device].append(point.estimate)
    for device, values in sorted(devices.items()):
        yield Spread(device=device, n=len(values), median=median(values), least=min(values), most=max(values))


def _missing(testable: Iterable[Claim], found: Mapping[str, Found]) -> Iterable[Missing]:
    for claim in testable:
        one = found.get(claim.id)
        if one is None:
            yield Missing(claim=claim.id, says=claim.says, why="nobody ran all it needs")
        elif not any(each.verdict in DECIDED and each.known for each in one.verdicts):
            known = sorted({each.verdict for each in one.verdicts if each.known})
            why = f"only {' and '.join(known)}" if known else "only by other versions of its experiments"
            yield Missing(claim=claim.id, says=claim.says, why=why)
