"""GIFT is read back by Moodle's rules and by an independent parser, and compared with the items."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import dataclasses
import html
import io
import re
import warnings

import pytest

from quizapp import bank, export
from quizapp.export import gift, sheet
from quizapp.export.deck import TOPICS, of, topic_name
from quizapp.grade import grade
from quizapp.model import build
from quizapp.parts import Tolerance
from tests.decks import deck, hostile, run, state  # noqa: F401
from tests.moodle import read

HOSTILE = (
    "a~b =c #d {e} :f: \\g \\n ##### -> ::x:: // [markdown] %50% $$x$$ <script>alert(1)</script> &amp; é\n\n"
    "// not a remark\n$CATEGORY: x\n\n=wrong ~%100%right \\( \\} \\\\ \x00\ud800"
)


@pytest.fixture
def asked(deck):
    return {one.name: one for one in read(export.render(deck, ".gift").decode())}


def seen(value):
    """HTML as a reader sees it."""
    return html.unescape(re.sub(r"<[^>]+>", " ", value.replace("<br>", "\n")))


def said(value):
    """A text of a bank as it is to be seen."""
    return gift.UNPRINTABLE.sub("\ufffd", value).strip()


def test_the_same_deck_gives_the_same_bytes(deck):
    assert export.render(deck, ".gift") == export.render(deck, ".gift")


def test_every_kind_becomes_a_question_that_moodle_has(asked):
    assert {name: one.kind for name, one in asked.items()} == {
        "fix-choice": "multichoice",
        "fix-multi": "multichoice",
        "fix-truefalse.1": "truefalse",
        "fix-truefalse.2": "multichoice",
        "fix-numeric": "numerical",
        "fix-estimate": "numerical",
        "fix-order": "match",
        "fix-cloze.1": "shortanswer",
        "fix-cloze.2": "shortanswer",
        "fix-card": "essay",
        "fix-open": "essay",
        "fix-plot.1": "multichoice",
        "fix-plot.2": "multichoice",
        "fix-number": "numerical",
        "fix-flaw.1": "multichoice",
        "fix-flaw.2": "multichoice",
        "fix-code": "multichoice",
    }


def test_questions_have_categories_ids_and_tags(asked, all_kinds):
    for name, one in asked.items():
        item = all_kinds.items[name.partition(".")[0]]
        assert one.category == f"quizapp/{topic_name(item.topic)}"
        assert one.idnumber == name
        assert one.tags == [item.kind, item.level, *item.tags]


@pytest.mark.parametrize("id_", ["fix-choice", "fix-code", "fix-truefalse.2", "fix-flaw.2"])
def test_one_option_is_right_and_every_one_has_its_feedback(asked, all_kinds, id_):
    item = all_kinds.items[id_.partition(".")[0]]
    options = next(getattr(item, name) for name in ("options", "reasons", "fixes") if hasattr(item, name))
    found = {seen(text).strip(): (weight, seen(why)) for text, weight, why in asked[id_].answers}
    assert found == {(o.text or o.code).strip(): (float(o.correct), o.why) for o in options}


def test_several_right_options_share_the_points_as_in_the_app(asked, all_kinds):
    item = all_kinds.items["fix-multi"]
    weights = {seen(text): weight for text, weight, _ in asked["fix-multi"].answers}
    for given in ([0], [0, 1], [0, 1, 2], [2, 3], [0, 2]):
        points = max(0.0, sum(weights[item.options[place].text] for place in given))
        assert points == pytest.approx(grade(item, given, {}).score)


def test_three_right_options_make_a_whole(all_kinds):
    options = [
        dataclasses.replace(o, correct=place < 3)
        for place, o in enumerate(all_kinds.items["fix-multi"].options)
    ]
    item = dataclasses.replace(all_kinds.items["fix-multi"], options=tuple(options))
    text = export.render(dataclasses.replace(of(all_kinds, {}), items=(item,)), ".gift").decode()
    weights = [weight for _, weight, _ in read(text)[0].answers]
    assert sorted(weights) == pytest.approx([-0.3333333, *[0.3333333] * 3])  # one of Moodle's own shares


def test_the_truth_comes_before_the_reason(asked):
    ((truth, _, why),) = asked["fix-truefalse.1"].answers
    assert truth == "TRUE"
    assert "equivariant" in why
    assert "This is true. Why?" in asked["fix-truefalse.2"].stem


def test_a_sentence_is_found_then_repaired(asked, all_kinds):
    found = {seen(text): (weight, seen(why)) for text, weight, why in asked["fix-flaw.1"].answers}
    assert found == {s.text: (float(not s.ok), s.why) for s in all_kinds.items["fix-flaw"].spans}
    assert "Sentence 2 is wrong. Put it right." in asked["fix-flaw.2"].stem


def test_numbers_have_their_tolerance_and_traps(asked):
    number, *traps = asked["fix-numeric"].answers
    assert number == ("512:25.6", 1.0, "")
    assert [(value, weight) for value, weight, _ in traps] == [("1024:51.2", 0.0), ("32:1.6", 0.0)]
    assert "half precision" in traps[0][2]
    assert "Answer in MiB." in asked["fix-numeric"].stem
    assert asked["fix-number"].answers[0][0] == "0.62:0.186"


@pytest.mark.parametrize("tol", [{"abs": 2.0}, {"rel": 0.05}, {"log10": 0.15}])
@pytest.mark.parametrize("truth", [32.0, 0.004])
def test_what_counts_in_moodle_counts_in_the_app(all_kinds, tol, truth):
    item = all_kinds.items["fix-numeric"]
    answer = dataclasses.replace(item.answer, value=truth, tol=build(Tolerance, tol))
    item = dataclasses.replace(item, answer=answer, traps=())
    text = export.render(dataclasses.replace(of(all_kinds, {}), items=(item,)), ".gift").decode()
    bounds = [_bounds(value) for value, _, _ in read(text)[0].answers]
    for factor in (0.5, 0.70, 0.72, 0.94, 0.96, 1, 1.04, 1.06, 1.4, 1.42, 2):
        value = truth * factor
        moodle = any(low - 1e-9 <= value <= high + 1e-9 for low, high in bounds)
        assert moodle == grade(item, f"{value:.12g}", {}).correct, factor


def _bounds(value):
    if ".." in value:
        low, high = value.split("..")
        return float(low), float(high)
    middle, far = map(float, value.split(":"))
    return middle - far, middle + far


def test_an_order_is_matched_with_places(asked, all_kinds):
    pairs = dict(text.split(" -> ") for text, _, _ in asked["fix-order"].answers)
    ranked = sorted(all_kinds.items["fix-order"].sequence, key=lambda entry: entry.value)
    assert {seen(text): int(place) for text, place in pairs.items()} == {
        entry.text: place for place, entry in enumerate(ranked, 1)
    }


def test_every_gap_is_a_question_with_its_spellings(asked):
    assert [(text, weight) for text, weight, _ in asked["fix-cloze.2"].answers] == [
        ("sqrt(d)", 1.0),
        ("√d", 1.0),
        ("d^0.5", 1.0),
        ("d", 0.0),
    ]
    assert "variance of 1/d" in asked["fix-cloze.2"].answers[3][2]
    assert "gap 2" in asked["fix-cloze.2"].stem


def test_stars_and_arrows_in_a_gap_do_not_mean_what_moodle_makes_of_them(all_kinds):
    item = dataclasses.replace(all_kinds.items["fix-cloze"], accept={"c1": ("a*b", "a -> b", "{x}=~#:")})
    text = export.render(dataclasses.replace(of(all_kinds, {}), items=(item,)), ".gift").decode()
    (one,) = read(text)
    assert one.kind == "shortanswer"
    assert [text for text, _, _ in one.answers] == [r"a\*b", "{x}=~#:"]


def test_what_cannot_be_graded_is_an_essay_with_its_rubric(asked, all_kinds):
    for point in all_kinds.items["fix-open"].rubric:
        assert point.text in seen(asked["fix-open"].feedback)
    assert all_kinds.items["fix-card"].back in seen(asked["fix-card"].feedback)


def test_what_nobody_measured_is_said(all_kinds):
    found = {one.name: one for one in read(export.render(of(all_kinds, {}), ".gift").decode())}
    for name in ("fix-number", "fix-plot.2"):
        assert found[name].kind == "essay"
        assert sheet.UNMEASURED in found[name].feedback


def test_the_state_of_the_evidence_is_said(state):
    words, made = state
    found = {one.name: seen(one.feedback) for one in read(export.render(made, ".gift").decode())}
    assert words in found["fix-choice"]
    assert "Again: quizapp prove lstm-gradient-fades" in found["fix-choice"]
    if words != "Not run yet":
        assert re.search(
            r"on cpu, a made-up processor; \d{4}-\d\d-\d\d; seeds 0 to 4 \(5\)", found["fix-choice"]
        )


# ---- hostile texts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [HOSTILE, "{", "}", "~", "=", "#", "####", "\\", "->", "%50%", "//", "[html]"]
)
def test_a_text_means_itself_wherever_it_stands(deck, asked, text):
    found = read(export.render(hostile(deck, text), ".gift").decode())
    assert [(one.name, one.kind, one.category) for one in found] == [
        (one.name, one.kind, one.category) for one in asked.values()
    ]
    shown = {one.name: one for one in found}
    assert said(text) in seen(shown["fix-choice"].stem)
    for option, weight, why in shown["fix-choice"].answers:
        assert seen(option).strip() == said(text)
        assert seen(why).strip() == said(text)
        assert weight in (0.0, 1.0)
    assert [len(one.answers) for one in found] == [len(one.answers) for one in asked.values()]
    for one in found:
        assert "<script" not in one.stem + one.feedback + "".join(map(str, one.answers))


# ---- an independent parser ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parser():
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # its own: escapes in its patterns, and an old way to ask for the locale
        return pytest.importorskip("pygiftparser.parser")


def test_another_parser_reads_the_same(deck, asked, parser):
    found = {one.title: one for one in parser.parseFile(io.StringIO(export.render(deck, ".gift").decode()))}
    assert list(found) == list(asked)
    assert all(one.valid for one in found.values())
    for name in (
        "fix-choice",
        "fix-multi",
        "fix-truefalse.2",
        "fix-flaw.1",
        "fix-flaw.2",
        "fix-code",
        "fix-plot.1",
    ):
        theirs = [
            (plainly(a.answer), a.fraction / 100, plainly(a.feedback)) for a in found[name].answers.answers
        ]
        assert theirs == [(plainly(text), weight, plainly(why)) for text, weight, why in asked[name].answers]
    assert found["fix-truefalse.1"].answers.answer is True
    assert [(a.value, a.tolerance, a.fraction) for a in found["fix-numeric"].answers.answers] == [
        (512, 25.6, 100),
        (1024, 51.2, 0),
        (32, 1.6, 0),
    ]
    assert {a.question.strip(): a.answer.strip() for a in found["fix-order"].answers.answers} == dict(
        text.split(" -> ") for text, _, _ in asked["fix-order"].answers
    )
    assert plainly(found["fix-open"].generalFeedback) == plainly(asked["fix-open"].feedback)


def plainly(value):
    return seen(re.sub(r"\\(.)", r"\1", value)).strip()


def test_hostile_texts_do_not_confuse_it_either(deck, asked, parser):
    text = export.render(hostile(deck, "a~b =c #d {e} :f: ::x:: %5% $y$ // \\ <b>"), ".gift").decode()
    found = {one.title: one for one in parser.parseFile(io.StringIO(text))}
    assert list(found) == list(asked)
    assert [len(found[name].answers.answers) for name in ("fix-choice", "fix-multi", "fix-flaw.1")] == [
        4,
        4,
        3,
    ]
    assert {plainly(a.answer) for a in found["fix-choice"].answers.answers} == {
        "a~b =c #d {e} :f: ::x:: %5% $y$ // \\ <b>"
    }


def test_the_whole_bank_is_read_by_both(parser):
    made = of(bank.load(), {})
    text = export.render(made, ".gift").decode()
    ours, theirs = read(text), parser.parseFile(io.StringIO(text))
    assert [one.name for one in ours] == [one.title for one in theirs]
    assert {one.name.partition(".")[0] for one in ours} == {item.id for item in made.items}
    assert [one.category for one in ours] == sorted(
        (one.category for one in ours), key=[f"quizapp/{topic_name(topic)}" for topic in TOPICS].index
    )
    for one in ours:
        if one.kind == "multichoice":
            best = max(weight for _, weight, _ in one.answers)
            whole = sum(weight for _, weight, _ in one.answers if weight > 0)
            assert best == 1.0 or whole == pytest.approx(1.0, abs=1e-4), one.name
