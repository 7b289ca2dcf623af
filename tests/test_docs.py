"""README and docs: short to begin with, links that lead somewhere, commands that exist as they are shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from quizapp import bank, paths
from quizapp.__main__ import cli
from quizapp.workshop import shelf

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "questions" / "README.md"]
NEWCOMERS = 150
"""Lines that somebody reads before they try it."""


def blocks(page: Path) -> list[str]:
    """The commands in the code blocks of a page, without what stands behind them."""
    found = re.findall(r"(?ms)^```(?:sh)?\n(.*?)^```", page.read_text(encoding="utf-8"))
    lines = [line.strip() for block in found for line in block.splitlines()]
    return [line.partition(" #")[0].strip() for line in lines if line.startswith("quizapp")]


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


SHOWN = [(page, line) for page in PAGES for line in blocks(page)]


def test_the_readme_is_for_newcomers():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= NEWCOMERS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, part = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not part or part in anchors(target), link


def test_every_page_is_linked_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert f"(docs/{page.name}" in text, page.name


def parsed(line: str) -> click.Context:
    """The command with what it was given, as click understands it; nothing is run."""
    words = shlex.split(line)[1:]
    words = words[: words.index(">")] if ">" in words else words
    command: click.Command = cli
    context = click.Context(cli, info_name="quizapp")
    while isinstance(command, click.Group) and words:
        name, command, words = command.resolve_command(context, words)
        assert command is not None
        if not isinstance(command, click.Group):
            return command.make_context(name, words, parent=context)
        context = click.Context(command, info_name=name, parent=context)
    return context


@pytest.mark.parametrize(
    ("page", "line"), SHOWN, ids=[f"{page.stem}-{number}" for number, (page, _) in enumerate(SHOWN)]
)
def test_a_command_is_understood_as_it_is_shown(page: Path, line: str):
    context = parsed(line)
    known, _ = bank.read(sorted(paths.questions().glob("*.yaml")))
    for claim in context.params.get("claim") or () if line.startswith("quizapp prove") else ():
        assert claim in known.claims
    if line.startswith("quizapp exercise") and context.params.get("name"):
        assert shelf.named(context.params["name"], shelf.load())


def test_commands_in_sentences_exist():
    for page in PAGES:
        for said in re.findall(r"`quizapp ([a-z-]+)(?: ([a-z]+))?[^`]*`", page.read_text(encoding="utf-8")):
            assert said[0] in cli.commands, (page.name, said)
            command = cli.commands[said[0]]
            if isinstance(command, click.Group) and said[1]:
                assert said[1] in command.commands, (page.name, said)
