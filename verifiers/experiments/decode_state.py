"""What must be kept to write the next token, and what that token costs, early and late in a sequence.

Bytes are those of the tensors a model hands on after a step, counted from the tensors themselves (each
storage once and whole, also behind a view), in float32, for one layer and one sequence: keys and values
for attention, h and c for an LSTM, the state of a linear recurrence (the core of a state-space model).
They are exact, and a ratio of 1 means not one byte more. The bytes of a cache are compared per token,
those of a fixed state as they are.

Timed is one step at 64 and at 16,384 tokens of context: attention over its cache (appended to by
concatenation, as the model does it, so a step also copies the cache), the same with a window of 64
tokens, an LSTM step, and an LSTM that also attends over all its past outputs. The caches are filled with
keys and values of random tokens in one go, the LSTM is run through the context by torch's fused kernel
with the same weights; the clock sees the last step alone (see `timing`).

It does not show a whole model's latency: no feed-forward layer, no vocabulary, batch 1 (in the quick
profile), no paging, and none of the ways to make the cache smaller but not flat (fewer key heads,
low-rank keys, fewer bits). Nor what forgetting costs: a window and a fixed state are cheap because they
do not keep everything. The times are those of this device; on a GPU the calls of so small a layer cost
more than its arithmetic up to far longer contexts, so that growth shows late there.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..lab import Lab
from ..measure import stored_bytes
from ..models.attention import Attention, Cache, fused_attention
from ..models.linear_recurrence import LinearRecurrence
from ..models.lstm import LSTM
from ..models.rnn import State
from ..timing import Prepare, Run, pairs

TITLE = "State and cost of the next token"

PLOT = {"x": "tokens before", "y": "bytes kept, or microseconds", "x_log": True, "y_log": True}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"width": 64, "heads": 4, "batch": 1, "rounds": 5, "middle": 2048},
    "full": {"width": 256, "heads": 8, "batch": 4, "rounds": 9, "middle": 2048},
}

# fmt: off
CHECKS = {
    "cache_bytes_per_token_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Attention's cache takes the same bytes per token, early and late: it grows linearly."},
    "lstm_bytes_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "What an LSTM carries does not grow by a byte."},
    "linear_recurrence_bytes_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "What a linear recurrence carries does not grow by a byte."},
    "window_bytes_growth": {"unit": "ratio, 512 to 384 tokens",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Once its window of 64 tokens is full, windowed attention keeps no more either."},
    "attention_time_growth": {"unit": "ratio of times",
        "bounds": [3.0, None], "arm": "claim", "interval": "ratio",
        "meaning": "A token costs attention several times as much after 16,384 tokens as after 64."},
    "lstm_time_growth": {"unit": "ratio of times",
        "bounds": [0.67, 1.5], "arm": "claim", "interval": "ratio",
        "meaning": "A token costs an LSTM the same after 16,384 tokens as after 64."},
    "window_bytes_per_token_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With a window of 64 the cache does not grow in proportion."},
    "lstm_bytes_per_token_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "An LSTM's state is no cache: per token it shrinks."},
    "hoarding_lstm_bytes_growth": {"unit": "ratio, 512 to 64 tokens",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "An LSTM that keeps all its outputs to attend to them does grow."},
    "declared_bytes_error": {"unit": "bytes",
        "bounds": [0.0, 0.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The bytes counted from the tensors are those the models' formulas say."},
    "window_time_growth": {"unit": "ratio of times",
        "bounds": [3.0, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "With a window of 64 a token does not cost several times as much late as early."},
    "hoarding_lstm_time_growth": {"unit": "ratio of times",
        "bounds": [0.67, 1.5], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "An LSTM that attends to all its outputs pays more for a late token."},
}
OUTSIDE = (
    {"what": "speed of decoding at 8192 tokens, retention over attention with a cache",
        "published": 8.4, "unit": "times, 7B parameters",
        "source": "Sun et al. 2023 (RetNet), abstract", "from_memory": False,
        "ours": ("attention_time_growth", "/", "lstm_time_growth"), "beside": "attention_time_growth",
        "agrees_in": "direction", "margin": 1.0,
        "why": "Ours is how much dearer a late token gets, of one layer on one device, at 16,384 tokens."},
)
# fmt: on

EARLY, FULL, LATE = 64, 384, 512
"""Tokens at which bytes are compared; from the second on the window is full."""
TIMED_LATE = 16_384
"""Tokens of context at which late times are taken."""
WINDOW = 64

Kept = Cache | State | Tensor
"""What a model hands on: a cache, tensors [batch, width], or one such tensor."""


def trial(lab: Lab) -> None:
    """One draw of weights and tokens, in one arm."""
    with torch.no_grad():
        models = Models(lab)
        if lab.arm == "claim":
            _bytes(lab, models)
        else:
            _bytes_without_cause(lab, models)
        _times(lab, models)


class Models:
    """One layer of each kind, float32, with weights from the lab's generator."""

    def __init__(self, lab: Lab) -> None:
        width, heads, place = lab.size["width"], lab.size["heads"], lab.device
        generator, dtype = lab.generator, torch.float32
        self.width, self.batch = width, lab.size["batch"]
        self.full, self.windowed = (
            Attention(
                width,
                heads,
                generator=generator,
                causal=True,
                window=window,
                fused=True,
                dtype=dtype,
                device=place,
            )
            for window in (None, WINDOW)
        )
        self.lstm = LSTM(width, generator=generator, dtype=dtype, device=place)
        self.linear = LinearRecurrence(width, generator=generator, dtype=dtype, device=place)

    def tokens(self, lab: Lab, length: int, batch: int | None = None) -> Tensor:
        """Random tokens: [batch, length, width]."""
        return lab.randn(batch or self.batch, length, self.width, dtype=torch.float32)


# ---- bytes, exactly ---------------------------------------------------------------------------------


def kept_bytes(kept: Kept) -> int:
    """Bytes of what is handed on, each storage once."""
    if isinstance(kept, Cache):
        # Of the storage, not of the view: a window onto a growing cache would be no window.
        return stored_bytes((kept.keys, kept.values))
    return stored_bytes(kept if isinstance(kept, tuple) else (kept,))


def attention_bytes(model: Attention, tokens: Tensor) -> list[int]:
    """Bytes kept after each of the tokens [1, time, width]."""
    cache, sizes = None, []
    for token in tokens.unbind(dim=1):  # [1, width]
        _, cache = model.step(token, cache)
        sizes.append(kept_bytes(cache))
    return sizes


def lstm_bytes(model: LSTM, tokens: Tensor) -> list[int]:
    """Bytes kept after each of the tokens [1, time, width]."""
    state, sizes = model.start(1), []
    for token in tokens.unbind(dim=1):  # [1, width]
        _, state = model.step(token, state)
        sizes.append(kept_bytes(state))
    return sizes


def hoarding_bytes(model: LSTM, tokens: Tensor) -> list[int]:
    """Bytes kept after each of the tokens [1, time, width] when every output is kept too."""
    state, outputs, sizes = model.start(1), [], []
    for token in tokens.unbind(dim=1):  # [1, width]
        output, state = model.step(token, state)  # [1, width]
        outputs.append(output)
        sizes.append(stored_bytes((*outputs, *state)))
    return sizes


def linear_bytes(model: LinearRecurrence, tokens: Tensor) -> list[int]:
    """Bytes kept after each of the tokens [1, time, width]."""
    h, sizes = tokens.new_zeros(1, model.width), []  # [1, width]
    for token in tokens.unbind(dim=1):  # [1, width]
        h = model.step(token, h)  # [1, width]
        sizes.append(kept_bytes(h))
    return sizes


def growth(sizes: Sequence[int], early: int, late: int) -> float:
    """Bytes after `late` tokens over bytes after `early`."""
    return sizes[late - 1] / sizes[early - 1]


def _draw(lab: Lab, curve: str, sizes: Sequence[int]) -> None:
    """Bytes at powers of two."""
    length = 1
    while length <= len(sizes):
        lab.point(f"{curve}, bytes", length, sizes[length - 1])
        length *= 2


def _bytes(lab: Lab, models: Models) -> None:
    """What attention, an LSTM and a linear recurrence keep."""
    tokens = models.tokens(lab, LATE, batch=1)  # [1, time, width]
    cache = attention_bytes(models.full, tokens)
    window = attention_bytes(models.windowed, tokens)
    lstm = lstm_bytes(models.lstm, tokens)
    linear = linear_bytes(models.linear, tokens)
    lab.check("cache_bytes_per_token_growth", growth(cache, EARLY, LATE) * EARLY / LATE)
    lab.check("lstm_bytes_growth", growth(lstm, EARLY, LATE))
    lab.check("linear_recurrence_bytes_growth", growth(linear, EARLY, LATE))
    lab.check("window_bytes_growth", growth(window, FULL, LATE))
    _draw(lab, "attention", cache)
    _draw(lab, f"window of {WINDOW}", window)
    _draw(lab, "LSTM", lstm)


def _bytes_without_cause(lab: Lab, models: Models) -> None:
    """A cache that does not grow in proportion, states that do grow, and the formulas."""
    tokens = models.tokens(lab, LATE, batch=1)  # [1, time, width]
    cache = attention_bytes(models.full, tokens)
    window = attention_bytes(models.windowed, tokens)
    lstm = lstm_bytes(models.lstm, tokens)
    lab.check("window_bytes_per_token_growth", growth(window, EARLY, LATE) * EARLY / LATE)
    lab.check("lstm_bytes_per_token_growth", growth(lstm, EARLY, LATE) * EARLY / LATE)
    lab.check("hoarding_lstm_bytes_growth", growth(hoarding_bytes(models.lstm, tokens), EARLY, LATE))
    counted = ((models.full, cache), (models.lstm, lstm))
    lab.check(
        "declared_bytes_error",
        max(
            abs(model.state_bytes(length) - sizes[length - 1])
            for model, sizes in counted
            for length in (1, EARLY, FULL, LATE)
        ),
    )


# ---- times ------------------------------------------------------------------------------------------


def filled(model: Attention, tokens: Tensor) -> Cache:
    """The cache after the tokens [batch, time, width], filled in one go."""
    window = tokens if model.window is None else tokens[:, -model.window :]  # [batch, kept, width]
    batch, kept, _ = window.shape
    keys, values = (
        layer(window).view(batch, kept, model.heads, -1).transpose(1, 2).contiguous()
        for layer in (model.key, model.value)
    )  # [batch, heads, kept, head_width] each
    return Cache(keys, values, tokens.shape[1])


def read_through(model: LSTM, tokens: Tensor) -> tuple[Tensor, State]:
    """All outputs [batch, time, width] and the last state, by torch's fused kernel with the same weights."""
    start = [part[None].contiguous() for part in model.start(tokens.shape[0])]  # [1, batch, width] each
    weights: list[Tensor] = [model.weight_ih, model.weight_hh, model.bias_ih, model.bias_hh]
    outputs, h, c = torch.lstm(
        tokens, start, weights, True, 1, 0.0, False, False, True
    )  # [batch, time, width], [1, batch, width] twice
    return outputs, (h[0], c[0])


def attention_step(lab: Lab, models: Models, model: Attention, length: int) -> Prepare:
    """One step of attention after `length` fresh tokens."""

    def prepare() -> Run:
        cache = filled(model, models.tokens(lab, length))
        token = models.tokens(lab, 1)[:, 0]  # [batch, width]
        return lambda: model.step(token, cache)

    return prepare


def lstm_step(lab: Lab, models: Models, length: int, *, hoard: bool = False) -> Prepare:
    """One LSTM step after `length` tokens, with or without attending to all the outputs so far.

    The context is read once and copied for every measurement, into fresh memory.
    """
    outputs, state = read_through(models.lstm, models.tokens(lab, length))  # [batch, time, width]

    def prepare() -> Run:
        token = models.tokens(lab, 1)[:, 0]  # [batch, width]
        before = tuple(part.clone() for part in state)  # [batch, width] each
        past = outputs[:, None].clone()  # [batch, 1, time, width]

        def run() -> None:
            output, _ = models.lstm.step(token, before)  # [batch, width]
            if hoard:
                fused_attention(output[:, None, None], past, past)  # [batch, 1, 1, width]

        return run

    return prepare


def _times(lab: Lab, models: Models) -> None:
    """One step early and late, all of this arm's models in the same rounds."""
    lengths = (EARLY, lab.size["middle"], TIMED_LATE)
    candidates: dict[str, Prepare] = {}
    for length in lengths:
        if lab.arm == "claim":
            candidates[f"attention {length}"] = attention_step(lab, models, models.full, length)
            candidates[f"LSTM {length}"] = lstm_step(lab, models, length)
        else:
            candidates[f"window {length}"] = attention_step(lab, models, models.windowed, length)
            candidates[f"hoarding {length}"] = lstm_step(lab, models, length, hoard=True)
    times = pairs(candidates, rounds=lab.size["rounds"], generator=lab.generator, device=lab.device)
    if times.restless:
        lab.note(times.restless)
    checks = {
        "claim": {"attention": "attention_time_growth", "LSTM": "lstm_time_growth"},
        "control": {"window": "window_time_growth", "hoarding": "hoarding_lstm_time_growth"},
    }
    for name, check in checks[lab.arm].items():
        lab.check(check, times.ratio(f"{name} {TIMED_LATE}", f"{name} {EARLY}"))
        for length in lengths:
            lab.point(f"{name}, microseconds", length, 1e6 * times.typical(f"{name} {length}"))
