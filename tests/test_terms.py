"""What rules hear in an answer: terms, nots, neighbours, and how often they are right."""

import pytest

from quizapp import bank, terms
from quizapp.interviews import RULES, Answer, Question
from quizapp.mock.proposals import propose
from tests.spoken import ANSWERS


def heard(text, *lines, **how):
    found = terms.hear(text, lines, **how)
    return found and found.words(text)


def test_all_words_of_a_term_stand_in_one_sentence_in_any_order():
    assert heard("The future leaks without it, so mask it.", "mask leak/cheat") == ("leaks", "mask")
    assert heard("There is a mask. The loss falls; nothing leaks.", "mask leak") is None
    assert heard("one two", "three", "two") == ("two",)


def test_long_words_fit_longer_ones_and_short_ones_only_their_plural():
    assert heard("quadratically", "quadrat") == ("quadratically",)
    assert heard("gates", "gat") is None
    assert heard("a MAP, two maps", "map") == ("MAP",)
    assert heard("2,000 steps", "2000") == ("2,000",)
    assert heard("O(N²) work", "n^2") == ("N²",)


def test_neighbours_and_what_must_not_be_there():
    assert heard("teacher forcing", "teacher-forc") == ("teacher", "forcing")
    assert heard("the teacher is forcing", "teacher-forc") is None
    assert heard("Flash makes memory linear", "flash linear !memory") is None
    assert heard("Flash makes it linear", "flash linear !memory") == ("Flash", "linear")


@pytest.mark.parametrize(
    "text",
    [
        "It does not need teacher forcing.",
        "It doesn’t need teacher forcing",
        "Teacher forcing is not needed.",
        "It needs no mask, or teacher forcing.",
        "You can train it without teacher forcing.",
        "It never uses teacher forcing",
        "Neither masks nor teacher forcing help",
    ],
)
def test_what_is_denied_is_not_heard(text):
    assert heard(text, "teacher-forc") is None


@pytest.mark.parametrize(
    "text",
    [
        "Not only masks but teacher forcing.",
        "It does not wait, because of teacher forcing.",
        "It uses teacher forcing and does not wait.",
        "No. It uses teacher forcing.",
    ],
)
def test_a_not_elsewhere_denies_nothing(text):
    assert heard(text, "teacher-forc") == ("teacher", "forcing")


def test_a_term_with_a_not_of_its_own_wants_one():
    assert heard("Reachable is not the same as used.", "reach not used") == ("Reachable", "not", "used")
    assert heard("Reachable is used.", "reach not used") is None
    assert heard("Nothing in it waits", "nothing wait") == ("Nothing", "waits")


def test_who_calls_it_wrong_shows_no_red_flag():
    text = "It is a mistake to set masked scores to zero."
    assert heard(text, "mask score zero") is not None
    assert heard(text, "mask score zero", flag=True) is None


def test_a_follow_up_need_not_say_again_what_was_asked():
    asked = "And the prompt, is that reading or writing?"
    assert heard("All together, in parallel.", "prompt parallel", asked=asked) == ("parallel",)
    assert heard("No idea.", "prompt parallel", asked=asked) is None
    assert heard("No idea.", "prompt", asked=asked) is None


def test_a_term_that_cannot_be_read_says_what_to_write():
    for line in ("", "a//b", "!only", "two, words", "x-"):
        with pytest.raises(ValueError, match="Write"):
            terms.term(line)


def test_without_terms_half_of_the_key_words_are_wanted():
    words = terms.derived("The cache grows with the stream while a state does not", "What about a stream?")
    assert "stre" not in words
    assert terms.hear_some("A cache that grows, and a state that stays", words) is not None
    assert terms.hear_some("A cache is fine", words) is None


def test_odd_texts_are_listened_to():
    for text in ("", "...", "not", "\n\n", "İ" * 50, "mask " * 3000, "\x00\x1b[31m mask"):
        terms.hear(text, ("mask leak", "not mask"))


def test_proposals_are_right_on_answers_people_type():
    """Both shares are measured on answers that the terms were not fitted to."""
    items = bank.load().items
    right = wrong = deaf = 0
    for id_, said, wanted in ANSWERS:
        item = items[id_]
        answer = Answer(id=1, said=said, seconds=1)
        question = Question(id=1, item=id_, point="", prompt=item.prompt, asker=RULES, answer=answer)
        found = propose(item, [question])
        right += len(found.keys() & wanted)
        wrong += len(found.keys() - wanted)
        deaf += len(wanted - found.keys())
        assert all(word in said for proposal in found.values() for word in proposal.words)
    assert right / (right + wrong) > 0.85
    assert right / (right + deaf) > 0.85


@pytest.mark.parametrize(
    ("word", "token"),
    [("reshape", "reshaping"), ("tune", "tuning"), ("map", "mapping"), ("use", "using"), ("add", "adding")],
)
def test_a_verb_fits_its_form_in_ing(word: str, token: str) -> None:
    assert terms.fits(word, token)


@pytest.mark.parametrize(
    ("word", "token"), [("k", "king"), ("str", "striding"), ("see", "seed"), ("bri", "bring")]
)
def test_other_words_in_ing_do_not_fit(word: str, token: str) -> None:
    assert not terms.fits(word, token)
