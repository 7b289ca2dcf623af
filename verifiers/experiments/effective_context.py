"""How many tokens of context a trained network uses, and what sets that number.

The task: fillers, keys, and question marks that ask for the latest key, `lag` tokens before. Lags are
drawn evenly on a log scale up to a longest one, as long ranges are rare in text too; a quarter of the
answers is noise, so the best loss is 0.95 nats (and 1% of it is 1% of perplexity as well). The effective
context is that of Khandelwal et al. (2018): at test time the network reads only the last c tokens, and
counted is the smallest c whose loss is within 1% of the lowest at any c. A second figure keeps all tokens
but shuffles those before the last c. Grid of c, then bisection to 2%; the test's lags are the exact
quantiles of their distribution, and its loss is the expected one over the noise.

Every network has a grid of rates: each is trained for some steps, and the one with the lowest training loss
goes on. Where one lag is all, the first steps tell nothing, and every rate is trained to the end; parity is
judged at the first rate at which its 32 tokens are learned. In the full profile all rates run to the end.

An LSTM with torch's own initialisation is trained on lags up to 400 (the claim), 160 and 20 (controls: a
figure inside 100 to 250 is possible, and data without long ranges give a short one). Another sees no lag
but 30, with torch's initialisation and, in the control, with chrono (Tallec and Ollivier 2018). Training
segments: the same tokens, with lags up to 24, are cut into segments of 8 or left at 32; a Transformer
with learned positions and an LSTM are then read with up to 25. Last, an LSTM learns running parity on 32
tokens and reads 2000: every token matters there, so with the last 1000 alone it must be at chance.

In the full profile an LSTM and a Transformer with learned positions also read English text in pieces, and
their relative effective context length is found as Dai et al. (2019) do, and the LSTM's effective context,
both in characters and both in no check.

It does not show the figure of language models: no check rests on natural text, the networks are small, one
key is all there is to remember, and c is counted in tokens of this task. An LSTM that must remember many
things, or was trained on text, can have a far shorter figure than its training lags; what is refuted or
not is that the number belongs to the LSTM. That a run without short lags did not learn is a fact about
this budget: in that of the full profile one of five did, with other random numbers than those drawn here.
And nothing here says how far a large Transformer reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .. import language, train
from ..lab import Lab
from ..models import tagger
from ..race import raced
from ..tasks import IGNORE, Batch, parity

TITLE = "How much context a trained network uses"

PLOT = {"x": "tokens read", "y": "loss in nats", "x_log": True, "y_log": False}

LOOKS = (3, 5)

PROFILES = {
    "quick": {"width": 32, "tests": 128, "rates": (0.003, 0.01), "early": 30, "hard_rates": (0.005, 0.01),
              "enough": 0.97, "far": (220, 8), "middle": (200, 16), "near": (150, 16), "hard": (180, 16),
              "segments": (120, 32), "parity": (400, 32), "parity_rates": (0.01, 0.003), "text": None},
    "full": {"width": 64, "tests": 512, "rates": (0.003, 0.01), "early": 800,
             "hard_rates": (0.003, 0.01, 0.03), "enough": None,
             "far": (600, 16), "middle": (600, 16), "near": (400, 16), "hard": (800, 16),
             "segments": (600, 32), "parity": (1000, 64), "parity_rates": (0.01, 0.003, 0.03),
             "text": {
                 "cpu": {"lstm": (128, 1), "transformer": (64, 2), "steps": 900, "batch": 16, "time": 128,
                         "rates": (0.003, 0.01), "tests": 2000, "step": 8, "most": 160},
                 "gpu": {"lstm": (512, 1), "transformer": (256, 2), "steps": 3000, "batch": 64, "time": 256,
                         "rates": (0.001, 0.003, 0.006), "tests": 8000, "step": 20, "most": 480}}},
}  # fmt: skip
"""(steps, sequences per step) of every training; early: steps after which the best rate goes on; text:
contexts from `step` to `most` in equal steps."""

# fmt: off
CHECKS = {
    "lstm_lags_to_400": {"unit": "tokens",
        "bounds": [100, 250], "arm": "claim", "interval": "mean",
        "meaning": "Effective context of an LSTM whose training data have lags up to 400."},
    "lstm_order_to_400": {"unit": "tokens",
        "bounds": [100, 250], "arm": "claim", "interval": "mean",
        "meaning": "The same LSTM when the tokens further back are shuffled and not cut off."},
    "lstm_only_lag_30": {"unit": "tokens",
        "bounds": [1, 15], "arm": "claim", "interval": "mean",
        "meaning": "Effective context of an LSTM with torch's initialisation that saw lag 30 only."},
    "lstm_segments_of_8": {"unit": "tokens",
        "bounds": [1, 14], "arm": "claim", "interval": "mean",
        "meaning": "Effective context of an LSTM trained on segments of 8 tokens, read with up to 25."},
    "lstm_parity_at_2000": {"unit": "share right",
        "bounds": [None, 0.99], "arm": "claim", "interval": "mean",
        "meaning": "Parity of 2000 tokens, by an LSTM trained on 32."},
    "lstm_lags_to_160": {"unit": "tokens",
        "bounds": [100, 250], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "With lags up to 160 in its training data an LSTM uses 100 to 250 tokens."},
    "lstm_lags_to_20": {"unit": "tokens",
        "bounds": [100, 250], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Without any range beyond 20 it does not."},
    "lstm_only_lag_30_chrono": {"unit": "tokens",
        "bounds": [1, 15], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With chrono initialisation an LSTM that saw lag 30 only reads that far."},
    "transformer_segments_of_8": {"unit": "tokens",
        "bounds": [1, 14], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A Transformer with learned positions uses no more than the 8 tokens of its segments."},
    "transformer_segments_of_32": {"unit": "tokens",
        "bounds": [1, 14], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "On segments of 32 of the same tokens it uses more."},
    "lstm_parity_of_last_1000": {"unit": "share right",
        "bounds": [None, 0.99], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Parity of 2000 tokens cannot be told from the last 1000."},
}
# fmt: on

FIGURES = {
    "text_lstm_relative": ("characters", "mean", "Relative effective context length of an LSTM, r = 0.1."),
    "text_transformer_relative": ("characters", "mean", "The same of a Transformer."),
    "text_lstm_context": ("characters", "mean", "Effective context of that LSTM, to 1% of perplexity."),
    "text_transformer_context": ("characters", "mean", "The same of the Transformer."),
}

# fmt: off
OUTSIDE = (
    {"what": "relative effective context length of an LSTM over that of a plain Transformer, r = 0.1",
        "published": (400, "/", 128), "unit": "words, WikiText-103; the two are of different groups there",
        "source": "Dai et al. 2019, Table 8", "from_memory": False,
        "ours": ("text_lstm_relative", "/", "text_transformer_relative"), "beside": "lstm_segments_of_8",
        "agrees_in": "direction", "margin": 1.0,
        "why": "There segments of 128 words are the Transformer's ceiling; small ones do not reach theirs."},
    {"what": "effective context of an LSTM on text",
        "published": 200, "unit": "words, Penn Treebank and WikiText-2",
        "source": "Khandelwal et al. 2018, abstract", "from_memory": False,
        "ours": "text_lstm_context", "beside": "lstm_lags_to_400",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Ours are characters, about six to a word, and a far smaller network."},
)
# fmt: on

SYMBOLS, FILLERS = 8, 4
QUESTION = SYMBOLS
"""Tokens: keys, the question mark, fillers."""
TOKENS = SYMBOLS + 1 + FILLERS
NOISE = 0.25
"""The share of answers in training that are drawn anew, all symbols equally likely."""
CLOSE = 1.01
"""Within 1% of the lowest loss."""
UNKNOWING, BEST = 2.079, 0.951
"""Nats per answer without the key, log(SYMBOLS), and with it, the entropy of the noise."""
GRID = (2, 4, 8, 14, 20, 50, 100, 160, 250)
"""Tokens read, for the curves; the longest possible is added."""
SEGMENT_LAGS, SEGMENT_STREAM = 24, 32
READ = 2000
"""Tokens whose parity is asked at test time."""


def trial(lab: Lab) -> None:
    """Train the arm's networks and measure how far back each reads."""
    (_claimed if lab.arm == "claim" else _controlled)(lab)


def _claimed(lab: Lab) -> None:
    """Long lags, one lag only, short segments and parity, for LSTMs."""
    lstm = _on_lags(lab, "far", 1, 400)
    test = exam(lab.generator, 1, 400, lab.size["tests"]).to(lab.device)
    lab.check("lstm_lags_to_400", _learned(lab, lstm, test, _curve(lab, lstm, test, 400)))
    lab.check("lstm_order_to_400", _learned(lab, lstm, test, _shuffled_context(lab, lstm, test, 400)))
    test = exam(lab.generator, 30, 30, lab.size["tests"]).to(lab.device)
    lab.check("lstm_only_lag_30", context(_on_lags(lab, "hard", 30, 30), test, 30))
    lab.check("lstm_segments_of_8", _on_segments(lab, "lstm", 8))
    lab.check("lstm_parity_at_2000", _parity_share(lab, READ))
    size = language.sizes(lab)
    if size:
        _read_text(lab, size)


def _read_text(lab: Lab, size: Mapping[str, Any]) -> None:
    """How far back an LSTM and a Transformer with as many parameters read in English text."""
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    contexts = range(size["step"], size["most"] + 1, size["step"])
    test = language.exam(size, size["most"])
    kinds: dict[str, dict[str, Any]] = {
        "lstm": {}, "transformer": {"causal": True, "positions": "learned", "fused": True}
    }  # fmt: skip
    group = {}
    for kind, options in kinds.items():
        model = language.trained(lab, size, kind, seed=seed, **options)
        # Learned positions end with the pieces; an LSTM can read on.
        longest = size["time"] if kind == "transformer" else size["most"]
        group[kind] = language.truncated(model, test, contexts, longest)  # [contexts, tests]
        lab.figure(f"text_{kind}_context", language.effective(group[kind], contexts))
    lengths = language.relative_effective(list(group.values()), contexts, 0.1)
    for kind, length in zip(group, lengths, strict=True):
        lab.figure(f"text_{kind}_relative", length)


def _controlled(lab: Lab) -> None:
    """Shorter lags, another initialisation, the Transformer's segments and half of the parity's tokens."""
    for name, part, longest in (("lstm_lags_to_160", "middle", 160), ("lstm_lags_to_20", "near", 20)):
        lstm = _on_lags(lab, part, 1, longest)
        test = exam(lab.generator, 1, longest, lab.size["tests"]).to(lab.device)
        lab.check(name, _learned(lab, lstm, test, _curve(lab, lstm, test, longest)))
    test = exam(lab.generator, 30, 30, lab.size["tests"]).to(lab.device)
    lstm = _on_lags(lab, "hard", 30, 30, chrono=61)  # biases for twice the lag
    lab.check("lstm_only_lag_30_chrono", _learned(lab, lstm, test, context(lstm, test, 30)))
    for segment in (8, 32):
        found = _on_segments(
            lab, "transformer", segment, positions="learned", longest=SEGMENT_STREAM, causal=True
        )
        lab.check(f"transformer_segments_of_{segment}", found)
    lab.check("lstm_parity_of_last_1000", _parity_share(lab, READ // 2))


# ---- the task -----------------------------------------------------------------------------------------


def lagged_recall(
    generator: torch.Generator,
    batch: int,
    *,
    length: int,
    shortest: int,
    longest: int,
    last: Tensor | None = None,
) -> Batch:
    """The latest key, at every question mark; filled from the end backwards until no pair fits.

        lags 3 and 1    in   f 5 ? 2 f f ?
                        out  . . 5 . . . 2

    Lags are drawn evenly on a log scale; `last` [batch] are those of the last question instead.
    """
    pairs = max(1, length // 2)
    even = torch.rand(batch, pairs, generator=generator, dtype=torch.float64)  # [batch, pairs]
    lags = on_log_scale(even, shortest, longest)  # [batch, pairs], last pair first
    if last is not None:
        lags[:, 0] = last
    keys = torch.randint(SYMBOLS, (batch, pairs), generator=generator)  # [batch, pairs]
    inputs = QUESTION + 1 + torch.randint(FILLERS, (batch, length), generator=generator)  # [batch, length]
    targets = torch.full((batch, length), IGNORE)  # [batch, length]
    asked = length - (lags + 1).cumsum(dim=1) + lags  # [batch, pairs], where the questions are
    fits = asked - lags >= 0  # [batch, pairs]
    row = torch.arange(batch)[:, None].expand(batch, pairs)[fits]  # [placed]
    inputs[row, (asked - lags)[fits]] = keys[fits]
    inputs[row, asked[fits]] = QUESTION
    targets[row, asked[fits]] = keys[fits]
    return Batch(inputs, targets)


def on_log_scale(even: Tensor, shortest: int, longest: int) -> Tensor:
    """Numbers in [0, 1) -> whole lags from the shortest to the longest: [...] -> [...]."""
    return (shortest * ((longest + 1) / shortest) ** even).long()  # [...]


def noisy(generator: torch.Generator, batch: Batch) -> Batch:
    """The same questions, a share NOISE of the answers drawn anew."""
    anew = torch.randint(SYMBOLS, batch.targets.shape, generator=generator)  # [batch, time]
    strays = torch.rand(batch.targets.shape, generator=generator) < NOISE  # [batch, time]
    return Batch(batch.inputs, torch.where(strays & (batch.targets != IGNORE), anew, batch.targets))


def exam(generator: torch.Generator, shortest: int, longest: int, tests: int) -> Batch:
    """Sequences half as long again as the longest lag; the lags of their last questions are quantiles."""
    even = (torch.arange(tests, dtype=torch.float64) + 0.5) / tests  # [tests]
    last = on_log_scale(even, shortest, longest)  # [tests]
    length = longest + 1 + longest // 2
    return lagged_recall(generator, tests, length=length, shortest=shortest, longest=longest, last=last)


# ---- how far a network reads ----------------------------------------------------------------------------


@torch.no_grad()
def last_loss(model: nn.Module, inputs: Tensor, keys: Tensor) -> float:
    """Nats at the last token of inputs [batch, time], expected over the noise, for keys [batch]."""
    chances = model(inputs)[:, -1].log_softmax(dim=-1)  # [batch, classes]
    right = chances.gather(1, keys[:, None])[:, 0]  # [batch]
    return -float(((1.0 - NOISE) * right + NOISE * chances.mean(dim=1)).mean())


def context(
    model: nn.Module,
    test: Batch,
    longest: int,
    *,
    points: Sequence[int] = GRID,
    watch: Callable[[int, float], None] | None = None,
    disturb: Callable[[Tensor, int], Tensor] | None = None,
) -> int:
    """The smallest c whose loss is within 1% of the lowest, when only the last c tokens are read.

    longest: of the test's lags, so one more token holds all there is to know.
    disturb: (inputs [batch, time], c) -> what is read instead of the last c tokens.
    """
    most = longest + 1

    def at(c: int) -> float:
        read = test.inputs[:, -c:] if disturb is None else disturb(test.inputs, c)  # [batch, c or time]
        return last_loss(model, read, test.targets[:, -1])

    grid = [c for c in points if c < most] + [most]
    losses = [at(c) for c in grid]
    if watch is not None:
        for c, loss in zip(grid, losses, strict=True):
            watch(c, loss)
    return first_close(at, grid, losses)


def first_close(at: Callable[[int], float], grid: Sequence[int], losses: Sequence[float]) -> int:
    """The smallest c with a loss within 1% of the lowest of the grid, bisected to 2% below the first such."""
    enough = CLOSE * min(losses)
    first = next(place for place, loss in enumerate(losses) if loss <= enough)
    low, high = (grid[first - 1] if first else 0), grid[first]
    while high - low > max(1, high // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) <= enough else (middle, high)
    return high


def _curve(lab: Lab, model: nn.Module, test: Batch, longest: int) -> int:
    """The effective context, with the loss drawn against the tokens read."""
    curve = f"LSTM, lags to {longest}"
    return context(model, test, longest, watch=lambda c, loss: lab.point(curve, c, loss))


def _shuffled_context(lab: Lab, model: nn.Module, test: Batch, longest: int) -> int:
    """The smallest c that keeps the loss when the tokens before the last c are shuffled."""
    order = torch.rand(test.inputs.shape, generator=lab.generator).to(lab.device)  # [batch, time]

    def shuffle(inputs: Tensor, c: int) -> Tensor:
        far = inputs.shape[1] - c
        mixed = inputs[:, :far].gather(1, order[:, :far].argsort(dim=1))  # [batch, time - c]
        return torch.cat((mixed, inputs[:, far:]), dim=1)  # [batch, time]

    return context(model, test, longest, points=(100, 250), disturb=shuffle)


def _learned(lab: Lab, model: nn.Module, test: Batch, found: float, answerable: float = 1.0) -> float:
    """The figure, or no number where the network did not get half way from knowing nothing to the best.

    answerable: the share of the questions whose key is in sight.
    """
    loss = last_loss(model, test.inputs, test.targets[:, -1])
    if loss < UNKNOWING - answerable * (UNKNOWING - BEST) / 2.0:
        return found
    lab.note(f"seed {lab.seed}, {lab.arm}: a network did not learn in this budget")
    return math.nan


# ---- training -------------------------------------------------------------------------------------------


def _on_lags(lab: Lab, part: str, shortest: int, longest: int, **options: Any) -> nn.Module:  # noqa: ANN401
    """An LSTM trained on those lags, in sequences a quarter longer, two pairs at least."""
    length = max(longest + longest // 4, 64)
    steps, batch = lab.size[part]

    def draw(generator: torch.Generator) -> Batch:
        clean = lagged_recall(generator, batch, length=length, shortest=shortest, longest=longest)
        return noisy(generator, clean)

    return _trained(lab, f"lags {shortest} to {longest}", "lstm", draw, steps, options, hard=part == "hard")


def _on_segments(lab: Lab, kind: str, segment: int, **options: Any) -> float:  # noqa: ANN401
    """The effective context of a network trained on segments of the same tokens."""
    steps, batch = lab.size["segments"]

    def draw(generator: torch.Generator) -> Batch:
        whole = lagged_recall(
            generator, batch, length=SEGMENT_STREAM, shortest=1, longest=SEGMENT_LAGS
        )  # [batch, 32]
        whole = noisy(generator, whole)
        return Batch(whole.inputs.reshape(-1, segment), whole.targets.reshape(-1, segment))

    model = _trained(lab, f"segments of {segment}", kind, draw, steps, options)
    test = exam(lab.generator, 1, SEGMENT_LAGS, lab.size["tests"]).to(lab.device)
    # A short segment leaves questions whose key is gone: judged is what its length allows.
    near = Batch(test.inputs[:, -segment:], test.targets[:, -segment:])  # [tests, segment]
    answerable = min(1.0, math.log(segment) / math.log(SEGMENT_LAGS + 1))
    return _learned(lab, model, near, context(model, test, SEGMENT_LAGS), answerable)


def _trained(
    lab: Lab,
    name: str,
    kind: str,
    draw: Callable[[torch.Generator], Batch],
    steps: int,
    options: dict[str, Any],
    hard: bool = False,
) -> nn.Module:
    """A network of that kind, at the best of the learning rates by its training loss.

    hard: judge by the loss at the end, since early on there is none to see.
    """
    start = int(torch.randint(2**31, (1,), generator=lab.generator))
    rates, early = lab.size["hard_rates" if hard else "rates"], steps if hard else lab.size["early"]
    streams: dict[float, torch.Generator] = {}

    def build() -> nn.Module:
        weights = torch.Generator().manual_seed(start)
        width = lab.size["width"]
        body = tagger.core(kind, width, generator=weights, device=lab.device, **options)
        return tagger.Tagger(
            body, width=width, tokens=TOKENS, classes=SYMBOLS, generator=weights, device=lab.device
        )

    def fit(model: nn.Module, rate: float, first: int, last: int) -> train.Fit:
        drawn = streams.setdefault(rate, torch.Generator().manual_seed(start + 1))
        recipe = train.Recipe(steps=last - first, learning_rate=rate, clip=1.0, enough=lab.size["enough"])
        return train.fit(model, lambda: draw(drawn).to(lab.device), recipe)

    best = raced(build, fit, rates, early=early, steps=steps)
    if lab.seed % 1000 == 0:
        made = f"{kind}, {name}{', chrono' if 'chrono' in options else ''}"
        state = f"{tagger.state_bytes(best.model, SEGMENT_STREAM)} bytes of state"
        count = f"{tagger.parameters(best.model)} parameters"
        lab.note(f"{made}: {count}, {state}, learning rate {best.learning_rate:g} of {rates}")
    return best.model


def _parity_share(lab: Lab, read: int) -> float:
    """How often an LSTM trained on 32 tokens tells the parity of READ, from the last `read` of them.

    At the first of the rates at which it learns those 32.
    """
    steps, batch = lab.size["parity"]
    for rate in lab.size["parity_rates"]:
        body = tagger.core("lstm", 16, generator=lab.generator, device=lab.device)
        model = tagger.Tagger(body, width=16, tokens=2, classes=2, generator=lab.generator, device=lab.device)
        recipe = train.Recipe(steps=steps, learning_rate=rate, clip=1.0, enough=0.002)
        made = train.fit(model, lambda: parity(lab.generator, batch, length=32).to(lab.device), recipe)
        if made.final() <= 0.1:
            break
    else:
        lab.note(f"seed {lab.seed}, {lab.arm}: parity of 32 tokens was not learned in this budget")
        return math.nan
    whole = parity(lab.generator, lab.size["tests"], length=READ).to(lab.device)
    asked = Batch(whole.inputs[:, -read:], torch.full_like(whole.targets[:, -read:], IGNORE))
    asked.targets[:, -1] = whole.targets[:, -1]
    return train.accuracy(model, asked)
