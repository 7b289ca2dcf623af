"""The page judges what is typed as the app does: thousands of cases, judged by both and compared."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator

import pytest

from quizapp import bank, model, paths
from quizapp.amounts import FAMILIES, SCALES, readings
from quizapp.export import html
from quizapp.export.deck import of
from quizapp.export.html import data
from quizapp.grade import filling, grade, sprung, truth_of
from quizapp.spelling import fill, fit, formula
from quizapp.texts import Vocabulary
from tests.test_typed_answers import ACCEPTED, FAR, NEAR, NOT_ACCEPTED

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to run the page's script")

REAL, _ = bank.read(sorted(paths.questions().glob("*.yaml")))
DECK = of(REAL, {})
KNOWN = Vocabulary(REAL.items.values)
NUMBERS = [
    *("", "5", "1,000", "1.000.000", "12.345,6", "1 000 000", "1'000'000", "0,125", "2½", "２", "$2^{10}$"),
    *("\\frac{1}{3}", "2·10⁵", "about 3.", "sqrt(2)", "√2", "10 - 3", "1e6", "10^3", "10⁻³", "2**10", "1/3"),
    *("2 2/3", "−3.8", "-2^2", "(-2)^2", "2^-1", "2^3^2", "--5", "e^2", "exp(2)", "exp(2)^3", "ln(10)", "pi"),
    *(
        "2pi",
        "2 sqrt(2)",
        "log2(1024)",
        "log10(1e3)",
        "≈ 5%",
        "~7",
        "x4",
        "4x",
        "4 ×",
        "3 x 4",
        ".5",
        "5.",
        "007",
    ),
    *(
        "1e999",
        "1/0",
        "0/0",
        "sqrt(-1)",
        "ln(0)",
        "(-8)^(1/3)",
        "9**9**9**9",
        "1/(1/0)",
        "2^",
        "(3",
        "3)",
        "()",
    ),
    *(
        "4-5",
        "4–5",
        "5-4",
        "3 or 4",
        "1:4",
        "nan",
        "inf",
        "1,2,3",
        "seven",
        "a factor of 12",
        "the 12",
        "96.1 per cent",
    ),
    *(
        "1_000",
        "1.5 Mio",
        "12 Mtokens",
        "221 kFLOPs per cycle",
        "-3,8",
        "768.",
        "= 12",
        "½",
        "a",
        "e",
        "1 e",
        "$5$",
    ),
    *(
        "9" * 300,
        "1.2 × 10^10",
        "8*256 - 255",
        "10^-3.8",
        "104e9",
        "104,000,000",
        "5 + 5",
        "ALMOST 9",
        "10 %",
        "50 pct",
        "1.2.3",
        "2 3",
        "2(3)",
        "(2)3",
    ),
]
UNITS = (
    "",
    "GiB",
    "MB",
    "bytes",
    "bits",
    "s",
    "ms",
    "%",
    "share",
    "billion tokens",
    "tokens",
    "x",
    "powers of ten",
)
WORDS = [
    *(
        "the",
        "a an",
        "-",
        "…",
        "θ",
        "Γ",
        "𝛾",
        "ﬁrst",
        "É",
        "1",
        "-1",
        "1.0",
        "2^3",
        "O(N²)",
        "O(n log n)",
        "Θ(n^2)",
    ),
    *(
        "\\text{keys}",
        "K&V",
        "kyes",
        "“keys”",
        "key's",
        "10-2",
        "1 0",
        "nan",
        "inf",
        "in_variant",
        "x" * 300,
        ".",
    ),
]


@pytest.fixture(scope="module")
def page() -> Iterator[sync_api.Page]:
    """A page with the script that judges, and nothing else."""
    script = "\n".join((html.FOLDER / name).read_text(encoding="utf-8") for name in html.JUDGE)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=script)
        yield page
        browser.close()


def mutated(word: str, luck: random.Random) -> Iterator[str]:
    """What people make of a word: other case, spaces, hyphens, endings, and slips of the pen."""
    yield from (
        word,
        word.upper(),
        f" {word} ",
        f"the {word}",
        f"{word}s",
        word.removesuffix("s"),
        f"-{word}",
    )
    yield from (
        word.replace(" ", "-"),
        word.replace("-", " "),
        word.replace(" ", ""),
        f"${word}$",
        f"{word}.",
    )
    for british, american in (("ise", "ize"), ("isa", "iza"), ("our", "or"), ("tre", "ter"), ("lled", "led")):
        yield from (word.replace(british, american), word.replace(american, british))
    if len(word) > 1:
        for _ in range(2):
            at = luck.randrange(len(word))
            letter = luck.choice("abcdefghijklmnopqrstuvwxyz")
            yield from (word[:at] + word[at + 1 :], word[:at] + letter + word[at:])
            yield word[:at] + letter + word[at + 1 :]
            yield word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def gaps() -> Iterator[tuple[model.Cloze, str, dict[str, object]]]:
    for item in REAL.items.values():
        if isinstance(item, model.Cloze):
            yield from zip([item] * 9, item.accept, data.item(item, DECK)["tasks"], strict=False)


def test_every_gap_of_the_bank_takes_and_refuses_the_same(page: sync_api.Page):
    luck = random.Random(7)
    every = sorted({word for item, gap, _ in gaps() for word in item.accept[gap]})
    wrong, count = [], 0
    for item, gap, task in gaps():
        looked_for = [*item.accept[gap], *(one.value for one in item.reject if one.deletion == gap)]
        typed = [made for word in looked_for for made in mutated(word, luck)]
        typed += [*every[::4], *WORDS, *NUMBERS[::6]]
        typed += [one for id_, at, one in (*ACCEPTED, *NOT_ACCEPTED) if (id_, at) == (item.id, gap)]
        before, behind = task["beside"]
        typed += [f"{word} {' '.join(behind.split()[:1])}" for word in looked_for]
        typed += [f"{' '.join(before.split()[-1:])} {word}" for word in looked_for]
        typed = [one for one in typed if one.strip()]
        theirs = page.evaluate("([task, typed]) => typed.map((one) => judgeTask(task, one))", [task, typed])
        for one, page_says in zip(typed, theirs, strict=True):
            count += 1
            ours = filling(item, gap, one.strip(), KNOWN)
            told = ours.rejected.word if ours.rejected and not ours.right else None
            known = (r.misconception for r in item.reject if (r.deletion, r.value) == (gap, told))
            believed = next(known, None)
            if (ours.right, believed) != (page_says["right"], page_says.get("belief")):
                wrong.append((item.id, gap, one, ours, page_says))
    assert count > 5_000
    assert wrong == []


def test_numbers_in_every_unit_are_read_the_same(page: sync_api.Page):
    of_bank = (item.answer.unit for item in REAL.items.values() if hasattr(item, "answer"))
    units = list(dict.fromkeys((*UNITS, *of_bank)))[:40]
    ends = dict.fromkeys(
        ("", *SCALES, *(word for family in FAMILIES for word in family), "times", "apples", "GB/s")
    )
    texts = [*NUMBERS, *(typed for _, typed in (*NEAR, *FAR))]
    texts += [
        f"{number}{space}{end}" for number in ("4", "1500", "0.5") for end in ends for space in ("", " ")
    ]
    cases = [(text, unit) for unit in units for text in dict.fromkeys(texts)]
    theirs = page.evaluate("(cases) => cases.map(([text, unit]) => readings(text, unit))", cases)
    wrong = [
        (text, unit, ours, page_says)
        for (text, unit), page_says in zip(cases, theirs, strict=True)
        if list(ours := readings(text, unit)) != pytest.approx(page_says, rel=1e-12, abs=0)
    ]
    assert len(cases) > 5_000
    assert wrong == []


def test_every_number_of_the_bank_is_judged_the_same(page: sync_api.Page):
    wrong, count = [], 0
    for item in REAL.items.values():
        if not isinstance(item, model.Numeric | model.Estimate) or item.answer.value is None:
            continue
        truth, unit = truth_of(item.answer, {}), item.answer.unit
        given = [*NUMBERS, *(typed for id_, typed in (*NEAR, *FAR) if id_ == item.id)]
        for value in (truth, *(trap.value for trap in item.traps)):
            for factor in (1, 0.98, 1.03, 0.5, -1, 1e-3, 1e6):
                given += [f"{value * factor:.6g}", f"{value * factor:,.3f} {unit}", f"{value * factor:.3e}"]
            given += [f"{value / scale:.7g}{word}" for word, scale in SCALES.items()]
        given = [one for one in given if one.strip()]
        (task,) = data.item(item, DECK)["tasks"]
        if isinstance(item, model.Estimate):
            answers = [
                [one, two, three] for one, two, three in zip(given, given[1:], given[2:], strict=False)
            ]
        else:
            answers = given
        theirs = page.evaluate("([task, given]) => given.map((one) => judgeTask(task, one))", [task, answers])
        for one, page_says in zip(answers, theirs, strict=True):
            count += 1
            ours = grade(item, one, {}, KNOWN)
            said = one if isinstance(one, str) else one[1]
            read = all(readings(text, unit) for text in ([one] if isinstance(one, str) else one))
            sprang = [] if ours.correct or not read else sprung(item.answer, item.traps, readings(said, unit))
            believed = sprang[0].misconception if sprang else None
            mine = (ours.correct, pytest.approx(ours.score), believed)
            if mine != (page_says["right"], page_says["score"], page_says.get("belief")):
                wrong.append((item.id, one, mine, page_says))
    assert count > 5_000
    assert wrong == []


@pytest.mark.parametrize(
    "accepted", [["O(N²)"], ["O(N log N)"], ["N^2 d"], ["Θ(1)"], ["8/3"], ["0.45"], ["colour"]]
)
def test_growths_and_values_are_compared_the_same(page: sync_api.Page, accepted: list[str]):
    forms = [
        "O(n^2)",
        "O(N*N)",
        "O(n**2)",
        "O(N²)",
        "O(N·N)",
        "$\\mathcal{O}(N^2)$",
        "O( n squared )",
        "O(n)",
        "N^2",
    ]
    forms += [
        "order of n^2",
        "of O(n²)",
        "O(n log2 n)",
        "O(N*log(N))",
        "O(log(n) n)",
        "d N^2",
        "N*N*d",
        "o(1)",
        "O(1)",
    ]
    forms += [
        "theta(1)",
        "2.667",
        "2.67",
        "2.6667",
        "16/6",
        "0.450",
        "45%",
        ".45",
        "color",
        "colours",
        "O(n^0.5)",
        "O()",
    ]
    forms += ["O(sqrt(n))", "O(2^n)", "O(n^0)", "n^0", "O(n + d)", "O(d+n)", "O(n)+O(d)", *NUMBERS]
    theirs = page.evaluate(
        "([task, typed]) => typed.map((one) => filled(one, task))", [{"accept": accepted}, forms]
    )
    for form, page_says in zip(forms, theirs, strict=True):
        ours = fill(form, accepted, [])
        assert ours.right is page_says["right"], (form, formula(form), fit(form, accepted[0]))
        if ours.accepted is not None:
            assert (ours.accepted.rank, ours.accepted.how) == (
                page_says["accepted"]["rank"],
                page_says["accepted"]["how"],
            )


def test_it_is_said_how_an_answer_was_taken(page: sync_api.Page):
    number = {"mode": "number", "truth": 1.5, "within": {"rel": 0.02}, "unit": "GiB"}
    word = {
        "mode": "word",
        "prompt": "Gap 1",
        "accept": ["normalisation"],
        "reject": [{"value": "scaling", "why": "No."}],
    }
    said = page.evaluate(
        "([number, word]) => [judgeTask(number, '1536 MiB'), judgeTask(number, '1.5'),"
        " judgeTask(word, 'normalization'), judgeTask(word, 'scalings')].map((one) => one.note)",
        [number, word],
    )
    assert said == [
        "“1536 MiB” is taken as 1.5 GiB.",
        "",
        "Accepted: “normalization” differs only in spelling from “normalisation”.",
        "“scalings” is singular or plural of “scaling”, which is wrong here: No.",
    ]
