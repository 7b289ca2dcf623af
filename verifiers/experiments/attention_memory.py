"""What attention keeps in memory and what it computes, counted against the number of tokens.

Measured: the bytes that autograd keeps for the backward pass, each storage once, parameters left out, and
the floating point operations of matrix products (a multiply-add is two), for attention written out
(explicit), torch's fused kernel, a causal window, linear attention and an LSTM. Bytes are fitted by
a + b N + c N^2 in exact fractions; c is bytes per pair of tokens, and per head where a check says so. It is
c that decides, since a large b bends the log-log slope of short sequences. Projections and MLP are not
part of attention here. What stands at 131,072 tokens is computed from the fit, not run. All of it is
counted, so the numbers are the same on every run, and every interval has no width.

How: `measure.saved_bytes`, `measure.flops` (torch's counter, with fused attention on the CPU added) and
`measure.kernels`. Agreement of two forms is computed in float64 on the CPU whatever the device, since
fused kernels elsewhere have no float64. The controls take the cause away: torch is made to use its
unfused backend, the softmax is left out, or another mechanism is put where attention was.

It does not show how fast anything is, nor memory that lives only inside a kernel, nor how many heads and
layers a model has: one head of one layer is counted. It says nothing about how well windows or linear
attention work, and that bytes fit says nothing about whether a model is any good at that length.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from .. import measure
from ..attention_cost import Attend, Heads, layer_fit, long_exponent, noted_fit
from ..lab import Lab
from ..models.attention import (
    Attention,
    explicit_attention,
    fused_attention,
    linear_attention,
    looped_attention,
    windowed_attention,
)
from ..models.lstm import LSTM

TITLE = "Memory and FLOPs of attention against length"

PLOT = {"x": "tokens", "y": "bytes kept for backward", "x_log": True, "y_log": True}

LOOKS = (1,)

PROFILES = {
    "quick": {
        "lengths": [64, 96, 128, 192, 256, 384, 512, 768, 1024],
        "short": [64, 96, 128, 192, 256],
        "lstm_lengths": [32, 48, 64, 96, 128, 192, 256, 384, 512],
        "heads": 4,
        "head_width": 16,
        "window": 32,
        "width": 64,
        "loop_tokens": 16,
        "really": 0,
    },
    "full": {
        "lengths": [128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096],
        "short": [64, 96, 128, 192, 256, 384, 512],
        "lstm_lengths": [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024],
        "heads": 8,
        "head_width": 64,
        "window": 32,
        "width": 256,
        "loop_tokens": 32,
        "really": 131072,
    },
}

# fmt: off
CHECKS = {
    "explicit_bytes_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [1.0, None], "arm": "claim", "interval": "range",
        "meaning": "Attention written out keeps at least a byte for every pair of tokens."},
    "fused_bytes_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [1.0, None], "arm": "claim", "interval": "range",
        "meaning": "Fused attention, too, keeps at least a byte for every pair of tokens."},
    "fused_memory_exponent": {"unit": "log-log slope",
        "bounds": [1.8, None], "arm": "claim", "interval": "range",
        "meaning": "The bytes that fused attention keeps still grow with the square of the length."},
    "fused_flop_exponent": {"unit": "log-log slope",
        "bounds": [1.8, None], "arm": "claim", "interval": "range",
        "meaning": "The arithmetic of fused attention grows with the square of the length."},
    "fused_memory_linear": {"unit": "log-log slope",
        "bounds": [0.9, 1.15], "arm": "claim", "interval": "range",
        "meaning": "The bytes that fused attention keeps grow in proportion to the length."},
    "fused_difference": {"unit": "largest absolute difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Fused attention gives the same numbers as attention written out."},
    "lstm_memory_exponent": {"unit": "log-log slope",
        "bounds": [0.9, 1.1], "arm": "claim", "interval": "range",
        "meaning": "What an LSTM keeps for training grows in proportion to the length."},
    "lstm_flop_exponent": {"unit": "log-log slope", "bounds": [0.9, 1.1], "arm": "claim", "interval": "range",
        "meaning": "The arithmetic of an LSTM grows in proportion to the length."},
    "lstm_state_exponent": {"unit": "log-log slope",
        "bounds": [None, 0.01], "arm": "claim", "interval": "range",
        "meaning": "What an LSTM carries from token to token when it only runs does not grow at all."},
    "weighted_sum_difference": {"unit": "largest absolute difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Summing weight times value in two plain loops gives what the fused kernel gives."},
    "weights_sum_to_one": {"unit": "largest distance of a row sum from 1",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "The weights that one token spreads over all tokens add up to one."},
    "score_matrices_kept": {"unit": "N x N tensors",
        "bounds": [1.0, None], "arm": "claim", "interval": "range",
        "meaning": "Attention written out holds a whole N x N matrix in memory."},
    "score_products": {"unit": "matrix products", "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "One batched matrix product fills the N x N scores of all heads."},
    "fused_score_matrices_kept": {"unit": "N x N tensors",
        "bounds": [None, 0.0], "arm": "claim", "interval": "range",
        "meaning": "The fused kernel keeps no N x N matrix at all."},
    "explicit_scores_gib_at_128k": {"unit": "GiB per head and layer, float16",
        "bounds": [32.0, None], "arm": "claim", "interval": "range",
        "meaning": "At 131,072 tokens the written-out scores of a single head take 32 GiB or more."},
    "explicit_gib_at_2k": {"unit": "GiB per head and layer, float16",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "At 2,048 tokens one head of written-out attention keeps less than a GiB."},
    "fused_gib_at_128k": {"unit": "GiB per head and layer, float16",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "At 131,072 tokens one head of fused attention keeps less than a GiB."},
    "window_gib_at_128k": {"unit": "GiB per head and layer, float16",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "At 131,072 tokens one head of windowed attention keeps less than a GiB."},
    "linear_gib_at_128k": {"unit": "GiB per head and layer, float16",
        "bounds": [None, 1.0], "arm": "claim", "interval": "range",
        "meaning": "At 131,072 tokens one head of linear attention keeps less than a GiB."},
    "rotary_change_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Rotary positions leave the bytes per pair of tokens exactly as they were."},
    "math_bytes_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [1.0, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The same call made to run unfused keeps every pair of tokens again."},
    "math_memory_exponent": {"unit": "log-log slope",
        "bounds": [1.8, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The same call made to run unfused is back to the square of the length."},
    "math_memory_linear": {"unit": "log-log slope",
        "bounds": [0.9, 1.15], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "The same call made to run unfused is not linear in memory."},
    "math_score_matrices_kept": {"unit": "N x N tensors",
        "bounds": [None, 0.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "The same call made to run unfused does keep an N x N matrix."},
    "window_bytes_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention to a window keeps nothing per pair of tokens."},
    "window_score_matrices_kept": {"unit": "N x N tensors",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention to a window holds no N x N matrix."},
    "linear_attention_flop_exponent": {"unit": "log-log slope",
        "bounds": [1.8, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Linear attention does not compute with the square of the length."},
    "linear_attention_difference": {"unit": "largest absolute difference",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Linear attention saves memory by computing something else."},
    "attention_memory_as_lstm": {"unit": "log-log slope",
        "bounds": [0.9, 1.1], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention written out does not pass the test of memory that the LSTM has to pass."},
    "attention_flops_as_lstm": {"unit": "log-log slope",
        "bounds": [0.9, 1.1], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Attention does not pass the test of arithmetic that the LSTM has to pass."},
    "cache_exponent": {"unit": "log-log slope",
        "bounds": [None, 0.01], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "What attention carries from token to token grows with every token."},
    "raw_score_difference": {"unit": "largest absolute difference",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With the softmax left out the weighted sum is something else."},
    "raw_scores_sum_to_one": {"unit": "largest distance of a row sum from 1",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With the softmax left out the weights do not add up to one."},
    "row_by_row_products": {"unit": "matrix products",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Scores computed query by query come from no single N x N product."},
    "explicit_gib_at_128k": {"unit": "GiB per head and layer, float16",
        "bounds": [None, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "At 131,072 tokens written-out attention does not fit where the other forms do."},
    "explicit_scores_gib_at_2k": {"unit": "GiB per head and layer, float16",
        "bounds": [32.0, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "At 2,048 tokens the written-out scores are far below 32 GiB."},
    "fusing_change_per_pair": {"unit": "bytes per pair of tokens and head",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Fusing, unlike rotary positions, does change the bytes per pair of tokens."},
}
FIGURES = {
    "fused_doubling": ("times the bytes", "range", "Fused attention at the longest length over half of it."),
    "explicit_doubling": ("times the bytes", "range", "Attention written out, the same."),
    "explicit_over_fused_128": ("times the bytes", "range", "Written out to fused, 128 tokens, width 64."),
    "explicit_over_fused_512": ("times the bytes", "range", "Written out to fused, 512 tokens, width 64."),
    "explicit_over_fused_1024": ("times the bytes", "range", "Written out to fused, 1024 tokens, width 64."),
    "explicit_over_fused_4096": ("times the bytes", "range", "Written out to fused, 4096 tokens, width 64."),
}
OUTSIDE = (
    {"what": "memory at 4096 over 2048 tokens, FlashAttention",
        "published": (836, "/", 418), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "fused_doubling", "beside": "fused_memory_linear",
        "agrees_in": "value", "margin": 0.2,
        "why": "The quick profile doubles from 512 to 1024 tokens."},
    {"what": "memory at 4096 over 2048 tokens, PyTorch",
        "published": (17024, "/", 4416), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "explicit_doubling", "beside": "explicit_bytes_per_pair",
        "agrees_in": "value", "margin": 0.2,
        "why": "The quick profile doubles from 512 to 1024 tokens."},
    {"what": "memory of PyTorch over FlashAttention at 128 tokens",
        "published": (36, "/", 22), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "explicit_over_fused_128", "beside": "fused_memory_linear",
        "agrees_in": "ratio", "margin": 3.0,
        "why": "Ours are float32 without dropout or mask, and only what is kept for backward."},
    {"what": "memory of PyTorch over FlashAttention at 512 tokens",
        "published": (336, "/", 104), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "explicit_over_fused_512", "beside": "fused_memory_linear",
        "agrees_in": "ratio", "margin": 3.0,
        "why": "Ours are float32 without dropout or mask, and only what is kept for backward."},
    {"what": "memory of PyTorch over FlashAttention at 1024 tokens",
        "published": (1184, "/", 209), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "explicit_over_fused_1024", "beside": "fused_memory_linear",
        "agrees_in": "ratio", "margin": 3.0,
        "why": "Ours are float32 without dropout or mask, and only what is kept for backward."},
    {"what": "memory of PyTorch over FlashAttention at 4096 tokens",
        "published": (17024, "/", 836), "unit": "MB, forward and backward",
        "source": "Dao et al. 2022, Table 21", "from_memory": False,
        "ours": "explicit_over_fused_4096", "beside": "fused_memory_linear",
        "agrees_in": "ratio", "margin": 3.0,
        "why": "Ours are float32 without dropout or mask, and only what is kept for backward."},
)
# fmt: on

GIB = 2**30
LONG = 131_072
"""What people call 128K."""


def trial(lab: Lab) -> None:
    """Count everything of one arm."""
    if lab.device.type != "cpu":
        lab.note("Bytes and FLOPs are counted on the device; agreement is computed in float64 on the CPU.")
    if lab.arm == "claim":
        _memory_and_compute(lab)
        _lstm(lab)
        _weighted_sum(lab)
        _matrices(lab)
        _long_context(lab)
    else:
        _unfused(lab)
        _other_mechanisms(lab)
        _without_softmax(lab)
        _opposites(lab)


# ---- the claim's arm ------------------------------------------------------------------------------


def _memory_and_compute(lab: Lab) -> None:
    """Attention written out and fused, over the lengths of the profile."""
    lengths, heads = lab.size["lengths"], _heads(lab)
    explicit = heads.kept_bytes(explicit_attention, lengths, curve="attention written out")
    fused = heads.kept_bytes(fused_attention, lengths, curve="fused attention")
    lab.check("explicit_bytes_per_pair", noted_fit(lab, "explicit", lengths, explicit).c / heads.count)
    lab.check("fused_bytes_per_pair", noted_fit(lab, "fused", lengths, fused).c / heads.count)
    _beside(lab, lengths, explicit, fused)
    slope = long_exponent(lengths, fused)
    lab.check("fused_memory_exponent", slope)
    lab.check("fused_memory_linear", slope)
    lab.check("fused_flop_exponent", heads.flop_exponent(fused_attention, lab.size["short"]))
    q, k, v = heads.draw(lab.size["short"][-1], dtype=torch.float64)  # [1, heads, time, head_width] each
    lab.check("fused_difference", _largest(fused_attention(q, k, v) - explicit_attention(q, k, v)))
    names = {name for name, _ in measure.kernels(partial(fused_attention, *heads.inputs(64)))}
    lab.note(f"The fused call ran {', '.join(sorted(n for n in names if 'attention' in n)) or 'unfused'}.")


def _beside(lab: Lab, lengths: list[int], explicit: list[int], fused: list[int]) -> None:
    """What stands beside published megabytes, whose heads are 64 wide."""
    for name, kept in (("explicit", explicit), ("fused", fused)):
        lab.figure(f"{name}_doubling", kept[-1] / kept[lengths.index(lengths[-1] // 2)])
    if lab.size["head_width"] == 64:
        for length in (128, 512, 1024, 4096):
            place = lengths.index(length)
            lab.figure(f"explicit_over_fused_{length}", explicit[place] / fused[place])


def _lstm(lab: Lab) -> None:
    """An LSTM written out step by step: training memory, arithmetic, and the state it carries."""
    lengths, width = lab.size["lstm_lengths"], lab.size["width"]
    model = LSTM(width, generator=lab.generator, dtype=torch.float32, device=lab.device)
    kept, counts, carried = [], [], []
    for length in lengths:
        x = lab.randn(1, length, width, dtype=torch.float32)  # [1, time, width]
        run = partial(model, x)
        kept.append(measure.saved_bytes(run, ignore=model.parameters()))
        lab.point("LSTM", length, kept[-1])
        counts.append(measure.flops(run))
        with torch.no_grad():
            state = model.start(1)  # [1, width] each
            for x_t in x.unbind(dim=1):  # [1, width]
                _, state = model.step(x_t, state)  # [1, width] each
        carried.append(measure.stored_bytes(state))
    lab.check("lstm_memory_exponent", measure.exponent(lengths, kept))
    lab.check("lstm_flop_exponent", measure.exponent(lengths, counts))
    lab.check("lstm_state_exponent", measure.exponent(lengths, carried))


def _weighted_sum(lab: Lab) -> None:
    """sum_j a_ij v_j in two plain loops against the fused kernel."""
    heads = _heads(lab)
    q, k, v = heads.draw(lab.size["loop_tokens"], dtype=torch.float64)  # [1, heads, time, head_width] each
    summed, row_sums = looped_attention(q[0, 0], k[0, 0], v[0, 0], softmax=True)  # [time, head_width], [time]
    lab.check("weighted_sum_difference", _largest(summed - fused_attention(q, k, v)[0, 0]))
    lab.check("weights_sum_to_one", _largest(row_sums - 1.0))


def _matrices(lab: Lab) -> None:
    """How many N x N matrices are kept, and how many products fill them."""
    heads, length = _heads(lab), lab.size["short"][-1]
    q, k, v = heads.inputs(length)  # [1, heads, time, head_width] each
    kept = measure.saved_tensors(lambda: explicit_attention(q, k, v))
    lab.check("score_matrices_kept", measure.squares(kept, length))
    lab.check("score_products", measure.square_products(lambda: explicit_attention(q, k, v), length))
    kept = measure.saved_tensors(lambda: fused_attention(q, k, v))
    lab.check("fused_score_matrices_kept", measure.squares(kept, length))


def _long_context(lab: Lab) -> None:
    """One head in float16, fitted on short lengths and read off at 2,048 and 131,072 tokens."""
    explicit = half_fit(lab, explicit_attention)
    lab.check("explicit_scores_gib_at_128k", explicit.c * LONG**2 / GIB)
    lab.check("explicit_gib_at_2k", explicit.at(2048) / GIB)
    lab.check("fused_gib_at_128k", half_fit(lab, fused_attention).at(LONG) / GIB)
    lab.check("window_gib_at_128k", half_fit(lab, _in_window(lab)).at(LONG) / GIB)
    lab.check("linear_gib_at_128k", half_fit(lab, linear_attention).at(LONG) / GIB)
    if lab.device.type == "cuda" and lab.size["really"] and lab.seed % 1000 == 0:
        lab.note(really_run(lab, lab.size["really"]))
    plain, rotary = (_layer(lab, positions) for positions in ("none", "rotary"))
    lab.check("rotary_change_per_pair", abs(rotary.c - plain.c))


def really_run(lab: Lab, length: int) -> str:
    """What fused attention over that many tokens takes on this GPU, forward and backward, in float16."""
    heads = _heads(lab)
    q, k, v = (part.half().requires_grad_() for part in heads.inputs(length))  # [1, heads, time, head_width]
    torch.cuda.reset_peak_memory_stats(lab.device)
    torch.autograd.grad(fused_attention(q, k, v).sum(), (q, k, v))
    peak = torch.cuda.max_memory_allocated(lab.device)
    return f"Fused attention over {length:,} tokens, forward and backward: {peak / GIB:.2f} GiB at most."


# ---- the control's arm ----------------------------------------------------------------------------


def _unfused(lab: Lab) -> None:
    """The same call as fused attention, with torch made to use its unfused backend."""
    heads = _heads(lab)
    lengths, length = lab.size["lengths"], lab.size["short"][-1]
    with sdpa_kernel(SDPBackend.MATH):
        kept = heads.kept_bytes(fused_attention, lengths, curve="the same call, unfused")
        tensors = measure.saved_tensors(partial(fused_attention, *heads.inputs(length)))
    lab.check("math_bytes_per_pair", noted_fit(lab, "unfused", lengths, kept).c / heads.count)
    slope = long_exponent(lengths, kept)
    lab.check("math_memory_exponent", slope)
    lab.check("math_memory_linear", slope)
    lab.check("math_score_matrices_kept", measure.squares(tensors, length))


def _other_mechanisms(lab: Lab) -> None:
    """Windows and linear attention, which are linear because they compute something else."""
    heads = _heads(lab)
    lengths, length = lab.size["lengths"], lab.size["short"][-1]
    window = _in_window(lab)
    kept = heads.kept_bytes(window, lengths, curve="attention in a window")
    lab.check("window_bytes_per_pair", noted_fit(lab, "window", lengths, kept).c / heads.count)
    tensors = measure.saved_tensors(partial(window, *heads.inputs(length)))
    lab.check("window_score_matrices_kept", measure.squares(tensors, length))
    heads.kept_bytes(linear_attention, lengths, curve="linear attention")
    lab.check("linear_attention_flop_exponent", heads.flop_exponent(linear_attention, lab.size["short"]))
    q, k, v = heads.draw(length, dtype=torch.float64)  # [1, heads, time, head_width] each
    lab.check(
        "linear_attention_difference", _largest(linear_attention(q, k, v) - explicit_attention(q, k, v))
    )


def _without_softmax(lab: Lab) -> None:
    """The raw scores used as weights, and the scores computed one query at a time."""
    heads = _heads(lab)
    q, k, v = heads.draw(lab.size["loop_tokens"], dtype=torch.float64)  # [1, heads, time, head_width] each
    summed, row_sums = looped_attention(
        q[0, 0], k[0, 0], v[0, 0], softmax=False
    )  # [time, head_width], [time]
    lab.check("raw_score_difference", _largest(summed - fused_attention(q, k, v)[0, 0]))
    lab.check("raw_scores_sum_to_one", _largest(row_sums - 1.0))

    def row_by_row() -> list[Tensor]:
        rows = q.unbind(dim=2)  # time x [1, heads, head_width]
        return [explicit_attention(row[:, :, None], k, v) for row in rows]  # time x [1, heads, 1, head_width]

    lab.check("row_by_row_products", measure.square_products(row_by_row, lab.size["loop_tokens"]))


def _opposites(lab: Lab) -> None:
    """The checks of the claim asked of the mechanism that must not pass them."""
    heads, short = _heads(lab), lab.size["short"]
    written_out = heads.kept_bytes(explicit_attention, short)
    lab.check("attention_memory_as_lstm", measure.exponent(short, written_out))
    lab.check("attention_flops_as_lstm", heads.flop_exponent(fused_attention, short))
    explicit = half_fit(lab, explicit_attention)
    lab.check("explicit_gib_at_128k", explicit.at(LONG) / GIB)
    lab.check("explicit_scores_gib_at_2k", explicit.c * 2048**2 / GIB)
    plain, fused = _layer(lab, "none"), _layer(lab, "none", fused=True)
    lab.check("fusing_change_per_pair", abs(fused.c - plain.c))
    width = lab.size["head_width"]
    layer = Attention(width, 1, generator=lab.generator, causal=True, dtype=torch.float32, device=lab.device)
    cache, lengths, carried = None, range(1, short[0] + 1), []
    with torch.no_grad():
        for _ in lengths:
            _, cache = layer.step(lab.randn(1, width, dtype=torch.float32), cache)  # [1, width]
            carried.append(measure.stored_bytes((cache.keys, cache.values)))
    lab.check("cache_exponent", measure.exponent(lengths, carried))


# ---- what is measured -----------------------------------------------------------------------------


def _heads(lab: Lab) -> Heads:
    """As many heads as the profile has."""
    return Heads(lab, lab.size["heads"], lab.size["head_width"])


def half_fit(lab: Lab, attend: Attend) -> measure.Quadratic:
    """a + b N + c N^2 through the bytes kept by one head in float16."""
    head, lengths = Heads(lab, 1, lab.size["head_width"]), lab.size["short"]
    return noted_fit(lab, "float16", lengths, head.kept_bytes(attend, lengths, dtype=torch.float16))


def _layer(lab: Lab, positions: str, *, fused: bool = False) -> measure.Quadratic:
    """The same for a whole attention layer in float32."""
    return layer_fit(lab, lab.size["short"], lab.size["head_width"], positions=positions, fused=fused)


def _in_window(lab: Lab) -> Attend:
    return lambda q, k, v: windowed_attention(q, k, v, lab.size["window"])


def _largest(difference: Tensor) -> float:
    """The largest absolute entry."""
    return float(difference.detach().abs().max())
