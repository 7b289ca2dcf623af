"""What one vector between two LSTMs can carry, and what changes when the second reads the first's states.

An LSTM reads a source of random symbols, another writes it again (copying, with teacher forcing). One net is
trained on sources of 5, 10 and 20 tokens mixed (in the full profile of 40, too), and its share of right
tokens is reported at each length (8 symbols, chance 1/8). The plain net hands over the encoder's last h and c
and nothing else. The attending one has the same LSTMs with the same first weights, but its scores also read
an average of all the encoder's states. All nets get equal steps, tokens and learning rates: Adam at each rate
of a grid, of which the one with the lowest validation loss goes on (quick: the better of two after a fifth of
the steps; full: the best of three at the end), then a short stretch at a quarter of it. Taken to the end,
rates of 0.005, 0.02 and 0.03 made the plain net of two seeds no better. Training data are drawn anew for
every step, so right tokens in training and in test are the same number.

An LSTM trained on 20 random tokens alone stays at chance for long, which says that it is hard to train,
not that its vector is full. Mixed lengths avoid that: about half of 20 tokens come out right (quick). Two
more nets look for the cause of what is missing. One hands over only 2 of its 32 units: a narrower vector
in the same net. The other, the control, has sources of the same lengths of which only 5 tokens say something:
the same distance with less to carry, where the drop must vanish.

Gradients are those of the loss at target token t by the encoder's state at source token t, through
everything between, averaged over five of 20 tokens, and compared between the attending and the plain net,
before training, when both have the same LSTMs, and after. What remains when none may pass the handed
vector says which way it came. After training the attending net has little left to learn and the plain net
much, so that the ratio says less.

It does not show how much such a vector could hold: wider nets, longer training, open forget gates and a
reversed source all raise the plain net's curve (the full profile draws some of that), and 32 units have far
more bits than 20 symbols. Nor does the drop with length stay: after 6000 steps at a rate of 0.01 it was under
0.2 on three seeds. Nor does it show translation, where a vector need not keep every word.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import tasks
from ..lab import Lab
from ..models.encoder_decoder import EncoderDecoder
from ..models.tagger import parameters
from ..race import raced
from ..tasks import IGNORE, Batch
from ..train import Fit, Recipe, accuracy, cross_entropy, fit

TITLE = "Copying through one vector, and with attention"

PLOT = {"x": "source tokens", "y": "share of tokens copied right", "x_log": True, "y_log": False}

LOOKS = (5, 8)

PROFILES = {
    "quick": {"lengths": [5, 10, 20], "steps": 240, "last_steps": 60, "rates": [0.003, 0.01], "early": 60,
              "tested": 300, "more": {}},
    "full": {"lengths": [5, 10, 20, 40], "steps": 1000, "last_steps": 200, "rates": [0.003, 0.01, 0.02],
             "early": 1200, "tested": 1000,
             "more": {"one vector, width 64": {"width": 64},
                      "one vector, forget bias 3": {"forget_bias": 3.0},
                      "one vector, source reversed": {"task": "reverse"}}},
}  # fmt: skip

# fmt: off
CHECKS = {
    "scores_beyond_vector": {"unit": "largest difference of a score",
        "bounds": [0.0, 1e-6], "arm": "claim", "interval": "range",
        "meaning": "How the plain net's scores change with another source, but the vector of the first."},
    "plain_drop": {"unit": "share",
        "bounds": [0.3, None], "arm": "claim", "interval": "mean",
        "meaning": "What the plain net loses in right tokens from 5 to 20 source tokens, in this budget."},
    "wider_vector_gain": {"unit": "share",
        "bounds": [0.1, None], "arm": "claim", "interval": "mean",
        "meaning": "Tokens more that are right at 10 when the same net hands over 32 units instead of 2."},
    "attention_accuracy_20": {"unit": "share",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "Right tokens at 20 when the same net's decoder also reads the encoder's states."},
    "plain_accuracy_5": {"unit": "share",
        "bounds": [0.8, None], "arm": "claim", "interval": "mean",
        "meaning": "Tokens that the plain net copies right at 5 tokens: it did learn."},
    "plain_accuracy_20": {"unit": "share",
        "bounds": [0.95, None], "arm": "claim", "interval": "mean",
        "meaning": "The same at 20 tokens: can one vector do without loss in this budget?"},
    "cut_gradient_plain": {"unit": "share left",
        "bounds": [0.0, 0.01], "arm": "claim", "interval": "range",
        "meaning": "Of the plain net's gradient at the aligned source token, what does not pass the vector."},
    "gradient_ratio": {"unit": "log10",
        "bounds": [1.0, None], "arm": "claim", "interval": "mean",
        "meaning": "Gradient at the aligned of 20 source tokens, attending over plain, before training."},
    "gradient_ratio_trained": {"unit": "log10",
        "bounds": [1.0, None], "arm": "claim", "interval": "mean",
        "meaning": "The same after training, when the attending net has little left to learn."},
    "sparse_drop": {"unit": "share",
        "bounds": [0.3, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "What the plain net loses from 5 to 20 tokens when only 5 of them say something."},
    "sparse_accuracy_20": {"unit": "share",
        "bounds": [0.8, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "Right tokens there at 20: the net can carry symbols over that distance."},
    "scores_beyond_vector_attending": {"unit": "largest difference of a score",
        "bounds": [0.0, 1e-6], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With attention the source gets to the scores by another way than the vector."},
    "cut_gradient_attending": {"unit": "share left",
        "bounds": [0.0, 0.01], "arm": "control", "must": "fail", "interval": "range",
        "meaning": "With attention, what of that gradient does not pass the vector: nearly all."},
    "gradient_ratio_open_gates": {"unit": "log10",
        "bounds": [1.0, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With forget gates open (bias 5) the plain net's chain loses little: a small ratio."},
}
OUTSIDE = (
    {"what": "what attention adds to a recurrent translator",
        "published": (26.75, "-", 17.82), "unit": "BLEU, English-French, all sentences",
        "source": "Bahdanau et al. 2014, Table 1", "from_memory": True,
        "ours": ("attention_accuracy_20", "-", "plain_accuracy_20"), "beside": "attention_accuracy_20",
        "agrees_in": "direction", "margin": 0.0,
        "why": "Copying 20 symbols is no translation; the sign is what can be compared."},
)
# fmt: on

WIDTH, SYMBOLS, BATCH = 32, 8, 32
NARROW = 2
"""Units handed over in the narrow net."""
MARK, BLANK = SYMBOLS, SYMBOLS + 1
CONTENT = 5
"""Tokens that say something in the control's sources."""
PROBED = (2, 6, 10, 14, 18)
"""Of 20 tokens, those whose gradient is looked at."""

Draw = Callable[[torch.Generator, int, int], Batch]
"""(generator, batch, source length) -> a batch whose first half is the source."""


def trial(lab: Lab) -> None:
    """Some nets trained and tested, in one arm."""
    if lab.arm == "claim":
        _copying(lab)
    else:
        _without_cause(lab)


def _copying(lab: Lab) -> None:
    """The plain net, a narrower one and one with attention, all on full sources."""
    fresh = net(lab)
    lab.check("scores_beyond_vector", beyond_vector(lab, fresh))
    lab.check("cut_gradient_plain", _left(lab, fresh))
    lab.check("gradient_ratio", _ratio(lab, net(lab, attention=True), fresh))
    _, narrow = _learned(lab, f"one vector, {NARROW} units of it", copying, handed=NARROW)
    plain_net, plain = _learned(lab, "one vector", copying)
    lab.check("plain_accuracy_5", plain[5])
    lab.check("plain_accuracy_20", plain[20])
    lab.check("plain_drop", plain[5] - plain[20])
    lab.check("wider_vector_gain", plain[10] - narrow[10])
    attending_net, attending = _learned(lab, "with attention", copying, attention=True)
    lab.check("attention_accuracy_20", attending[20])
    lab.check("gradient_ratio_trained", _ratio(lab, attending_net, plain_net))
    for name, options in lab.size["more"].items():
        own = {key: value for key, value in options.items() if key != "task"}
        _learned(lab, name, reversing if options.get("task") == "reverse" else copying, **own)


def _without_cause(lab: Lab) -> None:
    """Long sources that say little, and a way around the vector."""
    fresh = net(lab, attention=True)
    lab.check("scores_beyond_vector_attending", beyond_vector(lab, fresh))
    lab.check("cut_gradient_attending", _left(lab, fresh))
    attending, plain = (net(lab, attention=kind, forget_bias=5.0) for kind in (True, False))
    lab.check("gradient_ratio_open_gates", _ratio(lab, attending, plain))
    _, sparse = _learned(lab, f"one vector, only {CONTENT} symbols", sparse_copying)
    lab.check("sparse_drop", sparse[5] - sparse[20])
    lab.check("sparse_accuracy_20", sparse[20])


# ---- what is copied ---------------------------------------------------------------------------------


def copying(generator: torch.Generator, batch: int, length: int) -> Batch:
    """Sources to write again: inputs and targets [batch, 2 length]."""
    return tasks.copy(generator, batch, length=length, symbols=SYMBOLS)


def reversing(generator: torch.Generator, batch: int, length: int) -> Batch:
    """Sources to write from their end: inputs and targets [batch, 2 length]."""
    return tasks.reverse(generator, batch, length=length, symbols=SYMBOLS)


def sparse_copying(generator: torch.Generator, batch: int, length: int) -> Batch:
    """Copying where CONTENT tokens are symbols, evenly apart, and the rest blanks that nobody asks for.

    With 2 symbols in 6 tokens   in   3 _ _ 1 _ _ # 3 _ _ 1 _
                                 out  . . . . . . 3 . . 1 . .
    """
    symbols = copying(generator, batch, CONTENT).inputs[:, :CONTENT]  # [batch, content]
    said = torch.full((batch, length), BLANK)  # [batch, length]
    said[:, :: length // CONTENT] = symbols
    mark = torch.full((batch, 1), MARK)  # [batch, 1]
    inputs = torch.cat((said, mark, said[:, :-1]), dim=1)  # [batch, 2 length]
    nothing = torch.full((batch, length), IGNORE)  # [batch, length]
    asked = torch.where(said == BLANK, IGNORE, said)  # [batch, length]
    return Batch(inputs, torch.cat((nothing, asked), dim=1))


# ---- nets and their training ------------------------------------------------------------------------


def net(lab: Lab, width: int = WIDTH, **options: Any) -> EncoderDecoder:  # noqa: ANN401 - the model's own
    """A net before training. A seed's nets of one width begin with the same LSTMs."""
    return EncoderDecoder(
        width,
        tokens=SYMBOLS + 2,
        classes=SYMBOLS,
        generator=_generator(lab, 0),
        device=lab.device,
        **options,
    )


def _learned(
    lab: Lab,
    name: str,
    draw: Draw,
    **options: Any,  # noqa: ANN401 - the model's own
) -> tuple[EncoderDecoder, dict[int, float]]:
    """A net trained at the best rate of the grid, and its accuracy at every length; draws the curve."""
    # That many steps at the whole rate, the last ones at a quarter of it.
    lengths, rates, whole = (lab.size[name] for name in ("lengths", "rates", "steps"))
    streams: dict[float, torch.Generator] = {}

    def train(model: nn.Module, rate: float, first: int, last: int) -> Fit:
        # Every net and every rate sees the same tokens.
        drawn = streams.setdefault(rate, _generator(lab, 1))

        def batch() -> Batch:
            length = lengths[int(torch.randint(len(lengths), (), generator=drawn))]
            return draw(drawn, BATCH, length).to(lab.device)

        begun = fit(model, batch, Recipe(steps=min(last, whole) - first, learning_rate=rate, clip=1.0))
        if begun.diverged or last <= whole:
            return begun
        return fit(model, batch, Recipe(steps=last - whole, learning_rate=rate / 4.0, clip=1.0))

    validation, test = (_batches(lab, draw, use) for use in (2, 3))

    @torch.no_grad()
    def judge(model: nn.Module, made: Fit) -> float:
        return math.fsum(float(cross_entropy(model, batch)) for batch in validation.values())

    early, steps = lab.size["early"], whole + lab.size["last_steps"]
    best = raced(lambda: net(lab, **options), train, rates, early=early, steps=steps, judge=judge)
    assert isinstance(best.model, EncoderDecoder)
    right = {length: accuracy(best.model, batch) for length, batch in test.items()}
    for length, share in right.items():
        lab.point(name, length, share)
    if lab.seed % 1000 == 0:
        short, long = (best.model.state_bytes(length) for length in (5, 20))
        lab.note(
            f"{name}: {parameters(best.model)} parameters; of 5 and 20 source tokens the decoder has "
            f"{short} and {long} bytes; learning rate {best.learning_rate:g} of "
            f"{', '.join(f'{rate:g}' for rate in rates)}; last training loss {best.fit.final():.2f} nats"
        )
    return best.model, right


def _generator(lab: Lab, use: int) -> torch.Generator:
    """A generator of the seed's own for each use: weights, training, validation, test."""
    return torch.Generator().manual_seed(4 * lab.seed + use)


def _batches(lab: Lab, draw: Draw, use: int) -> dict[int, Batch]:
    """A batch to test with for every length."""
    drawn = _generator(lab, use)
    return {length: draw(drawn, lab.size["tested"], length).to(lab.device) for length in lab.size["lengths"]}


@torch.no_grad()
def beyond_vector(lab: Lab, model: EncoderDecoder) -> float:
    """The largest change of a score when the source is another but the handed vector is the first's."""
    batch = copying(lab.generator, BATCH, 20).to(lab.device)
    source, fed = batch.inputs.chunk(2, dim=1)  # [batch, length] each
    states, last = model.encode(source)  # [batch, source, width], [1, batch, width] each
    other_states, _ = model.encode((source + 1) % SYMBOLS)  # [batch, source, width]
    difference = model.decode(fed, states, last) - model.decode(fed, other_states, last)
    return float(difference.abs().max())  # of [batch, target, classes]


def gradient(model: EncoderDecoder, batch: Batch, *, cut: bool = False) -> float:
    """The norm of d loss at target t / d encoder state at source t, averaged over PROBED t and the batch.

    cut: let no gradient pass the handed vector.
    """
    source, fed = batch.inputs.chunk(2, dim=1)  # [batch, length] each
    states: list[Tensor] = []
    last = None
    for token in source.unbind(dim=1):  # [batch]
        # One by one, so that every h is on the way to the next.
        _, last = model.encode(token[:, None], last)  # [1, batch, width] each
        states.append(last[0])
    assert last is not None
    handed = (last[0].detach(), last[1].detach()) if cut else last  # [1, batch, width] each
    scores = model.decode(fed, torch.cat(states).transpose(0, 1), handed)  # [batch, length, classes]
    losses = functional.cross_entropy(scores.transpose(1, 2), source, reduction="none")  # [batch, length]
    norms = []
    for place in PROBED:
        (slope,) = torch.autograd.grad(
            losses[:, place].sum(), states[place], retain_graph=True, allow_unused=True
        )  # [1, batch, width], None where nothing gets there
        norms.append(0.0 if slope is None else float(slope.norm(dim=2).mean()))
    return math.fsum(norms) / len(norms)


def _left(lab: Lab, model: EncoderDecoder) -> float:
    """The share of the gradient that is left when none may pass the handed vector."""
    probe = copying(_generator(lab, 2), BATCH, 20).to(lab.device)
    return gradient(model, probe, cut=True) / gradient(model, probe)


def _ratio(lab: Lab, attending: EncoderDecoder, plain: EncoderDecoder) -> float:
    """log10 of the attending net's gradient over the plain one's."""
    probe = copying(_generator(lab, 2), BATCH, 20).to(lab.device)
    return math.log10(gradient(attending, probe) / gradient(plain, probe))
