"""HTML by strangers as plain text, and what that loses. Pure; nothing is fetched, no script is looked at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html.parser import HTMLParser

from quizapp.safe_text import trick

ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
)
"""Sequences that a terminal obeys: colours, cursor, titles."""
BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "center",
            "div",
            "dl",
            "dt",
            "dd",
            "figure",
            "figcaption",
        ),
        *(
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "ol",
            "p",
        ),
        *("pre", "section", "table", "tr", "ul"),
    )
)
PLAIN = BLOCKS - {"table", "tr", "form"} | {"br", "code", "wbr", "html", "body", "head", "tt", "kbd", "tbody"}
"""What plain text says as well."""
LOOKS = frozenset(
    ("b", "i", "u", "em", "strong", "span", "font", "mark", "s", "small", "big", "strike", "del", "ins", "a")
)
SILENT = frozenset({"script", "style", "title", "template", "noscript"})
MEDIA = {"img": "pictures", "svg": "pictures", "audio": "sounds", "video": "sounds", "embed": "files"}
MEDIA |= {"iframe": "files", "object": "files"}
DECLARATION = re.compile(r"<[!?][^<>]*>")
NO_TAG = re.compile(r"<(?![a-zA-Z/][^<>]*>)")
SOUND = re.compile(r"\[sound:([^\]\n]{0,200})\]")
SPOKEN = re.compile(r"\[anki:tts[^\]\n]{0,300}\]|\[/anki:tts\]")
LATEX = re.compile(r"\[(/?)(latex|\$\$|\$)\]")
FORMULA = re.compile(r"\\\(|\\\[|\$\$|\[latex\]|\[\$|<anki-mathjax")
MARKER = re.compile(r"\[(?:picture|sound)(?:: [^\]\n]*)?\]")
"""What stands where a picture or a sound was."""


class _Reader(HTMLParser):
    """Collects text; knows of tags only what a line break is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.losses: list[str] = []
        self._silent = ""
        self._unsaid: list[str] = []
        self._pre = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        about = dict(attrs)
        if tag in SILENT:
            self._silent, self._unsaid = tag, []
            self.losses.append("scripts" if tag == "script" else "looks")
        elif tag in MEDIA:
            self.losses.append(MEDIA[tag])
            name = " ".join((about.get("alt") or about.get("src") or "").split())[:100]
            said = name.replace("[", "(").replace("]", ")")
            self.out.append(f"[picture: {said}]" if said and tag == "img" else "[picture]")
        elif tag in ("sup", "sub"):
            self.out.append("^{" if tag == "sup" else "_{")
        elif tag == "anki-mathjax":
            self.out.append("\\(")
        elif tag in ("td", "th"):
            if not self._fresh():
                self.out.append(" | ")
        elif tag == "br" or tag in BLOCKS:
            self.out.append("\n- " if tag == "li" else "\n")
            self._pre += tag == "pre"
        if tag in LOOKS:
            self.losses.append("looks")
        elif tag == "tr" or (tag in BLOCKS and tag not in PLAIN):
            self.losses.append("tables" if tag in ("table", "tr") else "tags")
        elif tag not in PLAIN | MEDIA.keys() | SILENT | {"sup", "sub", "anki-mathjax", "td", "th"}:
            self.losses.append("tags")
        if tag == "a":
            self._link = about.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
        elif tag in ("sup", "sub"):
            self.out.append("}")
        elif tag == "anki-mathjax":
            self.out.append("\\)")
        elif tag in BLOCKS and tag != "hr":
            self.out.append("\n")
            self._pre -= tag == "pre" and self._pre > 0
        elif tag == "a" and self._link.startswith(("http://", "https://")):
            if self._link not in "".join(self.out[-3:]):
                self.out.append(f" ({self._link[:300]})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._silent:
            self._unsaid.append(data)
            return
        if not self._pre:
            data = re.sub(r"[ \t\r\n\f]+", " ", data)
            data = data.lstrip(" ") if self._fresh() else data
        if data:
            self.out.append(data)

    def close(self) -> None:
        """The end: a tag that was never closed hides nothing, unless it is a program."""
        super().close()
        if self._silent not in ("", "script", "style"):
            self._silent = ""
            for data in self._unsaid:
                self.handle_data(data)

    def _fresh(self) -> bool:
        """Whether a line begins here."""
        return not self.out or self.out[-1].endswith("\n")


def tame(html: str) -> str:
    """The HTML without comments and declarations, and with every < that begins no tag as a character.

    Whatever html.parser would have to look for again and again is gone then, so that it takes time in
    proportion to the length, whatever somebody wrote.
    """
    pieces, at = [], 0
    while (begin := html.find("<!--", at)) >= 0 and (end := html.find("-->", begin + 4)) >= 0:
        pieces.append(html[at:begin])
        at = end + 3
    pieces.append(html[at:])
    return NO_TAG.sub("&lt;", DECLARATION.sub("", "".join(pieces)))


def text(value: str, html: bool = True) -> tuple[str, set[str]]:
    """A field as plain text, and what was lost on the way: names of losses (see report.SAID)."""
    losses: set[str] = set()
    if FORMULA.search(value):
        losses.add("formulas")
    if html:
        reader = _Reader()
        reader.feed(tame(value))
        reader.close()
        value = "".join(reader.out)
        losses |= set(reader.losses)
    if SOUND.search(value):
        losses.add("sounds")
        value = SOUND.sub(lambda found: f"[sound: {found[1]}]", value)
    value = SPOKEN.sub("", value)
    value = LATEX.sub(lambda found: found[2] if found[2] != "latex" else "", value)
    value, hidden = clean(value)
    if hidden:
        losses.add("hidden")
    value = "\n".join(line.rstrip() for line in value.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", value).strip("\n").rstrip(), losses


def clean(value: str) -> tuple[str, bool]:
    """The text without what a terminal would obey or a reader would not see; whether there was any."""
    broken = BREAKS.sub("\n", value).replace("\xa0", " ").replace("\ufeff", "").replace("\xad", "")
    if trick(broken) == "" and not _unassigned(broken):
        return broken, False
    left = ESCAPES.sub("", broken)
    return "".join(one for one in left if trick(one) == "" and not _unassigned(one)), True


def _unassigned(value: str) -> bool:
    """Whether there are characters that are none, which YAML does not accept."""
    return not value.isascii() and any(unicodedata.category(one) == "Cn" for one in value)


def line(value: str, most: int = 200) -> str:
    """One clean line of a name or a message."""
    return " ".join(clean(value)[0].split())[:most]
