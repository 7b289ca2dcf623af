"""Packs: made, opened beside the built-in banks, broken, edited, removed; what they say is harmless."""

import dataclasses
import os
import re
from datetime import UTC, date, datetime

import pytest

from quizapp import bank, editor, model, packs, paths, query, reference, strict_yaml
from quizapp.bank import Bank
from quizapp.errors import PackError
from quizapp.evidence import Run
from quizapp.model import build
from quizapp.share import account, difference, pack, place, written
from tests import groups, qpacks
from tests.conftest import FIXTURE_BANK

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
OWN = """schema: 1
concepts:
- {id: G1, topic: attention, concept: Heads can be pruned.}
- {id: T04, topic: attention, concept: Another meaning of a built-in id.}
misconceptions:
  G-ALL: {says: Every head is needed, concept: G1, refute: Many can go.}
claims:
- id: heads-go
  topic: attention
  says: Heads can go.
  correct: Many.
  standing: 'true'
  sources: [{ref: Somebody}]
  supports: [permutation.no_such_check]
items:
- id: card
  kind: card
  topic: attention
  concepts: [G1, T04, C02]
  claims: [heads-go, lstm-gradient-fades]
  misconceptions: [G-ALL, M-ONE-HEAD]
  level: mid
  bloom: understand
  difficulty: 2
  time_s: 40
  front: How many heads can go?
  back: Many.
  grade_yourself: [Said many]
  followups: [other, fix-choice, And then?]
- {id: other, kind: card, topic: attention, concepts: [C02], level: mid, bloom: understand, difficulty: 2,
  time_s: 40, front: Another?, back: Yes., grade_yourself: [Said yes]}
"""


@pytest.fixture
def builtin(home, monkeypatch) -> Bank:
    """The fixture bank in the place of the built-in ones."""
    monkeypatch.setattr(paths, "questions", lambda: FIXTURE_BANK)
    return bank.load(FIXTURE_BANK)


def opened(raw: bytes, builtin: Bank, name: str = "group") -> None:
    place.put(pack.read(raw, "a.qpack", builtin), name, paths.packs(), NOW)


def own(body: str = OWN, **files: str) -> bytes:
    return qpacks.pack({"questions/own.yaml": body, **files})


# ---- making ---------------------------------------------------------------------------------------


def test_every_built_in_question_is_written_and_read_back_as_it_was(all_kinds):
    for whole in (all_kinds, bank.load(paths.PACKAGE.parent / "questions")):
        entries = {
            part: {id_: written.plain(one) for id_, one in getattr(whole, part).items()}
            for part in bank.PARTS
        }
        files = written.files(entries)
        read, problems = bank.understood(strict_yaml.decoded(files[name], name) for name in files)
        assert problems == []
        for part in bank.PARTS:
            assert getattr(read, part) == getattr(whole, part)


@pytest.mark.parametrize(
    "text", ["yes", "1e-3", "012", "1:30", "null", "~", "", " x ", "a: b", "- a", "#a", "=", "<<", "0x1F",
             "\\alpha", "2026-01-01", "a\nb", "a\n\n  b\n", "é→😀",
             "'", '"', "{a}", "true", ".5", "a #b", "\t", "...", "and so on...", "a\n...", "a\n...\n"],
)  # fmt: skip
def test_a_text_that_looks_like_something_else_stays_a_text(text):
    found = strict_yaml.parse(written.text({"a": [text]}), "f")
    assert isinstance(found, strict_yaml.Document)
    assert found.data == {"a": [text]}


def test_the_same_part_gives_the_same_bytes_and_takes_along_what_it_refers_to(builtin):
    made = [
        pack.make(
            pack.part(builtin, ["fix-choice"], {}), name="group", author="Anna", created=DAY, builtin=builtin
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    found = pack.read(made[0], "a.qpack", builtin)
    assert (found.name, found.manifest.author, found.manifest.created) == ("group", "Anna", "2026-03-02")
    assert set(found.content.bank.items) == {"fix-choice"}
    assert set(found.content.bank.claims) == {"lstm-gradient-fades"}
    assert set(found.content.bank.misconceptions) == {"M-GATES-KEEP-ALL", "M-VAR-STD"}
    assert {"T04", builtin.misconceptions["M-VAR-STD"].concept} <= set(found.content.bank.concepts)


@pytest.mark.parametrize("part", ["claims", "concepts", "misconceptions"])
def test_a_topic_that_is_called_as_a_part_has_a_file_of_its_own(part):
    made = written.files({"items": {"mine": {"id": "mine", "topic": part}}, part: {"other": {"id": "other"}}})
    assert len(made) == 2
    assert all(packs.MEMBER.fullmatch(name) for name in made)
    read = [strict_yaml.decoded(body, name).data for name, body in made.items()]
    assert sorted(key for data in read for key in data if key != "schema") == sorted(["items", part])
    assert [data["items"] for data in read if "items" in data] == [[{"id": "mine", "topic": part}]]


def test_a_pack_made_of_packs_has_ids_without_their_names(builtin):
    opened(own(), builtin)
    whole = bank.load()
    part = pack.part(whole, ["group:card", "group:other"], {})
    assert set(part.entries["items"]) == {"card", "other"}
    assert part.entries["items"]["card"]["concepts"] == ["G1", "T04", "C02"]
    assert part.entries["items"]["card"]["followups"] == ["other", "fix-choice", "And then?"]
    opened(own(), builtin, "second")
    with pytest.raises(PackError, match="two entries would have the id 'card'"):
        pack.part(bank.load(), ["group:card", "second:card"], {})


def test_a_run_with_numbers_that_json_has_no_word_for_comes_back(builtin):
    check = {**CHECK, "high": float("inf"), "values": (0.5, float("nan"))}
    run = build(Run, qpacks.run(checks=[check]))
    part = pack.Part(entries={"items": {}}, runs=(run,))
    raw = pack.make(part, name="group", author="", created=DAY, builtin=builtin)
    (read,) = pack.read(raw, "a.qpack", builtin).content.runs
    assert read.checks[0].high == float("inf")
    assert read.checks[0].values[1] != read.checks[0].values[1]


CHECK = {
    "name": "equivariance", "arm": "claim", "must": "", "unit": "1", "meaning": "m", "estimate": 1.0,
    "low": 0.0, "high": 2.0, "bounds": (None, 1.0), "values": (1.0,), "outcome": "pass",
}  # fmt: skip


# ---- beside the built-in banks --------------------------------------------------------------------


def test_ids_of_a_pack_say_whose_they_are_and_lead_to_its_own_or_to_built_in_ones(builtin):
    opened(own(), builtin)
    found = bank.load()
    assert set(found.items) - set(builtin.items) == {"group:card", "group:other"}
    card = found.items["group:card"]
    assert card.concepts == ("group:G1", "group:T04", "C02")
    assert card.claims == ("group:heads-go", "lstm-gradient-fades")
    assert isinstance(card, model.Card)
    assert card.misconceptions == ("group:G-ALL", "M-ONE-HEAD")
    assert card.followups == ("group:other", "fix-choice", "And then?")
    assert found.misconceptions["group:G-ALL"].concept == "group:G1"
    assert found.concepts["T04"] == builtin.concepts["T04"]
    assert found.left_out == ()
    assert found.places["group:card"].startswith(str(paths.packs() / "group"))


def test_a_claim_with_unknown_tests_is_cited_only_and_says_so(builtin):
    opened(own(), builtin)
    claim = bank.load().claims["group:heads-go"]
    assert claim.checks == ()
    assert "permutation.no_such_check" in claim.untestable
    said = account.remarks(pack.read(own(), "a.qpack", builtin), builtin)
    assert said == [
        "the claim heads-go names tests that are not here (permutation.no_such_check): "
        "it is shown as cited only"
    ]


def test_a_claim_with_known_tests_keeps_them(builtin):
    name = next(
        name
        for claim in bank.load(paths.PACKAGE.parent / "questions").claims.values()
        for name in claim.checks
    )
    opened(own(OWN.replace("permutation.no_such_check", name)), builtin)
    assert bank.load().claims["group:heads-go"].supports == (name,)


def test_what_is_built_in_word_for_word_is_not_there_twice(builtin):
    part = pack.part(builtin, ["fix-choice", "fix-multi"], {})
    raw = pack.make(part, name="group", author="", created=DAY, builtin=builtin)
    opened(raw, builtin)
    assert set(bank.load().items) == set(builtin.items)
    assert "2 items are built in already" in account.remarks(pack.read(raw, "a.qpack", builtin), builtin)[0]


def test_the_cache_knows_of_packs(builtin, tmp_path):
    cache = tmp_path / "cache.json"
    assert "group:card" not in bank.load(cache=cache).items
    opened(own(), builtin)
    assert "group:card" in bank.load(cache=cache).items
    assert bank.load(cache=cache) == bank.load()
    (paths.packs() / "group" / "questions" / "own.yaml").write_text("schema: 2\n")
    assert bank.load(cache=cache).left_out == bank.load(cache=cache).left_out != ()
    place.remove(paths.packs(), "group", NOW, edited=False)
    assert bank.load(cache=cache).items == builtin.items


def test_a_broken_pack_is_left_out_and_told_and_the_others_work(builtin):
    opened(own(), builtin)
    opened(own(), builtin, "second")
    file = paths.packs() / "group" / "questions" / "own.yaml"
    file.write_text(OWN.replace("Many.", '"\\e[31mMany"'))
    found = bank.load()
    assert {bank.pack_of(id_) for id_ in found.items} == {"", "second"}
    assert found.left_out[0].file == str(file)
    assert "control character" in found.left_out[0].what
    assert "quizapp pack remove group" in found.left_out[0].todo
    file.unlink()
    file.symlink_to("/etc/passwd")
    assert "a link or a device" in bank.load().left_out[0].what


def test_links_and_odd_folders_among_the_packs_are_passed_over(builtin, tmp_path):
    opened(own(), builtin)
    (paths.packs() / "linked").symlink_to(paths.packs() / "group")
    (paths.packs() / ".fresh-1").mkdir()
    (paths.packs() / "Odd Name").mkdir()
    assert [folder.name for folder in packs.folders(paths.packs())] == ["group"]


def test_an_item_of_a_pack_is_edited_in_the_file_of_the_pack(builtin):
    opened(qpacks.pack({"questions/claims.yaml": OWN}), builtin)  # there is a built-in file of that name
    file, line = editor.locate(bank.load().places["group:card"], "group:card")
    assert file == paths.packs() / "group" / "questions" / "claims.yaml"
    assert file.read_text().splitlines()[line - 1] == "- id: card"


def test_items_of_a_pack_are_found_by_its_name(builtin):
    opened(own(), builtin)
    found = bank.load()
    facts = query.Facts(now=NOW)

    def ids(text):
        return {item.id for item in query.select(found.items.values(), query.parse(text, found), facts)}

    assert ids("pack:group") == ids("pack:gro") == {"group:card", "group:other"}
    assert ids("-pack:group") == set(builtin.items)
    assert ids("id:group:card") == {"group:card"}
    with pytest.raises(query.QueryError, match="there is no pack") as caught:
        query.parse("pack:other", found)
    assert "Packs that were opened: group" in caught.value.todo
    with pytest.raises(query.QueryError) as caught:
        query.parse("pack:other", builtin)
    assert "No pack was opened" in caught.value.todo


# ---- on disk --------------------------------------------------------------------------------------


def test_opening_again_shows_what_changed_and_puts_it_there_whole(builtin):
    opened(own(), builtin)
    newer = (
        OWN.replace("back: Many.", "back: Most.")
        .replace("id: other", "id: third")
        .replace("[other,", "[third,")
    )
    here = place.opened(paths.packs(), "group", builtin)
    found = pack.read(own(newer), "a.qpack", builtin)
    changes = difference.changes(here.content.entries, found.content.entries)
    assert [(change.kind, change.id, [name for name, *_ in change.fields]) for change in changes] == [
        ("changed", "card", ["back", "followups"]),
        ("new", "third", []),
        ("removed", "other", []),
    ]
    assert difference.counted(changes) == "1 new item, 1 changed item, 1 removed item"
    assert "    back: Many. -> Most." in difference.told(changes)
    assert place.put(found, "group", paths.packs(), NOW, edited=here.edited) is None
    assert set(bank.load().items) - set(builtin.items) == {"group:card", "group:third"}
    assert sorted(one.name for one in paths.packs().iterdir()) == ["group"]


def test_what_was_edited_here_is_set_aside(builtin):
    opened(own(), builtin)
    file = paths.packs() / "group" / "questions" / "own.yaml"
    file.write_text(OWN.replace("Many.", "My own words."))
    assert place.opened(paths.packs(), "group", builtin).edited
    aside = place.put(pack.read(own(), "a.qpack", builtin), "group", paths.packs(), NOW, edited=True)
    assert "My own words." in (aside / "questions" / "own.yaml").read_text()
    assert "My own words." not in file.read_text()
    file.write_text("mine again")
    again = place.remove(paths.packs(), "group", NOW, edited=True)
    assert again != aside
    assert (again / "questions" / "own.yaml").read_text() == "mine again"


def test_a_crash_between_two_renames_loses_nothing(builtin):
    opened(own(), builtin)
    (paths.packs() / "group").rename(paths.packs() / ".old-group")
    assert [one.name for one in place.listed(paths.packs(), builtin)] == ["group"]


def test_a_crash_after_both_renames_loses_nothing_that_was_edited(builtin):
    opened(own(), builtin)
    file = paths.packs() / "group" / "questions" / "own.yaml"
    file.write_text("mine")
    (paths.packs() / "group").rename(paths.packs() / ".edited-group")
    opened(own(), builtin)  # the edited one comes back first
    assert file.read_text() != "mine"
    (paths.packs() / ".edited-group" / "questions").mkdir(parents=True)
    (paths.packs() / ".edited-group" / "questions" / "own.yaml").write_text("mine again")
    assert [one.name for one in place.listed(paths.packs(), builtin)] == ["group"]
    (aside,) = (paths.packs() / f".{place.ASIDE}").iterdir()
    assert (aside / "questions" / "own.yaml").read_text() == "mine again"
    assert sorted(one.name for one in paths.packs().iterdir()) == [f".{place.ASIDE}", "group"]


def test_a_crash_while_a_pack_is_removed_does_not_bring_half_of_it_back(builtin, monkeypatch):
    opened(own(), builtin)

    def killed(folder, ignore_errors=False):
        if not ignore_errors:
            (folder / "questions" / "own.yaml").unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            place.remove(paths.packs(), "group", NOW, edited=False)
    assert place.listed(paths.packs(), builtin) == []
    assert packs.folders(paths.packs()) == []
    opened(own(), builtin)
    assert [one.name for one in place.listed(paths.packs(), builtin)] == ["group"]
    assert bank.load().items["group:card"].back == "Many."


def test_removing_a_pack_leaves_what_a_crash_left_of_an_edited_one(builtin):
    opened(own(), builtin)
    left = paths.packs() / f"{place.EDITED}group"
    left.mkdir()
    (left / "mine.txt").write_text("precious")
    place.remove(paths.packs(), "group", NOW, edited=True)
    assert [file.read_text() for file in paths.packs().rglob("mine.txt")] == ["precious"]


def test_a_manifest_that_is_a_pipe_is_as_good_as_none(builtin):
    opened(own(), builtin)
    (paths.packs() / "group" / packs.MANIFEST).unlink()
    os.mkfifo(paths.packs() / "group" / packs.MANIFEST)
    here = place.opened(paths.packs(), "group", builtin)
    assert here.manifest is None
    assert here.edited


def test_what_a_crash_left_half_written_is_swept_up_later(builtin):
    for name, age in ((".fresh-old", 7200), (".fresh-new", 60)):
        (paths.packs() / name / "questions").mkdir(parents=True)
        os.utime(paths.packs() / name, (NOW.timestamp() - age,) * 2)
    opened(own(), builtin)
    assert sorted(one.name for one in paths.packs().iterdir()) == [".fresh-new", "group"]


def test_a_folder_that_cannot_be_written_is_said_and_leaves_what_was_there(builtin, monkeypatch):
    opened(own(), builtin)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place, "_write", full)
    with pytest.raises(PackError, match="No space left"):
        opened(own(OWN.replace("Many.", "Most.")), builtin)
    assert bank.load().items["group:card"].back == "Many."
    assert sorted(one.name for one in paths.packs().iterdir()) == ["group"]


def test_nothing_is_written_through_a_link(builtin, tmp_path):
    paths.packs().mkdir()
    (paths.packs() / "group").symlink_to(tmp_path)
    with pytest.raises(PackError, match="is no folder"):
        opened(own(), builtin)


# ---- evidence -------------------------------------------------------------------------------------


def test_evidence_of_others_stands_beside_and_gives_no_number(builtin):
    whole = bank.load(paths.PACKAGE.parent / "questions")
    claim = next(claim for claim in whole.claims.values() if len(claim.experiments) == 1)
    (experiment,) = claim.experiments
    checks = [
        {**CHECK, "name": name.partition(".")[2], "outcome": "pass", "estimate": 77.0}
        for name in claim.supports
    ]
    line = pack.line(build(Run, qpacks.run(experiment=experiment, checks=checks, machine="Anna's box")))
    opened(own(**{"evidence/anna.jsonl": line.decode()}), builtin)
    known = reference.load()
    (theirs,) = [one for one in known.beside(claim) if one.origin]
    assert theirs.origin == "the pack group"
    assert theirs.stale
    assert theirs not in known.evidence(claim)
    assert 77.0 not in known.numbers().values()
    from quizapp.report import reference_text

    said = reference_text(theirs)
    assert said.startswith("From the pack group (cpu, Anna's box; profile quick, 2 seeds, 2026-01-02): ")
    assert "fingerprint is unknown here" in said
    assert f"evidence of {experiment}: cpu (Anna's box), 2026-01-02; its fingerprint is unknown here" in (
        "\n".join(
            account.remarks(pack.read(own(**{"evidence/anna.jsonl": line.decode()}), "a", builtin), builtin)
        )
    )


def test_no_verdict_is_taken_from_a_pack(builtin):
    """Its runs say `pass`; their numbers lie outside of the bounds, and the verdict follows the numbers."""
    honest = groups.run(fails=("lstm_minus_rnn",))
    lying = dataclasses.replace(
        honest, checks=tuple(dataclasses.replace(c, outcome=c.must or "pass") for c in honest.checks)
    )
    opened(own(**{"evidence/anna.jsonl": pack.line(lying).decode()}), builtin)
    (found,) = reference.load().others["the pack group"]["cpu"].values()
    assert [c.outcome for c in found.checks] == [c.outcome for c in honest.checks]
    assert "Its file says what its numbers do not" in found.notes[-1]


def test_evidence_that_was_broken_here_is_left_out(builtin):
    line = pack.line(build(Run, qpacks.run())).decode()
    opened(own(**{"evidence/anna.jsonl": line}), builtin)
    assert set(reference.load().others) == {"the pack group"}
    (paths.packs() / "group" / "evidence" / "anna.jsonl").write_text("{")
    assert reference.load().others == {}
    assert "is not a run" in bank.load().left_out[0].what


# ---- texts by strangers in what is exported -------------------------------------------------------

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>[bold]x[/bold]![a](javascript:b)`c`</textarea>"


def marked(builtin: Bank) -> Bank:
    """A bank with such a text in every text field of every kind of item."""
    entries = {id_: written.plain(item) for id_, item in builtin.items.items()}

    def poisoned(value, key=""):
        if isinstance(value, dict):
            return {name: poisoned(one, name) for name, one in value.items()}
        if isinstance(value, list) and key not in ("concepts", "claims", "misconceptions"):
            return [poisoned(one, key) for one in value]
        kept = (
            "id",
            "kind",
            "topic",
            "level",
            "bloom",
            "family",
            "scale",
            "lang",
            "misconception",
            "speaker",
        )
        kept += (
            "evidence",
            "check",
            "deletion",
            "concept",
            "standing",
            "date",
            "seen",
            "key",
            "choices",
            "text",
        )
        return f"{value} {MARKUP}" if isinstance(value, str) and key not in kept else value

    body = {id_: poisoned(entry) for id_, entry in entries.items()}
    claims = {id_: poisoned(written.plain(one)) for id_, one in builtin.claims.items()}
    for claim in claims.values():
        for name in ("supports", "limits", "also", "expected"):
            claim.pop(name, None)
    files = {name: text.decode() for name, text in written.files({"items": body, "claims": claims}).items()}
    opened(qpacks.pack(files), builtin)
    found = bank.load()
    assert found.left_out == ()
    return found


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_markup_in_every_field_is_harmless_in_what_is_exported(builtin, suffix):
    from quizapp.export import of, render

    found = marked(builtin)
    only = {id_ for id_ in found.items if bank.pack_of(id_)}
    assert len(only) == len(builtin.items)
    page = render(of(found, {}, only=only, query="pack:group"), suffix).decode()
    assert "alert(1)" in page
    if suffix == ".md":  # in code nothing is markup
        page = re.sub(r"(?ms)^ *(`{3,})[^\n]*\n.*?^ *\1`*$", "", page)
        page = re.sub(r"(?<![`\\])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "", page)
        assert not re.search(r"(?<!\\)\]\(javascript:", page)
    assert not re.search(r"(?<!\\)<(script>alert|img src=x|/textarea>)", page.replace("></textarea>", ""))


def test_markup_in_every_field_is_harmless_in_an_anki_package(builtin, tmp_path):
    import sqlite3
    import zipfile

    from quizapp.export import of, render

    found = marked(builtin)
    only = {id_ for id_ in found.items if bank.pack_of(id_)}
    file = tmp_path / "deck.apkg"
    file.write_bytes(render(of(found, {}, only=only, query="pack:group"), ".apkg"))
    with zipfile.ZipFile(file) as inside:
        inside.extract("collection.anki2", tmp_path)
    notes = sqlite3.connect(tmp_path / "collection.anki2")
    try:
        fields = [row[0] for row in notes.execute("SELECT flds FROM notes")]
    finally:
        notes.close()
    assert len(fields) == len(only)
    assert all("<script" not in text and "<img src=x" not in text for text in fields)
