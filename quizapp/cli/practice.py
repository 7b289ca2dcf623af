"""Practice: the app at each of its doors, line by line, the plan, and how it is going."""

from __future__ import annotations

import sys
from typing import Any, Literal

import click

from quizapp.cli.options import by_option, part_asked, part_options, sitting_options, topic_option
from quizapp.cli.saying import json_lines, the_bank, the_store, width
from quizapp.errors import QuizError


@click.command(epilog="Example: quizapp study --topic attention")
@sitting_options
@click.option("--plain", is_flag=True, help="Line by line, for screen readers and pipes: nothing moves.")
@click.option("--width", type=click.IntRange(min=0), help="With --plain: of a line; 0: do not wrap.")
@click.pass_context
def study(
    ctx: click.Context,
    /,
    topic: str | None,
    level: str | None,
    kind: str | None,
    claim: str | None,
    query: str,
    cram: bool,
    plain: bool,
    width: int | None,
    **limits: int | None,
) -> None:
    """Open the app and start asking. `quizapp set` keeps the limits for good."""
    query = part_asked(query, level=level, kind=kind, claim=claim)
    if plain:
        from quizapp import plain as lines

        lines.study(topic, query, cram=cram, limits=limits, width=width)
        return
    if width is not None:
        raise click.UsageError("--width goes with --plain")
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    ctx.exit(open_app("study", topic, query, **given, **({"cram": True} if cram else {})))


@click.command(epilog="Example: quizapp browse is:due topic:attention")
@click.argument("query", nargs=-1)
@click.pass_context
def browse(ctx: click.Context, query: tuple[str, ...]) -> None:
    """Open the app where items are found, looked at, marked and edited.

    \b
    softmax "path length"    both occur somewhere in the item
    topic:attention -is:new  fields: topic, claim, concept, kind, level, is, verdict, id, pack; - negates
    is:due or is:wrong       is: due, new, learned, wrong, lapsed, suspended, buried, flagged
    verdict:fails            by your newest evidence: holds, depends, fails, unclear, invalid, none

    Spaces mean and; `or` comes last. Put -- before a query that begins with a minus.
    """
    ctx.exit(open_app("browse", query=" ".join(query)))


@click.command(epilog="Example: quizapp mock --topic attention --minutes 20")
@topic_option("Questions of this topic, as far as there are enough.")
@click.option("--minutes", type=click.IntRange(5, 60), default=15, show_default=True, help="How long, about.")
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="The same seed begins with the same question."
)
@click.option("--resume", is_flag=True, help="Take up the newest one that is not finished.")
@click.option("--plain", is_flag=True, help="Line by line, without a screen; also over a pipe.")
@click.option("--list", "listed", is_flag=True, help="The interviews so far.")
@click.option(
    "--show", type=click.IntRange(1, 2**63 - 1), metavar="N", help="One interview with all that was said."
)
@click.option("--json", "as_json", is_flag=True, help="With --list or --show: one JSON object per line.")
@click.pass_context
def mock(ctx: click.Context, /, topic: str | None, listed: bool, show: int | None, **how: Any) -> None:  # noqa: ANN401
    """Hold a mock interview: a question, follow-ups, and a band with what would have lifted it."""
    from quizapp.mock import headless

    as_json = how.pop("as_json")
    if as_json and not listed and show is None:
        raise click.UsageError("--json goes with --list or --show")
    if listed or show is not None:
        with the_store() as store:
            rows = headless.kept(the_bank(), store, show, as_json)
        json_lines(rows) if as_json else click.echo("\n".join(rows))
    elif how.pop("plain"):
        with the_store() as store:
            ctx.exit(headless.hold(the_bank(), store, topic or "", click.echo, **how))
    else:
        from quizapp.ui.mock import Wish

        ctx.exit(open_app("mock", wish=Wish(topic=topic or "", **how)))


@click.command(epilog="Example: quizapp plan --by 2027-01-31 --minutes 45")
@by_option
@click.option("--minutes", type=click.IntRange(1, 1_440), help="Minutes on every day.")
@part_options("Plan")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; docs/plan.md lists its keys.")
def plan(as_json: bool, query: str, topic: str | None, **asked: Any) -> None:  # noqa: ANN401 - click's
    """Say what to ask until an interview, what is to be recalled then, and what the time is too short for.

    `quizapp set interview DATE` keeps the date; practice follows the plan then. Without --minutes it counts
    with those that are set, or else with 30.
    """
    import json

    from quizapp import planned

    limits = {name: asked.pop(name) for name in ("interview", "minutes")}
    found = planned.headless(topic, part_asked(query, **asked), limits)
    if as_json:
        click.echo(json.dumps(planned.data(found)))
    else:
        from quizapp.summary import plan

        click.echo(plan.text(found, width()))


@click.command(epilog="Example: quizapp stats --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; docs/statistics.md lists its keys.")
def stats(as_json: bool) -> None:
    """Say how the practice is going."""
    from quizapp import clock, marks, memories, statistics, summary

    bank, now = the_bank(), clock.now()
    with the_store() as store:
        reviews, predictions, marked = store.reviews(), store.predictions(), marks.fold(store.marks())
    found = statistics.answers(reviews, predictions, bank, now)
    held = memories.memories(reviews, bank, now, marked)
    if as_json:
        json_lines([statistics.data(found, held)])
    else:
        click.echo(summary.text(summary.pages(found, held, bank, width())))


def open_app(
    start: Literal["home", "study", "browse", "mock"],
    topic: str | None = None,
    query: str = "",
    **sitting: Any,  # noqa: ANN401 - what QuizApp takes
) -> int:
    """Run the app; returns its exit code. Raises QuizError where there is no terminal to draw on."""
    from quizapp import served

    if served.turn() is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise QuizError(
            "the app needs a terminal, and its input or output is not one",
            "Without a terminal these work: `quizapp study --plain`, `quizapp prove --all --json`, "
            "`quizapp claims --json`, `quizapp check --json`, `quizapp stats --json`, "
            "`quizapp export FILE`, `quizapp doctor`.",
        )
    import gc
    import signal

    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would outlive its terminal, reading nothing
    gc.disable()  # a tenth of the time to the first paint; the app turns it on again after that
    try:
        from quizapp.ui.app import QuizApp

        app = QuizApp(topic=topic, start=start, query=query, **sitting)
        app.run()
        return app.return_code or 0
    finally:
        gc.enable()
