"""How Moodle reads GIFT, rule by rule, as its import does: blank lines part questions, the first braces hold
the answers, escaped signs are put away before anything is split and taken out again afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

AWAY = {"\\:": "&&058;", "\\#": "&&035;", "\\=": "&&061;", "\\{": "&&123;", "\\}": "&&125;", "\\~": "&&126;"}
AWAY |= {"\\n": "&&010"}
WEIGHT = re.compile(r"^%(-*[0-9]{1,2}\.?[0-9]*)%")


@dataclass
class Asked:
    kind: str
    name: str
    stem: str
    category: str
    idnumber: str
    tags: list[str]
    feedback: str
    answers: list[tuple[str, float, str]] = field(default_factory=list)
    """Text (or number), weight, feedback."""


def read(text: str) -> list[Asked]:
    found, category = [], ""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in block.splitlines() if line.strip()]
        remarks = " ".join(line.strip()[2:] for line in lines if line.strip().startswith("//"))
        body = "\n".join(line for line in lines if not line.strip().startswith("//")).strip()
        if body.startswith("$CATEGORY:"):
            category = body[10:].strip()
        elif body:
            found.append(_question(_pre(body), category, remarks))
    return found


def _pre(text: str) -> str:
    text = text.replace("\\\\", "&&092;")
    for sign, away in AWAY.items():
        text = text.replace(sign, away)
    return text.replace("&&092;", "\\")


def _post(text: str) -> str:
    for sign, away in AWAY.items():
        text = text.replace(away, "\n" if sign == "\\n" else sign[1:])
    return text


def _formatted(text: str) -> str:
    if text.startswith("[") and text[1 : text.find("]")] in ("html", "moodle", "plain", "markdown"):
        text = text[text.find("]") + 1 :]
    return _post(text).strip()


def _question(text: str, category: str, remarks: str) -> Asked:
    assert text.startswith("::")
    name, _, text = text[2:].partition("::")
    begin, end = text.find("{"), text.find("}")
    assert 0 <= begin < end, text
    answers = text[begin + 1 : end].strip()
    assert text[end + 1 :].strip() == "", "nothing comes after the answers"
    general = ""
    if "####" in answers:
        place = answers.rfind("####")
        answers, general = answers[:place].strip(), answers[place + 4 :]
    idnumber = re.search(r"\[id:([^\]]+)\]", remarks)
    asked = Asked(
        kind=_kind(answers),
        name=_post(name),
        stem=_formatted(text[:begin]),
        category=category,
        idnumber=idnumber[1] if idnumber else "",
        tags=re.findall(r"\[tag:([^\]]+)\]", remarks),
        feedback=_formatted(general),
    )
    asked.answers = _answers(asked.kind, answers)
    return asked


def _kind(answers: str) -> str:
    if not answers:
        return "essay"
    if answers[0] == "#":
        return "numerical"
    if "~" in answers:
        return "multichoice"
    if "=" in answers and "->" in answers:
        return "match"
    return "truefalse" if answers.partition("#")[0].strip() in ("T", "TRUE", "F", "FALSE") else "shortanswer"


def _answers(kind: str, text: str) -> list[tuple[str, float, str]]:
    if kind == "essay":
        return []
    if kind == "truefalse":
        truth, *feedback = text.split("#")
        return [(truth.strip(), 1.0, _formatted("".join(feedback[:1])))]
    if kind == "multichoice":
        parts = [part.strip() for part in text.replace("=", "~=").split("~")]
    else:
        parts = [part.strip() for part in text.removeprefix("#").split("=")]
    return [_answer(kind, part) for part in parts if part]


def _answer(kind: str, part: str) -> tuple[str, float, str]:
    weight = 0.0 if kind == "multichoice" else 1.0
    if part.startswith("=") and kind == "multichoice":
        weight, part = 1.0, part[1:]
    if match := WEIGHT.match(part):
        weight, part = float(match[1]) / 100, part[match.end() :]
    said, _, feedback = part.partition("#")
    return _formatted(said), weight, _formatted(feedback)
