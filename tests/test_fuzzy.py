"""Names by a few of their letters."""

import random
import string
from itertools import combinations, pairwise

import pytest

from quizapp import fuzzy
from quizapp.fuzzy import BEGINS, FOLLOWS, LETTER, rank, score

NAMES = [
    "path_length",
    "parallelism",
    "positional_encoding",
    "att-softmax-scale",
    "att-scale-dropped",
    "scaling",
]


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("path", "path_length"),
        ("PL", "path_length"),
        ("pos enc", "positional_encoding"),
        ("scal", "scaling"),
        ("attdrop", "att-scale-dropped"),
        ("asd", "att-scale-dropped"),
        ("softm", "att-softmax-scale"),
        ("llel", "parallelism"),
    ],
)
def test_the_name_one_means_comes_first(typed, best):
    assert rank(typed, NAMES, 3)[0] == best


def test_letters_out_of_order_fit_nothing():
    assert score("htap", "path_length") is None
    assert score("pathz", "path_length") is None
    assert rank("zzz", NAMES, 3) == []


def test_nothing_typed_fits_everything_in_its_order():
    assert rank("", NAMES, 10) == NAMES
    assert rank("", NAMES, 2) == NAMES[:2]


def plain_score(typed, name):
    """The same by trying every way to find the letters."""
    best = None
    for places in combinations(range(len(name)), len(typed)):
        if any(name[place] != letter for place, letter in zip(places, typed, strict=True)):
            continue
        worth = sum(LETTER + BEGINS * (not p or not name[p - 1].isalnum()) for p in places)
        worth += sum(FOLLOWS for a, b in pairwise(places) if b == a + 1)
        best = worth if best is None else max(best, worth)
    return None if best is None else best - len(name) / 100


def test_it_equals_trying_every_way():
    source = random.Random(5)
    letters = string.ascii_lowercase[:3] + "-"
    for _ in range(400):
        name = "".join(source.choices(letters, k=source.randint(1, 9)))
        typed = "".join(source.choices(letters, k=source.randint(1, 4)))
        assert score(typed, name) == pytest.approx(plain_score(typed, name)), (typed, name)


def test_case_does_not_matter():
    assert score("ATT", "att-x") == score("att", "ATT-X") == fuzzy.score("att", "att-x")
