"""How much of the past can be read back from what a model carries, without training anything.

The model reads independent normal numbers, one per token. The capacity of what it carries afterwards (its
state) is the sum, over all tokens, of the share of that token's variance that the best linear read-out of
the state explains (Jaeger 2001): roughly, how many tokens can be read back. A state of n numbers has a
capacity of at most n. Where the state is linear in the tokens (a linear RNN, an attention layer's cache) the
capacity is computed in closed form, in float64, from the states after single impulses; the read-out sees
noise of a thousandth of the state's size. For a tanh RNN and an LSTM (h and c together), as libraries start
them, it is estimated by regression on random sequences, with R squared adjusted for the number of
regressors. There it depends on the size of the inputs (Ballarin et al. 2025), so what is judged is whether
it grows with the history, and not how large it is.

The second part is recall by key: pairs of a random key of unit variance per channel and one of 16 values
are written into a matrix S of fixed size and read back as S^T k. S is the sum of k v^T, which is what
linear attention, RetNet and Mamba-2 carry once fading is off, or the least-squares best matrix of that
size, which no rule of writing (such as the delta rule) can beat in squared error; a check takes whichever
forgets less. Beside it stands softmax attention over a cache of all keys and values, or of the last few.

It does not show what a trained network does: training chooses what to keep and may keep what is asked for,
learned keys may collide less than random ones, and what no linear read-out finds may still be there for a
nonlinear one. Inputs are noise, of which nothing can be foreseen; text is far more compressible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from .. import stats
from ..lab import Lab
from ..models.attention import Attention, Cache, explicit_attention
from ..models.lstm import LSTM
from ..models.rnn import RNN, State

TITLE = "What a fixed state can hold"

PLOT = {"x": "tokens of history", "y": "tokens that can be read back", "x_log": True, "y_log": True}

LOOKS = (5, 8)

PROFILES = {
    "quick": {
        "widths": [8, 16, 32, 64],
        "lengths": [16, 32, 64, 128],
        "cache_lengths": [16, 64],
        "width": 16,
        "cache_width": 4,
        "sequences": 2500,
        "key_width": 32,
        "pairs": [16, 64, 256],
        "memories": 8,
    },
    "full": {
        "widths": [8, 16, 32, 64, 128],
        "lengths": [16, 64, 128, 512],
        "cache_lengths": [16, 64, 256],
        "width": 32,
        "cache_width": 4,
        "sequences": 6000,
        "key_width": 64,
        "pairs": [32, 128, 512],
        "memories": 32,
    },
}

# fmt: off
CHECKS = {
    "linear_width_exponent": {"unit": "log-log slope",
        "bounds": [0.85, 1.15], "arm": "claim", "interval": "mean",
        "meaning": "What can be read back from a linear RNN's state grows in proportion to its width."},
    "linear_history_growth": {"unit": "ratio, longest to a quarter of it",
        "bounds": [None, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "It does not grow with the history: four times the tokens, no more read back."},
    "lstm_history_growth": {"unit": "ratio, longest to a quarter of it",
        "bounds": [None, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "Nor does what can be read back from an LSTM's h and c."},
    "rnn_history_growth": {"unit": "ratio, longest to a quarter of it",
        "bounds": [None, 1.1], "arm": "claim", "interval": "mean",
        "meaning": "Nor does what can be read back from a tanh RNN's state."},
    "lstm_older_half": {"unit": "share of what is read back",
        "bounds": [None, 0.05], "arm": "claim", "interval": "mean",
        "meaning": "Of what an untrained LSTM holds of 64 tokens, next to nothing is of the older half."},
    "linear_memory_drop": {"unit": "accuracy lost, fewest to most pairs",
        "bounds": [0.3, None], "arm": "claim", "interval": "mean",
        "meaning": "A matrix memory of fixed size, however written, recalls less the more pairs it holds."},
    "linear_memory_gain": {"unit": "accuracy won with 4 times the state, at most pairs",
        "bounds": [0.15, None], "arm": "claim", "interval": "mean",
        "meaning": "With four times as many numbers in the matrix it recalls more of as many pairs."},
    "forgetful_width_exponent": {"unit": "log-log slope",
        "bounds": [0.85, 1.15], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Without recurrent weights, width buys as much."},
    "cache_history_growth": {"unit": "ratio, longest to a quarter of it",
        "bounds": [None, 1.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "What can be read back from attention's cache does not grow with the history either."},
    "window_history_growth": {"unit": "ratio, longest to a quarter of it",
        "bounds": [None, 1.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With a window of 8 tokens, a Transformer's memory is as fixed as an RNN's state."},
    "cache_older_half": {"unit": "share of what is read back",
        "bounds": [None, 0.05], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Attention's cache, too, holds next to nothing of the older half."},
    "strangers_capacity": {"unit": "tokens",
        "bounds": [-0.5, 0.5], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Of numbers that the LSTM never saw, the same estimate finds nothing in its state."},
    "cache_drop": {"unit": "accuracy lost, fewest to most pairs",
        "bounds": [0.3, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Softmax attention over all keys and values recalls less the more pairs there are."},
    "window_drop": {"unit": "accuracy lost, fewest to most pairs",
        "bounds": [0.3, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Over the last pairs only, as many as the fewest, it does."},
    "same_size_gain": {"unit": "accuracy won with as large a state, at most pairs",
        "bounds": [0.15, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Another matrix of the same size recalls more."},
}
# fmt: on

VALUES = 16
"""Values that a key can have."""
HALVED = 64
"""Tokens of history whose older half is asked for; in both lists of lengths."""
WINDOW = 8
"""Tokens that the cut cache keeps."""
NOISE = 1e-3
"""What the read-out of a state sees beside it, as a share of the state's root mean square."""
SHARPNESS = 4.0
"""Factor on the scores of softmax attention over unit-variance keys, so that the right key stands out."""

Model = RNN | LSTM | Attention

Shares = dict[int, Tensor]
"""Length of the history -> of each token the share of variance that a linear read-out of the state explains,
[length], oldest first."""


def trial(lab: Lab) -> None:
    """One draw of weights, tokens, keys and values, in one arm."""
    # On the CPU whatever the device: closed forms need float64.
    if lab.device.type != "cpu" and lab.seed % 1000 == 0 and lab.arm == "claim":
        lab.note("Computed on the CPU: nothing is trained, and closed forms need float64.")
    with torch.no_grad():
        if lab.arm == "claim":
            _fixed_states(lab)
            _fixed_memories(lab)
        else:
            _without_cause(lab)
            _growing_memory(lab)


# ---- how many tokens can be read back -------------------------------------------------------------------


def _fixed_states(lab: Lab) -> None:
    """Capacity of recurrent states, against width and against history."""
    width, lengths = lab.size["width"], lab.size["lengths"]
    lab.check("linear_width_exponent", width_exponent(lab, gain=1.0))
    linear = impulse_shares(lab, linear_rnn(lab, width), lengths)
    lab.check("linear_history_growth", _history(lab, f"linear RNN, {width} numbers", linear))
    rnn = RNN(width, generator=lab.generator)
    read = sampled_shares(lab, rnn, lengths)
    lab.check("rnn_history_growth", _history(lab, f"tanh RNN, {width} numbers", read))
    lstm = LSTM(width, generator=lab.generator)
    read = sampled_shares(lab, lstm, lengths)
    lab.check("lstm_history_growth", _history(lab, f"LSTM, {2 * width} numbers", read))
    lab.check("lstm_older_half", older_half(read[HALVED]))


def _without_cause(lab: Lab) -> None:
    """No recurrent weights; a cache that grows, or is cut; numbers the state has not seen."""
    lengths, width = lab.size["cache_lengths"], lab.size["cache_width"]
    lab.check("forgetful_width_exponent", width_exponent(lab, gain=0.0))
    cache = impulse_shares(lab, Attention(width, 1, generator=lab.generator, causal=True), lengths)
    lab.check("cache_history_growth", _history(lab, "attention's cache", cache))
    lab.check("cache_older_half", older_half(cache[HALVED]))
    cut = Attention(width, 1, generator=lab.generator, causal=True, window=WINDOW)
    read = impulse_shares(lab, cut, lengths)
    lab.check("window_history_growth", _history(lab, f"its cache, window {WINDOW}", read))
    lstm = LSTM(lab.size["width"], generator=lab.generator)
    lab.check("strangers_capacity", float(sampled_shares(lab, lstm, [HALVED], strangers=True)[HALVED].sum()))


def _history(lab: Lab, curve: str, shares: Shares) -> float:
    """Draw capacity against history; how much more is read back after the longest than after a quarter."""
    capacities = {length: float(share.sum()) for length, share in shares.items()}
    for length, capacity in capacities.items():
        lab.point(curve, length, capacity)
    longest = max(capacities)
    return capacities[longest] / capacities[longest // 4]


def older_half(shares: Tensor) -> float:
    """The share of what is read back that is of the older half, from shares [time], oldest first."""
    return float(shares[: len(shares) // 2].sum() / shares.sum())


def linear_rnn(lab: Lab, width: int, gain: float = 1.0) -> RNN:
    """A linear RNN whose recurrent matrix is the gain times a random rotation."""
    return RNN(width, generator=lab.generator, nonlinearity="linear", recurrent="orthogonal", gain=gain)


def width_exponent(lab: Lab, gain: float) -> float:
    """The slope of log capacity on log width, for a linear RNN after the longest history."""
    length, capacities = lab.size["lengths"][-1], []
    for width in lab.size["widths"]:
        capacities.append(float(impulse_shares(lab, linear_rnn(lab, width, gain), [length])[length].sum()))
    slope, _, _ = stats.line(list(map(math.log, lab.size["widths"])), list(map(math.log, capacities)))
    return slope


def states_after(model: Model, x: Tensor, lengths: Sequence[int]) -> dict[int, Tensor]:
    """All that the model carries after so many tokens of x [batch, time, width]: [batch, numbers] each."""
    state: State | Cache | None = None if isinstance(model, Attention) else model.start(x.shape[0])
    found = {}
    for seen, x_t in enumerate(x.unbind(dim=1), start=1):  # [batch, width]
        _, state = model.step(x_t, state)  # type: ignore[arg-type]
        if seen in lengths:
            parts = (state.keys, state.values) if isinstance(state, Cache) else state
            found[seen] = torch.cat([part.flatten(1) for part in parts], dim=1)  # [batch, numbers]
    return found


def direction(lab: Lab, width: int) -> Tensor:
    """How a number becomes a token: times this vector [width] of normal numbers."""
    return torch.randn(width, generator=lab.generator, dtype=torch.float64)  # [width]


def impulse_shares(lab: Lab, model: RNN | Attention, lengths: Sequence[int]) -> Shares:
    """The shares in closed form, for a model whose state is linear in its tokens.

    With m_t [numbers] what the token t leaves in the state, and independent tokens of variance 1, its share
    is m_t . (sum_s m_s m_s^T + noise)^-1 m_t.
    """
    longest = max(lengths)
    impulses = torch.eye(longest + 1, longest, dtype=torch.float64)  # [longest + 1, longest], the last is 0
    states = states_after(model, impulses[..., None] * direction(lab, model.width), lengths)
    return {length: explained(found[:length] - found[-1]) for length, found in states.items()}


def explained(left: Tensor) -> Tensor:
    """m_t . (sum_s m_s m_s^T + noise)^-1 m_t for the rows m of left [time, numbers]: [time]."""
    inner = left.T @ left  # [numbers, numbers]
    inner.diagonal().add_(NOISE**2 * inner.trace() / len(inner))
    weights: Tensor = torch.linalg.solve(inner, left.T).T  # [time, numbers]
    return (left * weights).sum(dim=1)  # [time]


def sampled_shares(lab: Lab, model: RNN | LSTM, lengths: Sequence[int], *, strangers: bool = False) -> Shares:
    """The shares estimated from random sequences, for any model, as adjusted R squared.

    strangers: the read-out is asked for numbers that the model has not seen.
    """
    rows, longest = lab.size["sequences"], max(lengths)
    tokens = torch.randn(rows, longest, generator=lab.generator, dtype=torch.float64)  # [rows, longest]
    states = states_after(model, tokens[..., None] * direction(lab, model.width), lengths)
    if strangers:
        tokens = torch.randn(rows, longest, generator=lab.generator, dtype=torch.float64)  # [rows, longest]
    return {length: adjusted_shares(found, tokens[:, :length]) for length, found in states.items()}


def adjusted_shares(states: Tensor, tokens: Tensor) -> Tensor:
    """Adjusted R squared of each token [rows, length] on the states [rows, numbers]: [length]."""
    rows, numbers = states.shape
    states = states - states.mean(dim=0)  # [rows, numbers]
    tokens = tokens - tokens.mean(dim=0)  # [rows, length]
    inner = states.T @ states  # [numbers, numbers]
    inner.diagonal().add_(NOISE**2 * inner.trace() / numbers)
    weights = torch.linalg.solve(inner, states.T @ tokens)  # [numbers, length]
    missed: Tensor = tokens - states @ weights  # [rows, length]
    left = missed.square().sum(dim=0) / tokens.square().sum(dim=0)  # [length]
    return 1.0 - left * (rows - 1) / (rows - 1 - numbers)  # [length]


# ---- how many pairs can be recalled ---------------------------------------------------------------------


def _fixed_memories(lab: Lab) -> None:
    """Accuracy of a matrix of fixed size, written in two ways."""
    width, pairs = lab.size["key_width"], lab.size["pairs"]
    narrow = {way: [recalled(lab, width, count, way) for count in pairs] for way in ("sum", "best")}
    lab.check("linear_memory_drop", min(accuracies[0] - accuracies[-1] for accuracies in narrow.values()))
    wide = {way: recalled(lab, 4 * width, pairs[-1], way) for way in narrow}
    lab.check("linear_memory_gain", min(wide[way] - narrow[way][-1] for way in narrow))
    if lab.seed % 1000 == 0:
        for way, label in (("sum", "a sum over keys and values"), ("best", "the least-squares best matrix")):
            shown = ", ".join(
                f"{accuracy:.2f} of {count}" for count, accuracy in zip(pairs, narrow[way], strict=True)
            )
            lab.note(f"{label}, {width} x {VALUES} numbers: {shown}; {wide[way]:.2f} with 4 times as many")


def _growing_memory(lab: Lab) -> None:
    """Accuracy of softmax attention over all pairs, over the last few; and of a matrix no larger."""
    width, pairs = lab.size["key_width"], lab.size["pairs"]
    for name, way in (("cache_drop", "softmax"), ("window_drop", "window")):
        lab.check(name, recalled(lab, width, pairs[0], way) - recalled(lab, width, pairs[-1], way))
    again = [recalled(lab, width, pairs[-1], "best") for _ in range(2)]
    lab.check("same_size_gain", again[1] - again[0])


def recalled(lab: Lab, width: int, pairs: int, way: str) -> float:
    """The share of pairs whose value is recalled by its key, over several draws of keys and values.

    way: `sum` and `best` read S^T k, `softmax` attends to all keys, `window` to the last pairs[0] of them.
    """
    draws = lab.size["memories"]
    keys = torch.randn(draws, pairs, width, generator=lab.generator, dtype=torch.float64)  # [draws, pairs, w]
    said = torch.randint(VALUES, (draws, pairs), generator=lab.generator)  # [draws, pairs]
    values = functional.one_hot(said, VALUES).double()  # [draws, pairs, values]
    if way == "sum":
        found = keys @ (keys.transpose(1, 2) @ values)  # [draws, pairs, values]
    elif way == "best":
        found = keys @ torch.linalg.lstsq(keys, values, driver="gelsd").solution  # [draws, pairs, values]
    else:
        kept = pairs if way == "softmax" else lab.size["pairs"][0]
        found = explicit_attention(SHARPNESS * keys[:, None], keys[:, None, -kept:], values[:, None, -kept:])[
            :, 0
        ]  # [draws, pairs, values]
    return float((found.argmax(dim=-1) == said).double().mean())
