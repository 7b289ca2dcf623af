"""How the loss falls with the number of parameters, for Transformers and LSTMs, on English text.

The text is Python's own documentation (pydoc_data, which every Python carries): letters, space, stop and
one sign for the rest, so that chance is log 29 = 3.37 nats. Every tenth block of 1000 characters is kept
for the test. One-layer networks of several widths predict the next character, after the same batches in
the same order and the same number of steps, the last quarter of them at a fifth of the learning rate. That
rate is chosen for each family and task at one width and half the steps, by training loss. The exponent of a
family is minus the slope of log(test loss) on log(parameters), all parameters counted; its straightness
is R squared of the best line that does not rise, so 0 for a loss that grows with size.

The condition: the same Transformers when there are 300 characters to learn from, as often as needed.
Controls, the narrowest and the widest network only: LSTMs on those 300, where a larger one must not be
better; and recall of values by their keys, a skill that suits attention, where the Transformers' exponent
must be ahead of the LSTMs', so that a gap would have been seen. A gated linear RNN (minGRU, two layers) is
drawn beside them in the full profile.

It does not show the law at sizes that matter: the largest network here has 15 thousand parameters (the
full profile ends at fifty thousand), trained once on a fraction of the text for equally many steps,
which is not the best use of compute. Where the curves lie against each other depends on those steps. A few
points near a line do not say where the next one is: the first to fall short at equal steps are the largest
Transformers. And the loss is an average over characters; a single ability can come all at once. The text
differs a little from one version of Python to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .. import stats, train
from ..lab import Lab
from ..language import CLASSES, text, windows
from ..models import tagger
from ..models.gated_recurrence import MinGRU
from ..tasks import Batch, paired_recall

TITLE = "Loss against parameters, Transformer and LSTM"

PLOT = {"x": "parameters", "y": "test loss in nats", "x_log": True, "y_log": True}

LOOKS = (4, 6)

PROFILES = {
    "quick": {"widths": (4, 8, 16, 32), "ends": (4, 32), "steps": 100, "batch": 32, "time": 32, "tests": 256,
              "kinds": ("transformer", "lstm"), "tuned_width": 16, "rates": (0.01, 0.02),
              "short": 60},
    "full": {"widths": (8, 16, 32, 64), "ends": (8, 64), "steps": 600, "batch": 32, "time": 64,
             "tests": 1024, "kinds": ("transformer", "lstm", "minGRU"), "tuned_width": 32,
             "rates": (0.003, 0.006, 0.01), "short": 250},
}  # fmt: skip
"""time: characters of a piece; ends: widths where two must do; short: steps on little text."""

# fmt: off
CHECKS = {
    "transformer_straightness": {"unit": "R squared",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "How straight the Transformers' log loss falls with log parameters."},
    "transformer_exponent": {"unit": "nats per nat",
        "bounds": [0.02, None], "arm": "claim", "interval": "mean",
        "meaning": "How fast it falls: the exponent of the power law."},
    "lstm_straightness": {"unit": "R squared",
        "bounds": [0.9, None], "arm": "claim", "interval": "mean",
        "meaning": "How straight the LSTMs' log loss falls with log parameters."},
    "lstm_exponent": {"unit": "nats per nat",
        "bounds": [0.02, None], "arm": "claim", "interval": "mean",
        "meaning": "How fast the LSTMs' falls."},
    "lstm_exponent_behind": {"unit": "nats per nat",
        "bounds": [0.02, None], "arm": "claim", "interval": "mean",
        "meaning": "The Transformers' exponent minus the LSTMs': above zero, LSTMs gain less from size."},
    "transformer_exponent_on_300": {"unit": "nats per nat",
        "bounds": [None, 0.02], "arm": "claim", "interval": "mean",
        "meaning": "The Transformers' exponent when there are 300 characters to learn from."},
    "lstm_exponent_on_300": {"unit": "nats per nat",
        "bounds": [0.02, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "With 300 characters to learn from, larger LSTMs are not better."},
    "lstm_straightness_on_300": {"unit": "R squared",
        "bounds": [0.9, None], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "Nor is there a falling line."},
    "lstm_exponent_behind_on_recall": {"unit": "nats per nat",
        "bounds": [0.02, None], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "On recall of values by key, LSTMs gain less from size than Transformers."},
}
OUTSIDE = (
    {"what": "exponent of loss in parameters, Transformers",
        "published": 0.076, "unit": "nats per nat",
        "source": "Kaplan et al. 2020", "from_memory": False,
        "ours": "transformer_exponent", "beside": "transformer_exponent",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Four powers of ten smaller, embeddings counted, characters, equal steps."},
    {"what": "exponent of LSTMs behind that of Transformers",
        "published": 0.0, "unit": "nats per nat; curves shifted, not steeper",
        "source": "Hestness et al. 2017", "from_memory": False,
        "ours": "lstm_exponent_behind", "beside": "lstm_exponent_behind",
        "agrees_in": "value", "margin": 0.02,
        "why": "They compare other architectures, LSTMs among them, from their best fits."},
)
# fmt: on

FEW = 300
"""Characters to learn from where data are the limit."""
RECALL: dict[str, int] = {"pairs": 4, "queries": 4, "keys": 8, "values": 8}
RECALL_STEPS = 60
"""Steps of recall, few: a loss that is almost zero makes an exponent of noise."""
RECALL_TOKENS = 8 * 8 + 8
"""Pairs of one of 8 keys and one of 8 values, and keys alone."""


def trial(lab: Lab) -> None:
    """All sizes of the arm's families."""
    (_claimed if lab.arm == "claim" else _controlled)(lab)


def _claimed(lab: Lab) -> None:
    """Both families on the whole text, the Transformers on little of it."""
    learned, held = text()
    rates = {kind: _rate(lab, kind, learned) for kind in lab.size["kinds"]}
    exponents = {}
    for kind, rate in rates.items():
        losses = _sizes(lab, kind, rate, learned, held, curve=kind)
        exponents[kind], straight = power_law(losses)
        if kind in ("transformer", "lstm"):
            lab.check(f"{kind}_exponent", exponents[kind])
            lab.check(f"{kind}_straightness", straight)
        elif lab.seed % 1000 == 0:
            lab.note(f"{kind}: exponent {exponents[kind]:.3f}, R squared {straight:.3f}")
    lab.check("lstm_exponent_behind", exponents["transformer"] - exponents["lstm"])
    few = _sizes(lab, "transformer", rates["transformer"], _few(lab, learned), held, short=True, ends=True)
    lab.check("transformer_exponent_on_300", power_law(few)[0])


def _controlled(lab: Lab) -> None:
    """LSTMs on little text, and both families on recall."""
    learned, held = text()
    rate = _rate(lab, "lstm", learned)
    few = power_law(
        _sizes(lab, "lstm", rate, _few(lab, learned), held, curve="lstm on 300", short=True, ends=True)
    )
    lab.check("lstm_exponent_on_300", few[0])
    lab.check("lstm_straightness_on_300", few[1])
    lab.check("lstm_exponent_behind_on_recall", _recall_behind(lab))


def _few(lab: Lab, characters: Tensor) -> Tensor:
    """FEW characters in a row, from anywhere."""
    start = int(torch.randint(len(characters) - FEW, (1,), generator=lab.generator))
    return characters[start : start + FEW]  # [FEW]


# ---- the law ------------------------------------------------------------------------------------------


def power_law(losses: Mapping[int, float]) -> tuple[float, float]:
    """(exponent, R squared) of loss = a parameters ** -exponent, from parameters -> loss.

    R squared is of the best line that does not rise: 0 when the loss grows with size. Not numbers
    when a loss is not finite.
    """
    if not all(map(math.isfinite, losses.values())):
        return math.nan, math.nan
    slope, _, straight = stats.line(
        [math.log(n) for n in losses], [math.log(loss) for loss in losses.values()]
    )
    return -slope, straight if slope < 0.0 else 0.0


def _sizes(
    lab: Lab,
    kind: str,
    rate: float,
    learned: Tensor,
    held: Tensor,
    *,
    curve: str = "",
    short: bool = False,
    ends: bool = False,
) -> dict[int, float]:
    """Parameters -> test loss, after the same batches for every width; `ends` are two widths only."""
    size = lab.size
    test = windows(torch.Generator().manual_seed(0), held, size["tests"], size["time"]).to(lab.device)
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    losses = {}
    for width in size["ends" if ends else "widths"]:
        model = build(kind, width, seed, lab.device)
        _read(lab, model, seed, learned, size["short" if short else "steps"], rate)
        with torch.no_grad():
            loss = float(train.cross_entropy(model, test))
        losses[tagger.parameters(model)] = loss
        if curve:
            lab.point(curve, tagger.parameters(model), loss)
    if lab.seed % 1000 == 0 and curve == kind:
        state = f"{tagger.state_bytes(model, size['time'])} bytes of state in the widest"
        lab.note(f"{kind}: {min(losses)} to {max(losses)} parameters, {state}, learning rate {rate:g}")
    return losses


def _read(lab: Lab, model: nn.Module, seed: int, learned: Tensor, steps: int, rate: float) -> train.Fit:
    """Train on pieces of the text, the last quarter of the steps at a fifth of the rate; the fit of those."""
    drawn, size = torch.Generator().manual_seed(seed), lab.size

    def draw() -> Batch:
        return windows(drawn, learned, size["batch"], size["time"]).to(lab.device)

    early = steps * 3 // 4
    train.fit(model, draw, train.Recipe(steps=early, learning_rate=rate, clip=1.0, warm_up=20))
    return train.fit(model, draw, train.Recipe(steps=steps - early, learning_rate=rate / 5, clip=1.0))


def _rate(lab: Lab, kind: str, learned: Tensor) -> float:
    """The family's learning rate on that text."""
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))

    def read(model: nn.Module, rate: float) -> train.Fit:
        return _read(lab, model, seed, learned, lab.size["steps"] // 2, rate)

    return _best_rate(lab, kind, seed, CLASSES, read)


def _best_rate(
    lab: Lab, kind: str, seed: int, tokens: int, fit: Callable[[nn.Module, float], train.Fit]
) -> float:
    """The learning rate that is best at one width, by the training loss at the end."""
    width = lab.size["tuned_width"]
    return train.tuned(
        lambda: build(kind, width, seed, lab.device, tokens=tokens),
        fit,
        lab.size["rates"],
        judge=lambda _, made: made.final(25),
    ).learning_rate


def build(
    kind: str, width: int, seed: int, device: torch.device | str, tokens: int = CLASSES
) -> tagger.Tagger:
    """A network that predicts the next character; minGRU has two layers, or it would be nearly linear."""
    weights = torch.Generator().manual_seed(seed)
    if kind == "minGRU":
        dtype = torch.float32
        cells = (MinGRU(width, generator=weights, dtype=dtype, device=device) for _ in range(2))
        body: nn.Module = nn.Sequential(*cells)
    else:
        causal: dict[str, Any] = {"causal": True, "positions": "rotary", "fused": True}
        options = causal if kind == "transformer" else {}
        body = tagger.core(kind, width, generator=weights, device=device, **options)
    return tagger.Tagger(body, width=width, tokens=tokens, classes=CLASSES, generator=weights, device=device)


def _recall_behind(lab: Lab) -> float:
    """The Transformers' exponent minus the LSTMs' on recall, the same fresh sequences for all."""
    seed = int(torch.randint(2**31, (1,), generator=lab.generator))
    test = paired_recall(torch.Generator().manual_seed(0), lab.size["tests"], **RECALL).to(lab.device)
    exponents = []

    def recall(model: nn.Module, rate: float, steps: int = RECALL_STEPS // 2) -> train.Fit:
        recipe = train.Recipe(steps=steps, learning_rate=rate, clip=1.0, warm_up=20)
        return train.fit(model, _recall_draws(lab, seed), recipe)

    for kind in ("transformer", "lstm"):
        rate = _best_rate(lab, kind, seed, RECALL_TOKENS, recall)
        losses = {}
        for width in lab.size["ends"]:
            model = build(kind, width, seed, lab.device, tokens=RECALL_TOKENS)
            recall(model, rate, RECALL_STEPS)
            with torch.no_grad():
                losses[tagger.parameters(model)] = float(train.cross_entropy(model, test))
        exponents.append(power_law(losses)[0])
    return exponents[0] - exponents[1]


def _recall_draws(lab: Lab, seed: int) -> Callable[[], Batch]:
    """What draws fresh batches of recall."""
    drawn = torch.Generator().manual_seed(seed)
    return lambda: paired_recall(drawn, 32, **RECALL).to(lab.device)
