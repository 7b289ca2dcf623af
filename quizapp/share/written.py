"""Questions as the text of YAML files that `strict_yaml` reads back as they were. Pure; knows no comments."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from quizapp import strict_yaml
from quizapp.bank import PARTS, SCHEMA

FILE_BYTES = strict_yaml.SIZE_LIMIT * 9 // 10
END = "\n...\n"
"""What PyYAML puts behind a lone value; only as a line of its own, for a text may end in three dots."""
MOST = 500
"""So many entries stand in one file."""
Entries = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""items, claims, misconceptions, concepts -> id -> entry, as plain data."""

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    """A safe dumper that quotes what any reader of YAML 1.1 or 1.2 would not take for a text."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {  # noqa: RUF012 - PyYAML's own name and shape
        letter: [
            *_Base.yaml_implicit_resolvers.get(letter, ()),
            *strict_yaml.RESOLVERS.get(letter, ()),
        ]
        for letter in {*_Base.yaml_implicit_resolvers, *strict_yaml.RESOLVERS}
    }

    def ignore_aliases(self, data: object) -> bool:
        """Whatever is there twice is written twice."""
        return True


def _text(dumper: Any, text: str) -> Any:  # noqa: ANN401 - PyYAML's
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def plain(record: Any) -> dict[str, Any]:  # noqa: ANN401 - an instance of a dataclass
    """A record of the model as plain data, without what it has by default."""
    found = {}
    for entry in dataclasses.fields(record):
        value = getattr(record, entry.name)
        default = entry.default
        if entry.default_factory is not dataclasses.MISSING:
            default = entry.default_factory()
        if default is dataclasses.MISSING or value != default:
            found[entry.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field
    if dataclasses.is_dataclass(value):
        return plain(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def bank(entries: Entries) -> bytes:
    """One question file with these entries."""
    data: dict[str, Any] = {"schema": SCHEMA}
    for part in PARTS:
        if body := entries.get(part):
            data[part] = dict(body) if part == "misconceptions" else list(body.values())
    return text(data).encode()


def text(value: Any) -> str:  # noqa: ANN401 - plain data
    """Plain data as YAML."""
    made = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"{str(made).removesuffix(END)}\n" if str(made).endswith(END) else str(made)


def files(entries: Entries) -> dict[str, bytes]:
    """The question files of a pack: one for each topic and each other part, more where they grow too long."""
    found: dict[str, bytes] = {}
    for part in PARTS:
        body = entries.get(part, {})
        if part != "items":
            found |= _split(part, part, body.items())
            continue
        topics = dict.fromkeys(str(entry.get("topic")) for entry in body.values())
        for topic in topics:
            there = [pair for pair in body.items() if str(pair[1].get("topic")) == topic]
            stem = f"items-{topic}" if topic in PARTS else topic  # not the name of another part's file
            found |= _split(stem, part, there)
    return found


def _split(stem: str, part: str, pairs: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, bytes]:
    """Files that are each short enough to be read again."""
    pairs = list(pairs)
    if not pairs:
        return {}
    body = bank({part: dict(pairs)})
    if len(pairs) == 1 or (len(pairs) <= MOST and len(body) <= FILE_BYTES):
        return {f"questions/{stem}.yaml": body}
    half = len(pairs) // 2
    return {**_split(f"{stem}-a", part, pairs[:half]), **_split(f"{stem}-b", part, pairs[half:])}
