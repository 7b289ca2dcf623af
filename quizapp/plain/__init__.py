"""Practice line by line: for screen readers, dumb terminals and pipes. Knows no Textual.

Nothing moves, nothing is told by colour or place; the questions, the grading and the schedule are the
app's own.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from functools import partial

from quizapp import backups, bank, clock, opening, paths, planned, settings
from quizapp.bank import Bank
from quizapp.errors import BankError, RunsError, SettingsError
from quizapp.learner import Learner
from quizapp.model import Claim
from quizapp.plain.console import Console
from quizapp.plain.talk import Talk
from quizapp.query import parse
from quizapp.settings import Settings
from quizapp.store import Store
from quizapp.study import Study


def study(
    topic: str | None, query: str, *, cram: bool, limits: Mapping[str, int | date | None], width: int | None
) -> None:
    """One sitting on standard input and output; ends with what it came to.

    width: of a line; 0: lines are not wrapped; None: that of the terminal. Raises QueryError.
    """
    wide = shutil.get_terminal_size((80, 24)).columns if width is None else width
    console = Console(sys.stdin, sys.stdout, wide)
    bank = _bank(console)
    only = parse(query, bank) if query else None
    with closing(Store(paths.answers())) as store:
        backups.begin(store.path, clock.now)
        learner = Learner(store, paths.snapshot())
        sitting = opening.sitting(
            bank,
            store,
            clock.now,
            learner=learner,
            settings=opening.limited(_settings(console), limits),
            topic=topic,
            only=only,
            cram=cram,
        )
        sitting.numbers = _numbers(store, console)
        planned.follow(sitting)
        Talk(sitting, console, partial(prove, console, store)).run()
        summarize(console, sitting)
        learner.keep()


def prove(console: Console, store: Store, claim: Claim) -> None:
    """Put a claim to the test; what that needs is imported only now."""
    from quizapp.plain import experiment

    experiment.prove(console, store, claim)


def _bank(console: Console) -> Bank:
    """The questions; those that cannot be read are said and left out."""
    try:
        return bank.load(cache=paths.cache())
    except BankError as error:
        count = len(error.problems)
        console.say(f"{count} problems in the question files; quizapp check lists them. Going on without.")
        return bank.in_order()


def _settings(console: Console) -> Settings:
    try:
        return settings.load(paths.settings())
    except SettingsError as error:
        console.say(f"{error} Going on without your settings.")
        return Settings()


def summarize(console: Console, study: Study) -> None:
    """What a sitting came to."""
    from quizapp import sitting

    console.say()
    if not study.answers:
        console.say("Nothing was answered.")
    for section in sitting.sections(study, 10_000):
        if section.title:
            console.say(f"{section.title}:")
        for line in (*section.lines, *section.notes):
            if line.strip():
                console.say(line)


def _numbers(store: Store, console: Console) -> dict[str, float]:
    """What was measured, here or else for the reference."""
    from quizapp import reference

    mine = store.newest_runs().values()
    try:
        return reference.load().key(mine)
    except RunsError as error:
        console.say(str(error))
        return reference.numbers(mine)
