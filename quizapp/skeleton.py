"""What a new entry looks like before anybody wrote it: every field it needs, empty, with what goes there.

Made from the schemas, so from the types. A placeholder is a key without a value: YAML reads null, which
no field that must be filled in accepts, so `quizapp check` names every one that was left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from quizapp import schema
from quizapp.model import KINDS
from quizapp.schema import Schema

EMPTY = ""

WRITTEN: Mapping[str, tuple[str | None, ...]] = {
    "Option.text": (EMPTY,),
    "Option.correct": ("true", None),
    "Option.misconception": (None, EMPTY),
    "multi.options.correct": ("true", "true", None),
    "multi.options.misconception": (None, None, EMPTY),
    "code.options.text": (None,),
    "code.options.code": (EMPTY,),
    "Reason.correct": ("true", None),
    "Reason.misconception": (None, EMPTY),
    "Answer.value": (EMPTY,),
    "predict_number.answer.value": (None,),
    "predict_number.answer.evidence": (EMPTY,),
    "Tolerance.rel": (EMPTY,),
    "estimate.answer.tol.rel": (None,),
    "estimate.answer.tol.log10": (EMPTY,),
    "Ask.evidence": (EMPTY,),
    "Ask.edges": (EMPTY,),
    "Span.ok": ("false", "true"),
    "Span.misconception": (EMPTY, None),
    "Point.must": ("true", None),
    "numeric.verify": (EMPTY,),
    "estimate.verify": (EMPTY,),
    "order.verify": (EMPTY,),
}
"""What the types leave open and an entry still needs, by class and field, or by kind and path: what is
written in the first, second... of a list (the last goes on); None leaves the field out."""


def item(kind: str, topic: str, id_: str, indent: str = "") -> str:
    """An item of a kind as YAML: an entry of a list that stands at `indent`. The id is written as it is."""
    made = schema.of(KINDS[kind])
    begun = _Begun(made.get("$defs", {}), {"id": id_, "kind": kind, "topic": topic})
    lines = list(_entry(begun.mapping(made, kind, 0)))
    shown = {line[2:].partition(":")[0] for line in lines}
    more = (name for name in made["properties"] if name not in shown)
    lines.append(f"  # It may also have: {', '.join(more)}.")
    return "".join(f"{indent}{line}\n" for line in lines)


def _entry(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a mapping as an entry of a list."""
    for number, line in enumerate(lines):
        yield f"{'  ' if number else '- '}{line}"


@dataclass(frozen=True)
class _Begun:
    """A skeleton on its way."""

    parts: Mapping[str, Schema]
    """The schemas of the parts, by class."""
    known: Mapping[str, str]
    """What is known of the item already."""
    explained: set[str] = field(default_factory=set)
    """The fields, by class, that have their comment; one is enough."""

    def mapping(self, made: Schema, path: str, place: int) -> Iterator[str]:
        """The lines of a mapping at a path from the kind; `place` is where it stands in its list."""
        for name, entry in made["properties"].items():
            here, there = f"{path}.{name}", f"{made['title']}.{name}"
            written = WRITTEN.get(here, WRITTEN.get(there))
            value = EMPTY if name in made.get("required", ()) else None
            if written is not None:
                value = written[min(place, len(written) - 1)]
            if "." not in path:
                value = self.known.get(name, value)
            if value is None:
                continue
            comment = "" if there in self.explained else _comment(entry, limits=value == EMPTY)
            self.explained.add(there)
            yield f"{name}: {value}".rstrip() + comment
            yield from self._below(entry, here)

    def _below(self, entry: Schema, path: str) -> Iterator[str]:
        """The lines under a field: the parts it is made of, if it has any."""
        if (part := self._part(entry)) is not None:
            yield from (f"  {line}" for line in self.mapping(part, path, 0))
        elif (part := self._part(entry.get("items", {}))) is not None:
            for place in range(entry.get("minItems", 1)):
                yield from _entry(self.mapping(part, path, place))

    def _part(self, entry: Schema) -> Schema | None:
        return self.parts[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else None


def _comment(entry: Schema, limits: bool) -> str:
    said = [" ".join(entry.get("description", "").split()), _limits(entry) if limits else ""]
    return f"  # {' '.join(filter(None, said))}" if any(said) else ""


def _limits(entry: Schema) -> str:
    """What the type says of a value, in words."""
    if "enum" in entry:
        return f"One of: {', '.join(entry['enum'])}."
    if entry.get("type") == "array" and "prefixItems" not in entry:
        low, high = entry.get("minItems"), entry.get("maxItems")
        many = f"{low} to {high}" if low and high else f"{low} or more" if low else ""
        if "$ref" in entry["items"]:
            return f"{many[:1].upper()}{many[1:]}." if many else ""
        return f"A list{f' of {many}' if many else ''}."
    if "minimum" in entry and "maximum" in entry:
        return f"{entry['minimum']} to {entry['maximum']}."
    return ""
