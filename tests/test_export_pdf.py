"""PDFs are opened by another program, which says what is written where and draws the pages."""

# ruff: noqa: F811 - fixtures are imported and then asked for by name

import dataclasses
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from quizapp import bank, export, reference
from quizapp.export import pdf
from quizapp.export.deck import of
from quizapp.export.pdf import paper
from quizapp.export.sheet import sheet
from tests.decks import deck, hostile, run, state  # noqa: F401
from tests.toybench import ROOT

pdfium = pytest.importorskip("pypdfium2")
MM = 72 / 25.4
HOSTILE = (
    "x" * 400 + " 漢字 \U0001f600 \x00 a\tb <b>&amp;</b> \\( \\) %PDF endobj ) ( stream \u202eright\u202c"
)


def opened(deck):
    return pdfium.PdfDocument(export.render(deck, ".pdf"))


def pages(document):
    return [document[place].get_textpage().get_text_bounded() for place in range(len(document))]


def flat(text):
    """As it was before it was broken into lines."""
    return re.sub(r"\s+", " ", text)


def whole(document):
    return flat(" ".join(pages(document)))


def outside(document):
    """Ink that is not where it may be: (page, letter, place in millimetres)."""
    found = []
    for number in range(len(document)):
        text = document[number].get_textpage()
        letters = text.get_text_range(0, text.count_chars())
        for place in range(text.count_chars()):
            left, bottom, right, top = (at / MM for at in text.get_charbox(place))
            within = left >= paper.LEFT - 1 and right <= paper.WIDTH - paper.RIGHT + 1
            if not (within and paper.HEIGHT - top >= 10 and bottom >= 10) and right > left:
                found.append((number + 1, letters[place : place + 1], (left, bottom, right, top)))
    return found


def ink_in_the_margins(document):
    """Pages with a dark dot in a margin, as a printer would see it."""
    found = []
    for number in range(len(document)):
        image = document[number].render(scale=1).to_numpy()[:, :, :3].min(axis=2)
        high, wide = image.shape
        left, top = int((paper.LEFT - 2) * MM), int(9 * MM)
        margins = (image[:, :left], image[:, wide - left :], image[:top], image[high - top :])
        found += [number + 1] if any((margin < 128).any() for margin in margins) else []
    return found


# ---- bytes ----------------------------------------------------------------------------------------


def test_the_same_deck_gives_the_same_bytes_at_any_time(deck, monkeypatch):
    before = export.render(deck, ".pdf")
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert export.render(deck, ".pdf") == before


def test_another_process_gives_the_same_bytes():
    code = (
        "import hashlib; from pathlib import Path; from quizapp import bank\n"
        "from quizapp.export import of, render\n"
        "made, _ = bank.read(sorted(Path('tests/fixtures/bank').glob('*.yaml')))\n"
        "print(hashlib.sha256(render(of(made, {}), '.pdf')).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(said) == 1


def test_its_date_is_that_of_the_newest_measurement(deck, all_kinds, run):
    assert pdf.dated(deck) == datetime.fromisoformat(run.at).astimezone(UTC)
    assert pdf.dated(of(all_kinds, {})) == pdf.UNDATED
    stamp = pdf.dated(deck).strftime("D:%Y%m%d%H%M%S")
    assert opened(deck).get_metadata_dict()["CreationDate"].startswith(stamp)


def test_the_fonts_are_in_it(deck):
    body = export.render(deck, ".pdf")
    assert body.count(b"/FontFile2") == 3
    assert b"/Helvetica" not in body


# ---- what is where --------------------------------------------------------------------------------


def test_questions_come_first_and_do_not_tell(deck):
    said = pages(opened(deck))
    heads = [text.splitlines()[1] for text in said]
    first_answer = next(place for place, head in enumerate(heads) if head.startswith("Answers"))
    questions, answers = flat(" ".join(said[:first_answer])), flat(" ".join(said[first_answer:]))
    for item in deck.items:
        written = sheet(item, deck.numbers, deck.misconceptions)
        assert flat(written.question) in questions
        for part in written.parts:
            for pick in part.picks:
                assert (flat(pick.text).strip() in questions) != part.later
                assert flat(pick.text).strip() in questions + answers
                assert flat(pick.why) in answers
                assert not pick.why or flat(pick.why) not in questions
        for block in written.blocks:
            for line in block.lines:
                assert flat(line) in answers
        for line in written.answer:
            assert flat(line) in answers
        assert flat(item.answer_aloud) in answers


def test_every_page_has_its_number_and_the_contents_lead_there(deck):
    document = opened(deck)
    said = pages(document)
    feet = [document[place].get_textpage().get_text_bounded(top=15 * MM) for place in range(len(said))]
    assert [foot.strip() for foot in feet] == [str(number) for number in range(1, len(said) + 1)]
    _, *listed = re.findall(r"^(.+?)\s+(\d+)\s*$", said[1], re.MULTILINE)  # after the head of the page
    names = [name.strip() for name, _ in listed]
    assert names[:2] == ["Questions", "Parallelism"]
    assert {"Answers", "Evidence", "Runs", "lstm-gradient-fades", "gradient_distance"} <= set(names)
    for name, number in listed:
        assert name.strip() in said[int(number) - 1], name
    bookmarks = [entry.get_title() for entry in document.get_toc()]
    assert bookmarks == names[: len(bookmarks)]


def test_the_contents_of_many_claims_go_on(deck):
    claims = {f"claim-{place:03}": one for place in range(60) for one in [deck.claims["lstm-gradient-fades"]]}
    many = dataclasses.replace(
        deck,
        claims={id_: dataclasses.replace(one, id=id_) for id_, one in claims.items()},
        evidence=dict.fromkeys(claims, deck.evidence["lstm-gradient-fades"]),
    )
    said = pages(opened(many))
    assert "claim-000" in said[1]
    assert "claim-059" in said[2]
    (number,) = re.findall(r"claim-059\s+(\d+)", said[2])
    assert "claim-059" in said[int(number) - 1]
    assert "Questions" in said[3].splitlines()[1]


def test_the_state_of_the_evidence_is_said(state):
    words, made = state
    said = whole(opened(made))
    assert words in said
    assert "Again: quizapp prove lstm-gradient-fades" in said
    if words != "Not run yet":
        assert re.search(r"on cpu, a made-up processor; \d{4}-\d\d-\d\d; seeds 0 to 4 \(5\)", said)


def test_what_was_not_run_here_shows_the_reference_and_says_so(all_kinds, deck, run):
    shipped = {id_: (one,) for id_, one in deck.evidence.items() if one is not None}
    said = whole(opened(dataclasses.replace(of(all_kinds, {}), references=shipped)))
    assert "Not run yet" in said
    assert "The reference measured: pass · gradient_distance.lstm_slope (support)" in said
    assert "Not run here yet: this is the reference that came with quizapp." in said
    assert run.plot.title in said
    assert "this is the reference" not in whole(opened(dataclasses.replace(deck, references=shipped)))


def test_curves_are_drawn_with_their_names(deck, run):
    document = opened(deck)
    said = pages(document)
    (last,) = [place for place, text in enumerate(said) if run.plot.title in text]
    for curve in run.plot.curves:
        assert curve.name in flat(said[last])
    image = document[last].render(scale=1).to_numpy()[:, :, :3].astype(int)
    coloured = (abs(image[:, :, 0] - image[:, :, 2]) > 60).sum()
    assert coloured > 300


@pytest.mark.parametrize("spread", [(1.0, 1.0), (0.0, 0.0), (1e-30, 1e30), (-5.0, -4.9), (3.0, 4.0)])
@pytest.mark.parametrize("log", [True, False])
def test_any_curve_can_be_drawn(all_kinds, run, spread, log):
    curves = tuple(
        dataclasses.replace(curve, x=(1.0, 2.0, float("nan")), y=(*spread, 1.0)) for curve in run.plot.curves
    )
    plot = dataclasses.replace(run.plot, curves=curves, x_log=log, y_log=log)
    document = opened(of(all_kinds, {run.experiment: dataclasses.replace(run, plot=plot)}, "stability"))
    assert outside(document) == []


# ---- nothing beyond the edge, nothing without a shape ----------------------------------------------


def test_nothing_stands_in_the_margins(deck):
    document = opened(deck)
    assert outside(document) == []
    assert ink_in_the_margins(document) == []


def test_hostile_texts_stay_on_the_page(deck):
    document = opened(hostile(deck, HOSTILE))
    assert outside(document) == []
    assert ink_in_the_margins(document) == []
    said = whole(document)
    assert "漢" not in said
    assert "a b <b>&amp;</b> \\( \\) %PDF endobj ) ( stream" in said
    assert "\ufffd" in said


def test_code_keeps_its_lines_and_its_indent(deck, all_kinds):
    (code,) = (item for item in deck.items if item.id == "fix-code")
    text = opened(dataclasses.replace(deck, items=(code,)))[2].get_textpage()

    def place(words):
        left, _, _, top = text.get_charbox(text.search(words).get_next()[0])
        return left, top

    (define, above), (inner, below) = place("def scores(q, k):"), place("n = s.shape[0]")
    wide = paper.SMALL * 0.602
    assert inner - define == pytest.approx(4 * wide, abs=1.0)
    assert above > below


def test_without_evidence_it_says_so(all_kinds):
    said = whole(opened(dataclasses.replace(of(all_kinds, {}), claims={}, evidence={}, kept="none")))
    assert "made without the evidence" in said
    assert "Runs" not in said


def test_the_whole_bank_is_printed_in_seconds():
    made = of(bank.load(), {}, None, reference.load(), kept="reference")
    began = time.process_time()
    document = opened(made)
    assert time.process_time() - began < 10
    said = whole(document)
    assert "\ufffd" not in said  # every letter has a shape
    assert all(
        flat(sheet(item, made.numbers, made.misconceptions).question) in said for item in made.items[::20]
    )
