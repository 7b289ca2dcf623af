"""What the answers of a causal tagger depend on: by attention weights, by leaving out, by gradients.

Sequences are `source` tokens and then as many places at which an answer is asked for, as those of
`tasks.reverse`. An attribution is one size per answer and source token; `kendall` says how alike two of them
rank the tokens. Knows no experiment, and not which attribution is right.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from .models.attention import Attention, causal_bias
from .models.tagger import Tagger
from .tasks import Batch

REPLACEMENTS = 3
"""Symbols put in place of every source token."""


def attention_maps(model: Tagger, tokens: Tensor) -> Tensor:
    """The weights of every layer, mean over heads, for tokens [rows, time]: [layers, rows, time, time]."""
    maps = []

    def keep(part: Attention, inputs: tuple[Tensor], output: Tensor) -> None:
        q, k = (layer(inputs[0]).unflatten(-1, (part.heads, -1)) for layer in (part.query, part.key))
        scores = torch.einsum("rqhc,rkhc->rhqk", q, k) / math.sqrt(q.shape[-1])  # [rows, heads, time, time]
        scores = scores + causal_bias(q.shape[1], k.shape[1], like=q)  # [rows, heads, time, time]
        maps.append(scores.softmax(dim=-1).mean(dim=1))  # [rows, time, time]

    handles = [part.register_forward_hook(keep) for part in model.modules() if isinstance(part, Attention)]
    model(tokens)
    for handle in handles:
        handle.remove()
    return torch.stack(maps)  # [layers, rows, time, time]


def left_out(model: Tagger, batch: Batch, source: int, generator: torch.Generator) -> Tensor:
    """Mean size of the change of the right answers' log probability when a source token is replaced.

    [rows, answers, source]; each token is replaced by other symbols, and nothing else changes.
    """
    rows, symbols = len(batch.inputs), model.head.out_features
    with torch.no_grad():
        before = log_right(model.states(batch.inputs), model, batch, source)  # [rows, answers]
        effects = []
        for place in range(source):
            change = torch.zeros_like(before)  # [rows, answers]
            for _ in range(REPLACEMENTS):
                shift = 1 + torch.randint(symbols - 1, (rows,), generator=generator)  # [rows], never 0
                other = batch.inputs.clone()  # [rows, time]
                other[:, place] = (other[:, place] + shift.to(other.device)) % symbols  # [rows]
                change += (before - log_right(model.states(other), model, batch, source)).abs()
            effects.append(change / REPLACEMENTS)
    return torch.stack(effects, dim=-1)  # [rows, answers, source]


def log_right(states: Tensor, model: Tagger, batch: Batch, source: int) -> Tensor:
    """Log probability of the right answers, from the core's states [rows, time, width]: [rows, answers]."""
    logs = functional.log_softmax(model.head(states[:, source:]), dim=-1)  # [rows, answers, symbols]
    return logs.gather(-1, batch.targets[:, source:, None])[..., 0]  # [rows, answers]


def gradient_times_input(model: Tagger, batch: Batch, source: int) -> Tensor:
    """|d log probability / d embedding . embedding| of every source token: [rows, answers, source]."""
    embedded = (
        functional.embedding(batch.inputs, model.embedding).detach().requires_grad_()
    )  # [rows, time, w]
    logs = log_right(model.core(embedded), model, batch, source)  # [rows, answers]
    sizes = []
    for answer in range(source):
        (slope,) = torch.autograd.grad(logs[:, answer].sum(), embedded, retain_graph=True)  # [rows, time, w]
        sizes.append((slope * embedded.detach())[:, :source].sum(dim=-1).abs())  # [rows, source]
    return torch.stack(sizes, dim=1)  # [rows, answers, source]


def kendall(one: Tensor, other: Tensor) -> Tensor:
    """Kendall's tau-a along the last axis: pairs in the same order minus pairs in the other, over all."""
    signs = [torch.sign(x[..., :, None] - x[..., None, :]) for x in (one, other)]  # [..., n, n] each
    pairs = one.shape[-1] * (one.shape[-1] - 1)
    return (signs[0] * signs[1]).sum(dim=(-2, -1)) / pairs  # [...]
