"""Mock interviews without a screen: bands, questions, what is kept, reports, and line by line over a pipe."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quizapp import bank, kinds
from quizapp.__main__ import main
from quizapp.errors import QuizError
from quizapp.interviews import Hint, Interviews
from quizapp.mock import bands, choice, plain, proposals, report, review
from quizapp.mock.drafts import Draft, Drafts
from quizapp.mock.talk import Talk
from quizapp.model import Open
from quizapp.store import Store


@pytest.fixture(scope="module")
def real():
    return bank.load()


@pytest.fixture
def kept(store):
    return Interviews(store)


def begin(real, kept, clock, **how):
    return Talk.begin(real, kept, clock, **{"seed": 3, **how})


def say_all(talk, *answers, seconds=60.0):
    """Answer question after question; returns the talk at its debrief."""
    for said in answers:
        talk.say(said, seconds)
        following = talk.plan()
        if following is None:
            talk.end()
            break
        talk.ask(following)
    return talk


# ---- bands


def test_every_open_item_can_be_read_and_climbed(real):
    for item in choice.questions(real, ""):
        points = [point.id for point in item.rubric]
        assert bands.band(item, points) == "staff", item.id
        assert bands.band(item, [point.id for point in item.rubric if point.must]) == "junior", item.id
        assert bands.band(item, []) == "not yet"
        assert bands.band(item, [*points, "flag0"]) == "not yet"
        ticked = []
        for _ in range(3):  # what is said to lift an answer does lift it
            ticked += [point.id for point in bands.lift(item, ticked)]
        assert bands.band(item, ticked) == "staff", item.id


def test_the_words_of_a_band(real):
    item = real.items["par-cell-equations-open"]  # plus r5 or r6, and two of r4, r6, r7
    assert [(need.count, need.points) for need in bands.needs(item)["senior"]] == [
        (1, ("r5", "r6")),
        (2, ("r4", "r6", "r7")),
    ]
    must = ["r1", "r2", "r3"]
    assert bands.band(item, [*must, "r6", "r4"]) == "senior"
    assert bands.band(item, [*must, "r4", "r7"]) == "junior"
    assert bands.band(item, ["r5", "r6", "r7", "r8", "r9"]) == "not yet"


def test_words_that_name_no_points_fall_back_on_the_levels(all_kinds):
    item = all_kinds.items["fix-open"]  # staff: all three
    assert bands.band(item, ["r1", "r2", "r3"]) == "staff"
    assert bands.band(item, ["r1", "r3"]) == "junior"


def test_overall_is_the_middle_and_not_far_above_the_weakest():
    assert bands.overall([]) == "not yet"
    assert bands.overall(["staff", "junior"]) == "junior"
    assert bands.overall(["staff", "junior", "senior"]) == "senior"
    assert bands.overall(["not yet", "staff", "staff"]) == "junior"


# ---- what is asked


def test_the_same_seed_asks_the_same_and_another_topic_is_refused(real, kept, clock):
    one, other = begin(real, kept, clock), begin(real, kept, clock)
    assert one.interview.open.prompt == other.interview.open.prompt
    assert begin(real, kept, clock, topic="scaling").interview.open.item.startswith("scale-")
    with pytest.raises(QuizError, match="no open question about glossary"):
        begin(real, kept, clock, topic="glossary")


def test_without_a_seed_what_was_asked_least_comes_first(real, kept, clock):
    pool = {item.id for item in choice.questions(real, "scaling")}
    seen = [begin(real, kept, clock, topic="scaling", seed=None).interview.items[0] for _ in pool]
    assert set(seen) == pool


@pytest.mark.parametrize(("minutes", "count"), [(5, 3), (15, 4), (30, 5)])
def test_an_interview_leads_from_an_opening_through_topics(real, kept, clock, minutes, count):
    talk = say_all(begin(real, kept, clock, minutes=minutes), *["hm"] * 9, seconds=10)
    asked = talk.interview.questions
    assert len(asked) == count
    assert [bool(question.point) for question in asked] == [False, True, False, True, False][:count]
    assert asked[1].item == asked[0].item != asked[2].item
    topics = [real.items[id_].topic for id_ in talk.interview.items]
    assert len(set(topics)) == len(topics)


def test_a_follow_up_aims_at_what_was_not_said(real, kept, clock):
    talk = begin(real, kept, clock)
    item = real.items[talk.interview.items[0]]
    assert item.id == "path-review-one-step-claim"
    talk.say(item.model_answers.junior, 60)
    heard = talk.heard(item)
    following = talk.plan()
    assert following.item is item
    assert following.point not in heard
    assert following.prompt == next(point.probe for point in item.rubric if point.id == following.point)
    assert not any(point.must and point.id not in heard for point in item.rubric) or following.point in (
        point.id for point in item.rubric if point.must
    )


def test_when_everything_was_said_the_next_topic_comes(real, kept, clock):
    talk = begin(real, kept, clock)
    item = real.items[talk.interview.items[0]]
    talk.say("\n".join(point.text for point in item.rubric), 60)
    assert talk.plan().item is not item


def test_a_point_without_a_probe_is_asked_for_by_the_follow_ups(all_kinds):
    item = all_kinds.items["fix-open"]
    assert "colleague would mention" in choice.probe(item, item.rubric[0])


def test_no_question_comes_after_the_time_is_up(real, kept, clock):
    talk = begin(real, kept, clock, minutes=5)
    talk.say("long ago", 301)
    assert talk.plan() is None


# ---- what is kept


def test_an_interview_goes_on_where_it_was(real, kept, clock, tmp_path):
    talk = begin(real, kept, clock)
    talk.say("first", 30)
    again = Interviews(Store(kept.store.path)).unfinished()
    assert (again.state, again.open, again.seconds) == ("talk", None, 30)
    talk = Talk(real, kept, clock, again)
    talk.ask(talk.plan())
    say_all(talk, *["x"] * 9)
    assert talk.interview.state == "debrief"
    for item in talk.left:
        talk.tick(item, ["r1"])
    assert kept.unfinished() is None
    assert kept.one(talk.interview.id).state == "done"


def test_ticks_are_added_and_the_newest_counts(real, kept, clock):
    talk = say_all(begin(real, kept, clock), "x")
    talk.end()
    item = talk.left[0]
    musts = [point.id for point in item.rubric if point.must]
    assert talk.tick(item, musts) == "junior"
    assert talk.tick(item, ["no such point"]) == "not yet"
    assert kept.one(talk.interview.id).ticks[item.id].ticked == ()
    assert kept.store.rows("SELECT count(*) FROM interview_ticks") == [(2,)]


def test_nothing_that_is_only_proposed_is_ticked(real, kept, clock):
    talk = begin(real, kept, clock)
    item = real.items[talk.interview.items[0]]
    say_all(talk, item.model_answers.staff)
    talk.end()
    assert proposals.propose(item, talk.interview.about(item.id))
    assert review.judged(real, talk.interview) == ()
    assert kept.store.rows("SELECT count(*) FROM interview_ticks") == [(0,)]


def test_an_item_that_is_gone_holds_nobody_up(real, kept, clock):
    talk = say_all(begin(real, kept, clock), "x")
    talk.bank = bank.Bank(items={}, claims={}, misconceptions={}, concepts={}, places={})
    talk.end()
    assert talk.interview.state == "done"
    assert "done" in report.data(talk.bank, talk.interview)["state"]
    assert report.text(talk.bank, talk.interview, None)


def test_a_models_suggestion_is_proposed_under_its_name_and_only_where_the_rules_are_deaf(real, kept, clock):
    talk = begin(real, kept, clock)
    item = real.items[talk.interview.items[0]]
    answer = talk.say("One hop for full attention. Blue bananas.", 5)
    talk.hint(answer, Hint(asker="tiny", points={"r9": "Blue bananas", "r77": "x", "r1": "One hop"}))
    found = proposals.propose(item, talk.interview.about(item.id))
    assert found["r9"].asker == "tiny"
    assert found["r1"].asker == "rules"
    assert "r77" not in found


def test_drafts_survive_and_broken_ones_are_empty(tmp_path):
    drafts = Drafts(tmp_path)
    assert drafts.of(1) == Draft()
    drafts.keep(1, Draft("half a", 12.5))
    assert Drafts(tmp_path).of(1) == Draft("half a", 12.5)
    next(drafts.folder.iterdir()).write_text("{")
    assert drafts.of(1) == Draft()
    drafts.drop(1)
    drafts.drop(1)
    drafts.keep(2, Draft("half of a pair: \udcff"))
    assert drafts.of(2) == Draft("half of a pair: ?")


# ---- what came of it


def test_the_lift_is_a_sentence_one_could_have_said(real, kept, clock):
    talk = begin(real, kept, clock)
    item = real.items[talk.interview.items[0]]
    say_all(talk, "x")
    talk.end()
    talk.tick(item, [point.id for point in item.rubric if point.must])
    (one,) = review.judged(real, talk.interview)
    assert (one.band, one.above) == ("junior", "senior")
    spoken = [lift for lift in one.lifts if lift.spoken]
    assert spoken
    assert all(lift.sentence in " ".join(item.model_answers.senior.split()) for lift in spoken[:1])
    items = review.practise(real, [one])
    assert items
    assert not any(isinstance(other, Open) for other in items)
    assert all(real.claims[claim].checks for claim in review.claims(real, [one]))


def test_a_red_flag_is_practised_first(real, kept, clock):
    talk = say_all(begin(real, kept, clock), "x")
    talk.end()
    item = talk.left[0]
    talk.tick(item, ["flag0"])
    (one,) = review.judged(real, talk.interview)
    belief = item.red_flags[0].misconception
    assert one.flags == (item.red_flags[0].text,)
    assert belief in review._beliefs(review.practise(real, [one])[0])


# ---- line by line


def hold(real, talk, typed, tmp_path):
    said = []
    over = plain.hold(talk, real, io.StringIO(typed), said.append, Drafts(tmp_path), None)
    return over, "\n".join(said)


def test_a_whole_interview_over_a_pipe(real, kept, clock, tmp_path):
    talk = begin(real, kept, clock, minutes=5)
    typed = "One hop in full attention,\nbut reachable is not recalled.\n.\nx\n.\n.\n\nnonsense\n0\n"
    over, said = hold(real, talk, typed, tmp_path)
    assert over
    assert (
        talk.interview.questions[0].answer.said
        == "One hop in full attention,\nbut reachable is not recalled."
    )
    assert "you wrote: One, hop" in said
    assert "Type numbers from 1" in said
    first, second = talk.interview.items
    assert "r2" in talk.interview.ticks[first].ticked
    assert talk.interview.ticks[second].ticked == ()
    assert "Overall: " in said
    assert "\x1b" not in said
    assert max(len(line) for line in said.splitlines() if "quizapp " not in line) <= 100


def test_an_input_that_ends_keeps_what_was_typed(real, kept, clock, tmp_path):
    talk = begin(real, kept, clock)
    over, _ = hold(real, talk, "half an\nanswer\n", tmp_path)
    assert not over
    assert talk.interview.open is not None
    over, said = hold(real, talk, "and more\n.\n", tmp_path)
    assert not over
    assert "> half an" in said
    assert talk.interview.questions[0].answer.said == "half an\nanswer\nand more"


def test_ticks_at_the_end_of_the_input_are_not_made_up(real, kept, clock, tmp_path):
    talk = begin(real, kept, clock, minutes=5)
    over, _ = hold(real, talk, "one hop\n.\nx\n.\ny\n.\n", tmp_path)
    assert not over
    assert (talk.interview.state, talk.interview.ticks) == ("debrief", {})


def command(home, *arguments):
    environment = {**os.environ, "QUIZAPP_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "quizapp", "mock", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )


def test_killed_in_the_middle_of_typing_it_goes_on_with_what_was_typed(home):
    process = command(home, "--plain", "--seed", "3")
    process.stdin.write("typed before the end\n")
    process.stdin.flush()
    until = time.monotonic() + 20
    while not list(Path(home, "drafts").glob("*.json")) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    process = command(home, "--plain", "--resume")
    out, err = process.communicate(".\n", timeout=30)
    assert "> typed before the end" in out
    assert "2 of 4. Follow-up" in out
    assert "--resume" in err
    assert process.returncode == 1


def test_bytes_that_are_no_text_are_answered_with_a_mark(home):
    ended = subprocess.run(
        [sys.executable, "-m", "quizapp", "mock", "--plain", "--seed", "3"],
        input=b"one \xff hop\n.\n",
        capture_output=True,
        env={**os.environ, "QUIZAPP_HOME": str(home)},
        check=False,
    )
    assert ended.stderr.startswith(b"quizapp: broken off")
    assert ended.returncode == 1
    store = Store(Path(home, "answers.sqlite3"))
    assert store.rows("SELECT said FROM interview_answers") == [("one \ufffd hop",)]
    store.close()


def test_lists_and_one_in_full(home, capsys):
    assert main(["mock", "--list"]) == 0
    assert "No interviews yet" in capsys.readouterr().out
    assert main(["mock", "--show", "7"]) == 2
    assert "there is no interview 7" in capsys.readouterr().err
    assert main(["mock", "--json"]) == 2
    command(home, "--plain", "--minutes", "5", "--seed", "3").communicate(
        "one hop for any token\n.\nx\n.\ny\n.\n\n\n", timeout=30
    )
    capsys.readouterr()
    assert main(["mock", "--list"]) == 0
    assert "3 questions" in capsys.readouterr().out
    assert main(["mock", "--show", "1"]) == 0
    shown = capsys.readouterr().out
    assert "> one hop for any token" in shown
    assert "[x] r1" in shown
    assert "Overall: " in shown
    assert main(["mock", "--show", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], len(found["questions"]), found["questions"][0]["said"]) == (
        "done",
        3,
        "one hop for any token",
    )


# ---- the linter


def test_the_linter_reads_terms(real):
    import dataclasses

    item = real.items["syn-why-killed"]
    assert list(kinds.terms_are_sound(item)) == []

    def broken(**point):
        first = dataclasses.replace(item.rubric[0], **point)
        return dataclasses.replace(item, rubric=(first, *item.rubric[1:]))

    assert "cannot be read" in next(kinds.terms_are_sound(broken(terms=("a//b",))))[1]
    assert "question itself" in next(kinds.terms_are_sound(broken(terms=("transformers",))))[1]
    flag = dataclasses.replace(item.red_flags[0], terms=("attention",))
    found = next(kinds.terms_are_sound(dataclasses.replace(item, red_flags=(flag,))))
    assert "model answer" in found[1]
