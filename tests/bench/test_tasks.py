"""Every task: its answers worked out the slow way, no leaks, and what a trivial guesser gets."""

import math
from collections import Counter
from itertools import pairwise

import pytest
import torch
from quizapp.verifiers.tasks import IGNORE

from quizapp.verifiers import tasks

ROWS = 400
TASKS = {
    "copy": {"length": 6, "symbols": 5},
    "reverse": {"length": 6, "symbols": 5},
    "recall": {"lag": 7, "symbols": 4},
    "recall_mixed": {"length": 12, "symbols": 4},
    "associative_recall": {"pairs": 4, "queries": 3, "keys": 16, "values": 4},
    "paired_recall": {"pairs": 4, "queries": 3, "keys": 16, "values": 4},
    "parity": {"length": 12},
    "majority": {"length": 12},
    "first_of_two": {"length": 10},
    "more_of_two": {"length": 12},
    "shuffled_sentence": {"length": 8, "words": 20},
    "position": {"length": 8, "symbols": 5},
}
CHANCE = {
    "copy": 1 / 5, "reverse": 1 / 5, "recall": 1 / 4, "recall_mixed": 1 / 4, "associative_recall": 1 / 4,
    "paired_recall": 1 / 4, "parity": 1 / 2, "majority": 1 / 2, "first_of_two": 1 / 2, "more_of_two": 1 / 2,
    "shuffled_sentence": 1 / 2, "position": 1 / 8,
}  # fmt: skip


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def draw(name, rows=ROWS, seed=0, **more):
    return getattr(tasks, name)(generator(seed), rows, **{**TASKS[name], **more})


# ---- the answers, worked out one sequence at a time ------------------------------------------------


def copied(row, length=6):
    return [IGNORE] * length + row[:length]


def reversed_(row, length=6):
    return [IGNORE] * length + row[:length][::-1]


def recalled(row):
    keys = [token for token in row if token < 4]
    assert len(keys) == 1
    return [IGNORE] * (len(row) - 1) + keys


def looked_up(row, pairs=4):
    held = {row[2 * i]: row[2 * i + 1] - 16 for i in range(pairs)}
    assert len(held) == pairs
    asked = row[2 * pairs :]
    assert len(set(asked)) == len(asked)
    return [IGNORE] * (2 * pairs) + [held[key] for key in asked]


def looked_up_in_pairs(row, pairs=4):
    held = {token // 4: token % 4 for token in row[:pairs]}
    assert len(held) == pairs
    return [IGNORE] * pairs + [held[token - 64] for token in row[pairs:]]


def odd(row):
    return [sum(row[: i + 1]) % 2 for i in range(len(row))]


def most(row):
    ones = [2 * sum(row[: i + 1]) - i - 1 for i in range(len(row))]
    return [IGNORE if lead == 0 else int(lead > 0) for lead in ones]


def last(row, answer):
    return [IGNORE] * (len(row) - 1) + [answer]


def first(row):
    assert row.count(0) == row.count(1) == 1
    return last(row, int(row.index(1) < row.index(0)))


def more(row):
    assert row.count(0) != row.count(1)
    return last(row, int(row.count(1) > row.count(0)))


def shuffled(row):
    return last(row, int(any((a + 1) % 20 != b for a, b in pairwise(row))))


def where(row):
    return list(range(len(row)))


SLOWLY = {
    "copy": copied, "reverse": reversed_, "recall": recalled, "recall_mixed": recalled,
    "associative_recall": looked_up, "paired_recall": looked_up_in_pairs, "parity": odd, "majority": most,
    "first_of_two": first, "more_of_two": more, "shuffled_sentence": shuffled, "position": where,
}  # fmt: skip


@pytest.mark.parametrize("name", SLOWLY)
def test_the_answers_follow_from_the_input(name):
    batch = draw(name)
    wanted = [SLOWLY[name](row) for row in batch.inputs.tolist()]
    assert batch.targets.tolist() == wanted


@pytest.mark.parametrize("name", ["copy", "reverse"])
def test_after_the_mark_the_input_is_the_answers_so_far(name):
    batch = draw(name)
    assert batch.inputs[:, 6].eq(5).all()
    assert batch.inputs[:, 7:].equal(batch.targets[:, 6:-1])


@pytest.mark.parametrize("name", TASKS)
def test_the_same_seed_gives_the_same_batch_and_another_another(name):
    assert draw(name).inputs.equal(draw(name).inputs)
    assert not draw(name).inputs.equal(draw(name, seed=1).inputs)


@pytest.mark.parametrize("name", CHANCE)
def test_a_trivial_guesser_gets_chance(name):
    """Always the commonest class, and the class that is commonest after the token at hand."""
    train, test = draw(name, rows=4000), draw(name, rows=4000, seed=1)

    def asked(batch):
        there = batch.targets != IGNORE
        return list(zip(batch.inputs[there].tolist(), batch.targets[there].tolist(), strict=True))

    commonest = Counter(answer for _, answer in asked(train)).most_common(1)[0][0]
    always = [answer == commonest for _, answer in asked(test)]
    assert sum(always) / len(always) == pytest.approx(CHANCE[name], abs=0.03)
    table = {}
    for token, answer in asked(train):
        table.setdefault(token, Counter())[answer] += 1
    by_token = [table[token].most_common(1)[0][0] == answer for token, answer in asked(test)]
    # Where the token at hand is part of the question it is a fair hint, at the ends of a row above all.
    hint = {"majority": 0.35, "parity": 0.06, "first_of_two": 0.12, "more_of_two": 0.1}
    assert sum(by_token) / len(by_token) < CHANCE[name] + hint.get(name, 0.03)


@pytest.mark.parametrize("name", ["recall", "recall_mixed", "first_of_two", "more_of_two"])
def test_no_place_but_the_one_that_counts_gives_the_answer_away(name):
    """The best guess from any one place alone stays near chance, but for the key's own."""
    batch = draw(name, rows=6000)
    answers = batch.targets[:, -1]
    for place in range(batch.inputs.shape[1]):
        if name == "recall" and place == 0:
            continue
        tokens, right = batch.inputs[:, place], 0
        for token in tokens.unique():
            right += Counter(answers[tokens == token].tolist()).most_common(1)[0][1]
        most_ = 0.22 if name == "recall_mixed" else 0.12  # a key or an A at that place is a fair hint
        assert right / len(answers) < CHANCE[name] + most_


def test_the_key_is_as_far_away_as_said_and_fillers_can_stand_before_it():
    batch = draw("recall", length=12)
    assert batch.inputs.shape[1] == 12
    assert batch.inputs[:, 4].lt(4).all()
    assert batch.inputs[:, -1].eq(12).all()
    lags = {row.index(min(row)) for row in draw("recall_mixed").inputs.tolist()}
    assert lags == set(range(11)), "every place but the last"


def test_half_of_the_sentences_are_shuffled_and_have_the_same_words():
    batch = draw("shuffled_sentence", rows=2000)
    assert float(batch.targets[:, -1].double().mean()) == pytest.approx(0.5, abs=0.05)
    words = batch.inputs.sort(dim=1).values
    runs = (words[:, 1:] - words[:, :-1]) % 20
    assert ((runs == 1) | (runs == 13)).all(), "eight words in a row, some over the end"


def test_adding_sums_the_two_marked_numbers_one_of_each_half():
    batch = tasks.adding(generator(), 2000, length=9)
    numbers, marks = batch.inputs.unbind(dim=2)
    assert marks[:, :4].sum(dim=1).eq(1).all()
    assert marks[:, 4:].sum(dim=1).eq(1).all()
    for row, mark, answer in zip(numbers[:50], marks[:50], batch.targets[:50], strict=True):
        assert sum(x for x, m in zip(row, mark, strict=True) if m) == pytest.approx(answer.item(), abs=1e-6)
    assert float((batch.targets - 1).square().mean()) == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize("order", [1, 2])
def test_markov_sequences_follow_their_table(order):
    table = tasks.markov_table(generator(), symbols=3, order=order)
    assert table.shape == (3**order, 3)
    assert torch.allclose(table.sum(dim=1), torch.ones(3**order, dtype=torch.float64))
    batch = tasks.markov(generator(1), 3000, table=table, length=12)
    assert batch.inputs[:, 1:].equal(batch.targets[:, :-1])
    counts = torch.zeros_like(table)
    for row in torch.cat((batch.inputs, batch.targets[:, -1:]), dim=1).tolist():
        for i in range(order, len(row)):
            context = sum(symbol * 3 ** (order - 1 - k) for k, symbol in enumerate(row[i - order : i]))
            counts[context, row[i]] += 1
    assert torch.allclose(counts / counts.sum(dim=1, keepdim=True), table, atol=0.04)


def test_the_floor_of_a_markov_chain_is_its_entropy_rate():
    coin = torch.tensor([[0.5, 0.5], [0.5, 0.5]], dtype=torch.float64)
    assert tasks.markov_floor(coin, order=1) == pytest.approx(math.log(2))
    # Stays with chance .9: by symmetry both states are as likely.
    sticky = torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64)
    assert tasks.markov_floor(sticky, order=1) == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
    table = tasks.markov_table(generator(), symbols=3, order=2)
    long = tasks.markov(generator(1), 2000, table=table, length=40)
    context = long.inputs[:, 19] * 3 + long.inputs[:, 20]
    measured = -table[context, long.targets[:, 20]].log().mean()
    assert tasks.markov_floor(table, order=2) == pytest.approx(float(measured), abs=0.05)


def test_batches_can_be_cut_and_moved():
    batch = draw("parity", rows=5)
    two = batch.rows(torch.tensor([3, 1]))
    assert two.inputs.equal(batch.inputs[[3, 1]])
    assert two.targets.equal(batch.targets[[3, 1]])
    assert batch.to("cpu").inputs.equal(batch.inputs)
