"""The rules on many items together: each with a made-up bank that breaks it and one that does not."""

from __future__ import annotations

import dataclasses
import time

import pytest

from quizapp import balance, model, parts
from quizapp.balance import near_duplicates, remarks, uncovered
from quizapp.bank import Bank
from tests.test_kinds import CLOZE, OPEN, TRUE_FALSE
from tests.test_rules import COMMON, WHY, choice

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def card(number: int, front: str = "", **rest: object) -> model.Card:
    """A card like no other."""
    said = LETTERS[number % 26] * (2 + number // 26)
    return model.Card(
        **{
            "id": f"att-c{number}",
            "kind": "card",
            "front": front or f"Why {said} and {said}s?",
            "back": "Because.",
            "grade_yourself": ("so",),
            **COMMON,
            **rest,
        }
    )


def flaw(number: int, speaker: str = "interviewer", place: int | None = None) -> model.Flaw:
    wrong = number % 4 if place is None else place
    words = [LETTERS[number % 26] * (place + 2 + 4 * (number // 26)) for place in range(4)]
    return model.Flaw(
        id=f"att-f{number}",
        kind="flaw",
        speaker=speaker,
        spans=tuple(
            parts.Span(text=f"So {word} is it.", ok=spot != wrong, why=WHY) for spot, word in enumerate(words)
        ),
        fixes=(
            parts.Option(text="It is", correct=True, why=WHY),
            parts.Option(text="It was", misconception="M-ONE", why=WHY),
        ),
        **COMMON,
    )


def statement(number: int, truth: bool) -> model.TrueFalse:
    said = LETTERS[number] * 3
    return dataclasses.replace(TRUE_FALSE, id=f"att-t{number}", statement=f"{said} is {said}s.", truth=truth)


def bank(*items: model.Item, **rest: object) -> Bank:
    places = {item.id: "questions/attention.yaml:3:3" for item in items}
    return Bank(items={item.id: item for item in items}, places=places, **rest)


PREMISES = [flaw(number) for number in range(4)]
CARDS = [card(number) for number in range(60)]
PAIRS = balance.PAIRS


def found(*items: model.Item, **rest: object) -> list[str]:
    return [remark.complaint[0] for remark in remarks(bank(*items), [], blueprint=False, **rest)]


def said(*items: model.Item) -> str:
    return "\n".join("\n".join(remark.complaint) for remark in remarks(bank(*items), [], blueprint=False))


@pytest.fixture(autouse=True)
def no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance, "PAIRS", {})


def test_a_bank_in_order_is_left_alone():
    assert found(*CARDS, *PREMISES) == []


def test_a_handful_of_items_is_not_judged():
    assert found(*[card(n, front="Why is it so that it is?") for n in range(29)]) == []
    assert "L30" in found(*[card(n, front="Why is it so that it is?") for n in range(30)])


# ---- L08, L09, L10, L32: guessing -------------------------------------------------------------------


def puzzle(number: int, key: int, texts: tuple[str, ...]) -> model.Choice:
    stem = f"What is {LETTERS[number % 26] * (2 + number // 26)}?"
    return dataclasses.replace(choice(*texts, key=key, stem=stem), id=f"att-p{number}")


def test_a_strategy_that_finds_the_key_is_named_with_items_to_change():
    even = ("One two six", "Two six one", "Six one two", "One six two")
    items = [puzzle(n, n % 4, even) for n in range(40)]
    assert found(*items, *PREMISES) == []
    items = [
        puzzle(n, n % 4, tuple(text + "s" * (place == n % 4) for place, text in enumerate(even)))
        for n in range(40)
    ]
    (remark,) = [
        r for r in remarks(bank(*items, *PREMISES), [], blueprint=False) if "longest" in r.complaint[1]
    ]
    rule, what, todo = remark.complaint
    assert rule == "L08"
    assert "finds the key in 100.0% of 40 items; chance is 25.0%, its band 11.6% to 38.4%" in what
    assert "after Holm" in what
    assert todo.startswith("Let it no longer find the key in 25 of: att-p0, att-p1,")
    assert remark.at == "att-p0"
    assert remark.about == ""


def test_keys_in_one_place_are_found():
    texts = ("One two six", "Two six one", "Six one two", "One six two")
    rules = found(*[puzzle(n, 2, texts) for n in range(40)], *PREMISES)
    assert set(rules) == {"L10"}
    assert "Let it find the key in" in said(*[puzzle(n, 2, texts) for n in range(40)], *PREMISES)


def test_flaws_in_one_place_are_found():
    assert found(*[flaw(n) for n in range(40)]) == []
    rules = found(*[flaw(n, place=3) for n in range(40)])
    assert set(rules) == {"L32"}


# ---- L30: near-duplicates ---------------------------------------------------------------------------

SEVEN = "Why does the key grow with length"


def duplicates(*items: model.Item) -> list[str]:
    return [remark.about for remark in near_duplicates(items)]


def test_near_duplicates_are_found_and_similarity_is_right():
    """Five trigrams in one, six in the other, five shared: 5/6. With the last two words changed: 3/7."""
    (remark,) = near_duplicates([card(1, front=SEVEN), card(2, front=f"{SEVEN} now")])
    assert remark.complaint[:2] == ("L30", "asks in nearly the words of att-c1 (trigram similarity 0.83)")
    assert (remark.at, remark.about) == ("att-c2", "att-c2")
    (remark,) = near_duplicates([card(1, front=SEVEN), card(2, front="Why does the key grow so fast")])
    assert "0.43" in remark.complaint[1]


def test_what_is_alike_in_less_is_left_alone():
    """Two trigrams shared of eight in all is 0.25."""
    assert duplicates(card(1, front=SEVEN), card(2, front="Why does the key shrink then so")) == []


def test_variants_of_a_family_may_be_alike():
    one, other = card(1, front=SEVEN, family="keys"), card(2, front=SEVEN, family="keys")
    assert duplicates(one, other) == []
    assert duplicates(one, dataclasses.replace(other, family="values")) == ["att-c2"]
    assert duplicates(*(dataclasses.replace(item, family="") for item in (one, other))) == ["att-c2"]


def test_a_duplicate_can_be_allowed_with_a_reason():
    assert duplicates(card(1, front=SEVEN, lint_allow={"L30": "a drill"}), card(2, front=SEVEN)) == []
    assert duplicates(card(1, front=SEVEN, lint_allow={"L30": ""}), card(2, front=SEVEN)) == ["att-c2"]


def test_short_texts_and_other_kinds_are_compared_too():
    assert duplicates(card(1, front="Why?"), card(2, front="Why?"), card(3, front="How?")) == ["att-c2"]
    assert duplicates(CLOZE, card(1, front="Scores are divided by sqrt(d) before the softmax.")) == ["att-c1"]
    assert duplicates(flaw(1), dataclasses.replace(flaw(1), id="att-again")) == ["att-again"]
    options = tuple(parts.Option(code=f"x + {n}", correct=n == 1, why=WHY) for n in range(3))
    code = model.Code(id="att-x", kind="code", stem="What is it?", code="a b c d", options=options, **COMMON)
    other = dataclasses.replace(code, id="att-y", code="e f g h i j k")
    assert duplicates(code, other) == []


def test_four_hundred_items_take_no_time():
    items = [card(n, front=" ".join(f"w{(n * 7 + k) % 900}" for k in range(40))) for n in range(400)]
    begun = time.process_time()
    list(near_duplicates(items))
    assert time.process_time() - begun < 0.3


# ---- shares -----------------------------------------------------------------------------------------


def test_too_much_to_remember_outside_the_glossary_is_found():
    def recalled(count: int, **rest: str) -> list[model.Card]:
        return [dataclasses.replace(item, bloom="remember", **rest) for item in CARDS[:count]]

    assert found(*recalled(12), *CARDS[12:56], *PREMISES) == []
    assert found(*recalled(13), *CARDS[13:56], *PREMISES) == ["L02"]
    assert found(*recalled(40, topic="glossary"), *CARDS[40:], *PREMISES) == []


@pytest.mark.parametrize(("true", "wrong"), [(3, True), (4, False), (6, False), (7, True)])
def test_statements_are_true_as_often_as_not(true: int, wrong: bool):
    statements = [statement(n, truth=n < true) for n in range(10)]
    assert found(*statements, *CARDS, *PREMISES) == (["L32"] if wrong else [])
    if wrong:
        assert "Make it 4 to 6" in said(*statements, *CARDS, *PREMISES)


def test_wrong_premises_are_a_twentieth():
    others = [flaw(n, speaker="post") for n in range(4, 8)]
    assert found(*CARDS[:53], *PREMISES[:3], *others) == []
    assert found(*CARDS[:54], *PREMISES[:3], *others) == ["L33"]
    assert "Have at least 4" in said(*CARDS[:54], *PREMISES[:3], *others)
    assert found(*CARDS) == ["L33"]


# ---- coverage ---------------------------------------------------------------------------------------


def claim(id_: str, **rest: object) -> model.Claim:
    values = {
        "topic": "attention",
        "says": "It.",
        "correct": "It is.",
        "standing": "true",
        "sources": (parts.Source(ref="Computed"),),
    }
    return model.Claim(id=id_, **(values | rest))


def covered(*items: model.Item, **rest: object) -> list[str]:
    return [f"{remark.about}: {remark.complaint[1]}" for remark in uncovered(bank(*items, **rest))]


def test_a_claim_needs_two_items():
    claims = {"grows": claim("grows")}
    one, two = (card(n, claims=("grows",)) for n in (1, 2))
    assert covered(one, two, claims=claims) == []
    assert covered(one, claims=claims) == ["grows: att-c1 is the only item about it"]
    assert covered(claims=claims) == []  # the check of claims says so


def test_a_concept_needs_an_item():
    concepts = {id_: model.Concept(id=id_, topic="attention", concept="It") for id_ in ("A01", "A02")}
    assert covered(card(1, concepts=("A01", "A02")), concepts=concepts) == []
    assert covered(card(1), concepts=concepts) == ["A02: no item is about this concept"]


def test_a_misconception_needs_somebody_to_fall_for_it():
    misconceptions = {"M-ONE": model.Misconception(says="It", concept="A01", refute="Not it")}
    for item in (choice("One", "Two", "Six"), flaw(1), CLOZE, OPEN, card(1, misconceptions=("M-ONE",))):
        assert covered(item, misconceptions=misconceptions) == []
    assert covered(card(1), misconceptions=misconceptions) == [
        "M-ONE: nobody can fall for this misconception"
    ]


def test_experiments_without_a_prediction_are_listed():
    claims = {
        "grows": claim("grows", supports=("slope.rate",)),
        "falls": claim("falls", supports=("fall.rate",)),
    }
    answer = parts.Answer(evidence="toy.rate", tol=parts.Tolerance(abs=1))
    predict = model.PredictNumber(
        id="att-predict",
        kind="predict_number",
        stem="How many?",
        answer=answer,
        claims=("grows", "falls"),
        **COMMON,
    )
    whole = bank(predict, *CARDS, *PREMISES, claims=claims)

    def missing(*experiments: str) -> list[tuple[str, str]]:
        made = remarks(whole, experiments, blueprint=True)
        return [(r.at, r.complaint[2]) for r in made if r.complaint[0] == "L25"]

    assert missing("toy", "slope") == []
    assert missing("toy", "slope", "fall") == [("falls", "They are fall.")]
    assert missing("spare") == [("att-predict", "They are spare.")]


def test_pairs_that_nobody_tells_apart_are_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(balance, "PAIRS", PAIRS)
    item = card(1, front="Is an invariant layer equivariant?")
    missing = [r.complaint[1] for r in remarks(bank(item, *CARDS[2:]), [], False) if r.complaint[0] == "L29"]
    assert len(missing) == len(PAIRS) - 1
    assert "no item mentions both prefill and decode" in missing
    assert "no item mentions both equivariant and invariant" not in missing


# ---- the blueprint ----------------------------------------------------------------------------------


def test_the_blueprint_adds_up_as_in_the_guide():
    rows = balance.BLUEPRINT.values()
    assert [sum(row) for row in rows] == [38, 38, 44, 36, 36, 44, 36, 28, 40, 20]
    assert [sum(column) for column in zip(*rows, strict=True)] == [81, 31, 34, 38, 15, 24, 39, 36, 21, 30, 11]
    assert sum(balance.LEVELS.values()) == pytest.approx(1)
    assert {kind for kinds in balance.COLUMNS.values() for kind in kinds} == set(model.KINDS)


def test_cells_under_their_number_are_said():
    def cells(*items: model.Item) -> list[str]:
        made = remarks(bank(*items), [], blueprint=True)
        return [r.complaint[1] for r in made if r.complaint[0] == "blueprint" and "card" in r.complaint[1]]

    assert "attention has 3 of the 4 items of kind card in the blueprint" in cells(
        *CARDS[:3], *[flaw(n) for n in range(30)]
    )
    assert not any("attention" in what for what in cells(*CARDS[:4], *[flaw(n) for n in range(30)]))
    assert found(*CARDS, *PREMISES) == []  # of no matter to somebody else's bank


def test_levels_under_their_share_are_said():
    def levels(counts: dict[str, int]) -> list[str]:
        names = [level for level, count in counts.items() for _ in range(count)]
        items = [card(n, level=level) for n, level in enumerate(names)]
        made = remarks(bank(*items), [], blueprint=True)
        return [r.complaint[1] for r in made if r.complaint[0] == "levels"]

    assert levels({"junior": 28, "mid": 39, "senior": 25, "staff": 8, "all": 50}) == []
    assert levels({"junior": 30, "mid": 39, "senior": 25, "staff": 6}) == [
        "6 of 100 items are for staff; 10% are wanted"
    ]
