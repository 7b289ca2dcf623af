"""Proving without the app: results go where the caller says, progress to stderr. Knows no Textual."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from quizapp import bank, paths, report
from quizapp.bank import Bank
from quizapp.errors import BankError, QuizError
from quizapp.evidence import Evidence, Run
from quizapp.model import Claim
from quizapp.proof import Bench, Recorder, prove_claim
from quizapp.store import Store


@dataclass(frozen=True, kw_only=True)
class How:
    """How the experiments are run."""

    profile: str = "quick"
    device: str = "auto"
    seeds: int | None = None


def bank_of_claims(say: Callable[[str], object]) -> Bank:
    """The bank, as far as claims go: problems in items are said and no obstacle.

    Raises BankError when the claims themselves are not in order, so that none is passed over in silence.
    """
    try:
        return bank.load(cache=paths.cache())
    except BankError as error:
        if any(Path(problem.file).name == "claims.yaml" for problem in error.problems):
            raise
        say(f"{len(error.problems)} problems in the items; `quizapp check` shows them")
        return bank.in_order()


def named(known: Bank, ids: Iterable[str]) -> list[Claim]:
    """The claims of these ids, each once. Raises QuizError for one that cannot be tested."""
    chosen = []
    for id_ in dict.fromkeys(ids):
        claim = known.claims.get(id_)
        if claim is None:
            near = [other for other in known.claims if id_ in other][:3]
            near = near or difflib.get_close_matches(id_, known.claims, 3)
            todo = f"Did you mean {' or '.join(near)}?" if near else "`quizapp claims` lists them all."
            raise QuizError(f"there is no claim {id_!r}", todo)
        if not claim.checks:
            sources = "; ".join(source.ref for source in claim.sources)
            todo = f"{claim.untestable} It rests on {sources}.".strip()
            raise QuizError(f"{id_} is cited only: nothing here can test it", todo)
        chosen.append(claim)
    return chosen


def testable(known: Bank, topic: str | None, say: Callable[[str], object]) -> list[Claim]:
    """The claims of a topic that can be tested; says which are skipped. Raises QuizError if none is."""
    chosen = []
    for claim in known.claims.values():
        if topic not in (None, claim.topic):
            continue
        if claim.checks:
            chosen.append(claim)
        else:
            say(f"skipped: {claim.id} is cited only")
    if not chosen:
        raise QuizError("no claim there can be tested", "`quizapp claims` lists what there is.")
    return chosen


async def prove_all(
    chosen: Sequence[Claim],
    store: Store,
    how: How,
    show: Callable[[Claim, Evidence], object],
    progress: TextIO,
) -> int:
    """Prove claims one after the other, a run that several share only once; returns the exit code.

    Every run is kept, every result shown as it comes. Being cancelled leaves no process behind.
    """
    known: dict[str, Run] = {}
    worst = 0
    bench = Bench()
    try:
        for place, claim in enumerate(chosen, 1):
            live = Live(f"[{place}/{len(chosen)}] {claim.id}", progress)
            live.begin()
            evidence = await prove_claim(
                bench,
                claim,
                profile=how.profile,
                device=how.device,
                seeds=how.seeds,
                known=known,
                keep=store.add_run,
                watch=live.watch,
            )
            live.write("")
            worst = max(worst, report.severity(evidence))
            show(claim, evidence)
    finally:
        await bench.close()
    return worst


class Live:
    """How far a claim is: one line that is written over where there is a terminal, else only its title."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream
        self.terminal = stream.isatty()
        self._written = ""

    def begin(self) -> None:
        """Say what begins."""
        if not self.terminal:
            self.stream.write(f"{self.title}\n")
        self.write(self.title)

    def watch(self, recorder: Recorder, event: object) -> None:
        """Something happened in a run."""
        progress = recorder.progress
        self.write(f"{self.title}: {recorder.request.experiment}, trial {progress.done} of {progress.most}")

    def write(self, text: str) -> None:
        """Write over the line, where it can be and it says something else."""
        if self.terminal and text != self._written:
            self.stream.write(f"\r\x1b[K{text[:78]}")
        self._written = text
        self.stream.flush()
