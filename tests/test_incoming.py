"""Cards from elsewhere: what real Anki writes, our own exports, tables; what comes over and what is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizapp import bank, export, paths
from quizapp.__main__ import main
from quizapp.bank import Bank
from quizapp.check import check_paths
from quizapp.errors import IncomingError
from quizapp.export import anki_text
from quizapp.export.deck import of
from quizapp.share import incoming
from quizapp.share.incoming import items, report, sides
from quizapp.share.incoming.items import Taken
from quizapp.share.incoming.notes import Note, Type
from quizapp.share.incoming.plain import text

collections = pytest.importorskip("anki.collection")
Deck = Callable[[bool], Path]


def taken(path: Path, around: Bank | None = None, **how: Any) -> Taken:
    return items.taken(incoming.read(path), path.name, "glossary", around or Bank(), **how)


def fronts(made: Taken) -> dict[str, str]:
    return {entry["front"]: entry["back"] for entry in made.entries["items"].values()}


# ---- real Anki ------------------------------------------------------------------------------------

NOTES = (
    (
        "Basic",
        ["What is <b>softmax</b>?", 'exp / sum<br>[latex]x^2[/latex] <img src="a.png">'],
        ["dl", "x::y"],
    ),
    ("Basic (and reversed card)", ["GRU", "gated unit"], []),
    ("Basic (optional reversed card)", ["one way", "only", ""], []),
    ("Cloze", ["The {{c1::query}} meets the {{c2::key::what}} and {{c1::again}}", "extra"], []),
    ("Basic (type in the answer)", ["2 &lt; 3?", "yes\u202e, \\(2<3\\)"], []),
)


@pytest.fixture
def deck(tmp_path: Path) -> Deck:
    """Writes an .apkg as real Anki does: legacy or as it is now."""

    def made(legacy: bool) -> Path:
        (tmp_path / str(legacy)).mkdir()
        collection = collections.Collection(str(tmp_path / str(legacy) / "collection.anki2"))
        (tmp_path / "a.png").write_bytes(b"\x89PNG")
        collection.media.add_file(str(tmp_path / "a.png"))
        for place, (model, fields, tags) in enumerate(NOTES):
            note = collection.new_note(collection.models.by_name(model))
            note.fields, note.tags, note.guid = [*fields], [*tags], f"guid-{place}"
            collection.add_note(note, collection.decks.id("Deep::Attention" if place else "Other"))
        collection.db.execute(
            "UPDATE cards SET reps = 3 WHERE ord = 0 AND nid = (SELECT min(nid) FROM cards)"
        )
        out = tmp_path / f"{legacy}.apkg"
        options = collections.ExportAnkiPackageOptions(
            with_scheduling=True, with_deck_configs=False, with_media=True, legacy=legacy
        )
        collection.export_anki_package(out_path=str(out), options=options, limit=None)
        collection.close()
        return out

    return made


@pytest.mark.parametrize("legacy", [True, False])
def test_a_deck_that_anki_wrote(deck: Deck, legacy: bool):
    made = taken(deck(legacy))
    assert made.refused == []
    assert fronts(made) == {
        "What is softmax?": "exp / sum\nx^2 [picture: a.png]",
        "GRU": "gated unit",
        "gated unit": "GRU",
        "one way": "only",
        "The [...] meets the key and [...]": "The query meets the key and again\nextra",
        "The query meets the [what] and again": "The query meets the key and again\nextra",
        "2 < 3?": "yes, \\(2<3\\)",
    }
    first = next(iter(made.entries["items"].values()))
    assert first["tags"] == ["dl", "x::y"]
    assert (first["topic"], first["sources"][0]["ref"]) == ("glossary", f"Imported from {legacy}.apkg, Other")
    assert [one["concept"] for one in made.entries["concepts"].values()] == [
        "Imported: Other",
        "Imported: Deep::Attention",
    ]
    said = "\n".join(report.left_behind(made))
    for part in (
        "1 files of pictures and sounds",
        "pictures, in 1 card:",
        "formulas, in 2 cards",
        "control characters and terminal codes, in 1 card",
        "several gaps with one number, in 2 cards",
        "the look of 5 of Anki",
        "the schedule of 1 of Anki",
        "bold, colours, links and the like, in 1 card",
    ):
        assert part in said


def test_both_of_ankis_formats_give_the_same_ids(deck: Deck):
    old, new = taken(deck(True)), taken(deck(False))
    assert list(old.entries["items"]) == list(new.entries["items"])
    assert len({*old.entries["items"]}) == 7
    assert all(re.fullmatch(r"imp-[0-9a-f]{12}(-\d)?", id_) for id_ in old.entries["items"])


def test_the_oldest_format_and_its_stub(deck: Deck, tmp_path: Path):
    import zipfile

    with zipfile.ZipFile(deck(True)) as package:
        body, stub = package.read("collection.anki21"), package.read("collection.anki2")
    oldest, stubbed = tmp_path / "oldest.apkg", tmp_path / "stub.apkg"
    with zipfile.ZipFile(oldest, "w") as package:
        package.writestr("collection.anki2", body)
        package.writestr("media", "{}")
    assert len(taken(oldest).entries["items"]) == 7
    with zipfile.ZipFile(stubbed, "w") as package:
        package.writestr("collection.anki2", stub)
        package.writestr("collection.anki21", body)
    assert len(taken(stubbed).entries["items"]) == 7


def test_a_text_file_that_anki_wrote(deck: Deck, tmp_path: Path):
    deck(True)
    collection = collections.Collection(str(tmp_path / "True" / "collection.anki2"))
    out = tmp_path / "notes.txt"
    collection.export_note_csv(
        out_path=str(out),
        limit=None,
        with_html=True,
        with_tags=True,
        with_deck=True,
        with_notetype=True,
        with_guid=True,
    )
    collection.close()
    assert out.read_text(encoding="utf-8").startswith("#separator:tab\n#html:true\n#guid column:1")
    made, package = taken(out), taken(tmp_path / "True.apkg")
    assert set(made.entries["items"]) < set(package.entries["items"])  # a text has no reversed cards
    assert fronts(made)["What is softmax?"] == "exp / sum\nx^2 [picture: a.png]"
    assert "The [...] meets the key and [...]" in fronts(made)


def test_one_deck_of_several(deck: Deck):
    path = deck(False)
    assert len(taken(path, deck="Deep").entries["items"]) == 6
    assert len(taken(Path(deck(True)), deck="Other").entries["items"]) == 1
    with pytest.raises(IncomingError, match="has no deck 'deep'") as error:
        taken(path, deck="deep")
    assert error.value.todo == "There are 'Deep::Attention', 'Other'."


# ---- what we exported -----------------------------------------------------------------------------

WHOLE = ("choice", "multi", "truefalse", "cloze", "card", "flaw", "code")


def exported(all_kinds: Bank, folder: Path, suffix: str) -> Path:
    whole = of(all_kinds, {})
    bodies = {".apkg": lambda: export.render(whole, ".apkg"), ".txt": lambda: anki_text.tabs(whole)}
    bodies[".csv"] = lambda: anki_text.commas(whole)
    path = folder / f"ours{suffix}"
    path.write_bytes(bodies[suffix]())
    return path


@pytest.mark.parametrize("suffix", [".apkg", ".txt", ".csv"])
def test_our_own_export_comes_back_as_what_it_was(all_kinds: Bank, tmp_path: Path, suffix: str):
    made = taken(exported(all_kinds, tmp_path, suffix))
    assert made.refused == []
    assert set(made.entries["items"]) == set(all_kinds.items)
    for id_, entry in made.entries["items"].items():
        was = all_kinds.items[id_]
        assert entry["kind"] == (was.kind if was.kind in WHOLE else "card")
        assert (entry["topic"], entry["level"]) == (was.topic, was.level)
        assert entry.get("answer_aloud", "") == was.answer_aloud
        assert tuple(entry.get("caveats", ())) == was.caveats
        assert tuple(entry.get("followups", ())) == was.followups
        for name in ("stem", "statement", "truth", "front", "back", "text", "code", "why", "speaker"):
            if hasattr(was, name) and was.kind in WHOLE:
                before = getattr(was, name)
                assert entry[name] == (before.strip() if isinstance(before, str) else before)
        for name in ("options", "reasons", "fixes", "spans"):
            parts = getattr(was, name, ()) if was.kind in WHOLE else ()
            assert {(one.text or one.code if name == "options" else one.text, one.why) for one in parts} == {
                (one.get("text") or one.get("code"), one["why"]) for one in entry.get(name, ())
            }
            assert sum(getattr(one, "correct", False) for one in parts) == sum(
                one.get("correct", False) for one in entry.get(name, ())
            )
    said = "\n".join(report.left_behind(made))
    assert "6 of our items of other kinds came back as cards" in said


def test_the_built_in_questions_make_the_journey(tmp_path: Path):
    whole = bank.load(paths.questions())
    path = tmp_path / "all.apkg"
    path.write_bytes(export.render(of(whole, {}), ".apkg"))
    made = taken(path)
    assert made.refused == []
    kinds = {id_: entry["kind"] for id_, entry in made.entries["items"].items()}
    assert kinds == {id_: item.kind if item.kind in WHOLE else "card" for id_, item in whole.items.items()}
    codes = {id_: item.code.strip() for id_, item in whole.items.items() if item.kind == "code"}
    assert {id_: made.entries["items"][id_]["code"] for id_ in codes} == codes


def test_items_that_are_here_already_are_left_out(all_kinds: Bank, tmp_path: Path):
    path = exported(all_kinds, tmp_path, ".apkg")
    made = taken(path, known={"fix-choice", "fix-card"})
    assert sorted(made.here) == ["fix-card", "fix-choice"]
    assert "fix-choice" not in made.entries["items"]
    assert "2 here already" in report.counts(made)


# ---- tables ---------------------------------------------------------------------------------------


def table(folder: Path, body: str | bytes, name: str = "cards.csv") -> Path:
    path = folder / name
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return path


TABLES = {
    "comma": ("a,b\nc,d\n", {"a": "b", "c": "d"}),
    "semicolon": ('"a;1";b\nc;d\n', {"a;1": "b", "c": "d"}),
    "tab": ("a\tb,c\tx\n", {"a": "b,c\nx"}),
    "names": ("Answer,Question,Tags\nb,a,x y\n", {"a": "b"}),
    "names of sorts": ("term;definition;example\na;b;e\n", {"a": "b\ne"}),
    "names twice": ("question,answer,answer\na,b,c\n", {"a": "b\nc"}),
    "no end": ("a,b", {"a": "b"}),
    "windows": ("a,b\r\nc,d\r\n", {"a": "b", "c": "d"}),
    "mark": ("\ufeffa,b\n", {"a": "b"}),
    "quoted": ('"a\n\n# b","say ""yes"""\n', {"a\n\n# b": 'say "yes"'}),
    "remarks": ("#separator:Comma\n# hello, you\na,b\n#c,d\n\n", {"a": "b"}),
    "plain": ("#separator:comma\n#html:false\n<b>a</b>,1 < 2\n", {"<b>a</b>": "1 < 2"}),
    "guessed plain": ("if x < 2,y\n", {"if x < 2": "y"}),
    "commas in a tab file": ("a, b, c?\tx, y\nd\te\n", {"a, b, c?": "x, y", "d": "e"}),
    "commas in one of semicolons": ("a, b, c?;x, y\nd;e\n", {"a, b, c?": "x, y", "d": "e"}),
    "rows of several lengths": ("a;b\nc, d;e;f\n", {"a": "b", "c, d": "e\nf"}),
    "numbered": ("#,Question,Answer\n1,a,b\n", {"a": "b"}),
    "less and more": ("is x<y and y>z?,never\n", {"is x<y and y>z?": "never"}),
    "a type": ("which?,vector<int> & more\n", {"which?": "vector<int> & more"}),
    "a program": ('"for i:\n    if i<2",0\n', {"for i:\n    if i<2": "0"}),
    "html unsaid": ('a<br/>b,"<span class=""x"">c</span> &lt; d"\n', {"a\nb": "c < d"}),
    "html": ("#separator:comma\n#html:true\n<b>a</b>,1 &lt; 2\n", {"a": "1 < 2"}),
    "cloze": (
        "the {{c1::a}} and {{c2::b}},more\n",
        {"the [...] and b": "the a and b\nmore", "the a and [...]": "the a and b\nmore"},
    ),
}


@pytest.mark.parametrize("how", TABLES)
def test_tables(tmp_path: Path, how: str):
    body, expected = TABLES[how]
    made = taken(table(tmp_path, body))
    assert made.refused == []
    assert fronts(made) == expected


@pytest.mark.parametrize("body", ["#include <x>,what\na,b\n", "a,b\n#1 rule,scale\n"])
def test_rows_taken_for_remarks_are_counted(tmp_path: Path, body: str):
    made = taken(table(tmp_path, body))
    assert fronts(made) == {"a": "b"}
    assert "rows that begin with #, 1: remarks, as in Anki's files" in report.left_behind(made)


def test_two_imports_can_stand_in_one_pack(tmp_path: Path, home: Path):
    files = []
    for number, (front, back) in enumerate((("What is M?", "m"), ("What is N?", "n"))):
        source = table(tmp_path, f"id,Front,Back\n1,{front},{back}\n", f"{number}.csv")
        files.append(str(tmp_path / f"{number}.yaml"))
        assert main(["import", str(source), "-o", files[-1]]) == 0
    assert main(["pack", "make", str(tmp_path / "both.qpack"), *files]) == 0


def test_a_table_in_two_bytes_a_letter(tmp_path: Path):
    assert fronts(taken(table(tmp_path, "ä\tb\n".encode("utf-16"), "cards.txt"))) == {"ä": "b"}


def test_tags_and_decks_of_a_table(tmp_path: Path):
    body = "#separator:tab\n#deck:Deep\n#tags column:3\n#guid column:4\na\tb\tx y\tg\n"
    (entry,) = taken(table(tmp_path, body, "t.txt")).entries["items"].values()
    assert entry["tags"] == ["x", "y"]
    assert entry["sources"][0]["ref"] == "Imported from t.txt, Deep"
    later = taken(table(tmp_path, body.replace("a\tb", "other\tb"), "t.txt"))
    assert list(later.entries["items"]) == [entry["id"]]  # an edited note is the same item


# ---- sides and texts ------------------------------------------------------------------------------


def note(*fields: str, templates: tuple[tuple[str, str], ...] = (), cloze: bool = False) -> Note:
    return Note(line=1, key="k", type=Type("T", ("A", "B"), templates, cloze), fields=fields)


@pytest.mark.parametrize(
    ("template", "front", "back"),
    [
        (("{{A}}", "{{FrontSide}}<hr id=answer>{{B}}"), "x", "y"),
        (("{{A}}", "{{A}}\n<hr id='answer' class=c>{{B}}"), "x", "\n".strip() + "y"),
        (("{{#B}}with{{/B}}{{^B}}without{{/B}} {{text:A}}", "{{hint:B}}"), "with x", "y"),
        (("{{^B}}hidden {{A}}{{/B}}q {{type:B}}", "{{type:B}}{{Nowhere}}{{Tags}}"), "q ", "y"),
    ],
)
def test_templates(template: tuple[str, str], front: str, back: str):
    (side,) = sides.of(note("x", "y", templates=(template,))).cards
    assert (side.front, side.back) == (front, back)


def test_gaps_within_gaps_are_asked_as_anki_does():
    made = sides.of(note("{{c1::a {{c2::b}} c}} d", "", templates=(("{{cloze:A}}", ""),), cloze=True))
    assert [card.front for card in made.cards] == ["[...] d", "a [...] c d"]
    assert made.overlaps == 1


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("a<div>b</div>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ("x<sup>2</sup><sub>i</sub>", "x^{2}_{i}"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 | 2"),
        ("<pre>def f():\n    return 1</pre>", "def f():\n    return 1"),
        ("a&nbsp;&amp; b<!-- c -->", "a & b"),
        ("<script>alert('<b>')</script>a<style>x</style>", "a"),
        ("seen <title>unseen <b>words", "seen unseen words"),
        ('<a href="https://x.y/z">here</a>', "here (https://x.y/z)"),
        ('<a href="javascript:x">here</a>', "here"),
        ("[$]x[/$] [$$]y[/$$] <anki-mathjax>z</anki-mathjax>", "$x$ $$y$$ \\(z\\)"),
        ("[sound:a.mp3] a [anki:tts lang=en]b[/anki:tts]", "[sound: a.mp3] a b"),
        ("1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07a\x00b\u2028c", "red ab\nc"),
    ],
)
def test_html_becomes_text(html: str, plain: str):
    assert text(html)[0] == plain


# ---- where it goes --------------------------------------------------------------------------------


def test_the_file_passes_the_check_and_is_not_replaced_unasked(
    deck: Deck, home: Path, capsys: pytest.CaptureFixture[str]
):
    package, out = str(deck(False)), home / "cards.yaml"
    assert main(["import", package, "-o", str(out), "--topic", "attention"]) == 0
    said = capsys.readouterr()
    assert f"{out}: 7 items (7 card), 0 refused" in said.out
    assert "Left behind:\n  1 files of pictures" in said.out
    assert not check_paths([out]).failed
    found, problems = bank.read([*sorted(paths.questions().glob("*.yaml")), out])
    assert problems == []
    assert {item.topic for item in found.items.values() if item.id.startswith("imp-")} == {"attention"}
    before = out.read_bytes()
    assert main(["import", package, "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert main(["import", package, "-o", str(out), "--topic", "attention", "--replace"]) == 0
    assert out.read_bytes() == before


def test_into_a_pack(deck: Deck, home: Path, capsys: pytest.CaptureFixture[str]):
    package = str(deck(True))
    assert main(["import", package, "--pack", "anki-deck"]) == 0
    found = bank.load(cache=paths.cache())
    assert sum(id_.startswith("anki-deck:imp-") for id_ in found.items) == 7
    assert main(["import", package, "--pack", "anki-deck"]) == 2
    assert "there is a pack 'anki-deck' here already" in capsys.readouterr().err
    assert main(["import", package, "--pack", "anki-deck", "--replace"]) == 0
    assert main(["import", package, "--pack", "../evil"]) == 2
    assert "cannot be the name of a pack" in capsys.readouterr().err


def test_what_is_refused_is_said_with_its_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = table(tmp_path, "a,b\n,c\nd\n\x1b[31m<img src=x>,e\na,b\n")
    assert main(["import", str(path), "-o", str(home / "x.yaml")]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[:4] == [
        f"{path}:2: has an empty front",
        f"{path}:3: has an empty back",
        f"{path}:4: has a front of pictures or sounds alone, and they are not carried over",
        f"{path}:5: is the same as an earlier one",
    ]
    assert "1 item (1 card), 4 refused" in said.out


def test_a_long_deck_becomes_several_files(home: Path, tmp_path: Path):
    path = table(tmp_path, "".join(f"front {number},{'b' * 900}\n" for number in range(1100)))
    assert main(["import", str(path), "-o", str(home / "x.yaml")]) == 0
    made = sorted(home.glob("x*.yaml"))
    assert [file.name for file in made] == ["x-2.yaml", "x.yaml"]
    found, problems = bank.read([*sorted(paths.questions().glob("*.yaml")), *made])
    assert problems == []
    assert sum(id_.startswith("imp-") for id_ in found.items) == 1100


def test_a_shorter_import_leaves_no_rest_of_a_longer_one(home: Path, tmp_path: Path, capsys):
    rows = [f"front {number},{'b' * 900}\n" for number in range(1100)]
    into = ("-o", str(home / "x.yaml"))
    assert main(["import", str(table(tmp_path, "".join(rows))), *into]) == 0
    shorter = str(table(tmp_path, rows[0]))
    assert main(["import", shorter, *into, "--replace"]) == 2
    assert f"{home / 'x-2.yaml'} would stay from an earlier, longer import" in capsys.readouterr().err
    (home / "x-2.yaml").unlink()
    assert main(["import", shorter, *into, "--replace"]) == 0


@pytest.mark.parametrize("arguments", [(), ("-o", "a.yaml", "--pack", "b")])
def test_one_place_is_asked_for(home: Path, arguments: tuple[str, ...]):
    assert main(["import", "x.csv", *arguments]) == 2
