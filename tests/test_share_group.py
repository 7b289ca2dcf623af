"""What a group's files come to: drawn from the numbers, the same for the same files, about nobody unasked."""

import dataclasses
import math
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from quizapp.model import Review
from quizapp.share import group, group_beliefs, group_file, group_html, group_plot, group_report, group_text
from quizapp.share.group_judge import judged
from quizapp.share.group_report import report
from tests import groups
from tests.groups import NOW, answer, member, run

SPLIT = (
    [answer("fix-choice", True, 0.99)],
    [answer("fix-choice", False, 0.99)],
    [answer("fix-choice", True, 0.6)],
)


def three(**given):
    """Three members; two machines of one kind differ, and a third kind agrees with the first."""
    return [
        member(1, run(machine="first"), name="Anna", answers=SPLIT[0]),
        member(2, run(machine="second", fails={"lstm_slope"}), name="Ben", answers=SPLIT[1]),
        member(3, run("cuda", "third"), answers=SPLIT[2]),
    ]


# ---- making ---------------------------------------------------------------------------------------


def reviewed(store, clock, **given):
    made = {
        **{"item": "fix-choice", "rev": 1, "at": clock(), "given": '"my typed secret"', "score": 1.0},
        **{"correct": True, "confidence": 0.9, "rating": 3, "seconds": 4.0},
    }
    store.add_review(Review(**{**made, **given}))


def test_a_member_shares_the_newest_runs_and_only_if_they_wish_answers(store, clock):
    for one in (run(machine="old"), run(machine="new"), run("cuda", "gpu"), run("mps", status="crashed")):
        store.add_run(one)
    reviewed(store, clock)
    reviewed(store, clock, item="fix-card", cram=True)
    silent = group.of_store(store, "Anna", reviews=False)
    assert [(one.device, one.machine) for one in silent.runs] == [("cpu", "new"), ("cuda", "gpu")]
    assert silent.machines == ("cpu: new", "cuda: gpu")
    assert silent.answers is None
    assert [one.item for one in group.of_store(store, "", reviews=True).answers] == ["fix-choice"]


def test_what_was_typed_is_never_in_it_and_the_same_data_give_the_same_bytes(store, clock):
    store.add_run(run())
    reviewed(store, clock)
    raw = group.written(group.of_store(store, "Anna", reviews=True))
    assert raw == group.written(group.of_store(store, "Anna", reviews=True))
    assert b"secret" not in raw
    assert set(groups.lines(group_file.read(raw, "f", NOW))[2]) == group_file.FIELDS


def test_what_is_made_is_read_back_as_it_was(store, clock):
    store.add_run(run())
    store.add_run(run("cuda", checks=(dataclasses.replace(run().checks[0], estimate=float("nan")),)))
    reviewed(store, clock, confidence=None)
    made = group.of_store(store, "Zoë", reviews=True)
    back = group_file.read(group.written(made), "f", NOW)
    assert (back.id, back.name, back.newest, back.answers) == (made.id, made.name, made.newest, made.answers)
    assert back.runs[0] == made.runs[0]
    assert math.isnan(back.runs[1].checks[0].estimate)


def test_a_member_stays_the_same_whatever_they_call_themselves_and_do_later(store, clock):
    store.add_run(run())
    before = group.of_store(store, "Anna", reviews=False)
    clock.forward(days=1)
    reviewed(store, clock)
    after = group.of_store(store, "Annie", reviews=False)
    assert after.id == before.id
    assert after.newest > before.newest  # also where the answers are not shared


def test_nothing_to_share_is_said(store):
    with pytest.raises(group.GroupError, match="nothing to share"):
        group.of_store(store, "", reviews=True)


# ---- judging again --------------------------------------------------------------------------------


def test_an_honest_run_is_as_it_was():
    one = judged(run())
    assert one.known
    assert one.lies == ()
    assert one.run == run()


def lying(name="lstm_slope", **given):
    honest = run(fails={"lstm_slope"})
    checks = [dataclasses.replace(one, **given) if one.name == name else one for one in honest.checks]
    return dataclasses.replace(honest, checks=tuple(checks))


@pytest.mark.parametrize(
    "given",
    [
        {"outcome": "pass"},
        {"bounds": (None, None), "outcome": "pass"},
        {"arm": "control", "must": "fail"},
        {"estimate": -0.05, "low": -0.051, "high": -0.049, "outcome": "pass"},
    ],
)
def test_a_file_that_lies_about_a_failure_is_caught(given, all_kinds):
    one = judged(lying(**given))
    assert one.lies
    assert {check.name: check.outcome for check in one.run.checks}["lstm_slope"] == "fail"
    found = report([member(1, lying(**given))], all_kinds).found
    assert {one.claim: one.verdicts[0].verdict for one in found}["lstm-gradient-fades"] == "fails"


def test_a_run_that_hides_a_control_or_says_a_wrong_one_is_fine_is_invalid():
    honest = run()
    control = next(one for one in honest.checks if one.arm == "control")
    without = tuple(one for one in honest.checks if one is not control)
    other = {"pass": "fail", "fail": "pass"}[control.must]
    values = [groups.value(group_report.claims.experiment(groups.EXPERIMENT).checks[control.name], other)] * 5
    wrong = dataclasses.replace(
        control, estimate=values[0], low=values[0], high=values[0], values=tuple(values), outcome=control.must
    )
    for checks in (without, (*without, wrong)):
        one = judged(dataclasses.replace(honest, checks=checks))
        assert one.run.status == "invalid"
        assert control.name in one.run.reason
        assert one.lies


def test_a_run_that_calls_itself_invalid_stays_so():
    assert judged(run(status="invalid", reason="a control")).run.status == "invalid"


def test_of_another_version_outcomes_are_drawn_from_its_own_numbers(all_kinds):
    lie = dataclasses.replace(lying(outcome="pass"), fingerprint="0" * 16)
    one = judged(lie)
    assert not one.known
    assert len(one.lies) == 1
    made = report([member(1, lie)], all_kinds)
    found = {one.claim: one for one in made.found}["lstm-gradient-fades"]
    assert (found.agreement, found.machines, found.verdicts[0].verdict) == ("none", 0, "fails")
    assert not found.numbers
    assert "fails*" in group_text.text(made, 80)
    assert "only by other versions" in {one.claim: one.why for one in made.missing}["lstm-gradient-fades"]


# ---- the report -----------------------------------------------------------------------------------


def test_machines_that_differ_come_first_with_their_numbers(all_kinds):
    made = report(three(), all_kinds)
    first = made.found[0]
    assert (first.claim, first.agreement) == ("lstm-gradient-fades", "differ")
    assert (first.reproduced, first.machines) == (2, 3)
    slopes = first.numbers[0]
    assert slopes.check == "gradient_distance.lstm_slope"
    cpu, cuda = slopes.spreads
    assert (cpu.device, cpu.n, cuda.device, cuda.n) == ("cpu", 2, "cuda", 1)
    estimates = sorted(point.estimate for point in slopes.points if point.machine.device == "cpu")
    assert (cpu.least, cpu.most) == tuple(estimates)
    assert cpu.median == pytest.approx(sum(estimates) / 2)
    assert {one.claim: one.agreement for one in made.found}["lstm-fades-slower"] == "agree"
    assert made.missing == ()


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        ([("cpu", "holds"), ("cpu", "fails")], "differ"),
        ([("cpu", "holds"), ("cuda", "fails")], "by device"),
        ([("cpu", "holds"), ("cuda", "holds"), ("cpu", "invalid")], "agree"),
        ([("cpu", "holds"), ("cpu", "unclear")], "alone"),
        ([("cpu", "unclear"), ("cpu", "invalid")], "unclear"),
        ([], "none"),
    ],
)
def test_agreement(verdicts, word):
    rows = [
        group_report.Verdict(
            machine=group_report.Machine(device=device, words="", who=""),
            verdict=said,
            expected="",
            known=True,
        )
        for device, said in verdicts
    ]
    assert group_report.agreement(rows) == word


def test_confident_and_split_comes_first(all_kinds):
    members = three()
    made = report(members, all_kinds)
    first = made.disputes[0]
    assert (first.claim, first.item, first.members, first.answers, first.right) == (
        *("lstm-gradient-fades", "fix-choice", 3, 3),
        2,
    )
    assert first.sure_and_wrong == 1
    assert [(one.who, one.correct) for one in first.sides] == [
        ("Anna", True),
        ("a member", True),
        ("Ben", False),
    ]
    assert "right: Anna 99%, a member 60%; wrong: Ben 99%" in group_text.text(made, 100)


def test_disagreement_is_1_when_all_are_sure_and_evenly_split_and_0_when_nobody_is():
    def of(*said):
        return group_beliefs.disagreement([answer("i", right, sure) for right, sure in said])

    assert of((True, 0.99), (False, 0.99)) == pytest.approx(1)
    assert of((True, 0.5), (False, 0.5)) == 0
    assert of((True, 0.99), (True, 0.99)) == 0
    assert of((True, 0.99), (False, 0.99), (True, 0.99)) == pytest.approx(2 / 3)
    assert of() == 0


def test_the_newest_answer_counts_and_outdated_ones_do_not(all_kinds):
    early = answer("fix-choice", False, 0.99, at=NOW - timedelta(days=3))
    more = [early, answer("gone", False), answer("fix-choice", False, rev=7), *SPLIT[0]]
    members = [member(n, answers=said) for n, said in enumerate((more, SPLIT[0], SPLIT[0]))]
    made = report(members, all_kinds)
    assert made.outdated == 2
    assert made.disputes[0].right == made.disputes[0].answers == 3


def test_below_three_members_nothing_is_said_of_anybody_unless_asked(all_kinds):
    two = three()[:2]
    quiet, loud = report(two, all_kinds), report(two, all_kinds, named=True)
    for made in (
        group_text.text(quiet, 80),
        group_text.render(quiet).decode(),
        group_html.render(quiet).decode(),
    ):
        assert not re.search("Anna|Ben|first,|second|99%", made)
        assert "--named" in made
    assert quiet.disputes is None
    assert {str(machine) for machine in quiet.machines} == {"cpu"}
    assert {str(machine) for machine in loud.machines} == {"cpu, first (Anna)", "cpu, second (Ben)"}
    assert loud.disputes[0].score == pytest.approx(1)


def test_answers_of_two_among_three_are_not_shown(all_kinds):
    members = [*three()[:2], dataclasses.replace(three()[2], answers=None)]
    made = report(members, all_kinds)
    assert made.disputes is None
    assert made.named == ("Anna", "Ben")


def test_two_of_the_same_name_are_told_apart(all_kinds):
    made = report([*three(), dataclasses.replace(three()[0], id="abcdef0123456789")], all_kinds)
    assert made.named == ("Anna (000000)", "Ben", "Anna (abcdef)")


def test_what_nobody_proved_is_said(all_kinds):
    made = report([member(1, run(status="invalid", reason="so"))], all_kinds)
    assert {one.claim: one.why for one in made.missing} == dict.fromkeys(
        ("lstm-gradient-fades", "lstm-fades-slower"), "only invalid"
    )
    empty = report([member(1, answers=SPLIT[0])], all_kinds)
    assert {one.why for one in empty.missing} == {"nobody ran all it needs"}
    assert "quizapp prove lstm-" in group_text.text(empty, 80)


@pytest.mark.parametrize("width", [40, 80, 110])
def test_the_text_keeps_to_its_width(all_kinds, width):
    made = report(three(), all_kinds, named=True)
    slack = 25 if width == 40 else 0  # ids and commands are never cut
    assert max(map(len, group_text.text(made, width).splitlines())) <= width + slack


@pytest.mark.parametrize("width", [1, 30])
def test_a_terminal_narrower_than_its_pictures_is_shown_them_whole(all_kinds, width):
    made = report(three(), all_kinds)
    for one in made.found:
        said = group_text.text(made, width, one.claim)
        points = [point for numbers in one.numbers for point in numbers.points]
        assert len(re.findall("[●○]", said)) >= len(points) > 0
        assert group_text.text(made, width).count(one.claim) >= 1


def test_one_claim_alone(all_kinds):
    said = group_text.text(report(three(), all_kinds), 80, "lstm-fades-slower")
    assert said.startswith("  lstm-fades-slower: agree")
    assert said.count("●") == 4  # three machines and how to read them
    assert "lstm-gradient-fades" not in said


# ---- files ----------------------------------------------------------------------------------------

NASTY = "<script>alert(1)</script> | [x](http://e) `"


def test_markdown_and_html_escape_what_strangers_wrote(all_kinds):
    members = [dataclasses.replace(one, name=NASTY[:40].strip()) for one in three()]
    members[0] = dataclasses.replace(members[0], runs=(run(machine=NASTY),))
    made = report(members, all_kinds)
    page, text = group_html.render(made).decode(), group_text.render(made).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    outside = re.sub(r"(?ms)^```.*?^```$", "", text)
    assert "<script" not in outside
    assert "[x](" not in outside


def test_the_page_loads_nothing_runs_nothing_and_is_the_same_for_the_same_files(all_kinds):
    page = group_html.render(report(three(), all_kinds)).decode()
    assert page == group_html.render(report(three(), all_kinds)).decode()
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r'\b(src|href|style|on[a-z]+)="', page)
    assert "http" not in page.replace("http-equiv", "")


def test_the_picture_is_well_formed_and_has_a_mark_for_every_machine(all_kinds):
    numbers = report(three(), all_kinds).found[0].numbers[0]
    marks = [ElementTree.fromstring(mark) for mark in group_plot.marks(numbers)]
    assert [one.find("circle").get("class") for one in marks].count("outside") == 1
    assert len(marks) == 3
    strips = group_plot.strips(numbers)
    assert [strip.count("●") + strip.count("○") for strip in strips] == [1, 1, 1]
    assert {len(strip) for strip in strips} == {group_plot.WIDTH}


def test_a_scale_survives_odd_numbers(all_kinds):
    numbers = report(three(), all_kinds).found[0].numbers[0]
    point = numbers.points[0]
    for estimate, low, high in (
        (0.0, 0.0, 0.0),
        (1e99, -1e99, 1e99),
        (1.0, float("-inf"), float("inf")),
        (2.0, float("nan"), float("nan")),
    ):
        odd = dataclasses.replace(point, estimate=estimate, low=low, high=high)
        for points in ((odd,), (odd, point)):
            changed = dataclasses.replace(numbers, points=points)
            assert {len(strip) for strip in group_plot.strips(changed)} == {group_plot.WIDTH}
            for mark in group_plot.marks(changed):
                ElementTree.fromstring(mark)
