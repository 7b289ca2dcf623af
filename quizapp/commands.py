"""How commands are given: a group that ends quietly, and options that complete themselves.

Knows click and nothing that takes time to load; topics and kinds are looked up when they are asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
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
