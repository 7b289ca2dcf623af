"""A deck as one HTML page that needs no server, no network and no other file. Pure; same deck, same bytes.

The page is a template, a style and a script of ours, and the deck beside them as JSON. What stands in a
bank was written by strangers: here it only ever becomes a JSON text, and the script only ever makes text
nodes of it. The page's policy lets nothing run but that one script, told by its hash, and nothing load.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

from quizapp.export.deck import Deck
from quizapp.export.html import data
from quizapp.report import plain
from quizapp.safe_text import UNPRINTABLE

FOLDER = Path(__file__).parent
JUDGE = ("amounts.js", "spelling.js", "judge.js")
"""What decides whether an answer is right; needs no page."""
SCRIPTS = (
    *(*JUDGE, "pieces.js", "plot.js", "evidence.js", "tasks.js", "item.js"),
    *("list.js", "quiz.js", "keys.js", "page.js"),
)
"""In this order they make one script."""
OUTSIDE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""What could end a script element, or a line in one; JSON has these only inside its texts."""


def render(deck: Deck) -> bytes:
    """The page."""
    style = (FOLDER / "look.css").read_text(encoding="utf-8")
    parts = {
        "TITLE": html.escape(_clean(deck.title)),
        "POLICY": html.escape(policy(style, script())),
        "STYLE": style,
        "SCRIPT": script(),
        "DECK": embedded(deck),
    }
    template = (FOLDER / "page.html").read_text(encoding="utf-8")
    return re.sub(r"<!--([A-Z]+)-->", lambda mark: parts[mark[1]], template).encode()


def script() -> str:
    """The page's script: every file of it in a function of its own, so that the page has no names of ours."""
    body = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}}})();\n'


def policy(style: str, script: str) -> str:
    """What the page may do: run this script, wear this style, show pictures it carries, and no more."""
    rules = {
        "default-src": "'none'",
        "script-src": _digest(script),
        "style-src": _digest(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(deck: Deck) -> str:
    """The deck as JSON that can stand in a script element. One item a line."""
    whole = data.deck(deck)
    items = ",\n".join(_json(data.item(item, deck)) for item in deck.items)
    return f'{_json(whole)[:-1]},"items":[\n{items}\n]}}'


def _json(value: object) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _clean(text.translate(OUTSIDE))


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("\ufffd", text)
