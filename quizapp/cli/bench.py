"""Claims: put to the test, and listed with what was found."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quizapp.cli.options import topic_option
from quizapp.cli.saying import aside, colour, json_lines, the_store
from quizapp.errors import QuizError

if TYPE_CHECKING:
    from quizapp.evidence import Evidence, Run
    from quizapp.model import Claim


@click.command(epilog="Example: quizapp prove --topic attention --json")
@click.argument("claim", nargs=-1)
@topic_option("Every claim of this topic that can be tested.")
@click.option("--all", "everything", is_flag=True, help="Every claim that can be tested.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per claim and line.")
@click.option("--profile", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option("--seeds", type=click.IntRange(min=1), help="The most seeds to use.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also put the runs into this file, one JSON object per line, in the place of earlier ones.",
)
@click.pass_context
def prove(
    ctx: click.Context,
    claim: tuple[str, ...],
    topic: str | None,
    everything: bool,
    as_json: bool,
    profile: str,
    device: str,
    seeds: int | None,
    runs: Path | None,
) -> None:
    """Put claims to the test and keep the evidence.

    Exit code 0: every run is valid and as expected. 1: a surprise, or nothing decided. 2: something
    did not come to its end.
    """
    if (bool(claim) + bool(topic) + everything) != 1:
        raise click.UsageError("name claims, or give --topic or --all (one of the three)")
    import asyncio

    from quizapp import headless, reference, report

    how = headless.How(profile=profile, device=device, seeds=seeds)
    shipped = reference.load()
    if runs is not None:
        _keep_runs(runs, ())  # what cannot be written is said before anything runs
    bank = headless.bank_of_claims(aside)
    chosen = headless.named(bank, claim) if claim else headless.testable(bank, topic, aside)

    def show(claim: Claim, evidence: Evidence) -> None:
        if as_json:
            json_lines([report.evidence_data(evidence, seeds)])
        else:
            references = shipped.beside(claim)
            said = report.evidence_text(claim, evidence, references=references, colour=colour(), seeds=seeds)
            click.echo(said + "\n")
        if runs is not None:
            _keep_runs(runs, evidence.runs)

    with the_store() as store:
        ctx.exit(asyncio.run(headless.prove_all(chosen, store, how, show, sys.stderr)))


def _keep_runs(file: Path, runs: Iterable[Run]) -> None:
    from quizapp import reference

    try:
        reference.write(file, runs)
    except OSError as error:
        todo = "Name another file, in a folder you can write to."
        raise QuizError(f"the runs cannot be put into {file}: {error}", todo) from error


@click.command(epilog="Example: quizapp claims --topic path_length")
@topic_option("The claims of this topic only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per claim and line.")
def claims(topic: str | None, as_json: bool) -> None:
    """List the claims: evidence (none, fresh, stale, cited), last verdict, and what to expect."""
    from quizapp import headless, report
    from quizapp.claims import judge, standing

    bank = headless.bank_of_claims(aside)
    with the_store() as store:
        runs = store.newest_runs()
    found = [claim for claim in bank.claims.values() if topic in (None, claim.topic)]
    judged = [(claim, judge(claim, runs)) for claim in found]
    rows = [(claim, evidence, standing(claim, evidence)) for claim, evidence in judged]
    if as_json:
        json_lines(report.claim_data(*row) for row in rows)
    elif rows:
        click.echo(report.claims_text(rows, colour=colour()))
    else:
        click.echo("There are no claims here.", err=True)
