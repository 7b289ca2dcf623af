"""Merging: what one side changed is taken, what both changed is a conflict, nothing is lost in silence."""

import copy
import random

import pytest

from quizapp.share.difference import alike, changes
from quizapp.share.merge import MISSING, merge, woven

ITEM = {"id": "a", "front": "Q", "back": "A", "tags": ["x", "y"], "bands": {"junior": "j", "senior": "s"}}
OPTIONS = [
    {"text": "one", "correct": True, "why": "1"},
    {"text": "two", "why": "2"},
    {"text": "three", "why": "3"},
]


def entries(*items):
    return {"items": {item["id"]: item for item in items}}


def merged(base, mine, theirs, field="tags"):
    """The field after a merge, and the conflicts."""
    found = merge(*(entries({**ITEM, field: value}) for value in (base, mine, theirs)))
    return found.entries["items"]["a"].get(field), [conflict.path for conflict in found.conflicts]


def test_what_only_one_side_changed_is_taken_field_by_field():
    found = merge(
        entries(ITEM), entries({**ITEM, "front": "Q2"}), entries({**ITEM, "back": "A2", "level": "mid"})
    )
    assert found.conflicts == []
    assert found.entries["items"]["a"] == {**ITEM, "front": "Q2", "back": "A2", "level": "mid"}


def test_the_same_change_on_both_sides_is_no_conflict():
    changed = entries({**ITEM, "front": "Q2"}, {"id": "b", "front": "new"})
    assert merge(entries(ITEM), changed, changed).conflicts == []


def test_what_both_changed_is_a_conflict_and_says_what_mine_says_until_it_is_settled():
    found = merge(entries(ITEM), entries({**ITEM, "front": "mine"}), entries({**ITEM, "front": "theirs"}))
    (conflict,) = found.conflicts
    assert (conflict.base, conflict.mine, conflict.theirs) == ("Q", "mine", "theirs")
    assert conflict.about == "item a, front"
    assert found.entries["items"]["a"]["front"] == "mine"
    found.settle(conflict, "ours")
    assert found.entries["items"]["a"] == {**ITEM, "front": "ours"}
    assert found.conflicts == []


def test_inside_a_mapping_only_what_both_changed_conflicts():
    value, conflicts = merged(
        {"junior": "j", "senior": "s"},
        {"junior": "J", "senior": "S1"},
        {"junior": "j", "senior": "S2"},
        "bands",
    )
    assert value == {"junior": "J", "senior": "S1"}
    assert conflicts == [("bands", "senior")]


def test_a_conflict_under_a_key_that_is_a_number_is_named_too():
    found = merge(*(entries({**ITEM, "note": {1: value, "b": "c"}}) for value in ("base", "mine", "theirs")))
    (conflict,) = found.conflicts
    assert conflict.about == "item a, note.1"
    found.settle(conflict, conflict.theirs)
    assert found.entries["items"]["a"]["note"] == {1: "theirs", "b": "c"}


def test_deleted_here_and_changed_there_is_a_conflict_both_ways():
    changed = {**ITEM, "front": "changed"}
    found = merge(entries(ITEM), entries(), entries(changed))
    (conflict,) = found.conflicts
    assert (conflict.path, conflict.mine, conflict.theirs) == ((), MISSING, changed)
    assert found.entries["items"] == {}
    found.settle(conflict, conflict.theirs)
    assert found.entries["items"] == {"a": changed}

    found = merge(entries(ITEM), entries(changed), entries())
    (conflict,) = found.conflicts
    found.settle(conflict, conflict.theirs)
    assert found.entries["items"] == {}


def test_a_field_deleted_here_and_changed_there_is_a_conflict():
    without = {key: value for key, value in ITEM.items() if key != "front"}
    found = merge(entries(ITEM), entries(without), entries({**ITEM, "front": "Q2"}))
    (conflict,) = found.conflicts
    assert conflict.mine is MISSING
    assert "front" not in found.entries["items"]["a"]
    found.settle(conflict, conflict.theirs)
    assert found.entries["items"]["a"]["front"] == "Q2"


def test_deleted_on_one_side_and_untouched_on_the_other_is_gone():
    assert merge(entries(ITEM), entries(), entries(ITEM)).entries["items"] == {}
    assert merge(entries(ITEM), entries(ITEM), entries()).entries["items"] == {}


def test_the_same_id_added_twice_with_different_words_is_a_conflict():
    found = merge(entries(), entries({"id": "n", "front": "1"}), entries({"id": "n", "front": "2"}))
    assert [conflict.about for conflict in found.conflicts] == ["item n, the whole of it"]


def test_what_both_added_is_all_there_where_it_stood():
    def one(id_):
        return {"id": id_}

    found = merge(
        entries(one("a"), one("b")),
        entries(one("a"), one("m"), one("b")),
        entries(one("t"), one("a"), one("b")),
    )
    assert list(found.entries["items"]) == ["t", "a", "m", "b"]


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "result"),
    [
        (["x", "y"], ["x", "y", "m"], ["t", "x", "y"], ["t", "x", "y", "m"]),
        (["x", "y"], ["y"], ["x", "y", "t"], ["y", "t"]),
        (["x", "y"], ["y", "x"], ["x", "y", "t"], ["y", "t", "x"]),
        (["x", "y"], ["x", "y", "n"], ["x", "y", "n"], ["x", "y", "n"]),
    ],
)
def test_lists_of_words_are_merged_word_by_word(base, mine, theirs, result):
    assert merged(base, mine, theirs) == (result, [])


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        ([1, 2], [2, 1], [1, 3]),
        (["x", "y", "z"], ["y", "x", "z"], ["x", "z", "y"]),
        (["x", "x"], ["x", "x", "m"], ["x", "x", "t"]),
        ([["x"]], [["y"]], [["z"]]),
        (["x"], "x, y", ["z"]),
    ],
)
def test_lists_that_cannot_be_merged_for_sure_conflict_whole(base, mine, theirs):
    assert merged(base, mine, theirs) == (mine, [("tags",)])


def test_options_are_merged_by_their_text():
    mine = [{**OPTIONS[0], "why": "better"}, *OPTIONS[1:]]
    theirs = [OPTIONS[0], {**OPTIONS[1], "why": "also better"}, OPTIONS[2], {"text": "four", "why": "4"}]
    value, conflicts = merged(OPTIONS, mine, theirs, "options")
    assert conflicts == []
    assert [option["why"] for option in value] == ["better", "also better", "3", "4"]


def test_an_option_that_both_changed_makes_the_options_conflict_whole():
    mine, theirs = ([{**OPTIONS[0], "why": why}, *OPTIONS[1:]] for why in ("m", "t"))
    assert merged(OPTIONS, mine, theirs, "options") == (mine, [("options",)])
    assert merged(OPTIONS, OPTIONS[1:], theirs, "options") == (OPTIONS[1:], [("options",)])


def test_rubrics_are_merged_by_id_though_their_texts_changed():
    rubric = [{"id": "r1", "text": "one"}, {"id": "r2", "text": "two"}]
    mine, theirs = [{"id": "r1", "text": "uno"}, rubric[1]], [rubric[0], {"id": "r2", "text": "due"}]
    assert merged(rubric, mine, theirs, "rubric") == ([mine[0], theirs[1]], [])


def test_every_change_of_either_side_is_in_the_result_or_in_a_conflict():
    """A small world, all of it: one field with three values on each of three sides, or none."""
    values = (MISSING, 1, 2, 3)
    for base in values:
        for mine in values:
            for theirs in values:
                sides = [
                    {"id": "a"} if one is MISSING else {"id": "a", "f": one} for one in (base, mine, theirs)
                ]
                found = merge(*map(entries, sides))
                result = found.entries["items"]["a"].get("f", MISSING)
                if found.conflicts:
                    assert len({str(base), str(mine), str(theirs)}) == 3
                    assert (found.conflicts[0].mine, found.conflicts[0].theirs) == (mine, theirs)
                else:
                    assert result == (theirs if mine == base else mine)
                    assert mine == theirs or base in (mine, theirs)


def test_what_comes_out_shares_nothing_with_what_went_in():
    mine = entries({**ITEM, "tags": ["x"]})
    found = merge(entries(ITEM), mine, entries(ITEM))
    found.entries["items"]["a"]["tags"].append("z")
    assert mine["items"]["a"]["tags"] == ["x"]


def test_woven_keeps_the_first_order_and_puts_others_after_what_they_follow():
    assert woven("abc", "axbyc") == ["a", "x", "b", "y", "c"]
    assert woven("", "ab") == ["a", "b"]
    assert woven("ab", "zab") == ["z", "a", "b"]


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (0, False), ([1], [True]), ({"a": 1}, {"a": 1.0})]
)
def test_one_and_true_are_not_the_same(one, other):
    assert not alike(one, other)
    assert merged(one, other, one) == (other, [])
    assert merged(one, one, other) == (other, [])
    assert merged(one, other, "x") == (other, [("tags",)])
    (change,) = changes(entries({**ITEM, "tags": one}), entries({**ITEM, "tags": other}))
    assert change.fields == (("tags", one, other),)


PARTS = [None, True, False, 0, 1, 1.0, "", "a", "1", ["x"], ["x", "y"], ["y", "x"], ["x", "x"], [1, True]]
PARTS += [
    [{"id": "r1", "text": "t"}, {"id": "r2", "text": "u"}],
    [{"text": "a", "correct": True}, {"text": "b"}],
]
PARTS += [{}, {"j": 1, "s": "x"}, {"j": True, "s": "x"}, {"j": {"k": [1]}}]


def edited(chance, entry):
    """The entry after somebody worked on it: fields gone, new, replaced, changed inside."""
    made = copy.deepcopy(entry)
    for field in "fgh":
        what, value = chance.random(), made.get(field)
        if what < 0.15:
            made.pop(field, None)
        elif what < 0.5:
            made[field] = copy.deepcopy(chance.choice(PARTS))
        elif isinstance(value, list) and value:
            place = chance.randrange(len(value))
            if what < 0.65:
                value.pop(place)
            elif what < 0.8:
                value.insert(place, chance.choice(["new", {"id": "r9", "text": "n"}, {"text": "z"}]))
            elif isinstance(value[place], dict):
                value[place]["w"] = chance.choice([1, True, "q"])
            else:
                chance.shuffle(value)
        elif isinstance(value, dict):
            value[chance.choice("jsq")] = chance.choice([1, True, "q"])
    return made


def kept(was, side, result):
    """Whether what a side changed in a value is in the result."""
    if alike(was, side) or alike(side, result):
        return True
    if isinstance(side, dict) and isinstance(was, dict) and isinstance(result, dict):
        every = {**was, **side}
        return all(kept(was.get(k, MISSING), side.get(k, MISSING), result.get(k, MISSING)) for k in every)
    if isinstance(side, list) and isinstance(was, list) and isinstance(result, list):
        pairs = ((_named(one, was), one, _named(one, result)) for one in side)
        changed = [pair for pair in pairs if not alike(pair[0], pair[1])]
        gone = [one for one in was if _named(one, side) is MISSING]
        there = all(pair[2] is not MISSING and kept(*pair) for pair in changed)
        return there and all(_named(one, result) is MISSING for one in gone)
    return False


def _named(one, among):
    """The element of a list that has the same name."""
    if isinstance(one, dict):
        key = "id" if "id" in one else "text"
        return next((o for o in among if isinstance(o, dict) and alike(o.get(key), one[key])), MISSING)
    return next((other for other in among if alike(one, other)), MISSING)


@pytest.mark.parametrize("seed", range(8))
def test_in_any_three_versions_every_change_is_in_the_result_or_in_a_conflict(seed):
    chance = random.Random(seed)
    for _ in range(400):
        base = {"id": "a", **{f: copy.deepcopy(chance.choice(PARTS)) for f in "fgh" if chance.random() < 0.8}}
        mine, theirs = (edited(chance, base) for _ in range(2))
        found = merge(*map(entries, (base, mine, theirs)))
        result = found.entries["items"]["a"]
        open_ = {conflict.path[0] for conflict in found.conflicts}
        for field in set("fgh") - open_:
            for side in (mine, theirs):
                values = [one.get(field, MISSING) for one in (base, side, result)]
                assert kept(*values), values
