"""Who has to wait for whom in recurrent networks, attention and Transformers, counted in autograd's graph.

The depth of a forward pass is the longest chain of kernels of which each needs the one before; no number
of processors makes the pass shorter than that. Counted are kernels that compute (matrix products, sums,
tanh, softmax, LayerNorm); views, copies and stacking count 0. Networks are unrolled into elementary
operations, with a leaf per token and a node per query, because a fused nn.LSTM is one node that hides all
its steps, and because a batched node makes every token seem to reach every other. Where only the longest
chain is asked for, the batched form is walked, whose kernels are the ones that would run.

Paths are counted in the same graph: the shortest way from the first token to the last output, in kernels,
in state updates (hand-overs of the state from one step to the next) or in sub-layers. Windowed attention
is stacked until the gradient of the last output with respect to the first token is not zero.
Generation is greedy, with cached keys and values; the choice of a token has a node of its own, as the
next step cannot begin before it. Matrix products are counted as they are called, batched ones as one.
An encoder layer is attention with one head, a feed-forward network and two LayerNorms.

The controls: the same counter on a gated linear recurrence evaluated by a scan (depth in log T), on
layers side by side in place of stacked, on given tokens in place of generated ones, on single kernels
(depth and products 1), on a recurrence whose states are attended to, on a decoder (3 sub-layers a layer).
That a path exists exactly where the gradient is not zero is checked, and that batched graphs get it wrong.

It does not show any time: a chain of 3000 small kernels can be faster than one of 80 large ones, and a
fused kernel can hide the chain from the clock, not from the data. It does not look inside kernels: the
sums in a product or a softmax over T tokens take log T levels of additions on any real machine, so the
depth of attention is constant in this counting only. How much a gradient keeps along a path is another
question: the scan's path is short and its gradient is that of the loop. Widths and lengths are small; the
graph does not change with the width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from .. import stats, unrolled
from ..dependence import (
    attended,
    attention_depth,
    false_paths,
    layers_to_reach,
    products,
    recurrent_depth,
    scan_depth,
    side_by_side_depth,
    stacked_depth,
    sublayers,
    worst_without_row,
    worst_without_step,
)
from ..depth import depth, marks, walk
from ..lab import Lab
from ..models.linear_recurrence import LinearRecurrence
from ..unrolled import LSTM, RNN, UPDATE, Attention, Draw, EncoderLayer

TITLE = "Chains of dependent kernels"

CHECKS = {
    "rnn_depth_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How many kernels longer the longest chain of an RNN becomes with every token.",
    },
    "rnn_straightness": {
        "unit": "R^2",
        "bounds": [0.999, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How well a straight line through the RNN's depth against length fits.",
    },
    "lstm_depth_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How many kernels longer the longest chain of an LSTM becomes with every token.",
    },
    "lstm_straightness": {
        "unit": "R^2",
        "bounds": [0.999, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How well a straight line through the LSTM's depth against length fits.",
    },
    "lstm_depth": {
        "unit": "kernels",
        "bounds": [1000.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "The longest chain of dependent kernels of an LSTM that reads 1000 tokens.",
    },
    "attention_depth_growth": {
        "unit": "kernels",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How much the depth of a causal attention layer changes between 2 tokens and the most.",
    },
    "encoder_depth_per_layer": {
        "unit": "kernels/layer",
        "bounds": [1.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How many kernels longer an encoder's longest chain becomes with every layer.",
    },
    "generation_depth_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How many kernels longer the chain becomes with every token that is generated.",
    },
    "transformer_depth": {
        "unit": "kernels",
        "bounds": [1.0, 1.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "The longest chain of a six-layer encoder that reads 1000 tokens; one step would be 1.",
    },
    "layer_products": {
        "unit": "matrix products",
        "bounds": [1.0, 1.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "Matrix products in the forward pass of one encoder layer; one big product would be 1.",
    },
    "row_left_out": {
        "unit": "difference",
        "bounds": [0.0, 1e-12],
        "arm": "claim",
        "interval": "range",
        "meaning": "How much attention's other outputs change when one query is left out, at worst.",
    },
    "attention_path_growth": {
        "unit": "kernels",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How much attention's shortest path from first token to last output changes with length.",
    },
    "rnn_path_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "claim",
        "interval": "range",
        "meaning": "How many kernels longer an RNN's shortest path to the first token becomes per token.",
    },
    "window_layers_off": {
        "unit": "layers",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How far the layers that a window of w tokens needs are from ceil((T - 1) / (w - 1)).",
    },
    "state_updates": {
        "unit": "updates",
        "bounds": [999.0, 999.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "State updates on the shortest path from token 1 to token 1000 of an LSTM.",
    },
    "attended_path_growth": {
        "unit": "kernels",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How much the shortest path changes with length when attention reads an LSTM's states.",
    },
    "sublayers_off": {
        "unit": "sub-layers",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How far the longest path through an N-layer encoder is from 2 N sub-layers, at worst.",
    },
    "sublayers_growth": {
        "unit": "sub-layers",
        "bounds": [0.0, 0.0],
        "arm": "claim",
        "interval": "range",
        "meaning": "How much an encoder's longest path, in sub-layers, changes with the length.",
    },
    "scan_depth_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "A linear recurrence evaluated by a scan must not get a kernel deeper per token.",
    },
    "scan_straightness": {
        "unit": "R^2",
        "bounds": [0.999, None],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "The depth of the scan is a straight line against the logarithm of the length.",
    },
    "scan_straight_in_length": {
        "unit": "R^2",
        "bounds": [0.999, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The depth of the scan must not be a straight line against the length itself.",
    },
    "scan_depth": {
        "unit": "kernels",
        "bounds": [1000.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The scan that reads 1000 tokens must not need a chain of 1000 kernels.",
    },
    "rnn_depth_growth": {
        "unit": "kernels",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The depth of an RNN must be seen to change between the shortest and the longest input.",
    },
    "side_by_side_depth_per_layer": {
        "unit": "kernels/layer",
        "bounds": [1.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "Encoder layers side by side, not on top of each other, must not lengthen the chain.",
    },
    "given_depth_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "With the tokens given and not generated, the chain must not grow with the length.",
    },
    "one_kernel_depth": {
        "unit": "kernels",
        "bounds": [1.0, 1.0],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "A single matrix product over 1000 tokens is a chain of exactly 1.",
    },
    "one_product": {
        "unit": "matrix products",
        "bounds": [1.0, 1.0],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "A single linear layer is exactly one matrix product.",
    },
    "step_left_out": {
        "unit": "difference",
        "bounds": [0.0, 1e-12],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "Leaving out a step of an RNN must change the outputs after it.",
    },
    "rnn_path_growth": {
        "unit": "kernels",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The shortest path through an RNN must be seen to grow with length.",
    },
    "attended_path_per_token": {
        "unit": "kernels/token",
        "bounds": [1.0, None],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "With attention over its states, the RNN's shortest path must not grow with every token.",
    },
    "full_attention_layers_off": {
        "unit": "layers",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "Attention without a window must not need the layers that the window's formula asks for.",
    },
    "attended_state_updates": {
        "unit": "updates",
        "bounds": [999.0, 999.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "With attention over the LSTM's states, the path must not need 999 state updates.",
    },
    "decoder_sublayers_off": {
        "unit": "sub-layers",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "A decoder layer also reads a memory: 3 N sub-layers, and that must be seen.",
    },
    "rnn_updates_growth": {
        "unit": "updates",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "The longest path of an RNN, in state updates, must be seen to grow with length.",
    },
    "false_paths": {
        "unit": "pairs of tokens",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "pass",
        "interval": "range",
        "meaning": "Pairs of tokens where graph and gradient disagree on whether one feels the other.",
    },
    "batched_false_paths": {
        "unit": "pairs of tokens",
        "bounds": [0.0, 0.0],
        "arm": "control",
        "must": "fail",
        "interval": "range",
        "meaning": "In the graph of a batched feed-forward network, paths that no gradient takes must show.",
    },
}

PLOT = {"x": "tokens", "y": "longest chain (kernels)", "x_log": True, "y_log": True}

LOOKS = (1,)

PROFILES = {
    "quick": {"width": 8, "longest": 1024, "generated": 256, "layers": [1, 2, 4], "tokens": [4, 16, 64]},
    "full": {"width": 16, "longest": 1024, "generated": 1024, "layers": [1, 2, 4, 6], "tokens": [4, 32, 128]},
}

SENTENCE = 1000
"""The length of the sentence people speak of."""
DEEP = 6
"""Layers of the Transformer that is compared with it, as in Vaswani 2017."""
WINDOWS = ((9, 3), (17, 3), (17, 5), (33, 5), (33, 9), (33, 17))
"""(tokens, window) for which the layers are counted."""


def drawing(lab: Lab) -> Draw:
    """Where numbers come from: float64 on the lab's device, on the CPU where it has none."""
    device = torch.device("cpu") if lab.device.type == "mps" else lab.device

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=lab.generator, dtype=torch.float64).to(device)  # [*shape]

    return draw


def powers(longest: int) -> list[int]:
    """2, 4, 8, ... up to the longest."""
    return [2**level for level in range(1, longest.bit_length())]


def growth(numbers: Iterable[float]) -> float:
    """The largest number less the smallest."""
    found = list(numbers)
    return max(found) - min(found)


def curve(lab: Lab, name: str, lengths: Sequence[int], measure: Callable[[int], float]) -> list[float]:
    """Measure and draw the depth at every length."""
    depths = []
    for length in lengths:
        depths.append(float(measure(length)))
        lab.point(name, length, depths[-1])
    return depths


def asked_of_window(length: int, size: int) -> int:
    """ceil((length - 1) / (size - 1)): a layer carries a token size - 1 places."""
    return math.ceil((length - 1) / (size - 1))


def trial(lab: Lab) -> None:
    """One arm; everything is exact, so one seed is all there is."""
    draw, width = drawing(lab), lab.size["width"]
    if lab.arm == "claim":
        _depths(lab, draw, width)
        _layers(lab, draw, width)
        _paths(lab, draw, width)
    else:
        _known_depths(lab, draw, width)
        _known_layers(lab, draw, width)
        _known_paths(lab, draw, width)


def _depths(lab: Lab, draw: Draw, width: int) -> None:
    """Depth against length: RNN, LSTM, attention, generation."""
    lab.note("Depth counts kernels, not the log-depth sums inside a product or a softmax.")
    if lab.device.type == "mps":
        lab.note("This device has no float64, so the graphs were built on the CPU.")
    lengths = powers(lab.size["longest"])
    rnn, lstm, attention = RNN(draw, width), LSTM(draw, width), Attention(draw, width)
    depths = curve(lab, "RNN", lengths, lambda length: recurrent_depth(rnn, draw, width, length))
    slope, _, straightness = stats.line(lengths, depths)
    lab.check("rnn_depth_per_token", slope)
    lab.check("rnn_straightness", straightness)
    depths = curve(lab, "LSTM", lengths, lambda length: recurrent_depth(lstm, draw, width, length))
    slope, _, straightness = stats.line(lengths, depths)
    lab.check("lstm_depth_per_token", slope)
    lab.check("lstm_straightness", straightness)
    lab.check("lstm_depth", recurrent_depth(lstm, draw, width, SENTENCE))
    depths = curve(lab, "attention", lengths, lambda length: attention_depth(attention, draw, width, length))
    lab.check("attention_depth_growth", growth(depths))
    lengths = powers(lab.size["generated"])
    table = draw(16, width).requires_grad_()  # [vocabulary, width]
    (prompt,) = unrolled.tokens(draw, 1, width)  # [width]
    steps = unrolled.generate(attention, table, prompt, lengths[-1])  # [vocabulary] each
    depths = curve(lab, "generation", lengths, lambda length: depth(steps[length - 1]))
    lab.check("generation_depth_per_token", stats.line(lengths, depths)[0])


def _layers(lab: Lab, draw: Draw, width: int) -> None:
    """What is in a layer and in a stack of them."""
    counts = lab.size["layers"]
    layers = [EncoderLayer(draw, width) for _ in range(max(DEEP, *counts))]
    x = draw(lab.size["tokens"][-1], width).requires_grad_()  # [time, width]
    depths = [float(stacked_depth(layers[:count], x)) for count in counts]
    lab.check("encoder_depth_per_layer", stats.line(counts, depths)[0])
    sentence = draw(SENTENCE, width).requires_grad_()  # [time, width]
    lab.check("transformer_depth", stacked_depth(layers[:DEEP], sentence))
    lab.check("layer_products", products(lambda: layers[0].batched(x)))
    lab.check("row_left_out", worst_without_row(layers[0].attention, x))
    cells = [(length, count) for length in lab.size["tokens"] for count in counts]
    found = {(length, count): sublayers(draw, width, length, count) for length, count in cells}
    lab.check("sublayers_off", max(abs(longest - 2 * count) for (_, count), longest in found.items()))
    per_count = [growth(found[length, count] for length in lab.size["tokens"]) for count in counts]
    lab.check("sublayers_growth", max(per_count))


def _paths(lab: Lab, draw: Draw, width: int) -> None:
    """The shortest way from the first token to the last output."""
    lengths = lab.size["tokens"]
    rnn, lstm, attention = RNN(draw, width), LSTM(draw, width), Attention(draw, width)
    direct, recurrent, around = [], [], []
    for length in lengths:
        inputs = unrolled.tokens(draw, length, width)  # [width] each
        last = attention.layer(inputs, unrolled.causal, rows=[length - 1])[0]  # [width]
        direct.append(walk(last).shortest(inputs[0]))
        recurrent.append(walk(unrolled.unroll(rnn, inputs)[-1]).shortest(inputs[0]))
        around.append(walk(attended(lstm, attention, inputs)).shortest(inputs[0]))
    lab.check("attention_path_growth", growth(direct))
    lab.check("rnn_path_per_token", stats.line(lengths, recurrent)[0])
    lab.check("attended_path_growth", growth(around))
    inputs = unrolled.tokens(draw, SENTENCE, width)  # [width] each
    lab.check("state_updates", walk(unrolled.unroll(lstm, inputs)[-1], marks(UPDATE)).shortest(inputs[0]))
    off = [
        layers_to_reach(draw, width, length, unrolled.window(size)) - asked_of_window(length, size)
        for length, size in WINDOWS
    ]
    lab.check("window_layers_off", max(map(abs, off)))


def _known_depths(lab: Lab, draw: Draw, width: int) -> None:
    """The same counter where the depth is known."""
    lengths = powers(lab.size["longest"])
    device = torch.device("cpu") if lab.device.type == "mps" else lab.device
    model = LinearRecurrence(width, generator=lab.generator, device=device)
    depths = curve(lab, "linear scan", lengths, lambda length: scan_depth(model, draw, width, length))
    slope, _, straightness = stats.line(lengths, depths)
    lab.check("scan_depth_per_token", slope)
    lab.check("scan_straight_in_length", straightness)
    lab.check("scan_straightness", stats.line([math.log2(length) for length in lengths], depths)[2])
    lab.check("scan_depth", scan_depth(model, draw, width, SENTENCE))
    rnn, attention = RNN(draw, width), Attention(draw, width)
    ends = (lengths[0], lengths[-1])
    lab.check("rnn_depth_growth", growth(recurrent_depth(rnn, draw, width, length) for length in ends))
    lengths = powers(lab.size["generated"])
    given = [attention_depth(attention, draw, width, length) for length in lengths]
    lab.check("given_depth_per_token", stats.line(lengths, given)[0])
    x = draw(SENTENCE, width).requires_grad_()  # [time, width]
    lab.check("one_kernel_depth", depth(x @ attention.key))


def _known_layers(lab: Lab, draw: Draw, width: int) -> None:
    """Layers side by side, one product, a recurrence, a decoder."""
    counts, lengths = lab.size["layers"], lab.size["tokens"]
    layers = [EncoderLayer(draw, width) for _ in range(max(counts))]
    x = draw(lengths[-1], width).requires_grad_()  # [time, width]
    depths = [float(side_by_side_depth(layers[:count], x)) for count in counts]
    lab.check("side_by_side_depth_per_layer", stats.line(counts, depths)[0])
    lab.check("one_product", products(lambda: torch.nn.functional.linear(x, layers[0].up.T)))
    rnn = RNN(draw, width)
    lab.check("step_left_out", worst_without_step(rnn, unrolled.tokens(draw, lengths[-1], width)))
    off = [abs(sublayers(draw, width, 8, count, decoder=True) - 2 * count) for count in counts]
    lab.check("decoder_sublayers_off", min(off))
    updates = []
    for length in lengths:
        inputs = unrolled.tokens(draw, length, width)  # [width] each
        updates.append(walk(unrolled.unroll(rnn, inputs)[-1], marks(UPDATE)).longest(inputs[0]))
    lab.check("rnn_updates_growth", growth(updates))


def _known_paths(lab: Lab, draw: Draw, width: int) -> None:
    """Paths that are known, and whether the graph has paths that no gradient takes."""
    lengths = lab.size["tokens"]
    rnn, lstm, attention = RNN(draw, width), LSTM(draw, width), Attention(draw, width)
    recurrent, around = [], []
    for length in lengths:
        inputs = unrolled.tokens(draw, length, width)  # [width] each
        recurrent.append(walk(unrolled.unroll(rnn, inputs)[-1]).shortest(inputs[0]))
        around.append(walk(attended(rnn, attention, inputs)).shortest(inputs[0]))
    lab.check("rnn_path_growth", growth(recurrent))
    lab.check("attended_path_per_token", stats.line(lengths, around)[0])
    inputs = unrolled.tokens(draw, SENTENCE, width)  # [width] each
    context = attended(lstm, attention, inputs)  # [width]
    lab.check("attended_state_updates", walk(context, marks(UPDATE)).shortest(inputs[0]))
    off = [
        layers_to_reach(draw, width, length, unrolled.everything(length)) - asked_of_window(length, size)
        for length, size in WINDOWS
    ]
    lab.check("full_attention_layers_off", min(map(abs, off)))
    inputs = unrolled.tokens(draw, 12, width)  # [width] each
    hidden = EncoderLayer(draw, width).layer(inputs, unrolled.window(3))  # [width] each
    lab.check("false_paths", false_paths(inputs, Attention(draw, width).layer(hidden, unrolled.window(3))))
    batched = EncoderLayer(draw, width).feed_forward(torch.stack(inputs)).unbind()  # [width] each
    lab.check("batched_false_paths", false_paths(inputs, batched))
