"""What networks are trained on: seeded generators of small puzzles.

Tokens and targets are whole numbers; a target of IGNORE is not asked for. Every function takes a CPU
generator first and draws a batch; the rows in the docstrings are drawn by hand. Where nothing else is
said every symbol is equally likely. They know no model and no experiment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

IGNORE = -100
"""The target of a token whose class is not asked for."""


@dataclass(frozen=True)
class Batch:
    """Sequences and what should be said at each of their tokens."""

    inputs: Tensor
    """Tokens [batch, time], or numbers [batch, time, channels]."""
    targets: Tensor
    """Classes [batch, time], IGNORE where none is asked, or numbers [batch]."""

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        return Batch(self.inputs.to(device), self.targets.to(device))

    def rows(self, chosen: Tensor) -> Batch:
        """Some of its sequences, by their numbers."""
        return Batch(self.inputs[chosen], self.targets[chosen])


def _draw(generator: torch.Generator, below: int, *shape: int) -> Tensor:
    """Whole numbers from 0 to below - 1, of that shape."""
    return torch.randint(below, shape, generator=generator)


def _shuffles(generator: torch.Generator, rows: int, length: int) -> Tensor:
    """Random orders of 0 to length - 1, [rows, length]."""
    return torch.rand(rows, length, generator=generator, dtype=torch.float64).argsort(dim=1)  # [rows, length]


def _asked_last(inputs: Tensor, answers: Tensor) -> Batch:
    """The answers [batch], asked for at the last token only."""
    targets = torch.full_like(inputs, IGNORE)  # [batch, time]
    targets[:, -1] = answers
    return Batch(inputs, targets)


def _answered(said: Tensor, answer: Tensor, mark: int) -> Batch:
    """What was said [batch, length], a mark, and the answer so far [batch, length], asked after the mark."""
    marks = torch.full((len(said), 1), mark)  # [batch, 1]
    inputs = torch.cat((said, marks, answer[:, :-1]), dim=1)  # [batch, 2 length]
    return Batch(inputs, torch.cat((torch.full_like(said, IGNORE), answer), dim=1))


def copy(generator: torch.Generator, batch: int, *, length: int, symbols: int) -> Batch:
    """Say again what was said, after a mark: `symbols` tokens and the mark, chance 1 / symbols.

        in   3 1 2 # 3 1
        out  . . . 3 1 2

    With teacher forcing: after the mark, the answers so far are the input.
    """
    said = _draw(generator, symbols, batch, length)  # [batch, length]
    return _answered(said, said, symbols)


def reverse(generator: torch.Generator, batch: int, *, length: int, symbols: int) -> Batch:
    """Like copy, but from the end backwards.

    in   3 1 2 # 2 1
    out  . . . 2 1 3
    """
    said = _draw(generator, symbols, batch, length)  # [batch, length]
    return _answered(said, said.flip(1), symbols)


def delayed_copy(generator: torch.Generator, batch: int, *, length: int, symbols: int, lag: int) -> Batch:
    """What was said `lag` tokens ago? Asked at every token that has one: chance 1 / symbols.

    lag 2    in   3 1 2 0 1
             out  . . 3 1 2
    """
    inputs = _draw(generator, symbols, batch, length)  # [batch, length]
    targets = torch.full_like(inputs, IGNORE)  # [batch, length]
    targets[:, lag:] = inputs[:, : length - lag]
    return Batch(inputs, targets)


def recall(
    generator: torch.Generator, batch: int, *, lag: int, symbols: int, fillers: int = 8, length: int = 0
) -> Batch:
    """What was the key, `lag` tokens before the last? Keys, then fillers, then the mark: chance 1 / symbols.

        lag 3         in   2 f g ?
                      out  . . . 2

    With `length` the sequence is longer than lag + 1 and fillers stand before the key too.
    """
    time = max(length, lag + 1)
    inputs = symbols + _draw(generator, fillers, batch, time)  # [batch, time]
    keys = _draw(generator, symbols, batch)  # [batch]
    inputs[:, -1] = symbols + fillers
    inputs[:, time - 1 - lag] = keys
    return _asked_last(inputs, keys)


def recall_mixed(
    generator: torch.Generator, batch: int, *, length: int, symbols: int, fillers: int = 8
) -> Batch:
    """Like recall, with the key at a random place of each sequence: lags from 1 to length - 1.

    in   f 2 g ?
         g f 1 ?
    out  . . . 2
         . . . 1
    """
    inputs = symbols + _draw(generator, fillers, batch, length)  # [batch, length]
    keys = _draw(generator, symbols, batch)  # [batch]
    inputs[:, -1] = symbols + fillers
    inputs[torch.arange(batch), _draw(generator, length - 1, batch)] = keys
    return _asked_last(inputs, keys)


def associative_recall(
    generator: torch.Generator, batch: int, *, pairs: int, queries: int, keys: int, values: int
) -> Batch:
    """Pairs of a key and a value, then keys whose value is asked: keys + values tokens, chance 1 / values.

        in   k7 v2 k3 v0 k3 k7        (keys are tokens 0 to keys - 1, values follow)
        out  .  .  .  .  0  2         (classes are 0 to values - 1)

    No key comes twice among the pairs, none twice among the queries.
    """
    chosen = _shuffles(generator, batch, keys)[:, :pairs]  # [batch, pairs]
    held = _draw(generator, values, batch, pairs)  # [batch, pairs]
    shown = torch.stack((chosen, keys + held), dim=2).flatten(1)  # [batch, 2 pairs]
    asked = _shuffles(generator, batch, pairs)[:, :queries]  # [batch, queries]
    inputs = torch.cat((shown, chosen.gather(1, asked)), dim=1)  # [batch, 2 pairs + queries]
    targets = torch.full_like(inputs, IGNORE)  # [batch, 2 pairs + queries]
    targets[:, 2 * pairs :] = held.gather(1, asked)
    return Batch(inputs, targets)


def paired_recall(
    generator: torch.Generator, batch: int, *, pairs: int, queries: int, keys: int, values: int
) -> Batch:
    """Associative recall with each pair one token, so that one layer of attention is enough.

    in   (7,2) (3,0) 3? 7?        (pair (k, v) is token k values + v, query k? is keys values + k)
    out  .     .     0  2
    """
    spread = associative_recall(generator, batch, pairs=pairs, queries=queries, keys=keys, values=values)
    shown, asked = spread.inputs[:, : 2 * pairs], spread.inputs[:, 2 * pairs :]
    both = shown[:, ::2] * values + shown[:, 1::2] - keys  # [batch, pairs]
    inputs = torch.cat((both, keys * values + asked), dim=1)  # [batch, pairs + queries]
    targets = torch.cat((spread.targets[:, :pairs], spread.targets[:, 2 * pairs :]), dim=1)
    return Batch(inputs, targets)  # targets [batch, pairs + queries]


def parity(generator: torch.Generator, batch: int, *, length: int) -> Batch:
    """Is the number of ones so far odd? Asked at every token: 2 tokens, chance 1/2.

    in   1 0 1 1
    out  1 1 0 1
    """
    bits = _draw(generator, 2, batch, length)  # [batch, length]
    return Batch(bits, bits.cumsum(dim=1) % 2)


def majority(generator: torch.Generator, batch: int, *, length: int) -> Batch:
    """Are there more ones than zeros so far? Asked at every token, not where they are as many: chance 1/2.

    in   1 0 1 1
    out  1 . 1 1
    """
    bits = _draw(generator, 2, batch, length)  # [batch, length]
    lead = (2 * bits - 1).cumsum(dim=1)  # [batch, length]
    return Batch(bits, torch.where(lead == 0, IGNORE, (lead > 0).long()))


def adding(generator: torch.Generator, batch: int, *, length: int) -> Batch:
    """The sum of the two marked numbers, one mark in each half (Hochreiter and Schmidhuber 1997).

        numbers  .3 .9 .4 .1
        marks    0  1  0  1
        out      1.0

    inputs [batch, length, 2], targets [batch]. Answering 1 every time has a mean squared error of 1/6.
    """
    numbers = torch.rand(batch, length, generator=generator)  # [batch, length]
    marks = torch.zeros(batch, length)  # [batch, length]
    rows, half = torch.arange(batch), length // 2
    marks[rows, _draw(generator, half, batch)] = 1.0
    marks[rows, half + _draw(generator, length - half, batch)] = 1.0
    return Batch(torch.stack((numbers, marks), dim=2), (numbers * marks).sum(dim=1))


def markov_table(generator: torch.Generator, *, symbols: int, order: int, sharpness: float = 1.5) -> Tensor:
    """Chances of the next symbol after every `order` symbols, [symbols ** order, symbols].

    Softmax of normal numbers times the sharpness.
    """
    scores = torch.randn(symbols**order, symbols, generator=generator, dtype=torch.float64)
    return torch.softmax(sharpness * scores, dim=1)  # [symbols ** order, symbols]


def markov(generator: torch.Generator, batch: int, *, table: Tensor, length: int) -> Batch:
    """Symbols drawn by a table of chances; the next one is asked at every token.

        order 1, always one more    in   2 3 4 5
                                    out  3 4 5 6

    The first `order` symbols are drawn evenly.
    """
    symbols = table.shape[1]
    order = round(math.log(table.shape[0], symbols))
    places = symbols ** torch.arange(order - 1, -1, -1)  # [order]
    drawn = _draw(generator, symbols, batch, order)  # [batch, order]
    for _ in range(length + 1 - order):
        row = (drawn[:, drawn.shape[1] - order :] * places).sum(dim=1)  # [batch]
        drawn = torch.cat((drawn, torch.multinomial(table[row], 1, generator=generator)), dim=1)
    return Batch(drawn[:, :-1], drawn[:, 1:])


def markov_floor(table: Tensor, *, order: int) -> float:
    """The entropy of the next symbol in nats, weighted by how often each context comes: no loss is lower."""
    symbols = table.shape[1]
    weights = torch.full((table.shape[0],), 1.0 / table.shape[0], dtype=torch.float64)  # [contexts]
    for _ in range(200):
        after = weights[:, None] * table  # [contexts, symbols], the context loses its oldest symbol
        weights = after.view(symbols, -1).sum(dim=0)  # [contexts]
    return float(-(weights[:, None] * table * table.log()).sum())


def first_of_two(generator: torch.Generator, batch: int, *, length: int, fillers: int = 10) -> Batch:
    """Which of A (token 0) and B (token 1), each there once, comes first? Chance 1/2, asked last.

    in   f B g A
    out  . . . 1
    """
    inputs = 2 + _draw(generator, fillers, batch, length)  # [batch, length]
    places = _shuffles(generator, batch, length)[:, :2]  # [batch, 2]
    inputs.scatter_(1, places, torch.tensor([[0, 1]]).expand(batch, 2))
    return _asked_last(inputs, (places[:, 1] < places[:, 0]).long())


def more_of_two(generator: torch.Generator, batch: int, *, length: int, fillers: int = 10) -> Batch:
    """Are there more A (token 0) than B (token 1)? No matter the order; chance 1/2, asked at the last token.

        in   A f B A
        out  . . . 0

    One to three more of one than of the other, never as many; 0 says A.
    """
    inputs = 2 + _draw(generator, fillers, batch, length)  # [batch, length]
    most = 1 + _draw(generator, 3, batch)  # [batch]
    common = _draw(generator, (length - 4) // 2, batch)  # [batch], how many of each beside those
    winner = _draw(generator, 2, batch)  # [batch]
    rank = _shuffles(generator, batch, length)  # [batch, length]
    inputs = torch.where(rank < (2 * common + most)[:, None], winner[:, None], inputs)  # [batch, length]
    inputs = torch.where(rank < common[:, None], 1 - winner[:, None], inputs)  # [batch, length]
    return _asked_last(inputs, winner)


def shuffled_sentence(generator: torch.Generator, batch: int, *, length: int, words: int) -> Batch:
    """Is this a sentence, or the same words in another order? Chance 1/2, asked at the last token.

    in   2 3 4 5        each word one more than the one before
         3 5 2 4        the same, shuffled
    out  . . . 0
         . . . 1
    """
    start = _draw(generator, words, batch, 1)  # [batch, 1]
    inputs = (start + torch.arange(length)) % words  # [batch, length]
    orders = _shuffles(generator, batch, length)  # [batch, length]
    in_order = (orders == torch.arange(length)).all(dim=1)  # [batch]
    mixed = (_draw(generator, 2, batch) == 1) & ~in_order  # [batch]
    inputs = torch.where(mixed[:, None], inputs.gather(1, orders), inputs)  # [batch, length]
    return _asked_last(inputs, mixed.long())


def position(generator: torch.Generator, batch: int, *, length: int, symbols: int) -> Batch:
    """Where am I? Asked at every token, whatever the token: chance 1 / length.

    in   4 4 1 7
    out  0 1 2 3
    """
    inputs = _draw(generator, symbols, batch, length)  # [batch, length]
    return Batch(inputs, torch.arange(length).expand(batch, length).clone())
