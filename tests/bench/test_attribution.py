"""Maps that the layers use, effects and gradients of a model whose causes are known, and Kendall's tau."""

import math

import torch
from quizapp.verifiers.models.tagger import Tagger, core
from torch import nn

from quizapp.verifiers import attribution, tasks

SOURCE, SYMBOLS, WIDTH = 8, 16, 32


def transformer(*, layers, heads):
    generator = torch.Generator().manual_seed(0)
    options = {"causal": True, "positions": "sinusoidal", "fused": True}
    body = core("transformer", WIDTH, generator=generator, layers=layers, heads=heads, **options)
    return Tagger(body, width=WIDTH, tokens=SYMBOLS + 1, classes=SYMBOLS, generator=generator)


def reversed_batch(rows):
    return tasks.reverse(torch.Generator().manual_seed(0), rows, length=SOURCE, symbols=SYMBOLS)


def test_the_weights_are_those_that_the_layer_uses():
    model = transformer(layers=1, heads=1)
    tokens = reversed_batch(4).inputs
    part = model.core.blocks[0].attention
    seen = {}
    part.register_forward_hook(lambda layer, inputs, output: seen.update(x=inputs[0], y=output))
    with torch.no_grad():
        weights = attribution.attention_maps(model, tokens)[0]
    assert torch.allclose(weights.sum(dim=-1), torch.ones(weights.shape[:2]), atol=1e-6)
    assert float(weights.triu(1).abs().max()) == 0.0
    assert torch.allclose(part.out(weights @ part.value(seen["x"])), seen["y"], atol=1e-5)


def test_several_layers_and_heads_have_their_own_maps():
    model = transformer(layers=3, heads=2)
    maps = attribution.attention_maps(model, reversed_batch(4).inputs)
    assert maps.shape == (3, 4, 16, 16)
    assert torch.allclose(maps.sum(dim=-1), torch.ones(3, 4, 16), atol=1e-6)
    assert not torch.allclose(maps[0], maps[1], atol=1e-3)
    assert not any(part._forward_hooks for part in model.modules()), "the hooks are gone"


class Known(nn.Module):
    """States that hold exactly the token to be said: what answer i depends on is known."""

    def __init__(self, symbols, source):
        super().__init__()
        self.head = nn.Linear(symbols, symbols, bias=False)
        with torch.no_grad():
            self.head.weight.copy_(4.0 * torch.eye(symbols))
        self.embedding = nn.Parameter(torch.eye(symbols + 1)[:, :symbols].clone())
        self.source = source

    def core(self, embedded):
        return torch.cat((embedded[:, : self.source], embedded[:, : self.source].flip(1)), dim=1)

    def states(self, tokens):
        return self.core(nn.functional.embedding(tokens, self.embedding))


def test_effects_and_gradients_of_a_model_whose_causes_are_known():
    batch, source = reversed_batch(16), SOURCE
    model = Known(SYMBOLS, source)
    effects = attribution.left_out(model, batch, source, torch.Generator().manual_seed(1))
    slopes = attribution.gradient_times_input(model, batch, source)
    right = torch.eye(source).flip(1).bool()
    for sizes in (effects, slopes):
        assert float(sizes[:, ~right].max()) == 0.0
    # The right score falls from 4 to 0 and a wrong one rises to 4: the log probability falls by exactly 4.
    assert torch.allclose(effects[:, right], torch.full((16, source), 4.0), atol=1e-4)
    chance = math.exp(4.0) / (math.exp(4.0) + SYMBOLS - 1)
    assert torch.allclose(slopes[:, right], torch.full((16, source), 4.0 * (1.0 - chance)), atol=1e-4)


def test_kendalls_tau_by_hand():
    one = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    other = torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 3.0, 2.0], [1.0, 1.0, 1.0]])
    assert torch.allclose(attribution.kendall(one, other), torch.tensor([1.0, -1.0, 1 / 3, 0.0]))
