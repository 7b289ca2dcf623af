"""How commands are given: a group that ends quietly, and options that complete themselves.

Knows click and nothing that takes time to load; topics and kinds are looked up when they are asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

NO_READER = 141


def _topics() -> tuple[str, ...]:
    from typing import get_args

    from quizapp import model

    return get_args(model.Topic)


def _topic(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A topic as it was asked for. They are looked up late, so that `--help` loads nothing."""
    if value is not None and value not in _topics():
        raise click.BadParameter(f"there is no topic {value!r}; there are: {', '.join(_topics())}")
    return value


def complete_topic(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """The topics that begin so."""
    return [topic for topic in _topics() if topic.startswith(begun)]


def complete_kind(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """The kinds of items that begin so."""
    from quizapp import model

    return [kind for kind in model.KINDS if kind.startswith(begun)]


def topic_option(help_: str) -> Callable[[Any], Any]:
    """The option --topic."""
    return click.option(
        "--topic", metavar="TOPIC", callback=_topic, shell_complete=complete_topic, help=help_
    )


def complete_level(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """The levels that begin so."""
    from typing import get_args

    from quizapp.parts import Level

    return [level for level in get_args(Level) if level.startswith(begun)]


def part_options(verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What part of the questions a command is about: --filter and its short forms. verb: Ask, Write..."""

    def given(command: Callable[..., Any]) -> Callable[..., Any]:
        options = [
            topic_option(f"{verb} this topic only; short for --filter topic:TOPIC."),
            click.option(
                "--level", metavar="LEVEL", shell_complete=complete_level, help="Short for level:LEVEL."
            ),
            click.option("--kind", metavar="KIND", shell_complete=complete_kind, help="Short for kind:KIND."),
            click.option("--claim", metavar="CLAIM", help="Short for claim:CLAIM; any part of its id."),
            click.option(
                *("--filter", "query"),
                metavar="QUERY",
                default="",
                help=f"{verb} only what a query selects (see browse).",
            ),
        ]
        for option in reversed(options):
            command = option(command)
        return command

    return given


def part_asked(query: str, **fields: str | None) -> str:
    """A query and the short forms beside it as one query."""
    from quizapp.query import narrowed

    terms = [
        f'{name}:"{value}"' if " " in value else f"{name}:{value}" for name, value in fields.items() if value
    ]
    return narrowed(query, " ".join(terms)) if terms else query


def _interview(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """The day of an interview that can be planned. Raises QuizError when it is past or too far away."""
    if value is None:
        return None
    from quizapp import clock, plan, settings

    try:
        day: date = settings.ROWS["interview"](value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date. {error}") from None
    plan.days_left(clock.now(), day)
    return day


by_option = click.option(
    *("--by", "interview"),
    metavar="DATE",
    callback=_interview,
    help="The day of an interview, YYYY-MM-DD; else the one that is set.",
)


def sitting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a sitting asks, and how much: the options of `study`."""
    most = click.IntRange(max=9_999, min=1)
    options = [
        click.option(
            "--cram",
            is_flag=True,
            help="Ask all of it, due or not, weakest first; the schedule stays as it is.",
        ),
        click.option(
            "--new", "new_per_day", type=click.IntRange(0, 9_999), help="New items in a day, this time."
        ),
        click.option("--reviews", "reviews_per_day", type=most, help="Due items in a day, this time."),
        click.option("--minutes", type=most, help="How long to ask."),
        by_option,
    ]
    for option in reversed(options):
        command = option(command)
    return part_options("Ask about")(command)


class Commands(click.Group):
    """The commands; a reader that leaves early (`quizapp claims | head -1`) ends them quietly."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command and hand its last output on."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more when it exits; give it somewhere to flush to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(NO_READER) from None
