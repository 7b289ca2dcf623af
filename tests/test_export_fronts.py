"""What stands beside a question gives nothing away: the repairs of a flaw say which sentence is wrong."""

from __future__ import annotations

import pytest

from quizapp import bank, model, paths
from quizapp.export import anki, markdown, sheet
from quizapp.export.deck import of

FLAWS = [item for item in bank.load(paths.questions()).items.values() if isinstance(item, model.Flaw)]


@pytest.fixture(scope="module")
def flaws():
    whole = bank.load(paths.questions())
    return of(whole, {})


@pytest.mark.parametrize("item", FLAWS, ids=lambda item: item.id)
def test_the_repairs_of_a_flaw_are_on_the_back(flaws, item):
    repairs = [pick.text for pick in sheet.sheet(item, {}, {}).parts[1].picks]
    _, question, options, answer, why, *_ = anki.fields(flaws, item, {})
    front, _, back = "\n".join(markdown._item(flaws, item, 1)).partition("<details>")
    for repair in repairs:
        assert anki.text(repair) not in question + options
        assert anki.text(repair) in answer + why
        assert markdown.text(repair) not in front
        assert markdown.text(repair) in back
