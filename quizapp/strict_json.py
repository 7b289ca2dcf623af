"""JSON without its surprises: no key twice, no numbers beyond JSON, no depth that overflows."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The value. Raises ValueError saying what is wrong."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_mapping,
            parse_constant=_constant,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:40]!r} is there twice")
        found[key] = value
    return found


def _constant(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is too large a number")
    return value
