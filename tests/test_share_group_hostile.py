"""Files of a study group that are broken or lie are refused, with place and reason; nothing changes."""

import dataclasses
import json
import os

import pytest

from quizapp.errors import GroupError
from quizapp.share import group, group_file, group_html, group_judge, group_place, group_report, group_text
from tests import groups
from tests.groups import NOW, answer, member, run


def whole():
    return member(1, run(), name="Anna", answers=[answer("fix-choice", True)])


def changed(line, **given):
    """The file with a line changed; a field given as ... is taken away."""
    rows = groups.lines(whole())
    rows[line] = {key: value for key, value in {**rows[line], **given}.items() if value is not ...}
    return groups.file(rows)


def in_check(**given):
    rows = groups.lines(whole())
    rows[1]["checks"][0].update(given)
    return groups.file(rows)


def with_line(number, line):
    rows = group.written(whole()).splitlines(keepends=True)
    rows[number] = line
    return b"".join(rows)


def twice():
    one = member(1, run(), run())
    return group.written(one)


HOSTILE = {
    "empty": (b"", "is empty"),
    "no header": (b'{"a": 1}\n', "no file of a study group"),
    "binary": (b"\x00\xff\xfe\n", "not UTF-8"),
    "not JSON": (b"quizapp_group\n", "not JSON"),
    "a list": (b"[1]\n", "not a mapping"),
    "deep": (b"[" * 2_000 + b"\n", "nested too deep|not JSON"),
    "newer": (changed(0, quizapp_group=2), "newer quizapp"),
    "no format": (changed(0, quizapp_group=True), "format that does not exist"),
    "cut off": (group.written(whole())[:-20], "middle of a line"),
    "a line missing": (
        b"".join(group.written(whole()).splitlines(keepends=True)[:-1]),
        "promises 1 runs and 1",
    ),
    "member escapes": (changed(0, member="../../../../etc/x"), "sixteen hexadecimal"),
    "name escapes": (changed(0, name="\x1b]0;owned\x07"), "control character"),
    "name turns": (changed(0, name="a\u202eb"), "turns the direction"),
    "long name": (changed(0, name="a" * 41), "at most 40"),
    "name on lines": (changed(0, name="a\nb"), "at most 40"),
    "other machines": (changed(0, machines=["cpu: a better one"]), "other machines"),
    "tomorrow": (changed(0, newest="2036-01-01T00:00:00+00:00"), "in the future"),
    "backdated": (changed(0, newest="2020-01-01T00:00:00+00:00"), "something newer"),
    "no zone": (changed(0, newest="2026-03-01T00:00:00"), "not a time with its zone"),
    "many runs": (changed(0, runs=10**9), "`runs` is no whole number"),
    "negative": (changed(0, reviews=-1), "`reviews` is no whole number"),
    "more in the header": (changed(0, secret="x"), "'secret' has no place"),
    "less in the header": (changed(0, name=...), "`name` is missing"),
    "NaN": (with_line(2, b'{"item": "a", "confidence": NaN}\n'), "NaN is no number"),
    "infinite": (with_line(2, b'{"item": "a", "score": 1e999}\n'), "too large a number"),
    "key twice": (with_line(2, b'{"item": "a", "item": "b"}\n'), "there twice"),
    "typed text": (changed(2, given="what I typed"), "'given' has no place"),
    "odd item": (changed(2, item="a b\x1b[2J"), "no id of an item"),
    "right is a word": (changed(2, correct="yes"), "neither true nor false"),
    "too sure": (changed(2, confidence=1.5), "not from 0.5 to 0.99"),
    "score a text": (changed(2, score="1"), "`score` is no number"),
    "rev true": (changed(2, rev=True), "`rev` is no whole number"),
    "no time": (changed(2, at="yesterday"), "not a time with its zone"),
    "long line": (with_line(2, b'{"item": "' + b"a" * 5_000 + b'"}\n'), "more than 4,000"),
    "not a run": (with_line(1, b'{"experiment": 1}\n'), "is not a run"),
    "crashed run": (changed(1, status="crashed"), "came to 'crashed'"),
    "odd device": (changed(1, device="tpu"), "'tpu'"),
    "machine escapes": (changed(1, machine="\x1b[31mred"), "control character"),
    "backward interval": (in_check(low=5.0, high=-5.0), "ends before it begins"),
    "backward bounds": (in_check(bounds=[5.0, -5.0]), "end before they begin"),
    "check twice": (changed(1, checks=[groups.lines(whole())[1]["checks"][0]] * 2), "a check twice"),
    "endless values": (in_check(values=[0.1] * 300), "more than 100 checks or 100 values"),
    "no values": (in_check(values=[]), "has no values"),
    "lines in a check": (in_check(name="x\nben.jsonl: Ben, new here"), "no line of at most 200"),
    "before the calendar": (changed(1, at="0001-01-01T00:00:00+14:00"), "not a time with its zone"),
    "answered before the calendar": (changed(2, at="0001-01-01T00:00:00+23:59"), "not a time with its zone"),
    "invisible in a name": (changed(0, name="An\u200bna"), "invisible character"),
    "carriage returns": (group.written(whole()).replace(b"\n", b"\r"), "middle of a line"),
    "byte order mark": (b"\xef\xbb\xbf" + group.written(whole()), "not JSON"),
    "seeds beyond number": (changed(1, seeds=[2**60]), "too large a number"),
    "a million empty lines": (b"\n" * 1_000_000, "lines, more than"),
    "claim with must": (in_check(must="pass"), "says it is a claim and must"),
    "huge run": (with_line(1, json.dumps({"notes": ["a" * 8_000] * 40}).encode() + b"\n"), "bytes long"),
    "run twice": (twice(), "two runs of gradient_distance"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_with_the_place_and_the_reason(what, tmp_path):
    raw, said = HOSTILE[what]
    (tmp_path / "in.jsonl").write_bytes(raw)
    root = tmp_path / "group"
    with pytest.raises(GroupError, match=said) as caught:
        group_place.take(tmp_path / "in.jsonl", root, NOW)
    assert "in.jsonl" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1_000
    assert not root.exists()


def test_a_thousand_broken_lines_are_told_in_twenty(tmp_path):
    rows = groups.lines(whole())
    rows[0]["reviews"] = 1_000
    raw = groups.file([*rows[:2], *[{"item": 1}] * 1_000])
    with pytest.raises(GroupError, match="and 980 more"):
        group_file.read(raw, "f", NOW)


def test_what_is_no_file_or_too_large_is_not_read(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(GroupError, match="is no file"):
        group_place.take(tmp_path / "pipe.jsonl", tmp_path / "group", NOW)
    with pytest.raises(GroupError, match="cannot be read"):
        group_place.take(tmp_path / "absent.jsonl", tmp_path / "group", NOW)
    monkeypatch.setattr(group_file, "BYTES", 100)
    (tmp_path / "big.jsonl").write_bytes(group.written(whole()))
    with pytest.raises(GroupError, match="larger than 100"):
        group_place.take(tmp_path / "big.jsonl", tmp_path / "group", NOW)


def test_a_folder_gives_its_group_files_and_no_links(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "anna.jsonl").write_bytes(group.written(whole()))
    (shared / "runs.jsonl").write_text('{"experiment": "other"}\n')
    (shared / ".hidden.jsonl").write_bytes(group.written(whole()))
    (shared / "link.jsonl").symlink_to(shared / "anna.jsonl")
    (shared / "readme.md").write_text("hello")
    assert list(group_place.found([shared])) == [shared / "anna.jsonl"]
    (shared / "anna.jsonl").unlink()
    with pytest.raises(GroupError, match="no file of a study group"):
        list(group_place.found([shared]))


WORDS = ["nan", "inf", "-inf"]
ODD = {
    "one value": [1.0],
    "words": WORDS,
    "huge": [1e100, -1e100, 1e100],
    "huge and tiny": [1e100, 5e-324],
    "zeros": [0.0] * 100,
    "shares": [0.0, 1.0] * 50,
}


@pytest.mark.parametrize("what", ODD)
def test_odd_numbers_are_taken_and_no_report_breaks_on_them(what, tmp_path, all_kinds):
    rows = groups.lines(whole())
    for check in rows[1]["checks"]:
        check["values"] = ODD[what]
    rows[1]["seeds"] = [-1, 0]
    (tmp_path / "in.jsonl").write_bytes(groups.file(rows))
    group_place.take(tmp_path / "in.jsonl", tmp_path / "group", NOW)
    members, broken = group_place.members(tmp_path / "group", NOW)
    assert broken == []
    made = group_report.report(members, all_kinds, named=True)
    assert made.lies == 1
    assert "Anna" in group_text.text(made, 80)
    assert group_html.render(made)


def test_a_run_without_values_can_be_judged():
    """One that was taken by an older quizapp may be there still."""
    bare = dataclasses.replace(run(), checks=tuple(dataclasses.replace(c, values=()) for c in run().checks))
    told = group_judge.judged(bare)
    assert told.lies
    assert told.run.status == "invalid"
