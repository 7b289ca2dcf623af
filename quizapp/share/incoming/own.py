"""Items that went out in one of our exports, as what they were: from the fields and the tags of their notes.

A choice with its feedback, a card with its points come back whole; what an export does not say in full
(numbers, rubrics, plots) comes back as a card. The ids of misconceptions, families and the difficulty do
not travel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, get_args

from quizapp.model import KINDS, Topic
from quizapp.parts import Level
from quizapp.share.incoming.notes import Note
from quizapp.share.incoming.plain import clean, tame, text

FIRST = ("Item", "Question", "Options", "Answer", "Why")
"""The fields that no other note type begins with."""
SPEAKERS = {"A candidate says:": "candidate", "An interviewer says:": "interviewer", "A post says:": "post"}
ASKED = re.compile(r"\[(\d+): ____\]")
SEEN = re.compile(r"(.+) \(read: (\w+)\)")
TRUTH = re.compile(r"(True|False)\. ")
GAPS = 20
"""The most gaps of a sentence."""
STATEMENT = "True or false, and why? "
Entry = dict[str, Any]


@dataclass
class Line:
    """One entry of a list: an option with its label and its explanation, or a sentence."""

    look: str = ""
    label: str = ""
    text: str = ""
    why: str = ""
    code: bool = False


@dataclass
class Section:
    """What stands under one heading."""

    title: str = ""
    lines: list[Line] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class _Outline(HTMLParser):
    """The sections of a field that one of our exports wrote."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections = [Section()]
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data("\n")
            return
        if tag in ("h2", "li", "p", "b", "pre", "ul"):
            self._open.append(tag)
        if tag == "h2":
            self._open = [tag]  # whatever was left open ends with its section
            self.sections.append(Section())
        elif tag == "li":
            self.sections[-1].lines.append(Line(look=dict(attrs).get("class") or ""))
        elif tag == "pre" and "li" in self._open:
            self.sections[-1].lines[-1].code, self.sections[-1].lines[-1].text = True, ""
        elif tag == "p" and "li" not in self._open:
            self.sections[-1].texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        here, at = self._open, self.sections[-1]
        if "h2" in here:
            at.title += data
        elif "li" in here:
            one = at.lines[-1]
            if here[-1] == "b":
                one.label += data
            elif here[-1] == "p":
                one.why += data
            else:
                one.text += data
        elif here and here[-1] == "p":
            at.texts[-1] += data
        elif data.strip():
            at.texts.append(data)


def is_own(note: Note) -> bool:
    """Whether one of our exports wrote it."""
    return note.type.fields[: len(FIRST)] == FIRST


def item(note: Note) -> Entry | None:
    """The item of such a note, without its concepts; None when it is none any more.

    `topic` is left out when its tags say none.
    """
    tags = _tags(note)
    id_ = id_of(note).rpartition(":")[2]
    question = text(note.field("Question"))[0]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,79}", id_) or not question:
        return None
    kind = tags.get("kind", ["card"])[0]
    body = _body(kind, note, question)
    if body is None:
        kind, body = "card", _as_card(note, question)
    topic = [one for one in tags.get("topic", ()) if one in get_args(Topic)][:1]
    level = [one for one in tags.get("level", ()) if one in get_args(Level)][:1]
    entry: Entry = {"id": id_, "kind": kind, **({"topic": topic[0]} if topic else {})}
    entry |= {"level": level[0] if level else "all", "bloom": "understand", "difficulty": 3, "time_s": 60}
    entry |= body
    return {key: value for key, value in (entry | _around(note, tags)).items() if value not in ("", [])}


def id_of(note: Note) -> str:
    """The id in its first field; one of a pack has the name of the pack before it."""
    return text(note.field("Item"))[0]


def kind_of(note: Note) -> str:
    """The kind of item it was, as its tags say; empty when they do not."""
    kind = _tags(note).get("kind", [""])[0]
    return kind if kind in KINDS else ""


def _tags(note: Note) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in note.tags:
        first, _, rest = tag.partition("::")
        name, _, value = rest.partition("::")
        if first == "quizapp" and value:
            found.setdefault(name, []).append(clean(value)[0][:80])
    return found


def _around(note: Note, tags: dict[str, list[str]]) -> Entry:
    """What every kind of item has: what to say aloud, caveats, sources, tags, claims."""
    aloud = _outline(note.field("Aloud"))[0]
    sources = []
    for said in _listed(note.field("Sources")):
        seen = SEEN.fullmatch(said)
        sources.append({"ref": seen[1], "seen": seen[2]} if seen else {"ref": said, "seen": "no"})
    return {
        "answer_aloud": aloud.texts[0].strip() if aloud.texts else "",
        "followups": [one.text.strip() for one in aloud.lines if one.text.strip()],
        "caveats": _listed(note.field("Caveats")),
        "sources": sources,
        "tags": tags.get("tag", []),
        "claims": tags.get("claim", []),
    }


def _outline(html: str) -> list[Section]:
    reader = _Outline()
    reader.feed(tame(clean(html)[0]))
    reader.close()
    return reader.sections


def _listed(html: str) -> list[str]:
    return [one.text.strip() for section in _outline(html) for one in section.lines if one.text.strip()]


# ---- kinds ----------------------------------------------------------------------------------------


def _body(kind: str, note: Note, question: str) -> Entry | None:
    """What is particular to a kind; None when the note does not say all of it."""
    why = _outline(note.field("Why"))
    judged = [[one for one in part.lines if one.look in ("right", "wrong")] for part in why]
    judged = [part for part in judged if part]
    if any(not one.text.strip() or not one.why.strip() for part in judged for one in part):
        return None
    answer = _outline(note.field("Answer"))[0].texts
    match kind:
        case "choice" | "multi" | "code" if len(judged) == 1:
            return _picked(kind, note, question, judged[0])
        case "truefalse" if len(judged) == 1 and answer and (truth := TRUTH.match(answer[0])):
            if not question.startswith(STATEMENT) or not _one_right(judged[0], range(3, 6)):
                return None
            statement = question.removeprefix(STATEMENT)
            return {"statement": statement, "truth": truth[1] == "True", "reasons": _options(judged[0])}
        case "flaw" if len(judged) == 2 and question in SPEAKERS:
            spans, fixes = judged
            if sum(one.look == "wrong" for one in spans) != 1 or not _one_right(fixes, range(2, 5)):
                return None
            said = [{"text": _said(one), "ok": one.look == "right", "why": one.why.strip()} for one in spans]
            fits = 3 <= len(said) <= 6
            return {"speaker": SPEAKERS[question], "spans": said, "fixes": _options(fixes)} if fits else None
        case "cloze":
            return _cloze(question, answer, why)
        case "card":
            return _card(question, answer, why)
    return None


def _one_right(options: list[Line], count: range) -> bool:
    return sum(one.look == "right" for one in options) == 1 and len(options) in count


def _said(one: Line) -> str:
    return one.text.strip("\n") if one.code else one.text.strip()


def _options(lines: list[Line], name: str = "text") -> list[Entry]:
    return [
        {name: _said(one), **({"correct": True} if one.look == "right" else {}), "why": one.why.strip()}
        for one in lines
    ]


def _picked(kind: str, note: Note, question: str, lines: list[Line]) -> Entry | None:
    right = sum(one.look == "right" for one in lines)
    if kind == "multi":
        fits = 3 <= len(lines) <= 6 and 2 <= right < len(lines)
        return {"stem": question, "options": _options(lines)} if fits else None
    if not _one_right(lines, range(3, 6)):
        return None
    if kind == "choice":
        return {"stem": question, "options": _options(lines)}
    stem, mark, rest = note.field("Question").partition("<pre>")
    code = text(f"<pre>{rest}")[0]
    if not mark or not code:
        return None
    return {"stem": text(stem)[0], "code": code, "options": _options(lines, "code")}


def _card(question: str, answer: list[str], why: list[Section]) -> Entry | None:
    points = [one.text.strip() for part in why if part.title == "Grade yourself" for one in part.lines]
    more = [one.text.strip() for part in why if part.title == "More" for one in part.lines]
    if not answer or not points:
        return None
    back = "\n".join(one.strip() for one in answer)
    return {"front": question, "back": back, "grade_yourself": points, "more": "\n".join(more)}


def _cloze(question: str, answer: list[str], why: list[Section]) -> Entry | None:
    """The sentence with its words in the gaps, from the question with its gaps and the sentence without."""
    accepted: dict[str, list[str]] = {}
    for one in (one for part in why if part.title == "Accepted" for one in part.lines):
        name, mark, words = one.text.strip().partition(": ")
        if not mark or not re.fullmatch(r"Gap \d{1,2}", name):
            return None
        accepted[f"c{name[4:]}"] = words.split(" · ")
    because = [one.text.strip() for part in why if part.title == "Because" for one in part.lines]
    between = ASKED.split(question)
    names = between[1::2][: GAPS + 1]
    if len(names) > GAPS:
        return None
    pattern = r"\[([^\]]+)\]".join(re.escape(piece) for piece in between[::2])
    found = re.fullmatch(pattern, answer[0].strip()) if answer and names else None
    if found is None or not because or {f"c{name}" for name in names} != set(accepted):
        return None
    gaps = [f"{{{{c{name}::{word}}}}}" for name, word in zip(names, found.groups(), strict=True)]
    whole = "".join(piece + gap for piece, gap in zip(between[::2], [*gaps, ""], strict=True))
    return {"text": whole, "accept": accepted, "why": "\n".join(because)}


def _as_card(note: Note, question: str) -> Entry:
    """Front and back as they were printed."""
    options = text(note.field("Options"))[0]
    more = text(note.field("Why"))[0]
    return {
        "front": f"{question}\n\n{options}".strip(),
        "back": text(note.field("Answer"))[0],
        "grade_yourself": ["says what is on the back"],
        "more": more,
    }
