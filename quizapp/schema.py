"""The types as JSON Schema, for editors that complete and check YAML, and for skeletons of new entries.

Made by pydantic from the classes that also read the banks; the sentences are those under their fields.
What a schema cannot say (one key, no dead links) only `quizapp check` knows.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from dataclasses import field, make_dataclass
from functools import cache, reduce
from itertools import pairwise
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from quizapp.bank import PARTS, SCHEMA
from quizapp.model import KINDS, Item, Misconception
from quizapp.parts import STRICT

Schema = dict[str, Any]
OURS = "quizapp."


def text() -> str:
    """The schema of a question file as it is committed."""
    return json.dumps(of_file(), indent=1, ensure_ascii=False) + "\n"


def of_file() -> Schema:
    """The schema of a question file, with every kind of item, by `kind`."""
    items: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
    parts: dict[str, Any] = {name: list[cls] for name, cls in PARTS.items()}  # type: ignore[valid-type]
    parts |= {"items": list[items], "misconceptions": dict[str, Misconception]}
    file = make_dataclass(
        "File",
        [
            ("schema", Literal[SCHEMA]),
            *((name, body, field(default_factory=list)) for name, body in parts.items()),
        ],
        namespace={"__pydantic_config__": STRICT, "__doc__": "A file of questions, for `quizapp check`."},
        kw_only=True,
    )
    return {"$schema": DIALECT, **of(file)}


def rules_text() -> str:
    """The schema of the picker's rules as it is committed."""
    from quizapp.picker.rules import Rules

    return json.dumps({"$schema": DIALECT, **of(Rules)}, indent=1, ensure_ascii=False) + "\n"


def of(cls: type[Any]) -> Schema:
    """The schema of one class."""
    return TypeAdapter(cls).json_schema(schema_generator=_Generator)


class _Generator(GenerateJsonSchema):
    """Pydantic's own generator, with our sentences in the place of titles made of field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - pydantic's
        return False

    def dataclass_schema(self, schema: Any) -> Schema:  # noqa: ANN401 - pydantic's
        made = super().dataclass_schema(schema)
        cls = schema["cls"]
        said = sentences(cls)
        if issubclass(cls, Item):
            said["kind"] = inspect.getdoc(cls) or ""
        for name, entry in made["properties"].items():
            if said.get(name):
                entry["description"] = said[name]
        return made


DIALECT = _Generator.schema_dialect


def sentences(cls: type[Any]) -> dict[str, str]:
    """The sentence under each field of a class, and of those it comes from."""
    said: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        said |= _modules(base.__module__).get(base.__name__, {}) if base.__module__.startswith(OURS) else {}
    return said


@cache
def _modules(name: str) -> dict[str, dict[str, str]]:
    """The sentences in a module: class -> field -> sentence."""
    source = inspect.getsource(sys.modules[name])
    return {found.name: _under(found) for found in ast.parse(source).body if isinstance(found, ast.ClassDef)}


def _under(found: ast.ClassDef) -> dict[str, str]:
    return {
        statement.target.id: inspect.cleandoc(str(after.value.value))
        for statement, after in pairwise(found.body)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }
