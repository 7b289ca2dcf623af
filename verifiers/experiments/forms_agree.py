"""Whether the parallel form of a model and its token-by-token form are the same function.

Measured: for every model with both forms, the largest difference of their outputs over the root mean
square of one of them, with random weights on random tokens, in float64 on the CPU, where rounding is
below 1e-13 and the bound is 1e-9. The token-by-token form is always this file's own loop over `step`.
Then the bytes that a sequence carries from token to token, at 4096 tokens over those at 64, and the
exponent in N of the bytes that a scan keeps for backward.

How: one draw of weights and tokens per seed. Whether an FFT form exists is asked of the outputs: the
response to an impulse at the first token is measured for every channel, and the convolution with it
compared with the model; the two agree exactly when the model is linear and time-invariant. Two more
differences: of the last output when the tokens before it are shuffled, and of the derivative of the last
output by the first token when the tokens in between are drawn anew. The controls put something else
where the fixed state was: softmax attention squeezed into a state (by the feature map exp, and by the
best low-rank matrix there is, for the block of weights of the second half on the first), a tanh RNN put
through a scan, chunks that forget. Or they take the cause away: steps that do not see the token.

It does not show which form is faster or needs less memory in a real kernel, nor that any of these models
is as good as another; in float32 the forms differ by rounding, and more so for long sequences. That a
model has no FFT form of this kind does not show that it has no other parallel form.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .. import measure
from ..lab import Lab
from ..models.attention import Attention, explicit_attention
from ..models.delta_rule import DeltaRule
from ..models.depthwise_recurrence import SRU
from ..models.gated_recurrence import MinGRU, MinLSTM
from ..models.hybrid import Hybrid
from ..models.linear_attention import LinearAttention, feature_map
from ..models.linear_recurrence import Elements, hillis_steele, scan, serial
from ..models.long_convolution import LongConvolution
from ..models.retention import Retention
from ..models.rnn import RNN
from ..models.selective_ssm import SelectiveSSM
from ..models.state_space_dual import StateSpaceDual
from ..models.wkv import WKV
from ..sequence_maps import (
    convolution_error,
    fading_felt,
    low_rank_residual,
    order_felt,
    relative_difference,
)

TITLE = "One model, two forms"

PLOT = {"x": "token", "y": "relative difference of the two forms", "x_log": False, "y_log": True}

LOOKS = (5,)

PROFILES = {
    "quick": {"tokens": 64, "width": 16, "heads": 2, "chunk": 12, "batch": 2, "lengths": [64, 128, 256]},
    "full": {"tokens": 256, "width": 32, "heads": 4, "chunk": 48, "batch": 2, "lengths": [128, 256, 512]},
}

# fmt: off
CHECKS = {
    "softmax": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Softmax attention with a cache of all keys gives what it gives all at once."},
    "linear_attention": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Linear attention over all pairs equals its recurrence."},
    "linear_attention_chunked": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Linear attention in chunks equals its recurrence."},
    "retention": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Retention (RetNet) over all pairs equals its recurrence."},
    "retention_chunked": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Retention (RetNet) in chunks equals its recurrence."},
    "wkv": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "RWKV's weighted mean by a scan equals its recurrence."},
    "min_gru": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "minGRU by a scan equals its recurrence."},
    "min_lstm": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "minLSTM by a scan equals its recurrence."},
    "delta_rule": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "The delta rule in chunks equals its recurrence."},
    "selective_ssm": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Mamba's selective state-space model by a scan equals its recurrence."},
    "state_space_dual": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Mamba-2's layer as masked attention equals its recurrence."},
    "state_space_dual_chunked": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Mamba-2's layer in chunks equals its recurrence."},
    "long_convolution": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "A time-invariant state-space model (S4D) by FFT equals its recurrence."},
    "sru": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "SRU over whole sequences equals its recurrence."},
    "hybrid": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "A stack of recurrent layers and attention, token by token, equals itself all at once."},
    "linear_variants_state": {"unit": "bytes at 4096 tokens / bytes at 64",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Linear attention, retention and WKV carry the same bytes however long the sequence."},
    "selective_state": {"unit": "bytes at 4096 tokens / bytes at 64",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Mamba's selective model carries the same bytes however long the sequence."},
    "selective_scan_memory": {"unit": "exponent of bytes kept for backward in N",
        "bounds": [0.9, 1.1], "arm": "claim", "interval": "range",
        "meaning": "Training the selective model by a scan keeps bytes in proportion to the tokens."},
    "selective_as_convolution": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "The selective model is not a convolution, so it has no FFT form."},
    "selective_order_felt": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "Shuffle the past, and the selective model's last output changes."},
    "fading_order_felt": {"unit": "relative difference, smaller of two",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "Shuffle the past, and retention and WKV notice it, since they fade."},
    "selective_fading_chosen": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "How much the selective model keeps of the first token depends on the tokens after it."},
    "squeezed_softmax": {"unit": "relative difference",
        "bounds": [None, 1e-2], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Softmax attention fits into the state of linear attention with the feature map exp."},
    "softmax_best_state": {"unit": "share of the block's norm that is left out",
        "bounds": [None, 1e-2], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Some sum over keys and values of that size holds what softmax attention needs of them."},
    "linear_best_state": {"unit": "share of the block's norm that is left out",
        "bounds": [None, 1e-9], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "A sum over keys and values of that size holds what linear attention needs of them."},
    "tanh_rnn_by_scan": {"unit": "relative difference",
        "bounds": [None, 1e-2], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "A tanh RNN can be put through a scan like a linear recurrence."},
    "tanh_rnn_in_order": {"unit": "relative difference",
        "bounds": [None, 1e-9], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The same code with the scan taken strictly in order is the tanh RNN."},
    "chunks_that_forget": {"unit": "relative difference",
        "bounds": [None, 1e-2], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Chunks need no state between them."},
    "softmax_state": {"unit": "bytes at 4096 tokens / bytes at 64",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Softmax attention carries the same bytes however long the sequence."},
    "softmax_memory": {"unit": "exponent of bytes kept for backward in N",
        "bounds": [0.9, 1.1], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Softmax attention written out keeps bytes in proportion to the tokens."},
    "fixed_as_convolution": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "A state-space model whose coefficients do not see the token is no convolution either."},
    "unfading_order_felt": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Linear attention without decay notices the order of its past."},
    "fixed_fading_chosen": {"unit": "relative difference",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With a step that does not see the token, fading still depends on the tokens in between."},
}
# fmt: on


def trial(lab: Lab) -> None:
    """One draw of weights and tokens."""
    # One seed per trial, so that both arms hold the same weights. Drawn on the CPU: algebra has no device.
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    x = torch.randn(
        lab.size["batch"], lab.size["tokens"], lab.size["width"], generator=lab.generator, dtype=torch.float64
    )  # [batch, time, width]
    if lab.device.type != "cpu" and lab.seed == 0:
        lab.note("Computed in float64 on the CPU: this is algebra and has no device.")
    if lab.arm == "claim":
        with torch.no_grad():
            _two_forms(lab, seed, x)
            _states(lab, seed, x)
        _memory(lab, "selective_scan_memory", build(lab, seed, SelectiveSSM))
        lab.check("selective_fading_chosen", fading_felt(build(lab, seed, SelectiveSSM), x))
        return
    with torch.no_grad():
        _squeezed(lab, seed, x)
        _scanned(lab, seed, x)
        _causes_removed(lab, seed, x)
    _memory(lab, "softmax_memory", build(lab, seed, Attention))
    lab.check("fixed_fading_chosen", fading_felt(without_choice(build(lab, seed, SelectiveSSM)), x))


# ---- the claim's arm --------------------------------------------------------------------------------


def _two_forms(lab: Lab, seed: int, x: Tensor) -> None:
    """Every model whole and token by token, and in chunks where it has them."""
    for name, kind in MODELS.items():
        model = build(lab, seed, kind)
        once = by_steps(model, x)  # [batch, time, width]
        _compare(lab, name, model(x), once)
        if f"{name}_chunked" in CHECKS:
            _compare(lab, f"{name}_chunked", model.chunked(x, lab.size["chunk"]), once)


def _states(lab: Lab, seed: int, x: Tensor) -> None:
    """What is carried, whether the selective model is a convolution, and whether order is felt."""
    fading = [build(lab, seed, kind) for kind in (Retention, WKV)]
    linear = [build(lab, seed, LinearAttention), *fading]
    selective = build(lab, seed, SelectiveSSM)
    lab.check("linear_variants_state", max(growth(model) for model in linear))
    lab.check("selective_state", growth(selective))
    lab.check("selective_as_convolution", convolution_error(selective, x))
    lab.check("selective_order_felt", order_felt(lab.generator, selective, x))
    lab.check("fading_order_felt", min(order_felt(lab.generator, model, x) for model in fading))


# ---- the controls -----------------------------------------------------------------------------------


def _squeezed(lab: Lab, seed: int, x: Tensor) -> None:
    """Softmax attention in a state of fixed size, and linear attention in the same."""
    head = x.shape[-1] // lab.size["heads"]
    generator = torch.Generator().manual_seed(seed)
    q, k, v = torch.randn(3, 1, 1, x.shape[1], head, generator=generator, dtype=x.dtype)  # [1, 1, time, head]
    softmax = explicit_attention(q, k, v, causal=True)[0]  # [1, time, head]
    scale = head**-0.25
    squeezed = carried((q * scale).exp()[0], (k * scale).exp()[0], v[0])  # [1, time, head]
    _compare(lab, "squeezed_softmax", squeezed, softmax)
    half = x.shape[1] // 2
    weights = (q @ k.transpose(-2, -1) / head**0.5).exp()[0, 0]  # [time, time]
    lab.check("softmax_best_state", low_rank_residual(weights[half:, :half], head))
    weights = (feature_map(q) @ feature_map(k).transpose(-2, -1))[0, 0]  # [time, time]
    lab.check("linear_best_state", low_rank_residual(weights[half:, :half], head))


def _scanned(lab: Lab, seed: int, x: Tensor) -> None:
    """A tanh RNN by the same scan, in parallel rounds and in order."""
    rnn = build(lab, seed, RNN)
    once = rnn(x)  # [batch, time, width]
    _compare(lab, "tanh_rnn_by_scan", scanned(rnn, x, hillis_steele(x.shape[1])), once)
    _compare(lab, "tanh_rnn_in_order", scanned(rnn, x, serial(x.shape[1])), once)


def _causes_removed(lab: Lab, seed: int, x: Tensor) -> None:
    """Chunks without a state between them, a growing state, coefficients that see no token, no decay."""
    linear = build(lab, seed, LinearAttention)
    pieces = torch.split(x, lab.size["chunk"], dim=1)  # chunks x [batch, chunk, width]
    alone = torch.cat([linear(piece) for piece in pieces], dim=1)  # [batch, time, width]
    _compare(lab, "chunks_that_forget", alone, by_steps(linear, x))
    lab.check("softmax_state", growth(build(lab, seed, Attention)))
    lab.check("fixed_as_convolution", convolution_error(build(lab, seed, LongConvolution), x))
    lab.check("unfading_order_felt", order_felt(lab.generator, linear, x))


# ---- models -----------------------------------------------------------------------------------------


MODELS: dict[str, type[Any]] = {
    "softmax": Attention,
    "linear_attention": LinearAttention,
    "retention": Retention,
    "wkv": WKV,
    "min_gru": MinGRU,
    "min_lstm": MinLSTM,
    "delta_rule": DeltaRule,
    "selective_ssm": SelectiveSSM,
    "state_space_dual": StateSpaceDual,
    "long_convolution": LongConvolution,
    "sru": SRU,
    "hybrid": Hybrid,
}


def build(lab: Lab, seed: int, kind: type[Any]) -> Any:  # noqa: ANN401 - any model of MODELS, or an RNN
    """A model with random weights in float64; the same seed gives the same weights."""
    width, heads = lab.size["width"], lab.size["heads"]
    more: dict[type[Any], dict[str, Any]] = {
        Attention: {"heads": heads, "causal": True},
        LinearAttention: {"heads": heads},
        Retention: {"heads": heads},
        DeltaRule: {"heads": heads, "chunk": lab.size["chunk"]},
        StateSpaceDual: {"heads": heads},
        SRU: {"peepholes": False},
        Hybrid: {"heads": heads, "pattern": "rra"},
    }
    return kind(width, generator=torch.Generator().manual_seed(seed), **more.get(kind, {}))


def without_choice(model: SelectiveSSM) -> SelectiveSSM:
    """The same model with a step that no longer sees the token."""
    with torch.no_grad():
        model.weight_up.zero_()  # [width, rank]
    return model


def by_steps(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - any model with `step`
    """The outputs of the model fed one token at a time: [batch, time, width] -> [batch, time, width]."""
    state = model.start(x.shape[0]) if hasattr(model, "start") else None
    outputs = []
    for x_t in x.unbind(dim=1):  # [batch, width]
        y_t, state = model.step(x_t, state)  # [batch, width]
        outputs.append(y_t)
    return torch.stack(outputs, dim=1)  # [batch, time, width]


def carried(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention with weights q_i . k_j, normalised, by a state: [batch, time, head] each -> the same."""
    memory = (k[..., None] * v[:, :, None]).cumsum(dim=1)  # [batch, time, head, head]
    total = k.cumsum(dim=1)  # [batch, time, head]
    weighted = (q[:, :, None] @ memory)[:, :, 0]  # [batch, time, head]
    return weighted / (q * total).sum(dim=-1, keepdim=True)  # [batch, time, head]


def scanned(rnn: RNN, x: Tensor, schedule: Any) -> Tensor:  # noqa: ANN401 - a Schedule
    """The states of a tanh RNN, as if its step were associative: [batch, time, width] -> the same."""
    drive = functional.linear(x.transpose(0, 1), rnn.weight_ih, rnn.bias_ih + rnn.bias_hh)  # [time, b, w]

    def combine(earlier: Elements, later: Elements) -> Elements:
        return (torch.tanh(functional.linear(earlier[0], rnn.weight_hh) + later[0]),)  # [pairs, b, w]

    elements = torch.cat((drive[:1].tanh(), drive[1:]))  # [time, batch, width]
    return scan((elements,), combine, schedule)[0].transpose(0, 1)  # [batch, time, width]


# ---- what is measured -------------------------------------------------------------------------------


def growth(model: Any) -> float:  # noqa: ANN401 - any model with `state_bytes`
    """Bytes carried after 4096 tokens over those after 64."""
    return float(model.state_bytes(4096) / model.state_bytes(64))


def _memory(lab: Lab, name: str, model: Any) -> None:  # noqa: ANN401 - any model
    """Check the exponent in N of the bytes that a forward pass keeps for backward."""
    kept = []
    for length in lab.size["lengths"]:
        x = torch.zeros(1, length, lab.size["width"], dtype=torch.float64)  # [1, time, width]
        kept.append(measure.saved_bytes(partial(model, x), ignore=model.parameters()))
    lab.check(name, measure.exponent(lab.size["lengths"], kept))


def _compare(lab: Lab, name: str, found: Tensor, wanted: Tensor) -> None:
    """Check the difference of two [batch, time, width], and draw it for some two dozen tokens."""
    lab.check(name, relative_difference(found, wanted))
    scale = wanted.square().mean().sqrt()  # []
    apart = ((found - wanted).abs().amax(dim=(0, 2)) / scale).tolist()  # time
    for token in range(0, len(apart), max(1, len(apart) // 24)):
        if apart[token] > 0:  # a log axis has no place for exactly zero
            lab.point(name.replace("_", " "), token, apart[token])
