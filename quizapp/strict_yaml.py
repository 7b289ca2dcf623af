"""YAML without its surprises, read to plain data with a line and column for every node.

Anchors, aliases, tags, duplicate keys, deep nesting, big files and anything but UTF-8 are refused;
scalars follow YAML 1.2 (`yes` is a word, `1e-3` a number). Knows nothing of questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from quizapp.errors import Problem

SIZE_LIMIT = 2_000_000
DEPTH_LIMIT = 20
NODE_LIMIT = 100_000
"""Events of the parser: each takes time and memory; a bank of a thousand lines has four thousand."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader with the scalars of YAML 1.2 and no duplicate keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own name and shape

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; raises MarkedYAMLError at a key that was there before."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is not a word", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(seen):  # such as true and True, 1 and 1.0
            what = "two keys are the same once they are read; put them in quotes"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark)
        return mapping


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|false|True|False", "tTfF"),
    ("tag:yaml.org,2002:null", r"null|~|", "n~\0"),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
):
    for _letter in _first:
        _Loader.yaml_implicit_resolvers.setdefault(_letter.strip("\0"), []).append(
            (_tag, re.compile(rf"^(?:{_pattern})$"))
        )
RESOLVERS: dict[str, list[Any]] = _Loader.yaml_implicit_resolvers
"""First letter -> what a plain word that begins so may be, beside a text."""
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


@dataclass(frozen=True)
class Document:
    """Plain data, and the nodes it came from."""

    file: str
    data: Any
    node: yaml.Node | None

    def problem(self, loc: Sequence[str | int], what: str, todo: str) -> Problem:
        """A problem at the place `loc` leads to, or as near to it as the document goes."""
        node, mark = self.node, None
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
                if pair is None:
                    break
                mark, node = pair[0].start_mark, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
        if mark is None:
            mark = node.start_mark if node is not None else None
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return Problem(self.file, line, column, what, todo)


def read(path: Path, name: str) -> Document | Problem:
    """The document in a file, called `name` in messages, or what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Problem(name, 1, 1, f"cannot be read: {error.strerror}", "Check the path and its permissions.")
    return decoded(raw, name)


def decoded(raw: bytes, name: str) -> Document | Problem:
    """The document in the bytes of a file, called `name` in messages, or what is wrong with it."""
    if len(raw) > SIZE_LIMIT:
        return Problem(
            name, 1, 1, f"is {len(raw):,} bytes, more than {SIZE_LIMIT:,}", "Split it into several banks."
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return Problem(name, line, 1, "is not UTF-8 here", "Save the file as UTF-8.")
    return parse(text, name)


def parse(text: str, name: str) -> Document | Problem:
    """The document in a text, or what is wrong with it."""
    try:
        refused = _refuse(text, name)
        if refused is not None:
            return refused
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = (error.problem or str(error)).strip()
        return Problem(name, line, column, f"not readable as YAML: {what}", _hint(what))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Problem(name, 1, 1, f"not readable as YAML: {error}", "Remove the characters it names.")
    return Document(name, data, node)


def _hint(what: str) -> str:
    if "mapping values" in what or "simple key" in what:
        return "Put the text in quotes: it contains a colon followed by a space."
    if "twice" in what:
        return "Keep one of them."
    if "escape" in what:
        return "Use single quotes or a | block for backslashes."
    return "Check the indentation and the quotes around here."


def _refuse(text: str, name: str) -> Problem | None:
    """The first thing in the stream of events that we do not accept."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Base)):
        tag = getattr(event, "tag", None)
        if getattr(event, "anchor", None):
            what, todo = "anchors and aliases are not accepted", "Write the value out."
        elif tag:
            what, todo = f"the tag {tag} is not accepted", "Remove the tag."
        elif isinstance(event, yaml.CollectionStartEvent) and depth >= DEPTH_LIMIT:
            what, todo = f"nested more than {DEPTH_LIMIT} deep", "Flatten it."
        elif count > NODE_LIMIT:
            what, todo = f"holds more than {NODE_LIMIT:,} values", "Split it into several banks."
        else:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            continue
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(name, line, column, what, todo)
    return None
