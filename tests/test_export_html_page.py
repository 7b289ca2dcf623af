"""The HTML page as a reader uses it: a real browser, a file, no network."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import shutil
from pathlib import Path

import pytest

from quizapp import steps
from quizapp.evidence import Run
from quizapp.export import html, sheet
from quizapp.export.deck import of
from quizapp.export.html import data
from quizapp.grade import grade
from quizapp.model import Source, build
from quizapp.verifiers import catalogue
from tests.test_export_html import HOSTILE, hostile

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look at the page with")

FIXTURES = Path(__file__).parent / "fixtures"
PHONE = {"width": 390, "height": 844}
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def deck(all_kinds):
    made = build(Run, json.loads((FIXTURES / "fabricated_run.json").read_text(encoding="utf-8")))
    run = dataclasses.replace(made, fingerprint=catalogue.read("gradient_distance").fingerprint)
    return of(all_kinds, {run.experiment: run})


@pytest.fixture(scope="module")
def file(deck, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "deck.html"
    path.write_bytes(html.render(deck))
    return path


class Watched:
    """A page that is looked at: what it asks for, and what it complains of."""

    def __init__(self, browser, **how) -> None:
        self.context = browser.new_context(
            viewport=how.pop("viewport", {"width": 1200, "height": 800}), **how
        )
        self.context.set_default_timeout(5000)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.add_init_script(WATCH)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))

    def open(self, file: Path, part: str = ""):
        self.page.goto(file.as_uri() + part)
        return self.page

    def check(self, asked: int = 1) -> None:
        """Nothing was fetched but the file, nothing went wrong, nothing was forbidden."""
        assert self.complaints == []
        assert self.page.evaluate("violations") == []
        assert len(self.asked) == asked, self.asked
        assert all(url.startswith("file:") for url in self.asked)

    def close(self, asked: int = 1) -> None:
        self.check(asked)
        self.context.close()


@pytest.fixture(scope="module")
def shared(browser, file):
    """One window for all tests that need no other."""
    watched = Watched(browser)
    watched.open(file)
    yield watched
    watched.context.close()


@pytest.fixture
def page(shared, file):
    """The page as it is when it is opened for the first time."""
    shared.page.evaluate("localStorage.clear()")
    shared.page.emulate_media(media="screen")
    shared.page.goto("about:blank")
    shared.asked.clear()
    yield shared.open(file)
    shared.check(len(shared.asked))


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def show(page, id_: str) -> None:
    page.evaluate("id => { location.hash = id; }", id_)
    page.wait_for_function("id => document.querySelector('.kicker .id')?.textContent === id", arg=id_)


def shown(page) -> str:
    return page.locator(".kicker .id").text_content()


# ---- opening, turning, going on


def test_it_opens_from_a_file_and_asks_for_nothing_else(browser, file, deck):
    watched = Watched(browser)
    page = watched.open(file)
    assert page.title() == deck.title
    assert shown(page) == deck.items[0].id
    for key in ("Space", "n", "Space", "v", "q", "k", "t", "t", "t"):
        press(page, key)
    watched.close(asked=1)


def test_a_card_turns_and_says_why_for_every_option(page, all_kinds):
    show(page, "fix-choice")
    assert page.locator(".why").count() == 0
    press(page, "Space")
    for option in all_kinds.items["fix-choice"].options:
        assert page.get_by_text(option.why).is_visible()
    assert page.locator(".headline").count() == 0  # nothing was picked, so nothing is judged
    press(page, "Enter")
    assert page.locator(".why").count() == 0


@pytest.mark.parametrize("key", ["3", "c"])
def test_options_are_picked_by_number_and_letter(page, key):
    show(page, "fix-choice")
    press(page, key, "Enter")
    assert page.locator(".headline").text_content() == "✓ Right"
    assert "It shrinks to roughly 1e-30" in page.locator(".pick.chosen").text_content()


def test_a_wrong_pick_names_the_belief_behind_it(page, all_kinds):
    show(page, "fix-choice")
    page.get_by_text("It is kept whole by the sum in the cell").click()
    page.get_by_role("button", name="Check").click()
    assert page.locator(".headline").text_content() == "✗ Wrong"
    belief = all_kinds.misconceptions["M-GATES-KEEP-ALL"]
    assert belief.says in page.locator(".pick.chosen").text_content()
    assert belief.refute in page.locator(".pick.chosen").text_content()


def test_the_arrows_and_letters_go_on_and_back(page, deck):
    press(page, "ArrowRight", "n", "n")
    assert shown(page) == deck.items[3].id
    press(page, "p", "ArrowLeft")
    assert shown(page) == deck.items[1].id
    assert page.locator(".where").text_content() == f"2 / {len(deck.items)}"
    assert page.locator(".rows [aria-current]").text_content().strip()


def test_an_address_leads_to_an_item(page, shared, file):
    page.goto("about:blank")
    shared.open(file, "#fix-flaw")
    assert shown(page) == "fix-flaw"


# ---- finding


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("topic", "scaling", ["fix-order"]),
        ("level", "junior", ["fix-cloze", "fix-numeric", "fix-card"]),
        ("kind", "open", ["fix-open"]),
        ("claim", "lstm-fades-slower", ["fix-plot", "fix-number"]),
        ("verdict", "cited", ["fix-truefalse"]),
    ],
)
def test_filters_leave_what_fits(page, name, value, ids):
    page.select_option(f"#filter-{name}", value)
    found = [shown(page)]
    for _ in ids[1:]:
        press(page, "n")
        found.append(shown(page))
    assert sorted(found) == sorted(ids)
    assert page.locator("#count").text_content().startswith(f"{len(ids)} of 13 questions")
    page.get_by_role("button", name="show all").click()
    assert page.locator("#count").text_content() == "13 questions"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("half PRECISION", 2),
        ('"you took the sum for a free path"', 1),
        ("fix-order", 1),
        ("teacher serial", 1),
        ("zzz", 0),
    ],
)
def test_search_looks_into_every_text(page, text, ids):
    press(page, "/")
    page.keyboard.type(text)
    page.wait_for_function("n => document.getElementById('count').textContent.startsWith(`${n} of`)", arg=ids)
    if not ids:
        assert page.get_by_text("No question fits these filters").is_visible()
    press(page, "Enter")
    assert page.evaluate("document.activeElement.id") != "search"


def test_a_long_list_draws_only_what_one_sees(browser, deck, tmp_path):
    many = tuple(dataclasses.replace(deck.items[at % 13], id=f"item-{at}") for at in range(3000))
    path = tmp_path / "many.html"
    path.write_bytes(html.render(dataclasses.replace(deck, items=many)))
    watched = Watched(browser)
    page = watched.open(path)
    assert page.locator(".rows li").count() < 40
    page.evaluate("document.querySelector('.list').scrollTop = 1e9")
    page.locator('.rows [data-at="2999"]').click()
    assert shown(page) == "item-2999"
    assert page.locator(".rows li").count() < 40
    press(page, "p")
    assert shown(page) == "item-2998"
    watched.close()


# ---- every kind


def test_typed_numbers_are_judged_and_asked_again_when_unclear(page):
    show(page, "fix-numeric")
    press(page, "5")  # a digit goes into the field by itself
    field = page.get_by_label("Your number")
    assert field.input_value() == "5"
    field.fill("about half")
    press(page, "Enter")
    assert "not clearly one number" in page.get_by_role("alert").text_content()
    page.get_by_label("Your number").fill("1,024 MiB")
    press(page, "Enter")
    assert page.locator(".headline").text_content() == "✗ Wrong"
    assert "You took four bytes a number" in page.locator(".pick.chosen").text_content()
    page.get_by_role("button", name="count it as right").click()
    assert "as you say" in page.locator(".headline").text_content()


def test_gaps_are_filled(page):
    show(page, "fix-cloze")
    page.get_by_label("Gap 1").fill("The Width")
    page.get_by_label("Gap 2").fill("d")
    press(page, "Enter")
    assert page.locator(".headline").text_content() == "✗ Wrong (50% of the points)"
    assert "That would leave a variance of 1/d" in page.locator(".pick.wrong").text_content()


def test_an_order_is_chosen_one_after_the_other(page, all_kinds):
    show(page, "fix-order")
    for one in all_kinds.items["fix-order"].sequence:
        page.get_by_role("button", name=one.text).click()
    press(page, "p", "n")  # leaving forgets what was not checked
    show(page, "fix-order")
    for one in all_kinds.items["fix-order"].sequence:
        page.get_by_role("button", name=one.text).click()
    page.get_by_role("button", name="Check").click()
    assert page.locator(".headline").text_content() == "✓ Right"


def test_a_card_is_graded_by_whoever_turned_it(page):
    show(page, "fix-card")
    assert page.get_by_text("The true previous tokens").count() == 0
    press(page, "Space")
    assert page.get_by_text("The true previous tokens").first.is_visible()
    press(page, "2")
    assert shown(page) != "fix-card"
    press(page, "p")
    assert "right last time" in page.locator(".rows [aria-current]").text_content()


def test_a_rubric_is_ticked(page, all_kinds):
    show(page, "fix-open")
    press(page, "Space")
    item = all_kinds.items["fix-open"]
    for answer in (item.model_answers.junior, item.model_answers.staff):
        assert page.get_by_text(answer).is_visible()
    page.get_by_label("Training is parallel").check()
    assert page.locator(".headline").text_content() == "✓ Right (40% of the points)"
    page.get_by_label("It will write the transcript").check()
    assert page.locator(".headline").text_content() == "✗ Wrong (20% of the points)"


def test_code_shows_the_lines_to_look_at(page):
    show(page, "fix-code")
    assert "this line" in page.locator(".line.marked").text_content()
    assert page.locator(".option code").count() == 3


def test_the_wrong_sentence_is_the_one_to_find(page):
    show(page, "fix-flaw")
    assert page.locator("fieldset:visible").count() == 1, "the repairs would tell which sentence is wrong"
    press(page, "2")
    page.get_by_text("At inference it makes a pass for each new token,").click()
    press(page, "Enter")
    assert page.locator(".headline").text_content() == "✓ Right"
    assert "the wrong sentence" in page.locator(".pick.chosen").first.text_content()


# ---- the quiz


def test_a_quiz_hides_answers_and_asks_the_wrong_ones_again(page):
    page.select_option("#filter-kind", "choice")
    press(page, "q")
    page.get_by_role("button", name="All 1").click()
    assert page.locator("aside").is_hidden()
    assert page.locator(".why").count() == 0
    assert page.get_by_role("button", name="Check").is_disabled()
    press(page, "a", "Enter")
    assert page.locator(".headline").text_content() == "✗ Wrong"
    assert page.locator(".why").count() >= 4
    press(page, "Enter")
    assert page.locator("#question").text_content() == "0 of 1 right"
    page.get_by_role("button", name="The 1 wrong one again").click()
    press(page, "3", "Enter", "Enter")
    assert page.locator("#question").text_content() == "1 of 1 right"
    press(page, "k")
    page.select_option("#filter-mine", "right")
    assert shown(page) == "fix-choice"


def test_a_whole_quiz_with_the_keyboard(page):
    press(page, "q")
    page.get_by_label("Also the 2 that you grade yourself").check()
    page.get_by_role("button", name="All 13").click()
    for _ in range(13):
        if page.get_by_role("button", name="I do not know").count():
            page.get_by_role("button", name="I do not know").click()
        else:
            press(page, "Enter")
            if page.get_by_role("button", name="I missed it").count():
                press(page, "1")
                continue
        page.locator("#question").focus()
        press(page, "Enter")
    assert page.locator("#question").text_content() == "0 of 13 right"
    assert page.locator(".score tr").count() == 10


def test_what_nobody_measured_is_not_asked(browser, all_kinds, tmp_path):
    path = tmp_path / "unmeasured.html"
    path.write_bytes(html.render(of(all_kinds, {}, "stability")))
    watched = Watched(browser)
    page = watched.open(path)
    press(page, "Space")
    assert "Nobody has measured it yet" in page.locator(".answer").text_content()
    assert (
        "Not run yet. Run it with: quizapp prove lstm-fades-slower" in page.locator(".claim").text_content()
    )
    press(page, "q")
    assert page.get_by_text("1 question left out").is_visible()
    watched.close()


# ---- evidence


def test_evidence_says_device_date_seeds_and_the_command(page):
    show(page, "fix-choice")
    press(page, "Space")
    claim = page.locator(".claim").first
    text = claim.text_content()
    for said in (
        "a made-up processor",
        "seeds 0 to 4 (5)",
        "quizapp prove lstm-gradient-fades",
        "Depends",
        "Better said",
    ):
        assert said in text
    assert re.search(r"\d{4}-\d\d-\d\d", text)
    claim.get_by_text("The measurement").click()
    claim.locator(".plot").first.wait_for()
    assert claim.locator(".plot .curve path:not(.marker)").count() > 1
    assert "control" in claim.locator(".legend").first.text_content()
    claim.get_by_text("The numbers in the picture").click()
    claim.locator(".plot td").first.wait_for()
    assert claim.locator(".plot td").count() > 10
    claim.get_by_text("Controls:").click()
    claim.get_by_text("must pass").first.wait_for()


def test_verdicts_are_words(page, deck):
    press(page, "v")
    badges = page.locator(".rows .badge").all_text_contents()
    assert len(badges) == len(deck.claims)
    assert all(re.search(r"Holds|Depends|Fails|Unclear|Not run|Cited", badge) for badge in badges)
    first = page.locator("#question").text_content()
    press(page, "n")
    assert page.locator("#question").text_content() != first
    page.select_option("#filter-verdict", "cited")
    assert page.locator("#count").text_content().startswith("1 of ")


# ---- keys, themes, memory, paper


def test_help_opens_and_closes(page):
    press(page, "?")
    assert page.get_by_role("dialog").get_by_text("turn the card").is_visible()
    press(page, "n")  # keys mean nothing below it
    press(page, "Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.locator(".where").text_content().startswith("1 /")


def test_the_theme_follows_the_system_and_a_key(browser, file):
    watched = Watched(browser, color_scheme="dark")
    page = watched.open(file)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    press(page, "t")
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    assert page.evaluate(ground) == light
    press(page, "t", "t")
    assert page.evaluate(ground) == dark
    watched.close(asked=2)


def test_it_works_where_nothing_may_be_kept(browser, file):
    watched = Watched(browser)
    watched.page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('no', 'SecurityError'); } });"
        "history.replaceState = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    page = watched.open(file)
    press(page, "t", "n", "a", "Enter")
    assert page.locator(".headline").count() == 1
    watched.close()


def test_motion_only_for_those_who_want_it(browser, file):
    for wish, name in (("reduce", "none"), ("no-preference", "turn")):
        watched = Watched(browser, reduced_motion=wish)
        page = watched.open(file)
        press(page, "Space")
        assert page.evaluate("getComputedStyle(document.querySelector('.back')).animationName") == name
        watched.close()


def test_paper_holds_what_fits_with_its_answers(page, all_kinds):
    page.select_option("#filter-level", "junior")
    assert page.pdf().startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#paper .item").count() == 3
    assert page.locator(".top").is_hidden()
    assert all_kinds.items["fix-numeric"].worked in page.locator("#paper").text_content()
    assert (
        page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size")
        == page.locator("[id]").count()
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper .item").count() == 0


# ---- a phone, and those who do not see


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_never_scrolls_sideways(browser, file, deck, width):
    watched = Watched(browser, viewport={"width": width, "height": 844}, has_touch=True)
    page = watched.open(file)
    wide = "document.scrollingElement.scrollWidth - innerWidth"
    for item in deck.items:
        show(page, item.id)
        assert page.evaluate(wide) <= 0, item.id
        press(page, "Space")
        for fold in page.locator(".claim .fold > summary").all():
            fold.click()
        assert page.evaluate(wide) <= 0, f"{item.id}, turned"
    for key in ("v", "q"):
        press(page, key)
        assert page.evaluate(wide) <= 0, key
    page.get_by_role("button", name="List").click()
    assert page.locator(".rows li").first.is_visible()
    assert page.evaluate(wide) <= 0
    watched.close()


def test_everything_has_a_name_and_a_place(page, deck):
    nameless = """() =>
      [...document.querySelectorAll('button, input, select, a, svg[role=img], summary')].filter((one) =>
        !one.getAttribute('aria-label') && !one.textContent.trim() && !one.labels?.[0]?.textContent.trim()
      ).length"""
    for item in deck.items:
        show(page, item.id)
        assert page.evaluate(nameless) == 0, item.id
        press(page, "Space")
        assert page.evaluate(nameless) == 0, f"{item.id}, turned"
    for role in ("banner", "main", "complementary", "search"):
        assert page.get_by_role(role).count() == 1, role
    assert page.locator("h1").count() == 1
    press(page, "p")
    assert page.evaluate("document.activeElement.id") == "question"
    press(page, "Tab")
    outline = page.evaluate(
        "getComputedStyle(document.activeElement.closest('.option') || document.activeElement).outlineStyle"
    )
    assert outline == "solid"


# ---- strangers


def test_a_hostile_deck_runs_nothing_and_asks_for_nothing(browser, deck, tmp_path):
    text = f"{HOSTILE} <svg onload=alert(1)> https://ok.example/x data:text/html,x {{{{c1::x}}}}"
    sources = (
        Source(ref=text),
        Source(ref="javascript:alert(1)"),
        Source(ref="http://ok.example/a?b=1&c=<b>"),
    )
    items = tuple(
        dataclasses.replace(hostile(item, text), sources=sources, claims=item.claims) for item in deck.items
    )
    claims = {id_: hostile(claim, text) for id_, claim in deck.claims.items()}
    beliefs = {id_: hostile(one, text) for id_, one in deck.misconceptions.items()}
    evidence = {
        id_: one and dataclasses.replace(one, runs=tuple(hostile_run(run, text) for run in one.runs))
        for id_, one in deck.evidence.items()
    }
    nasty = dataclasses.replace(
        deck, title=text, items=items, claims=claims, misconceptions=beliefs, evidence=evidence
    )
    path = tmp_path / "hostile.html"
    path.write_bytes(html.render(nasty))
    watched = Watched(browser)
    page = watched.open(path)
    for _ in items:
        press(page, "Space")
        for fold in page.locator(".claim .fold > summary").all():
            fold.click()
        addresses = page.eval_on_selector_all(
            "main a", "links => links.map(a => [a.protocol, a.rel, a.target])"
        )
        assert {tuple(one) for one in addresses} <= {
            (protocol, "noopener noreferrer", "_blank") for protocol in ("http:", "https:")
        }
        assert addresses
        press(page, "n")
    press(page, "v")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main img, main script, main iframe, #paper img, #paper script").count() == 0
    watched.close()


def hostile_run(run, text):
    plot = dataclasses.replace(
        run.plot,
        title=text,
        x=text,
        y=text,
        curves=tuple(dataclasses.replace(c, name=text) for c in run.plot.curves),
    )
    return dataclasses.replace(run, plot=plot, notes=(text,), machine=text, reason=text)


# ---- the page judges as the app does


def shown_steps(item):
    """The steps of an item with their options in the order the page shows them."""
    taken = steps.steps(item, sheet.SALT)
    if item.kind == "order":
        order, _ = sheet.order(item)
        texts = tuple(item.sequence[index].text for index in order)
        return (dataclasses.replace(taken[0], order=tuple(order), options=texts),)
    return taken


def replies(step, few):
    """What may be answered to a step, and how."""
    places = range(len(step.options))
    match step.mode:
        case "one":
            return list(places)
        case "many":
            return [list(some) for size in places for some in itertools.combinations(places, size + 1)]
        case "rank":
            return [list(order) for order in itertools.permutations(places)]
    if few:
        return ["20", "33", "3.2e1", "64", "45"]
    return ["512", "5.3e2", "1,024", "30", "33 ", "d", "√d", "the width", "SQRT(d)", "0.7", "-3", "1/3"]


@pytest.mark.parametrize(
    "id_",
    [
        *("fix-choice", "fix-code", "fix-multi", "fix-truefalse", "fix-flaw", "fix-order", "fix-plot"),
        *("fix-numeric", "fix-estimate", "fix-number", "fix-cloze"),
    ],
)
def test_the_page_judges_as_the_app_does(page, all_kinds, deck, id_):
    item = all_kinds.items[id_]
    taken = shown_steps(item)
    told = data.item(item, deck)
    answers = list(itertools.product(*(replies(step, len(taken) > 2) for step in taken)))
    ours = [grade(item, steps.given(item, taken, list(answer)), deck.numbers) for answer in answers]
    given = [[list(answer)] if told["tasks"][0]["mode"] == "range" else list(answer) for answer in answers]
    script = "\n".join((html.FOLDER / name).read_text(encoding="utf-8") for name in html.JUDGE)
    theirs = page.evaluate(
        f"([item, answers]) => {{ {script}\n return answers.map((given) => judge(item, given)); }}",
        [told, given],
    )
    readable = [at for at, one in enumerate(theirs) if one is not None]
    assert readable
    wrong = [
        (answers[at], ours[at].correct, theirs[at]["right"])
        for at in readable
        if (ours[at].correct, pytest.approx(ours[at].score)) != (theirs[at]["right"], theirs[at]["score"])
    ]
    assert wrong == []
