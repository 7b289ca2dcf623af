import dataclasses
import json
import os
import re
import stat
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from quizapp import claims, export, report
from quizapp.errors import ExportError
from quizapp.evidence import Run
from quizapp.export import deck as decks
from quizapp.export import findings, markdown
from quizapp.export.deck import of
from quizapp.export.sheet import sheet
from quizapp.model import Item, build
from quizapp.verifiers import catalogue

FIXTURES = Path(__file__).parent / "fixtures"
HOSTILE = (
    "<script>alert(1)</script> | a | b | `code` ``` # heading [x](javascript:alert(1)) ![y](z.png) "
    "**bold** </details> $\\frac{1}{2}$ &copy; <!-- c --> https://evil.example @someone :smile: \\"
)
HOSTILE_STARTS = ("# h", "- a", "+ a", "1. a", "10) a", "> q", "===", "---", "```", "~~~", "| a |", "    x")


@pytest.fixture
def run():
    """A fabricated run of the bench as it stands, so that it is not stale."""
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    fingerprint = catalogue.read("gradient_distance").fingerprint
    return dataclasses.replace(made, fingerprint=fingerprint)


@pytest.fixture
def deck(all_kinds, run):
    return of(all_kinds, {run.experiment: run})


def html(body: bytes) -> str:
    """As GitHub reads it: CommonMark with tables, and HTML let through."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(body.decode())


def poisoned(value, text):
    """The same item with every free text in it replaced."""
    if isinstance(value, tuple):
        return tuple(poisoned(part, text) for part in value)
    if not dataclasses.is_dataclass(value):
        return value
    free = {"text", "stem", "why", "statement", "worked", "front", "back", "more", "prompt", "after"}
    free |= {"answer_aloud", "ref", "locator", "seen", "junior", "senior", "staff", "name", "unit"}
    lists = {"caveats", "followups", "anchors", "grade_yourself", "choices"}
    changes = {}
    for entry in dataclasses.fields(value):
        old = getattr(value, entry.name)
        if entry.name in free and isinstance(old, str) and old:
            changes[entry.name] = text
        elif entry.name in lists:
            changes[entry.name] = tuple(text for _ in old)
        elif entry.name == "key" and isinstance(old, str):
            changes[entry.name] = text
        else:
            changes[entry.name] = poisoned(old, text)
    return dataclasses.replace(value, **changes)


# ---- the deck -------------------------------------------------------------------------------------


def test_a_deck_holds_every_item_once_topics_in_order(deck, all_kinds):
    assert sorted(item.id for item in deck.items) == sorted(all_kinds.items)
    places = [decks.TOPICS.index(item.topic) for item in deck.items]
    assert places == sorted(places)


def test_a_deck_of_one_topic_brings_the_claims_its_items_mention(all_kinds):
    deck = of(all_kinds, {}, "stability")
    assert [item.id for item in deck.items] == ["fix-number"]
    assert list(deck.claims) == ["lstm-fades-slower"]
    assert deck.evidence == {"lstm-fades-slower": None}


def test_a_topic_without_items_is_an_error_that_names_the_others(all_kinds):
    with pytest.raises(ExportError, match="parallelism"):
        of(all_kinds, {}, "nonsense")


def test_a_run_whose_control_failed_gives_no_numbers(all_kinds, run):
    invalid = dataclasses.replace(run, status="invalid", reason="a control came out wrong")
    assert of(all_kinds, {run.experiment: invalid}).numbers == {}
    assert of(all_kinds, {run.experiment: run}).numbers["gradient_distance.lstm_minus_rnn"] == 0.62


# ---- one item -------------------------------------------------------------------------------------


def test_every_kind_has_a_question_and_an_answer(deck):
    kinds = set()
    for item in deck.items:
        written = sheet(item, deck.numbers, deck.misconceptions)
        kinds.add(item.kind)
        assert written.question, item.id
        assert all(line.strip() for line in written.answer), item.id
        assert written.answer, item.id
    assert len(kinds) == 13


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("fix-choice", ("C. It shrinks to roughly 1e-30 of its size",)),
        ("fix-numeric", ("512 MiB (within 5% counts)",)),
        ("fix-estimate", ("32 GiB (within a factor of 1.41 counts)",)),
        (
            "fix-number",
            ("0.62 nats/token (within 30% counts, as measured by gradient_distance.lstm_minus_rnn)",),
        ),
        (
            "fix-plot",
            ("The LSTM's curve: straight and falling", "The LSTM's slope in nats per token: -1 to -0.05"),
        ),
    ],
)
def test_the_answer_is_the_right_one(deck, all_kinds, item, answer):
    assert sheet(all_kinds.items[item], deck.numbers, {}).answer == answer


def test_a_cloze_is_asked_with_gaps_and_answered_without(all_kinds):
    written = sheet(all_kinds.items["fix-cloze"], {}, {})
    assert "{{" not in written.question + written.answer[0]
    assert "sqrt(d)" not in written.question
    assert "[sqrt(d)]" in written.answer[0]


def test_an_order_is_not_asked_in_order(all_kinds):
    item = all_kinds.items["fix-order"]
    (part,) = sheet(item, {}, {}).parts
    assert [pick.text for pick in part.picks] != [entry.text for entry in item.sequence]


def test_a_number_nobody_measured_is_said_to_be_missing(all_kinds):
    assert "has not run" in sheet(all_kinds.items["fix-number"], {}, {}).answer[0]
    assert "Nobody has measured it yet" in sheet(all_kinds.items["fix-plot"], {}, {}).answer[1]


def test_an_unknown_kind_is_an_error():
    other = Item(
        id="x",
        kind="new",
        topic="scaling",
        concepts=("a",),
        level="mid",
        bloom="apply",
        difficulty=1,
        time_s=5,
    )
    with pytest.raises(TypeError, match="new"):
        sheet(other, {}, {})


# ---- the file -------------------------------------------------------------------------------------


def test_the_same_deck_gives_the_same_bytes(deck, all_kinds, run):
    again = of(all_kinds, {run.experiment: run})
    assert export.render(deck, ".md") == export.render(again, ".md")


def test_every_item_hides_its_answer_and_gives_its_reasons(deck):
    page = export.render(deck, ".md").decode()
    assert page.count("<details>") == page.count("</details>") == len(deck.items)
    for item in deck.items:
        for option in getattr(item, "options", ()):
            assert markdown.text(option.why) in page


def test_every_link_leads_to_a_heading(deck):
    page = html(export.render(deck, ".md"))
    headings = [re.sub(r"<[^>]+>", "", heading) for heading in re.findall(r"<h\d>(.*?)</h\d>", page)]
    slugs = [markdown.slug(heading) for heading in headings]
    links = re.findall(r'<a href="#([^"]+)">', page)
    assert len(links) > 15
    assert set(links) <= set(slugs)
    assert len(set(slugs)) == len(slugs)


def test_evidence_can_be_doubted(deck, run):
    page = export.render(deck, ".md").decode()
    for said in ("0 to 4 (5)", "12.5", "a made-up processor", "torch 0.0.0", run.fingerprint, "FABRICATED"):
        assert said in page
    assert "| `gradient_distance.transformer_decays` | control |" in page
    assert "quizapp prove lstm-gradient-fades --device cpu\n" in page
    assert "at most -0.05" in page
    assert "▁" in page
    assert "With a forget bias of 3 the gradient keeps its size" in page


def test_missing_evidence_is_said(all_kinds):
    page = export.render(of(all_kinds, {}), ".md").decode()
    assert "Not run yet: [lstm-gradient-fades]" in page
    assert "Nothing measured yet." in page
    assert "Cited from the literature; it cannot be tested here." in page


def test_stale_invalid_and_surprising_evidence_is_said(all_kinds, run):
    claim = all_kinds.claims["lstm-fades-slower"]

    def said(**changes):
        changed = dataclasses.replace(run, **changes)
        return findings.sentence(claim, claims.judge(claim, {run.experiment: changed}))

    assert "Stale" not in said()
    assert "Stale" in said(fingerprint="0123")
    invalid = said(status="invalid", reason="transformer_flat came out fail")
    assert "nothing follows" in invalid
    assert "transformer_flat" in invalid
    assert "Holds" not in invalid
    missed = tuple(
        dataclasses.replace(check, outcome="fail") if check.name == "lstm_minus_rnn" else check
        for check in run.checks
    )
    assert "surprise" in said(checks=missed)
    assert "Unclear" in said(checks=())


@pytest.mark.parametrize("verdict", ["crashed", "timeout", "cancelled", "invalid"])
def test_a_run_that_did_not_end_is_never_good_news(all_kinds, run, verdict):
    claim = all_kinds.claims["lstm-fades-slower"]
    judged = claims.judge(claim, {run.experiment: dataclasses.replace(run, status=verdict, reason="r")})
    assert judged is not None
    assert "nothing follows from it" in findings.sentence(claim, judged)
    assert findings.state(claim, judged) == verdict


def test_a_control_that_came_out_wrong_is_marked(all_kinds, run):
    wrong = tuple(dataclasses.replace(check, outcome="pass") for check in run.checks)
    claim = all_kinds.claims["lstm-fades-slower"]
    judged = claims.judge(claim, {run.experiment: dataclasses.replace(run, checks=wrong)})
    assert judged is not None
    (row,) = [row for row in findings.rows(claim, judged) if not row.tripped]
    assert row.outcome == "pass, but must fail"


def test_a_full_run_is_repeated_as_one(all_kinds, run):
    claim = all_kinds.claims["lstm-fades-slower"]
    judged = claims.judge(claim, {run.experiment: dataclasses.replace(run, profile="full")})
    assert findings.command(claim, judged) == "quizapp prove lstm-fades-slower --profile full --device cpu"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_words(value):
    assert report.number(value) in ("not a number", "∞", "-∞")


# ---- hostile texts --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [HOSTILE, *HOSTILE_STARTS])
def test_a_text_means_itself(text):
    shown = html(
        f"before {markdown.text(text)}\n\n- {markdown.text(text)}\n\n{markdown.text(text)}\n".encode()
    )
    plain = re.sub(r"</?(p|ul|li|span)>", "", shown)
    assert "<" not in plain, shown
    unescaped = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert unescaped.count(text.strip()) == 3


def test_hostile_items_do_not_break_out(deck, run):
    items = tuple(poisoned(item, HOSTILE) for item in deck.items)
    claim_texts = {
        id_: dataclasses.replace(claim, says=HOSTILE, correct=HOSTILE) for id_, claim in deck.claims.items()
    }
    hostile = dataclasses.replace(deck, items=items, claims=claim_texts, title=HOSTILE)
    page, tame = html(export.render(hostile, ".md")), html(export.render(deck, ".md"))
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    for tag in ("<details>", "</details>", "<h2>", "<h3>", "<table>", "<a ", "<pre>"):
        assert page.count(tag) == tame.count(tag), tag


def test_hostile_code_stays_in_its_block(deck, all_kinds):
    item = all_kinds.items["fix-code"]
    nasty = "a\n```\n# out\n````\n<script>x</script>\n"
    options = tuple(dataclasses.replace(option, code=nasty) for option in item.options)
    hostile = dataclasses.replace(item, code=nasty, lang="py`\nthon <b>", options=options)
    page = html(export.render(dataclasses.replace(deck, items=(hostile,)), ".md"))
    assert "<script" not in page
    assert "<h1>out" not in page
    assert page.count("<pre>") == 1 + 3 + 1 + 2  # the item, its options, how to rerun: all, and two claims


@pytest.mark.parametrize("value", ["`", "a`b", "``", "`x`", "a | b", "plain"])
def test_a_code_span_shows_what_is_in_it(value):
    assert f"<code>{value}</code>" in html(markdown.code(value).encode())


def test_control_characters_and_lone_surrogates_are_replaced():
    assert markdown.text("a\x00b\x1fc\ud800d").encode() == "a\ufffdb\ufffdc\ufffdd".encode()


# ---- writing --------------------------------------------------------------------------------------


def test_write_picks_the_format_by_suffix(deck, tmp_path):
    export.write(deck, tmp_path / "q.MD")
    assert (tmp_path / "q.MD").read_bytes() == export.render(deck, ".md")
    assert os.listdir(tmp_path) == ["q.MD"]  # noqa: PTH208 - hidden leftovers count too


@pytest.mark.parametrize("name", ["q.docx", "q"])
def test_an_unknown_suffix_names_the_known_ones(deck, tmp_path, name):
    with pytest.raises(ExportError, match=r"\.md, \.apkg"):
        export.write(deck, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_written_over(deck, tmp_path):
    (tmp_path / "q.md").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        export.write(deck, tmp_path / "q.md")


def test_a_missing_folder_is_an_export_error(deck, tmp_path):
    with pytest.raises(ExportError, match="cannot be written"):
        export.write(deck, tmp_path / "nowhere" / "q.md")


def test_a_failed_write_leaves_the_old_file(deck, tmp_path, monkeypatch):
    path = tmp_path / "q.md"
    path.write_text("old", encoding="utf-8")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match="No space left"):
        export.write(deck, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["q.md"]


def test_a_link_is_followed_and_the_mode_is_an_ordinary_one(deck, tmp_path):
    (tmp_path / "real.md").write_text("old", encoding="utf-8")
    (tmp_path / "link.md").symlink_to(tmp_path / "real.md")
    export.write(deck, tmp_path / "link.md")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_bytes() == export.render(deck, ".md")
    assert stat.S_IMODE((tmp_path / "real.md").stat().st_mode) & 0o400
