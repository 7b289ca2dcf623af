"""Putting a claim to the test from a sitting in plain lines: predict, run, read, back to the item."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from quizapp import report
from quizapp.errors import BenchError, RunsError
from quizapp.evidence import Evidence
from quizapp.model import Claim, VerdictName
from quizapp.plain.console import Console
from quizapp.proof import Bench, Recorder, prove_claim
from quizapp.reference import load
from quizapp.store import Store, utc_now
from quizapp.summary.section import plural
from quizapp.verifiers.wire import CheckResult

PREDICTIONS: dict[str, VerdictName] = {"1": "holds", "2": "depends", "3": "fails"}
EVERY = 5.0
"""Seconds between two lines of progress: a screen reader reads each of them."""


def prove(console: Console, store: Store, claim: Claim, clock: Callable[[], float] = time.monotonic) -> None:
    """Ask for a prediction, run every experiment of the claim, and say what came of it."""
    console.say(f"The claim: {claim.says}")
    predicted = _predicted(console)
    prediction = store.add_prediction(claim.id, predicted, utc_now()) if predicted else 0
    console.say("Running. This takes some seconds to a minute; ctrl+c ends it, and the sitting with it.")
    said = [clock()]

    def watch(recorder: Recorder, event: object) -> None:
        if clock() - said[0] >= EVERY:
            said[0] = clock()
            progress = recorder.progress
            console.say(f"{recorder.request.experiment}: trial {progress.done} of {progress.most}.")

    try:
        evidence = asyncio.run(_run(store, claim, watch))
    except BenchError as error:
        console.say(str(error))
        return
    if prediction and evidence.verdict in (*PREDICTIONS.values(), "unclear"):
        store.add_outcome(prediction, evidence.verdict, utc_now())
    if predicted:
        console.say(f"You predicted: {predicted}.")
    for line in spoken(claim, evidence):
        console.say(line)
    try:
        references = load().beside(claim)
    except RunsError as error:
        references = ()
        console.say(str(error))
    for reference in references:
        console.say(report.reference_text(reference))


async def _run(store: Store, claim: Claim, watch: Callable[[Recorder, object], None]) -> Evidence:
    bench = Bench()
    try:
        return await prove_claim(bench, claim, keep=store.add_run, watch=watch)
    finally:
        await bench.close()


def spoken(claim: Claim, evidence: Evidence) -> Iterator[str]:
    """Evidence in sentences: the verdict and why, its checks, its controls, where it was measured."""
    yield report.VERDICTS[evidence.verdict].capitalize()
    if evidence.reason:
        yield f"Why: {report.stopped(evidence.reason)}"
    yield from (f"Condition: {report.stopped(condition)}" for condition in evidence.conditions)
    if evidence.surprise:
        yield f"A surprise: the literature leads one to expect {evidence.expected}."
    roles = dict(claim.shown)
    for run in evidence.runs:
        for check in run.checks:
            if f"{run.experiment}.{check.name}" in roles:
                yield _check(check)
    controls = [check for run in evidence.runs for check in run.checks if check.must]
    wrong = [check for check in controls if not check.tripped]
    yield f"{len(controls) - len(wrong)} of {len(controls)} controls came out as they must."
    yield from (f"A control that did not: {_check(check)}" for check in wrong)
    yield from (report.beside_text(beside) for beside in evidence.beside)
    for run in evidence.runs:
        count = f"{len(run.seeds)} {plural(len(run.seeds), 'seed')}"
        yield f"Measured on {run.device}, {run.machine}: {count}, {run.seconds:.1f} seconds."
        yield from (f"Note: {report.stopped(note)}" for note in run.notes)
    yield f"To run it again: {report.rerun(evidence)}"


def _check(check: CheckResult) -> str:
    low, high = (report.number(bound) if bound is not None else "" for bound in check.bounds)
    wanted = f"from {low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    between = f"{report.number(check.low)} to {report.number(check.high)}"
    unit = f" {check.unit}" if check.unit else ""
    return (
        f"{check.name.replace('_', ' ')}: {report.number(check.estimate)}{unit}, interval {between}; "
        f"bounds {wanted}: {check.outcome}. {report.stopped(check.meaning)}"
    )


def _predicted(console: Console) -> VerdictName | None:
    while True:
        typed = console.ask("What will it be? 1 holds, 2 depends, 3 fails; nothing for no prediction:")
        if not typed:
            return None
        for key, name in PREDICTIONS.items():
            if typed.casefold() in (key, name):
                return name
        console.say("Type 1, 2 or 3, or nothing.")
