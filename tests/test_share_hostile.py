"""Packs that mean harm, or were damaged: each is refused with a message that says what and where."""

import json
import os
import time
import zipfile
from hashlib import sha256

import pytest

from quizapp import packs, strict_yaml
from quizapp.errors import PackError
from quizapp.share import archive, manifest, pack
from tests.qpacks import Forged, good, item, items, run, zipped
from tests.qpacks import manifest as manifest_of
from tests.qpacks import pack as packed

FILE = "questions/attention.yaml"
GOOD = items(item()).encode()


def lone(name: bytes, content: bytes = b"x", **how) -> bytes:
    """A zip of one member."""
    return Forged().add(name, content, **how).bytes()


def refused(raw: bytes, builtin) -> str:
    """What is said of a pack that is refused; it must be fit for a terminal."""
    with pytest.raises(PackError) as caught:
        pack.read(raw, "bad.qpack", builtin)
    said = str(caught.value)
    assert "bad.qpack" in said or "name of a pack" in said
    assert caught.value.todo
    assert all(character == "\n" or character.isprintable() for character in said)
    return said


def bomb() -> bytes:
    return zipped({packs.MANIFEST: b"{}", FILE: b"#" * 5_000_000}, zipfile.ZIP_DEFLATED)


def many() -> bytes:
    return zipped({f"questions/a{n}.yaml": b"" for n in range(packs.MEMBERS + 2)})


def lots() -> bytes:
    forged = Forged()
    for number in range(60):
        forged.add(f"questions/a{number}.yaml".encode(), size=packs.BYTES // 10, packed=packs.BYTES // 10)
    return forged.bytes()


def twice() -> bytes:
    return Forged().add(FILE.encode()).add(FILE.encode()).bytes()


def cases() -> bytes:
    return Forged().add(b"questions/a.yaml").add(b"questions/A.yaml").bytes()


def overlapping() -> bytes:
    return Forged().add(FILE.encode()).add(b"questions/b.yaml", at=0).bytes()


def fewer() -> bytes:
    """The end says that there are fewer members than are listed."""
    return Forged().add(FILE.encode()).add(b"questions/b.yaml").bytes(count=1)


def elsewhere() -> bytes:
    """Readers that know large zips look for the directory where this says, others do not."""
    forged = Forged().add(FILE.encode())
    forged.directory += b"PK\x06\x07" + bytes(16)
    return forged.bytes()


def inside() -> bytes:
    return (
        Forged()
        .add(FILE.encode(), b"y" * 90)
        .add(b"questions/b.yaml")
        .add(b"questions/c.yaml", at=40)
        .bytes()
    )


def hidden() -> bytes:
    forged = Forged().add(FILE.encode())
    forged.body += b"hidden"
    return forged.add(b"questions/b.yaml").bytes()


def broken() -> bytes:
    raw = bytearray(zipped({packs.MANIFEST: b"{}" * 500, FILE: GOOD}, zipfile.ZIP_DEFLATED))
    raw[43:47] = b"\xff\xff\xff\xff"
    return bytes(raw)


ARCHIVES = {
    "empty file": (b"", "bad.qpack is empty"),
    "not a zip": (b"hello, this is text" * 20, "is not a zip"),
    "truncated": (good()[:-30], "is cut short"),
    "truncated at the start": (good()[40:], "before its beginning"),
    "prepended": (b"#!/bin/sh\n" + good(), "something before its beginning"),
    "prepended, offsets kept": (Forged().add(FILE.encode()).bytes(before=b"MZ" * 50), "before its beginning"),
    "appended": (good() + b"more", "something behind its end"),
    "comment": (Forged().add(FILE.encode()).bytes(comment=b"hi"), "something behind its end"),
    "fewer than there are": (fewer(), "says it has 1 members, and has 2"),
    "directory elsewhere": (elsewhere(), "of a kind that no pack needs"),
    "name of a device": (lone(b"questions/con.yaml"), "has the name of a device"),
    "name of a port": (lone(b"evidence/COM1.jsonl"), "has the name of a device"),
    "no members": (Forged().bytes(), "no members"),
    "zip64": (Forged().add(FILE.encode()).bytes(count=0xFFFF), "of a kind that no pack needs"),
    "lying count": (Forged().add(FILE.encode()).bytes(count=60_000), "60,000 members"),
    "too many members": (many(), f"{packs.MEMBERS + 2} members, more than"),
    "bomb by ratio": (bomb(), "more than 100 times its size"),
    "bomb by size": (lots(), "would unpack to"),
    "traversal": (lone(b"../../etc/passwd"), "leads elsewhere"),
    "traversal inside": (lone(b"questions/../x.yaml"), "leads elsewhere"),
    "dot": (lone(b"./manifest.json"), "leads elsewhere"),
    "absolute": (lone(b"/etc/passwd"), "has an absolute path"),
    "drive letter": (lone(b"C:autoexec.bat"), "has an absolute path"),
    "backslash": (lone(b"questions\\a.yaml"), "has a backslash"),
    "network path": (lone(b"\\\\server\\a.yaml"), "has a backslash"),
    "NUL in a name": (lone(b"questions/a.yaml\0.exe"), "not plain letters"),
    "escape in a name": (lone(b"questions/\x1b[2J.yaml"), "not plain letters"),
    "right to left": (lone("questions/\u202elmay.exe".encode(), flags=0x800), "not plain letters"),
    "name in another encoding": (lone(b"questions/\xe9t\xe9.yaml"), "not plain letters"),
    "name said to be UTF-8": (lone(b"questions/\xff\xfe.yaml", flags=0x800), "is damaged"),
    "long name": (lone(b"questions/" + b"a" * 5_000 + b".yaml"), "5,015 characters"),
    "deep": (lone(b"questions/a/b/c/d.yaml"), "lies too deep"),
    "folder": (lone(b"questions/"), "is a folder"),
    "nested zip by name": (lone(b"questions/a.zip"), "archive in an archive"),
    "nested zip by content": (lone(FILE.encode(), b"PK\x03\x04" + b"x" * 50), "archive in an archive"),
    "nested gzip by content": (lone(FILE.encode(), b"\x1f\x8b" + b"x" * 50), "archive in an archive"),
    "program": (lone(b"questions/setup.py"), "has no place in a pack"),
    "hidden file": (lone(b"questions/.yaml"), "has no place in a pack"),
    "twice": (twice(), "is there twice"),
    "differs in case": (cases(), "only in case"),
    "link": (lone(FILE.encode(), b"/etc/passwd", mode=0o120777), "is a link"),
    "device": (lone(FILE.encode(), mode=0o060644), "is a device"),
    "pipe": (lone(FILE.encode(), mode=0o010644), "is a device"),
    "hard link by extra field": (
        lone(FILE.encode(), extra=b"\x6e\x75\x04\x00abcd"),
        "more than a name and a content",
    ),
    "hard link by place": (overlapping(), "lies over another one"),
    "one in another": (inside(), "lies over another one"),
    "hidden data": (hidden(), "hidden data before it"),
    "encrypted": (lone(FILE.encode(), flags=1), "is encrypted"),
    "strange method": (lone(FILE.encode(), method=14), "packed in a way (14)"),
    "streamed": (lone(FILE.encode(), flags=8), "more than a name and a content"),
    "says it is smaller": (lone(FILE.encode(), b"x" * 50, size=3, packed=50), "is damaged"),
    "says it is larger": (lone(FILE.encode(), b"x" * 5, size=500, packed=5), "another size"),
    "reaches into the directory": (lone(FILE.encode(), packed=40, size=40), "lies over the directory"),
    "two names": (
        Forged().add(b"questions/b.yaml", listed_as=FILE.encode()).bytes(),
        "not what the directory says",
    ),
    "damaged content": (broken(), "is damaged"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_is_not_what_a_pack_is_made_of_is_refused(kind, all_kinds):
    raw, words = ARCHIVES[kind]
    assert words in refused(raw, all_kinds)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch, all_kinds):
    raw = bomb()
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    refused(raw, all_kinds)


def test_guesses_at_what_was_meant_do_not_take_for_ever(all_kinds):
    known = "".join(f"- {{id: concept-number-{n:04}, topic: attention, concept: x}}\n" for n in range(1_200))
    wrong = ", ".join(f"concept-numbre-{n:04}x" for n in range(150))
    asked = items(*(item(f"it{n}").replace("[T04]", f"[{wrong}]") for n in range(100)))
    began = time.monotonic()
    said = refused(packed({FILE: asked, "questions/known.yaml": f"schema: 1\nconcepts:\n{known}"}), all_kinds)
    assert "unknown concept" in said
    assert time.monotonic() - began < 8


def test_a_million_entries_of_nothing_are_not_looked_at_one_by_one(all_kinds):
    files = {f"questions/f{n}.yaml": "schema: 1\nitems: [" + "{}," * 12_000 + "]\n" for n in range(4)}
    began = time.monotonic()
    assert "more than 12,000 entries" in refused(packed(files), all_kinds)
    assert time.monotonic() - began < 5


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.qpack")
    for path in (tmp_path / "pipe.qpack", tmp_path):
        with pytest.raises(PackError, match="is no file"):
            archive.read(path)
    with pytest.raises(PackError, match="cannot be read: No such file"):
        archive.read(tmp_path / "nothing.qpack")


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path):
    with (tmp_path / "big.qpack").open("wb") as file:
        file.truncate(archive.FILE_BYTES * 100)
    with pytest.raises(PackError, match="is larger than"):
        archive.read(tmp_path / "big.qpack")


# ---- the manifest ---------------------------------------------------------------------------------


def with_manifest(raw: bytes) -> bytes:
    return zipped({packs.MANIFEST: raw, FILE: GOOD})


HASH = {"sha256": "0" * 64, "size": len(GOOD)}
MANIFESTS = {
    "missing": (zipped({FILE: GOOD}), "has no manifest.json"),
    "not JSON": (with_manifest(b"name: group"), "is not JSON"),
    "a list": (with_manifest(b"[]"), "is list, not a mapping"),
    "not UTF-8": (with_manifest(b"\xff\xfe{}"), "is not UTF-8"),
    "deep": (with_manifest(b"[" * 20_000), "manifest.json cannot be read"),
    "a key twice": (with_manifest(b'{"format": 1, "format": 1}'), "is there twice"),
    "NaN": (with_manifest(b'{"format": NaN}'), "NaN is no number"),
    "huge number": (with_manifest(b'{"format": 1e999}'), "too large a number"),
    "huge": (with_manifest(b" " * 70_000), "more than 60,000"),
    "newer format": (packed({FILE: GOOD}, format=2), "has format 2, and this quizapp knows 1"),
    "newer schema": (packed({FILE: GOOD}, schema=9), "has schema 9, and this quizapp knows 1"),
    "odd format": (packed({FILE: GOOD}, format="1"), "has format '1', not 1"),
    "unknown key": (packed({FILE: GOOD}, run="rm -rf"), "the key 'run' is unknown"),
    "wrong hash": (packed({FILE: GOOD}, members={FILE: HASH}), "was changed"),
    "wrong size": (
        packed({FILE: GOOD}, members={FILE: {**HASH, "sha256": sha256(GOOD).hexdigest(), "size": 1}}),
        "was changed",
    ),
    "no hash": (packed({FILE: GOOD}, members={FILE: {}}), "has no sha256"),
    "an extra member": (
        zipped({packs.MANIFEST: manifest_of({FILE: GOOD}), FILE: GOOD, "questions/b.yaml": GOOD}),
        "'questions/b.yaml' is in the pack and not in the manifest",
    ),
    "a member that is not there": (
        zipped({packs.MANIFEST: manifest_of({FILE: GOOD, "questions/b.yaml": GOOD}), FILE: GOOD}),
        "'questions/b.yaml' is in the manifest and not in the pack",
    ),
    "name with a path": (packed({FILE: GOOD}, name="../group"), "'../group' cannot be the name of a pack"),
    "name with a colon": (packed({FILE: GOOD}, name="a:b"), "cannot be the name of a pack"),
    "name of a device": (packed({FILE: GOOD}, name="nul"), "cannot be the name of a pack"),
    "name with an escape": (packed({FILE: GOOD}, name="a\x1b[31m"), "`name` is not a line"),
    "author with an escape": (packed({FILE: GOOD}, author="Anna\x1b]0;owned\x07"), "`author` is not a line"),
    "author right to left": (packed({FILE: GOOD}, author="\u202eannA"), "`author` is not a line"),
    "author of many lines": (packed({FILE: GOOD}, author="Anna\nOpen it? y"), "`author` is not a line"),
    "half a character": (packed({FILE: GOOD}, author="\ud800"), "`author` is not a line"),
    "no day": (packed({FILE: GOOD}, created="tomorrow"), "not a day"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(kind, all_kinds):
    raw, words = MANIFESTS[kind]
    assert words in refused(raw, all_kinds)


def test_a_manifest_of_our_own_cannot_have_such_names_either():
    for name in ("", "A", "a b", "a/b", "con", "x" * 41):
        with pytest.raises(PackError, match="cannot be the name"):
            manifest.named(name)


# ---- questions ------------------------------------------------------------------------------------

QUESTIONS = {
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\n", "anchors and aliases are not accepted"),
    "anchor": (items(item().replace("mid", "&x mid")), "anchors and aliases are not accepted"),
    "tag": ("!!python/object/apply:os.system ['true']", "is not accepted"),
    "key twice": (items(item()).replace("level: mid", "level: mid\n  level: mid"), "is there twice"),
    "key that is a list": ("{[a, b]: c}", "a key is not a word"),
    "id twice": (items(item(), item()), "the id 'heads' is taken"),
    "deep": ("[" * 50_000, f"nested more than {strict_yaml.DEPTH_LIMIT} deep"),
    "many values": ("[" + "[]," * 200_000 + "]", "more than 100,000 values"),
    "long file": ("#" * 2_400_000, "more than 2,000,000"),
    "UTF-16": (items(item()).encode("utf-16"), "is not UTF-8"),
    "Latin-1": (items(item(stem="\xe9")).encode("latin-1"), "is not UTF-8"),
    "BOM": (b"\xef\xbb\xbf" + GOOD, "begins with a byte order mark"),
    "NUL": (GOOD + b"# \0", "control characters are not allowed"),
    "not a bank": ("hello", "is not a bank"),
    "newer schema": (items(item()).replace("schema: 1", "schema: 2"), "has schema 2, not 1"),
    "unknown key": (items(item() + "  run: rm -rf /\n"), "unknown key `run`"),
    "unknown kind": (items(item().replace("choice", "script")), "unknown kind 'script'"),
    "unknown concept": (items(item().replace("T04", "T99")), "unknown concept 'T99'"),
    "id with a path": (items(item("../../x")), "the id '../../x' is not accepted"),
    "id with a colon": (items(item("'other:heads'")), "the id 'other:heads' is not accepted"),
    "id with an escape": (items(item('"a\\e[31m"')), "is not accepted in a pack"),
    "id of another alphabet": (items(item("hеads")), "is not accepted in a pack"),
    "escape sequence": (items(item(stem='"\\e[2Jgone"')), "control character (U+001B) at character 1"),
    "escape of C1": (items(item(stem='"a\\x9b31m"')), "control character (U+009B)"),
    "backspace": (items(item(stem='"abc\\b\\b\\b"')), "control character (U+0008)"),
    "carriage return": (items(item(stem='"abc\\rxyz"')), "control character (U+000D)"),
    "right to left": (items(item(stem='"a\\u202Eb"')), "turns the direction"),
    "invisible": (items(item(stem='"a\\U000E0041b"')), "invisible character"),
    "no width": (items(item(stem='"a\\u200Bb"')), "invisible character (U+200B)"),
    "right to left without an override": (items(item(stem='"a\\u200Fb"')), "turns the direction"),
    "variant that hides": (items(item(stem='"a\\U000E0101b"')), "invisible character"),
    "kind that is a list": (items(item().replace("choice", "[choice]")), "unknown kind ['choice']"),
    "keys that are one": (
        "schema: 1\nmisconceptions:\n  true: {says: a}\n  True: {says: b}\n",
        "the same once they are read",
    ),
    "merge key": (items(item().replace("kind: choice", "<<: {kind: choice}")), "unknown kind None"),
    "two documents": (items(item()) + "---\n" + items(item("b2")), "another document"),
    "trick in a key": (items(item() + '  lint_allow: {"L\\e[31m": x}\n'), "a key holds a control character"),
    "infinite": (items(item() + "  rev: 1e999\n"), "too large a number"),
    "huge whole number": (items(item() + f"  rev: {10**400}\n"), "too large a number"),
    "too many digits": (items(item() + f"  rev: {'9' * 5_000}\n"), "not readable as YAML"),
    "long text": (items(item() + f"  answer_aloud: {'a' * 9_000}\n"), "9,000 characters long"),
    "long list": (items(item() + f"  tags: [{'a, ' * 300}]\n"), "300 entries, more than 200"),
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_questions_that_are_not_in_order_are_refused_at_their_place(kind, all_kinds):
    body, words = QUESTIONS[kind]
    said = refused(packed({FILE: body}), all_kinds)
    assert words in said
    assert f"bad.qpack:{FILE}:" in said


def test_too_many_problems_are_counted_and_not_listed(all_kinds):
    said = refused(packed({FILE: items(*(item("x/y") for _ in range(300)))}), all_kinds)
    assert "... and 579 more" in said
    assert said.count("\n") < 100


# ---- evidence -------------------------------------------------------------------------------------

CHECK = {
    "name": "c", "arm": "claim", "must": "", "unit": "1", "meaning": "m", "estimate": 1.0, "low": 0.0,
    "high": 2.0, "bounds": [None, 1.0], "values": [1.0], "outcome": "pass",
}  # fmt: skip
CURVE = {"name": "c", "arm": "claim", "x": [1.0], "y": [1.0, 2.0]}
EVIDENCE = {
    "not JSON": ("{", "it is not JSON"),
    "a list": ("[1, 2]", "it is list, not a mapping"),
    "lacks what a run has": ('{"experiment": "permutation"}', "Field required"),
    "NaN": (json.dumps(run(seconds=float("nan"))), "NaN is no number in JSON"),
    "infinite": (json.dumps(run()).replace('"seconds": 0.0', '"seconds": 1e999'), "too large a number"),
    "huge": (json.dumps(run(threads=10**30)), "too large a number"),
    "deep": ("[" * 100_000, "evidence/runs.jsonl:1:1"),
    "deep inside": (
        json.dumps(run(notes=["@"])).replace('"@"', "[" * 400 + "]" * 400),
        "is nested more than 30 deep",
    ),
    "lines in a name": (json.dumps(run(machine="a box\nOpen it? y")), "no line of at most 200"),
    "long name": (json.dumps(run(experiment="a" * 300)), "no line of at most 200"),
    "wrong shape": (json.dumps(run(checks={"a": 1})), "`checks"),
    "wrong type": (json.dumps(run(seeds=["one"])), "`seeds.0`"),
    "lines in the name of a check": (
        json.dumps(run(checks=[{**CHECK, "name": "c\nOpen it? y"}])),
        "no line of at most 200",
    ),
    "endless values": (json.dumps(run(checks=[{**CHECK, "values": [1.0] * 150}])), "or 100 values in one"),
    "before the calendar": (json.dumps(run(at="0001-01-01T00:00:00+14:00")), "not a time with its zone"),
    "after the calendar": (json.dumps(run(at="9999-12-31T23:00:00-14:00")), "not a time with its zone"),
    "unknown status": (json.dumps(run(status="great")), "`status`"),
    "crashed": (json.dumps(run(status="crashed")), "it came to 'crashed'"),
    "unknown device": (json.dumps(run(device="\u00b5")), "on 'µ'"),
    "unknown outcome": (json.dumps(run(checks=[{**CHECK, "outcome": "proven"}])), "does not exist"),
    "lame curve": (json.dumps(run(plot={"curves": [CURVE]})), "not as many x as y"),
    "no time": (json.dumps(run(at="yesterday")), "`at` is 'yesterday'"),
    "no zone": (json.dumps(run(at="2026-01-02")), "not a time with its zone"),
    "escape": (json.dumps(run(machine="a\x1b[31mbox")), "control character (U+001B)"),
    "long line": (json.dumps(run(notes=["a" * 300_000])), "more than 200,000"),
    "long text": (json.dumps(run(notes=["a" * 9_000])), "9,000 characters long"),
    "many lines": ("\n" * 2_000, "more than 1,000 lines"),
    "not UTF-8": (b"\xff\xfe", "it is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", EVIDENCE)
def test_evidence_that_is_no_run_is_refused(kind, all_kinds):
    body, words = EVIDENCE[kind]
    assert words in refused(packed({FILE: GOOD, "evidence/runs.jsonl": body}), all_kinds)


def test_more_than_thirty_kinds_of_harm_are_known():
    assert len(ARCHIVES) + len(MANIFESTS) + len(QUESTIONS) + len(EVIDENCE) > 100
