"""The command `exercise`: begin, check, hint, solution, watch.

Knows click; what a command needs is imported when it runs.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quizapp import clock
from quizapp.cli.saying import aside, the_store, width
from quizapp.errors import QuizError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quizapp.store import Store
    from quizapp.workshop.checking import Checked
    from quizapp.workshop.progress import Progress
    from quizapp.workshop.shelf import Exercise

POLL = 0.5
"""Seconds between two looks at a file that is watched."""
PATIENCE = 4
"""Looks without a file after which it is said to be gone; an editor replaces one faster."""


def _width() -> int | None:
    """How wide a line may be where somebody looks; elsewhere nothing is broken."""
    return width() if sys.stdout.isatty() else None


def _chosen(name: str | None, known: dict[str, Progress], *, fresh: bool = False) -> Exercise:
    """The exercise that is named; else the next one: not begun (fresh), or begun last and not solved."""
    from quizapp.workshop import shelf

    exercises = shelf.load()
    if name is not None:
        return shelf.named(name, exercises)
    by_id = {one.id: one for one in exercises}
    if fresh:
        found = [one for one in exercises if one.id not in known]
    else:  # progress comes in the order of first touch
        found = [by_id[id_] for id_, one in reversed(known.items()) if id_ in by_id and not one.solved]
    if not found:
        what = "every exercise is begun" if fresh else "no exercise is begun that is not solved"
        raise QuizError(what, "Name one; `quizapp exercise list` has them all.")
    return found[0]


def complete_exercise(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The exercises that begin so."""
    from quizapp.workshop import shelf

    return [one.id for one in shelf.load() if one.id.startswith(typed)]


def _name(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("name", required=False, shell_complete=complete_exercise)(command)


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    folder = click.Path(path_type=Path, file_okay=False)
    return click.option(
        "--dir", "place", type=folder, help="Your folder, in place of exercises/ in your data."
    )(command)


@click.group(epilog="Example: quizapp exercise start hillis_steele")
def exercise() -> None:
    """Build it yourself: edit a file, and have it checked in a process of its own.

    NAME is an exercise's name, the beginning of it, or its number. Left out: the one at hand.
    """


@exercise.command("list", epilog="Example: quizapp exercise list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per exercise and line.")
def list_(as_json: bool) -> None:
    """List the exercises, from easy to hard, with where you stand."""
    from quizapp.workshop import progress, shelf, words

    with the_store() as store:
        known = progress.of(store)
    if not as_json:
        click.echo("\n".join(words.listed(shelf.load(), known, _width())))
        return
    for one in shelf.load():
        now = known.get(one.id, progress.Progress())
        row: dict[str, object] = {
            "number": one.number,
            "id": one.id,
            "title": one.title,
            "level": one.level,
            "minutes": one.minutes,
        }
        solved = now.solved.isoformat() if now.solved else None
        row |= {"state": now.state, "solved": solved, "tries": now.tries, "hints": now.hints}
        click.echo(json.dumps({**row, "looked": now.looked, "claims": one.claims, "items": one.items}))


@exercise.command(epilog="Example: quizapp exercise start 3 --dir ~/workshop")
@_name
@_place
@click.option("--again", is_flag=True, help="Begin anew; your file is kept beside the new one.")
def start(name: str | None, place: Path | None, again: bool) -> None:
    """Put an exercise's file into your folder, and say what is to be done. A file of yours stays."""
    from quizapp.workshop import desk, progress, words

    with the_store() as store:
        one = _chosen(name, progress.of(store), fresh=True)
        was_there = desk.begun(one, place)
        file, backup = desk.start(one, place, again=again)
        progress.add(store, one.id, "start", clock.now())
    click.echo(f"{words.about(one)}\n\n{one.task}\n")
    click.echo(str(file))
    if backup is not None:
        aside(f"your file is now {backup}")
    elif was_there:
        aside("your file was there and stays as it is; --again begins anew")
    where = f" --dir {place}" if place else ""
    aside(f"edit it, then: quizapp exercise check {one.id}{where} (or watch, which checks when you save)")


@exercise.command(epilog="Example: quizapp exercise check hillis_steele")
@_name
@_place
@click.option("--file", type=click.Path(path_type=Path), help="Check this file, wherever it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(ctx: click.Context, name: str | None, place: Path | None, file: Path | None, as_json: bool) -> None:
    """Check your file. Exit code 0: solved. 1: not yet."""
    from quizapp.workshop import desk, progress

    with the_store() as store:
        one = _chosen(name, progress.of(store))
        checked = _check(store, one, file or desk.file_of(one, place), as_json)
    ctx.exit(int(not checked.solved))


def _check(
    store: Store,
    one: Exercise,
    file: Path,
    as_json: bool = False,
    *,
    cancelled: threading.Event | None = None,
) -> Checked:
    from dataclasses import asdict

    from quizapp.workshop import checking, progress, words

    checked = checking.check(one, file, cancelled=cancelled)
    if cancelled is not None and cancelled.is_set():
        return checked
    progress.add(store, one.id, "check", clock.now(), state=checked.state, what=checked.what)
    if as_json:
        click.echo(json.dumps({"exercise": one.id, "file": str(file), **asdict(checked)}))
        return checked
    click.echo(words.result(checked, file, _width(), one.id))
    if checked.solved:
        click.echo("\n".join(["", *words.links(one), f"our way: quizapp exercise solution {one.id}"]))
    return checked


@exercise.command(epilog="Example: quizapp exercise hint hillis_steele")
@_name
def hint(name: str | None) -> None:
    """Say the next hint; after the last one, all of them again."""
    from quizapp.workshop import progress, words

    with the_store() as store:
        known = progress.of(store)
        one = _chosen(name, known)
        shown = known[one.id].hints if one.id in known else 0
        for line in words.next_hint(one, shown).splitlines():
            click.echo("\n".join(words.wrapped(line, _width())))
        if shown < len(one.hints):
            progress.add(store, one.id, "hint", clock.now())


@exercise.command(epilog="Example: quizapp exercise solution hillis_steele --anyway")
@_name
@click.option("--anyway", is_flag=True, help="Also before you had yours checked.")
def solution(name: str | None, anyway: bool) -> None:
    """Show our way, with why; after an attempt of your own."""
    from quizapp.workshop import progress, words

    with the_store() as store:
        known = progress.of(store)
        one = _chosen(name, known)
        if not anyway and not (one.id in known and known[one.id].tries):
            todo = f"`quizapp exercise check {one.id}` checks yours, `hint` helps, --anyway shows ours."
            raise QuizError(f"{one.id} was not tried yet", todo)
        progress.add(store, one.id, "solution", clock.now())
    click.echo(one.solution.rstrip("\n"))
    for line in words.links(one):
        aside(line)


@exercise.command(epilog="Example: quizapp exercise watch hillis_steele")
@_name
@_place
def watch(name: str | None, place: Path | None) -> None:
    """Check your file now, and again whenever you save it, until ctrl+c."""
    from quizapp.workshop import desk, progress

    with the_store() as store:
        one = _chosen(name, progress.of(store))
        file = desk.file_of(one, place)
        if not file.exists():
            raise QuizError(f"there is no {file}", f"`quizapp exercise start {one.id}` begins it.")
        aside(f"watching {file}; ctrl+c ends")
        with suppress(KeyboardInterrupt):
            _watch(store, one, file)
        click.echo(err=True)


def _watch(store: Store, one: Exercise, file: Path) -> None:
    """Check it whenever it is saved, for ever. A check of what was replaced meanwhile is given up."""
    seen, missed = None, 0
    while True:
        now = _stamp(file)
        missed = missed + 1 if now is None else 0
        if missed == PATIENCE:
            aside(f"{file.name} is gone; waiting until it is back")
        if now is not None and now != seen:
            seen = now
            click.echo(f"--- {clock.now():%H:%M:%S}")
            with _saved_again(file, now) as saved:
                try:
                    _check(store, one, file, cancelled=saved)
                except QuizError:
                    if _stamp(file) == now:  # else it is gone again in this moment, or another one
                        raise
        time.sleep(POLL)


@contextmanager
def _saved_again(file: Path, since: tuple[int, int]) -> Iterator[threading.Event]:
    """An event that is set as soon as the file is another one."""
    saved, over = threading.Event(), threading.Event()

    def look() -> None:
        while not over.wait(POLL):
            if _stamp(file) not in (None, since):
                saved.set()
                return

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield saved
    finally:
        over.set()
        watcher.join()


def _stamp(file: Path) -> tuple[int, int] | None:
    """When it was saved and how long it is; None while an editor puts another in its place."""
    with suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_size
    return None
