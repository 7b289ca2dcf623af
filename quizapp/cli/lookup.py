"""The commands that look something up: which architecture to pick, and what a term means.

Knows click; what a command needs is imported when it runs.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from quizapp.cli.saying import say, the_bank, width

if TYPE_CHECKING:
    from quizapp.evidence import Run
    from quizapp.reference import Reference


def _known() -> tuple[dict[str, Run], Reference]:
    """The newest runs of the learner, and what came with quizapp."""
    from quizapp import paths, reference
    from quizapp.store import Store

    with closing(Store(paths.answers())) as store:
        return dict(store.newest_runs()), reference.load()


@click.command(epilog="Example: quizapp pick --task language --length 128K --device laptop --recall some")
@click.option("--task", help="language, classification, translation, signal, retrieval, series, images.")
@click.option("--length", help="Tokens of a sequence: 2000, 128K, 1.5 million.")
@click.option("--device", help="server, laptop, cpu, microcontroller.")
@click.option("--memory", help="For one sequence, with the weights: 2 GB, 256 kB.")
@click.option("--tokens", help="Training tokens: 300 million, 2e12.")
@click.option("--recall", help="How exactly earlier tokens must be found again: none, some, exact.")
@click.option("--stream", is_flag=True, default=None, help="An endless stream, in constant memory.")
@click.option("--throughput", help="any, high.")
@click.option("--latency", help="any, tight: the next token must come fast, however late.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; docs/picker.md lists its keys.")
def pick(as_json: bool, stream: bool | None, **flags: str | None) -> None:
    """Say which architecture suits, by which rules and numbers, and what would change that.

    Without options it asks, one question at a time; with some, the others are as is usual for the task.
    """
    from quizapp.picker import ask, rules, told
    from quizapp.report import plain

    known = rules.shipped()
    flags["stream"] = "yes" if stream else None
    if as_json or any(value is not None for value in flags.values()):
        wanted = ask.given(known, flags)
    else:
        wanted = ask.asked(known, _prompt, lambda said: click.echo(f"  {said}", err=True))
        click.echo()
    account = ask.account(wanted, known, the_bank().claims, *_known())
    if as_json:
        click.echo(json.dumps(plain(told.data(account)), allow_nan=False))
    else:
        click.echo(told.text(account, width()))


def _prompt(asks: str, usual: str) -> str:
    """A line that was typed; nothing to keep what is usual."""
    click.echo(f"{asks} [{usual}] ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line


@click.command(epilog='Example: quizapp define "context window"')
@click.argument("term", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per term and line.")
def define(term: tuple[str, ...], as_json: bool) -> None:
    """Say what a TERM means, what people say instead, and what shows it; without TERM: list them."""
    from dataclasses import asdict

    from quizapp import glossary

    bank = the_bank()
    known = glossary.terms(bank)
    chosen = [glossary.look_up(bank, known, " ".join(term))] if term else list(known.values())
    if not term and not as_json:
        click.echo("\n".join(glossary.listed(known.values())))
        return
    at_hand = _known()
    for one in chosen:
        if isinstance(one, glossary.Around):
            say(json.dumps(asdict(one)) if as_json else "\n".join(glossary.around_text(one, width())))
            continue
        shown = glossary.shown(one, bank.claims, *at_hand)
        if as_json:
            click.echo(json.dumps({**asdict(one), "claims": [asdict(row) for row in shown]}))
        else:
            click.echo("\n".join(glossary.text(one, shown, width())))
