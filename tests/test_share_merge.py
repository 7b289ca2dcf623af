"""Merging: what one side changed is taken, what both changed is a conflict, nothing is lost in silence."""

import pytest

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
