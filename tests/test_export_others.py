"""What others measured in exports: packs' beside one's own, a group's when asked, always with its name."""

# ruff: noqa: F401, F811 - fixtures are imported and then asked for by name

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import get_args

import pytest

from quizapp import export, files, paths, reference
from quizapp.errors import ExportError
from quizapp.export import html, json_file, markdown
from quizapp.export.deck import Kept
from quizapp.export.gather import gather, unproved
from quizapp.export.html import data
from quizapp.reference import Reference
from quizapp.share import group, group_evidence
from tests import groups
from tests.test_export_gather import run
from tests.test_export_pdf import flat, opened, whole

CLAIM = "lstm-gradient-fades"


@pytest.fixture
def learner(all_kinds, store, clock, monkeypatch, tmp_path):
    """Somebody who ran nothing, with a pack by Anna."""
    monkeypatch.setenv("QUIZAPP_HOME", str(tmp_path))
    theirs = groups.run(machine="Anna's laptop", at="2026-02-03T04:05:06+00:00")
    made = Reference(runs={}, others={"the pack tuesday": {"cpu": {theirs.experiment: theirs}}})
    monkeypatch.setattr(reference, "load", lambda: made)
    return all_kinds, store, clock


def join(*members):
    for one in members:
        target = paths.group() / f"{one.id}.jsonl"
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace(target, group.written(one))


def many():
    return [
        groups.member(number, groups.run(machine=f"box of {name}"), name=name)
        for number, name in enumerate(("Anna", "Ben", "Cleo"), 1)
    ]


def test_a_packs_evidence_stands_beside_and_decides_nothing(learner):
    made = gather(*learner)
    assert made.evidence[CLAIM] is None
    assert (CLAIM, "no evidence yet") in unproved(made)
    (theirs,) = made.references[CLAIM]
    assert theirs.origin == "the pack tuesday"
    assert made.numbers == {}


@pytest.mark.parametrize("kept", ["reference", "none"])
def test_it_is_left_out_when_it_is_not_asked_for(learner, kept):
    made = gather(*learner, kept=kept)
    assert not any(made.references.values())
    assert b"tuesday" not in json_file.render(made)


@pytest.mark.parametrize("render", [markdown.render, json_file.render, html.render])
def test_every_format_says_whose_where_when_and_that_ones_own_is_missing(learner, render):
    text = render(gather(*learner)).decode()
    assert "the pack tuesday" in text
    assert "Anna's laptop" in text.replace("\\u0027", "'")
    assert "2026-02-03" in text
    assert "Not run yet" in text
    assert f"quizapp prove {CLAIM}" in text


def test_a_printed_run_of_others_is_called_theirs(learner):
    with opened(gather(*learner)) as document:
        said = flat(whole(document))
    assert "The pack tuesday measured:" in said
    assert "Not run here yet: this is from the pack tuesday." in said
    assert "The reference measured" not in said


def test_the_page_keeps_ones_own_verdict_apart(learner, run):
    told = data.deck(gather(*learner))
    (claim,) = (one for one in told["claims"] if one["id"] == CLAIM)
    assert claim["state"] == "not-run"
    assert claim["missing"].startswith("Not run yet")
    assert [one.get("whose") for one in claim["found"]] == ["the pack tuesday"]
    assert "reference" not in claim["found"][0]
    learner[1].add_run(run)
    told = data.deck(gather(*learner))
    (claim,) = (one for one in told["claims"] if one["id"] == CLAIM)
    assert [one.get("whose") for one in claim["found"]] == [None, "the pack tuesday"]
    assert claim["state"] == claim["found"][0]["verdict"]
    names = {name for one in claim["found"] for name in one["runs"]}
    assert names <= told["runs"].keys()
    assert len(names) == 2


def test_another_version_is_said(learner, monkeypatch):
    old = groups.run(fingerprint="0123")
    made = Reference(runs={}, others={"the pack tuesday": {"cpu": {old.experiment: old}}})
    monkeypatch.setattr(reference, "load", lambda: made)
    for render in (markdown.render, html.render):
        assert "Its fingerprint is unknown here" in render(gather(*learner)).decode()


def test_a_groups_evidence_is_there_only_when_asked_for(learner):
    join(*many())
    assert b"study group" not in markdown.render(gather(*learner))
    made = gather(*learner, kept="group")
    assert [one.origin for one in made.references[CLAIM]] == [
        "the pack tuesday",
        *(f"{name} of the study group" for name in ("Anna", "Ben", "Cleo")),
    ]
    text = markdown.render(made).decode()
    assert "From Ben of the study group (cpu, box of Ben; profile quick, 5 seeds, 2026-03-01): holds." in text


@pytest.mark.parametrize("kept", get_args(Kept))
@pytest.mark.parametrize("suffix", export.FORMATS)
def test_every_format_takes_every_choice_of_evidence(learner, suffix, kept):
    join(*many())
    assert export.render(gather(*learner, kept=kept), suffix)


def test_few_members_are_not_named(learner):
    join(*many()[:2])
    text = markdown.render(gather(*learner, kept="group")).decode()
    assert "From member 1 of the study group (cpu; profile quick" in text
    assert "Ben" not in text
    assert "box of" not in text


def test_a_file_that_lies_is_judged_again_and_told(learner):
    fine = groups.run()
    lying = dataclasses.replace(fine.checks[0], outcome="unclear")
    found = group_evidence.others(
        [groups.member(1, dataclasses.replace(fine, checks=(lying, *fine.checks[1:])))], ""
    )
    (judged,) = (run for devices in found.values() for runs in devices.values() for run in runs.values())
    assert judged.checks[0].outcome == fine.checks[0].outcome
    assert any("Its file says what its numbers do not" in note for note in judged.notes)


def test_ones_own_file_is_not_taken_for_anothers(learner, run):
    learner[1].add_run(dataclasses.replace(run, device="cpu"))
    mine = group.of_store(learner[1], "Me", reviews=False)
    assert group_evidence.others([mine, *many()], group.identity(learner[1])).keys() == {
        f"{name} of the study group" for name in ("Anna", "Ben", "Cleo")
    }


def test_without_a_group_it_says_what_to_do(learner):
    with pytest.raises(ExportError, match="no evidence of a study group") as told:
        gather(*learner, kept="group")
    assert "quizapp group add" in told.value.todo
