"""The HTML page as bytes: what is in it, what it may do, and that nothing of a bank can leave its place."""

import base64
import dataclasses
import hashlib
import html.parser
import json
import re
from pathlib import Path

import pytest

from quizapp import export
from quizapp.evidence import Run
from quizapp.export import html as page
from quizapp.export.deck import of
from quizapp.export.html import data
from quizapp.model import build
from quizapp.reference import Reference
from quizapp.verifiers import catalogue

FIXTURES = Path(__file__).parent / "fixtures"
HOSTILE = (
    "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> \u2028 \ud800 \x00 & \" ' "
    "javascript:alert(1)"
)


@pytest.fixture
def run():
    """A fabricated run of the bench as it stands, so that it is not stale."""
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    return dataclasses.replace(made, fingerprint=catalogue.read("gradient_distance").fingerprint)


@pytest.fixture
def deck(all_kinds, run):
    return of(all_kinds, {run.experiment: run})


class Reader(html.parser.HTMLParser):
    """Every element with its attributes, and what stands in scripts and styles."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._within = ""
        self.feed(body.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in self.inside else ""
        if self._within:
            self.inside[tag].append("")

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, text):
        if self._within:
            self.inside[self._within][-1] += text


def kept(body: bytes):
    """The deck inside a page."""
    return json.loads(Reader(body).inside["script"][0])


def hostile(value, text=HOSTILE):
    """The same item with every text in it replaced, its sources too."""
    if isinstance(value, tuple):
        return tuple(hostile(part, text) for part in value)
    if isinstance(value, dict):
        return {key: hostile(part, text) for key, part in value.items()}
    if isinstance(value, str):
        return text
    if not dataclasses.is_dataclass(value):
        return value
    names = {"id", "kind", "topic", "level", "bloom", "speaker", "scale", "lang", "evidence", "deletion"}
    changes = {
        entry.name: hostile(getattr(value, entry.name), text)
        for entry in dataclasses.fields(value)
        if entry.name not in names and getattr(value, entry.name) not in (None, "")
    }
    return dataclasses.replace(value, **changes)


def test_the_same_deck_gives_the_same_bytes(deck, all_kinds, run):
    assert export.render(deck, ".html") == export.render(of(all_kinds, {run.experiment: run}), ".html")


def test_every_item_and_claim_is_in_it_once(deck):
    found = kept(page.render(deck))
    assert [item["id"] for item in found["items"]] == [item.id for item in deck.items]
    assert [claim["id"] for claim in found["claims"]] == list(deck.claims)


def test_the_policy_lets_only_what_is_there_run(deck):
    reader = Reader(page.render(deck))
    (policy,) = [
        element["content"]
        for _, element in reader.elements
        if element.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "unsafe" not in policy
    _, script = reader.inside["script"]
    for rule, text in (("script-src", script), ("style-src", reader.inside["style"][0])):
        assert rules[rule] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_is_fetched_and_nothing_is_read_as_html(deck):
    reader = Reader(page.render(deck))
    for tag, attributes in reader.elements:
        assert tag not in ("iframe", "object", "embed", "form", "base", "img"), tag
        assert "src" not in attributes
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert not attributes.get("href") or attributes["href"].startswith(("#", "data:")), attributes
    code = page.script() + reader.inside["style"][0]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|@import|url\(", code
    )
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|\bimport\(", code)


def test_hostile_texts_stay_texts(deck, all_kinds):
    items = tuple(hostile(item) for item in deck.items)
    claims = {
        id_: dataclasses.replace(claim, says=HOSTILE, correct=HOSTILE) for id_, claim in deck.claims.items()
    }
    nasty = dataclasses.replace(deck, items=items, claims=claims, title=HOSTILE)
    body = page.render(nasty)
    tame, found = Reader(page.render(deck)), Reader(body)
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in tame.elements]
    assert "\x00" not in body.decode()
    inside = found.inside["script"][0]
    assert not {"<", ">", "&", "\u2028"} & set(inside)
    told = kept(body)
    clean = HOSTILE.replace("\ud800", "\ufffd")
    assert told["items"][0]["question"].startswith(clean[:20])
    assert told["claims"][0]["says"] == clean


def test_every_kind_can_be_answered(deck):
    modes = {
        item["kind"]: [task["mode"] for task in item["tasks"]] for item in kept(page.render(deck))["items"]
    }
    assert modes == {
        "choice": ["one"],
        "multi": ["many"],
        "truefalse": ["one", "one"],
        "numeric": ["number"],
        "estimate": ["range"],
        "order": ["rank"],
        "cloze": ["word", "word"],
        "card": ["self"],
        "open": ["rubric"],
        "predict_plot": ["one", "one"],
        "predict_number": ["number"],
        "flaw": ["one", "one"],
        "code": ["one"],
    }


def test_the_sentence_to_find_is_the_wrong_one(deck, all_kinds):
    flaw = all_kinds.items["fix-flaw"]
    task = data.item(flaw, deck)["tasks"][0]
    assert [pick.get("right", False) for pick in task["picks"]] == [not span.ok for span in flaw.spans]


def test_an_order_is_told_in_places_of_what_is_shown(deck, all_kinds):
    item = all_kinds.items["fix-order"]
    (task,) = data.item(item, deck)["tasks"]
    ranked = [task["picks"][place]["text"] for place in task["order"]]
    assert ranked == [one.text for one in sorted(item.sequence, key=lambda one: one.value)]


def test_a_trap_at_zero_keeps_its_number(deck, all_kinds):
    item = all_kinds.items["fix-numeric"]
    trap = dataclasses.replace(item.traps[0], value=0.0)
    (task,) = data.item(dataclasses.replace(item, traps=(trap,)), deck)["tasks"]
    assert task["traps"][0]["value"] == 0.0


def test_numbers_that_json_does_not_know_become_null(deck, all_kinds):
    item = all_kinds.items["fix-numeric"]
    odd = dataclasses.replace(item, answer=dataclasses.replace(item.answer, value=float("inf")))
    found = kept(page.render(dataclasses.replace(deck, items=(odd,))))
    assert found["items"][0]["tasks"][0]["truth"] is None


def test_evidence_can_be_doubted(deck, run):
    found = kept(page.render(deck))
    claim = next(claim for claim in found["claims"] if claim["id"] == "lstm-gradient-fades")
    (finding,) = claim["found"]
    assert finding["command"] == "quizapp prove lstm-gradient-fades --device cpu"
    assert "stale" not in finding
    made = found["runs"][finding["runs"][0]]
    assert (made["date"], made["seeds"]) == (run.at[:10], "0 to 4 (5)")
    assert run.machine in made["device"]
    assert made["plot"]["curves"][0]["points"]
    cited = next(claim for claim in found["claims"] if claim["state"] == "cited")
    assert "cannot be tested" in cited["missing"]


def test_missing_stale_and_surprising_evidence_is_said(all_kinds, run):
    def told(runs):
        found = kept(page.render(of(all_kinds, runs)))
        return next(claim for claim in found["claims"] if claim["id"] == "lstm-fades-slower")

    missing = told({})
    assert missing["state"] == "not-run"
    assert "Not run yet" in missing["missing"]
    old = told({run.experiment: dataclasses.replace(run, fingerprint="0123")})
    assert old["found"][0]["stale"] is True
    assert "Stale" in old["found"][0]["sentence"]
    checks = tuple(dataclasses.replace(check, outcome="fail") for check in run.checks)
    assert told({run.experiment: dataclasses.replace(run, checks=checks)})["found"][0]["surprise"] is True


def test_the_reference_stands_beside_and_says_so(all_kinds, run):
    shipped = Reference(
        runs={"cpu": {run.experiment: dataclasses.replace(run, machine="theirs", device="cpu")}}
    )
    alone = kept(page.render(of(all_kinds, {}, None, shipped)))
    claim = next(claim for claim in alone["claims"] if claim["id"] == "lstm-gradient-fades")
    assert claim["missing"] == data.AWAY
    assert claim["found"][0]["reference"] is True
    both = kept(page.render(of(all_kinds, {run.experiment: run}, None, shipped)))
    claim = next(claim for claim in both["claims"] if claim["id"] == "lstm-gradient-fades")
    assert [one.get("reference", False) for one in claim["found"]] == [False, True]
    assert "missing" not in claim
    assert len(both["runs"]) == 2


def test_the_files_of_the_page_are_all_in_it():
    scripts = {path.name for path in page.FOLDER.glob("*.js")}
    assert scripts == set(page.SCRIPTS)
    template = (page.FOLDER / "page.html").read_text(encoding="utf-8")
    assert set(re.findall(r"<!--([A-Z]+)-->", template)) == {"TITLE", "POLICY", "STYLE", "SCRIPT", "DECK"}


def shades(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, as the guidelines for accessible pages define it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read_on_its_ground(theme):
    style = (page.FOLDER / "look.css").read_text(encoding="utf-8")
    blocks = [shades(block) for block in re.findall(r":root[^{]*\{([^}]*)\}", style)]
    found = [block for block in blocks if len(block) > 20]
    assert found[1] == found[2]  # what the system asks for and what the key asks for are one
    colours = found[0] if theme == "light" else found[0] | found[1]
    for ink, grounds in {
        "ink": ("paper", "card", "field", "soft", "mark"),
        "quiet": ("paper", "card", "field", "soft"),
        "accent": ("paper", "card", "field", "soft"),
        "accent-ink": ("accent",),
        "good": ("good-soft", "card", "field"),
        "bad": ("bad-soft", "card", "field"),
        "maybe": ("maybe-soft", "card"),
        "other": ("other-soft", "card"),
    }.items():
        for ground in grounds:
            assert contrast(colours[ink], colours[ground]) >= 4.5, (theme, ink, ground)
    for curve in range(7):
        assert contrast(colours[f"c{curve}"], colours["card"]) >= 3, (theme, curve)
