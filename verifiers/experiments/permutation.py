"""What shuffling the tokens does to a Transformer and to an RNN, with random weights.

Measured: with P a random order of the tokens, the largest |f(Px) - P f(x)| (equivariance) and
|f(Px) - f(x)| (invariance), both divided by the root mean square of f(x). Zero up to rounding means
blind to order; everything here runs in float64 on the CPU, where rounding is near 1e-15 and the bound is
1e-9. Also a three-word sentence in two orders, and which output feels which input: the norm of the
derivative of a random projection of y_i by x_j, which is exactly zero when x_j cannot reach y_i.

How: one draw of weights, tokens and order per seed. An encoder here is two pre-norm blocks without a mask
and without positions, unless a check says otherwise; variants share the draw, so the one thing that is
named is the one that differs. `Positions` is the smallest error of four: sinusoidal, learned (spread
0.02), rotary and ALiBi. The controls add what breaks the symmetry, or take it away where it is needed:
pooling by the mean, and an RNN that only adds up (A = I), must be blind to order.

It does not show what a trained model makes of order, nor whether order helps any task. An error above
1e-2 says that order gets in, not that it is used well; and a blindness of random weights, being algebra,
is a blindness of any weights, but an error of random weights is no theorem about all weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import measure
from ..lab import Lab
from ..models.attention import Attention
from ..models.rnn import RNN
from ..models.transformer import Transformer

TITLE = "Shuffle the tokens"

PLOT = {"x": "draw", "y": "relative error after shuffling", "x_log": False, "y_log": True}

LOOKS = (20,)

PROFILES = {
    "quick": {"tokens": 32, "width": 32, "heads": 4, "layers": 2, "felt": 10},
    "full": {"tokens": 128, "width": 64, "heads": 8, "layers": 6, "felt": 32},
}

# fmt: off
CHECKS = {
    "equivariance_error": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Shuffle the tokens: an encoder without positions gives its outputs shuffled alike."},
    "invariance_error": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Shuffle the tokens: an encoder without positions gives the same output at every place."},
    "broken_symmetry": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "An untrained encoder without positions already treats a shuffled sequence differently."},
    "causal_equivariance_error": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "With a causal mask and no positions at all, order gets in."},
    "positions_equivariance_error": {"unit": "relative error, smallest of four kinds",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "With positions of any of four kinds, order gets in."},
    "word_difference": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "Each word of a three-word sentence gets the same vector in both orders."},
    "pooled_difference": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "The mean over the words is the same in both orders."},
    "causal_word_difference": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "Under a causal mask the same word gets another vector when the order changes."},
    "causal_last_difference": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "Two causal layers give the last word another vector when the words before it swap."},
    "tanh_rnn_difference": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "claim", "interval": "range",
        "meaning": "The last state of a tanh RNN changes when the tokens are shuffled."},
    "adding_rnn_difference": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "claim", "interval": "range",
        "meaning": "The last state of a linear RNN with A = I, a running sum, does not change."},
    "pairs_felt": {"unit": "share of pairs",
        "bounds": [1.0, 1.0], "arm": "claim", "interval": "range",
        "meaning": "Without a mask every output feels every input, its own included."},
    "future_felt_causal": {"unit": "largest derivative",
        "bounds": [None, 0.0], "arm": "claim", "interval": "range",
        "meaning": "Under a causal mask no output feels a later input: the derivative is exactly zero."},
    "no_positions_strict": {"unit": "relative error, smallest of four kinds",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With positions an encoder is not equivariant."},
    "no_mask_strict": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With a causal mask it is not equivariant, even without positions."},
    "unmasked_order_gets_in": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Without a mask and without positions, order does not get in."},
    "positions_break_symmetry": {"unit": "relative error, smallest of four kinds",
        "bounds": [1e-2, None], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "Positions do break the symmetry of an untrained encoder."},
    "mean_pool_invariance": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "The mean over all outputs is invariant: shuffling changes nothing."},
    "positions_word_difference": {"unit": "relative error, smallest of four kinds",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With positions a word's vector depends on where it stands."},
    "positions_pooled_difference": {"unit": "relative error, smallest of four kinds",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With positions even the mean over the words depends on their order."},
    "unmasked_word_difference": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Without a mask no word's vector depends on the order."},
    "one_layer_last_difference": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "One causal layer alone gives the last word the same vector in either order."},
    "adding_rnn_order": {"unit": "relative error",
        "bounds": [1e-2, None], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "An RNN that only adds up does not notice order."},
    "decaying_rnn_difference": {"unit": "relative error",
        "bounds": [None, 1e-9], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "A linear RNN with A = 0.9 I does notice order: linear is not enough to be blind."},
    "pairs_felt_causal": {"unit": "share of pairs",
        "bounds": [1.0, 1.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Under a causal mask not every output feels every input."},
    "past_felt_causal": {"unit": "share of pairs",
        "bounds": [1.0, 1.0], "arm": "control", "must": "pass", "interval": "range",
        "meaning": "Under a causal mask every output does feel itself and everything before it."},
    "future_felt_unmasked": {"unit": "largest derivative",
        "bounds": [None, 0.0], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "Without a mask outputs do feel later inputs."},
}
# fmt: on

KINDS = ("sinusoidal", "learned", "rotary", "alibi")

THE_CAT_SAT, SAT_THE_CAT, CAT_THE_SAT = (0, 1, 2), (2, 0, 1), (1, 0, 2)


def trial(lab: Lab) -> None:
    """One draw of weights, tokens and order."""
    # One seed for every variant of the encoder: they share all weights but those of learned positions.
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    # Drawn and kept on the CPU: some devices have no float64.
    tokens = _normal(lab, 1, lab.size["tokens"], lab.size["width"])  # [1, time, width]
    order = torch.randperm(lab.size["tokens"], generator=lab.generator)  # [time]
    sentence = _normal(lab, 1, 3, lab.size["width"])  # [1, time, width]
    direction = _normal(lab, lab.size["width"])  # [width]
    if lab.device.type != "cpu" and lab.seed == 0:
        lab.note("Computed in float64 on the CPU: this is algebra and has no device.")
    with torch.no_grad():
        if lab.arm == "claim":
            _shuffled(lab, seed, tokens, order)
            _two_orders(lab, seed, sentence)
        else:
            _broken(lab, seed, tokens, order)
            _two_orders_broken(lab, seed, sentence)
        _recurrent(lab, seed, tokens, order)
    _felt(lab, seed, tokens[:, : lab.size["felt"]], direction)


# ---- the claim's arm, and the control's beside it ---------------------------------------------------


def _shuffled(lab: Lab, seed: int, tokens: Tensor, order: Tensor) -> None:
    """A whole sequence and its shuffle, through the encoder and its variants."""
    encoder = build_encoder(lab, seed)
    equivariance = equivariance_error(encoder, tokens, order)
    invariance = invariance_error(encoder, tokens, order)
    causal = equivariance_error(build_encoder(lab, seed, causal=True), tokens, order)
    lab.check("equivariance_error", equivariance)
    lab.check("broken_symmetry", equivariance)
    lab.check("invariance_error", invariance)
    lab.check("causal_equivariance_error", causal)
    lab.check("positions_equivariance_error", _least_with_positions(lab, seed, tokens, order))
    _draw_point(lab, "outputs shuffled alike", equivariance)
    _draw_point(lab, "outputs place by place", invariance)
    _draw_point(lab, "with a causal mask, shuffled alike", causal)


def _broken(lab: Lab, seed: int, tokens: Tensor, order: Tensor) -> None:
    """The same sequence with the symmetry broken, and with invariance made by pooling."""
    encoder = build_encoder(lab, seed)
    lab.check("unmasked_order_gets_in", equivariance_error(encoder, tokens, order))
    lab.check("no_mask_strict", equivariance_error(build_encoder(lab, seed, causal=True), tokens, order))
    positions = _least_with_positions(lab, seed, tokens, order)
    lab.check("no_positions_strict", positions)
    lab.check("positions_break_symmetry", positions)
    before, after = encoder(tokens), encoder(tokens[:, order])  # [1, time, width]
    pooled = relative_error(after.mean(dim=1), before.mean(dim=1), scale=before)
    lab.check("mean_pool_invariance", pooled)
    _draw_point(lab, "with positions, shuffled alike", positions)
    _draw_point(lab, "mean over the outputs", pooled)


def _two_orders(lab: Lab, seed: int, sentence: Tensor) -> None:
    """Three words in two orders: without a mask, and with one."""
    encoder, causal = build_encoder(lab, seed), build_encoder(lab, seed, causal=True)
    lab.check("word_difference", word_difference(encoder, sentence, SAT_THE_CAT))
    lab.check("pooled_difference", pooled_difference(encoder, sentence, SAT_THE_CAT))
    lab.check("causal_word_difference", word_difference(causal, sentence, SAT_THE_CAT))
    lab.check("causal_last_difference", last_difference(causal, sentence, CAT_THE_SAT))


def _two_orders_broken(lab: Lab, seed: int, sentence: Tensor) -> None:
    """Three words in two orders with what should make, or unmake, a difference."""
    placed = [build_encoder(lab, seed, positions=kind) for kind in KINDS]
    words = [word_difference(model, sentence, SAT_THE_CAT) for model in placed]
    pooled = [pooled_difference(model, sentence, SAT_THE_CAT) for model in placed]
    lab.check("positions_word_difference", min(words))
    lab.check("positions_pooled_difference", min(pooled))
    lab.check("unmasked_word_difference", word_difference(build_encoder(lab, seed), sentence, SAT_THE_CAT))
    one_layer = build_encoder(lab, seed, causal=True, layers=1)
    lab.check("one_layer_last_difference", last_difference(one_layer, sentence, CAT_THE_SAT))


def _recurrent(lab: Lab, seed: int, tokens: Tensor, order: Tensor) -> None:
    """The last state of an RNN, before and after shuffling."""
    adding = state_difference(
        build_rnn(lab, seed, nonlinearity="linear", recurrent="identity"), tokens, order
    )
    if lab.arm == "claim":
        tanh = state_difference(
            build_rnn(lab, seed, nonlinearity="tanh", recurrent="orthogonal"), tokens, order
        )
        lab.check("tanh_rnn_difference", tanh)
        lab.check("adding_rnn_difference", adding)
        _draw_point(lab, "last state of a tanh RNN", tanh)
    else:
        decaying = build_rnn(lab, seed, nonlinearity="linear", recurrent="identity", gain=0.9)
        lab.check("adding_rnn_order", adding)
        lab.check("decaying_rnn_difference", state_difference(decaying, tokens, order))
        _draw_point(lab, "last state of an RNN that adds up", adding)


def _felt(lab: Lab, seed: int, tokens: Tensor, direction: Tensor) -> None:
    """Which output of one attention layer feels which input."""
    full = measure.reach(build_attention(lab, seed), tokens, direction)  # [time, time]
    causal = measure.reach(build_attention(lab, seed, causal=True), tokens, direction)  # [time, time]
    if lab.arm == "claim":
        lab.check("pairs_felt", int((full > 0).sum()) / full.numel())
        lab.check("future_felt_causal", float(causal.triu(1).max()))
    else:
        past = torch.ones_like(causal).tril() > 0  # [time, time]
        lab.check("pairs_felt_causal", int((causal > 0).sum()) / causal.numel())
        lab.check("past_felt_causal", int((causal[past] > 0).sum()) / int(past.sum()))
        lab.check("future_felt_unmasked", float(full.triu(1).max()))


# ---- models and errors ------------------------------------------------------------------------------


def build_encoder(
    lab: Lab, seed: int, *, causal: bool = False, positions: str = "none", layers: int | None = None
) -> nn.Module:
    """A Transformer with random weights; the same seed gives the same weights."""
    return Transformer(
        lab.size["width"],
        lab.size["heads"],
        layers or lab.size["layers"],
        generator=torch.Generator().manual_seed(seed),
        causal=causal,
        positions=positions,
        longest=lab.size["tokens"],
    )


def build_attention(lab: Lab, seed: int, *, causal: bool = False) -> nn.Module:
    """One attention layer with random weights."""
    generator = torch.Generator().manual_seed(seed)
    return Attention(lab.size["width"], lab.size["heads"], generator=generator, causal=causal)


def build_rnn(lab: Lab, seed: int, *, nonlinearity: str, recurrent: str, gain: float = 1.0) -> nn.Module:
    """One recurrent layer with random weights."""
    return RNN(
        lab.size["width"],
        generator=torch.Generator().manual_seed(seed),
        nonlinearity=nonlinearity,
        recurrent=recurrent,
        gain=gain,
    )


def relative_error(found: Tensor, wanted: Tensor, *, scale: Tensor) -> float:
    """The largest |found - wanted| over the root mean square of `scale`; the first two have one shape."""
    return float((found - wanted).abs().max() / scale.square().mean().sqrt())


def equivariance_error(model: nn.Module, x: Tensor, order: Tensor) -> float:
    """How far f(Px) is from P f(x), for x [1, time, width]."""
    y = model(x)  # [1, time, width]
    return relative_error(model(x[:, order]), y[:, order], scale=y)


def invariance_error(model: nn.Module, x: Tensor, order: Tensor) -> float:
    """How far f(Px) is from f(x), place by place, for x [1, time, width]."""
    y = model(x)  # [1, time, width]
    return relative_error(model(x[:, order]), y, scale=y)


def word_difference(model: nn.Module, sentence: Tensor, order: tuple[int, ...]) -> float:
    """How far each word's vector moves when the words come in another order; [1, time, width]."""
    return equivariance_error(model, sentence, torch.tensor(order))


def pooled_difference(model: nn.Module, sentence: Tensor, order: tuple[int, ...]) -> float:
    """How far the mean over the words moves when they come in another order; [1, time, width]."""
    y, other = model(sentence), model(sentence[:, list(order)])  # [1, time, width]
    return relative_error(other.mean(dim=1), y.mean(dim=1), scale=y)


def last_difference(model: nn.Module, sentence: Tensor, order: tuple[int, ...]) -> float:
    """How far the vector of the last word moves when the words before it swap; `order` keeps it last."""
    y, other = model(sentence), model(sentence[:, list(order)])  # [1, time, width]
    return relative_error(other[:, -1], y[:, -1], scale=y)


def state_difference(model: nn.Module, x: Tensor, order: Tensor) -> float:
    """How far the last state moves when the tokens are shuffled; x is [1, time, width]."""
    last, other = model(x)[:, -1], model(x[:, order])[:, -1]  # [1, width]
    return relative_error(other, last, scale=last)


def _normal(lab: Lab, *shape: int) -> Tensor:
    """Standard normal numbers in float64 on the CPU: [*shape]."""
    return torch.randn(*shape, generator=lab.generator, dtype=torch.float64)  # [*shape]


def _least_with_positions(lab: Lab, seed: int, tokens: Tensor, order: Tensor) -> float:
    """The smallest equivariance error of the four kinds of positions."""
    placed = [build_encoder(lab, seed, positions=kind) for kind in KINDS]
    return min(equivariance_error(model, tokens, order) for model in placed)


def _draw_point(lab: Lab, curve: str, error: float) -> None:
    """Errors are drawn on a log axis, which has no place for exactly zero."""
    if error > 0:
        lab.point(curve, lab.seed, error)
