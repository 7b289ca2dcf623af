"""What share of the arithmetic that the device can do a training step does, and how much of it is products.

Measured: utilisation, the operations of the matrix products in one forward and backward pass of one layer
per second, over those of the fastest large matrix product measured in the same rounds on the same thread
or GPU (torch.mm, and on a CPU also oneDNN, which nn.LSTM uses). Operations are counted on paper, a
multiply-add as two and backward as twice forward: 48 width^2 per token for either layer, and for attention
12 N width more (no half off for the causal mask). So it is no share of time, which any busy device has at
100%. Also: the time of one step that is not matrix products, by running the same products again alone.

How: one thread and its CPU clock on a CPU, events on a GPU; candidates interleaved in random order on
fresh inputs, ratios within each round, the interval widened by a tenth for drift between runs. A seed whose
machine cannot measure the same thing twice alike decides nothing, and a utilisation above 1 means that the
peak is none: it is reported as not a number. The controls are shares that are known: products alone, a
part of them not counted, and a product too small to fill anything.

It does not show the device's advertised peak, which a measured one stays below, nor what other widths,
batches and kernels reach. The products run again alone have the inputs of one step each time and may find
them in cache, so their share of the time comes out a little small.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from .. import timing
from ..lab import Lab
from ..models.attention import linear
from ..models.fused import Fused
from ..models.lstm import LSTM
from ..models.narrow_block import NarrowBlock

TITLE = "How full the device is"

PLOT = {"x": "sequences in a batch", "y": "share of the measured peak", "x_log": True, "y_log": True}

LOOKS = (4,)

PROFILES = {
    "quick": {
        "cpu": {
            "width": 64, "length": 256, "batch": 16, "wide": 256, "peak": 512, "rounds": 2,
            "dtype": "float32",
        },
        "gpu": {
            "width": 1024, "length": 256, "batch": 128, "wide": 1024, "peak": 8192, "rounds": 3,
            "dtype": "float32",
        },
    },
    "full": {
        "cpu": {
            "width": 256, "length": 512, "batch": 32, "wide": 512, "peak": 1024, "rounds": 5,
            "dtype": "float32",
        },
        "gpu": {
            "width": 1024, "length": 1024, "batch": 128, "wide": 1024, "peak": 8192, "rounds": 5,
            "dtype": "float16",
        },
    },
}  # fmt: skip

# fmt: off
CHECKS = {
    "lstm": {"unit": "share of peak, batch 1",
        "bounds": [0.2, 0.3], "arm": "claim", "interval": "ratio",
        "meaning": "A fused LSTM reaches 20 to 30% of the peak with one sequence at a time."},
    "lstm_batch": {"unit": "share of peak, large batch",
        "bounds": [0.2, 0.3], "arm": "claim", "interval": "ratio",
        "meaning": "A fused LSTM reaches 20 to 30% of the peak with many sequences together."},
    "transformer": {"unit": "share of peak, batch 1",
        "bounds": [0.7, 1.0], "arm": "claim", "interval": "ratio",
        "meaning": "A Transformer layer reaches 80 to 95% of the peak, give or take some points, batch 1."},
    "transformer_batch": {"unit": "share of peak, large batch",
        "bounds": [0.7, 1.0], "arm": "claim", "interval": "ratio",
        "meaning": "It reaches 80 to 95% of the peak, give or take some points, with a large batch."},
    "lstm_idle": {"unit": "share of peak, batch 1",
        "bounds": [None, 0.01], "arm": "claim", "interval": "ratio",
        "meaning": "A fused LSTM leaves 99% of the peak unused with one sequence at a time."},
    "lstm_batch_busy": {"unit": "share of peak, large batch",
        "bounds": [0.05, None], "arm": "claim", "interval": "ratio",
        "meaning": "With many sequences together the LSTM reaches over 5% of the peak."},
    "other_share": {"unit": "share of time",
        "bounds": [None, 0.1], "arm": "claim", "interval": "mean",
        "meaning": "Less than a tenth of a Transformer layer's training time goes to anything but products."},
    "tiny_in_range": {"unit": "share of peak",
        "bounds": [0.2, 0.3], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "A product of 4 x 4 matrices does not reach 20 to 30% of the peak."},
    "quarter_in_range": {"unit": "share of peak",
        "bounds": [0.2, 0.3], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Large products of which one in four is counted reach 20 to 30%."},
    "quarter_is_high": {"unit": "share of peak",
        "bounds": [0.7, 1.0], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Large products of which one in four is counted do not reach 80%."},
    "five_sixths_is_high": {"unit": "share of peak",
        "bounds": [0.7, 1.0], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Large products of which five in six are counted reach 80 to 95%."},
    "quarter_idle": {"unit": "share of peak",
        "bounds": [None, 0.01], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "Large products of which one in four is counted do not leave 99% unused."},
    "tiny_idle": {"unit": "share of peak",
        "bounds": [None, 0.01], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "A product of 4 x 4 matrices leaves 99% of the peak unused."},
    "tiny_busy": {"unit": "share of peak",
        "bounds": [0.05, None], "arm": "control", "must": "fail", "interval": "ratio",
        "meaning": "A product of 4 x 4 matrices does not reach 5% of the peak."},
    "quarter_busy": {"unit": "share of peak",
        "bounds": [0.05, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "Large products of which one in four is counted reach over 5%."},
    "rise_with_batch": {"unit": "utilisation in a large batch over that of batch 1",
        "bounds": [3.0, None], "arm": "control", "must": "pass", "interval": "ratio",
        "meaning": "An LSTM in a Python loop uses over three times as much of the device in a large batch."},
    "linear_other_share": {"unit": "share of time",
        "bounds": [None, 0.1], "arm": "control", "must": "pass", "interval": "mean",
        "meaning": "A stack of linear layers spends less than a tenth of its time on anything but products."},
    "softmax_other_share": {"unit": "share of time",
        "bounds": [None, 0.1], "arm": "control", "must": "fail", "interval": "mean",
        "meaning": "A linear layer followed by ten softmaxes spends more than a tenth on other things."},
}
OUTSIDE = (
    {"what": "utilisation of a recurrent layer in one persistent kernel",
        "published": 0.45, "unit": "share of peak, Titan X, batch 4",
        "source": "Diamos et al. 2016", "from_memory": False,
        "ours": "lstm_batch", "beside": "lstm_batch",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Kernel, width, batch and device are others."},
    {"what": "utilisation in training a large Transformer",
        "published": 0.462, "unit": "share of peak, TPU v4",
        "source": "Chowdhery et al. 2022 (PaLM)", "from_memory": False,
        "ours": "transformer_batch", "beside": "transformer_batch",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Our peak is the fastest product measured, not the advertised one."},
    {"what": "utilisation in training a large Transformer, tuned",
        "published": 0.72, "unit": "share of peak, A100",
        "source": "Dao 2023 (FlashAttention-2), Table 1", "from_memory": False,
        "ours": "transformer_batch", "beside": "transformer_batch",
        "agrees_in": "ratio", "margin": 2.0,
        "why": "Our peak is the fastest product measured, not the advertised one."},
)
# fmt: on


def trial(lab: Lab) -> None:
    """One draw of weights, and all candidates in the same rounds."""
    if lab.arm == "claim":
        _layers(lab)
    else:
        _known(lab)


def _layers(lab: Lab) -> None:
    """An LSTM and a Transformer layer, alone and in a batch, against the peak."""
    size = sizes(lab)
    width, length, batch = size["width"], size["length"], size["batch"]
    lstm, fused = build_lstm(lab, fused=True), build_block(lab, fused=True)
    times = measure(
        lab,
        {
            **peaks(lab),
            "lstm": step(lab, lstm, 1),
            "lstm, batch": step(lab, lstm, batch),
            "transformer": step(lab, fused, 1),
            "transformer, batch": step(lab, fused, batch),
        },
    )
    lstm_work, block_work = 48 * width**2 * length, (48 * width + 12 * length) * width * length
    shares = {
        "lstm": share(lab, times, "lstm", lstm_work),
        "lstm_batch": share(lab, times, "lstm, batch", lstm_work * batch),
        "transformer": share(lab, times, "transformer", block_work),
        "transformer_batch": share(lab, times, "transformer, batch", block_work * batch),
    }
    for check, value in shares.items():
        lab.check(check, value)
        lab.point(check.removesuffix("_batch"), batch if check.endswith("_batch") else 1, value)
    lab.check("lstm_idle", shares["lstm"])
    lab.check("lstm_batch_busy", shares["lstm_batch"])
    layer = build_block(lab, fused=False, width=size["wide"])
    lab.check("other_share", other_share(lab, layer, length, size["wide"]))


def _known(lab: Lab) -> None:
    """Shares that are known, and what a batch does for an LSTM in a Python loop."""
    size = sizes(lab)
    width, batch = size["width"], size["batch"]
    plain = build_lstm(lab, fused=False)
    few = max(16, size["length"] // 16)
    times = measure(
        lab,
        {
            **peaks(lab),
            **{again(peak): prepare for peak, prepare in peaks(lab).items()},
            "tiny": product(lab, 4),
            "plain": step(lab, plain, 1, few),
            "plain, batch": step(lab, plain, batch, few),
        },
    )
    work = 2 * size["peak"] ** 3
    # Of a product that is as fast as the peak, a part that is counted is that part of the peak.
    quarter, most = (share(lab, times, again(fastest(times)), work * part) for part in (0.25, 5 / 6))
    tiny = share(lab, times, "tiny", 2 * 4**3)
    for check in ("tiny_in_range", "tiny_idle", "tiny_busy"):
        lab.check(check, tiny)
    for check in ("quarter_in_range", "quarter_is_high", "quarter_idle", "quarter_busy"):
        lab.check(check, quarter)
    lab.check("five_sixths_is_high", most)
    lab.check("rise_with_batch", batch * times.ratio("plain", "plain, batch"))
    stack = nn.Sequential(*(build_linear(lab, 512) for _ in range(2)))
    lab.check("linear_other_share", other_share(lab, stack, 1024, 512))
    softmaxes = nn.Sequential(build_linear(lab, width), *(nn.Softmax(dim=-1) for _ in range(10)))
    lab.check("softmax_other_share", other_share(lab, softmaxes, 256, width))


# ---- shares -----------------------------------------------------------------------------------------


def share(lab: Lab, times: timing.Times, candidate: str, operations: float) -> float:
    """Operations per second over those of the fastest product; not a number when above 1 or restless."""
    peak = fastest(times)
    found: float = operations / (2 * sizes(lab)["peak"] ** 3) * times.ratio(peak, candidate)
    if found > 1.0:
        lab.note(f"{candidate} did more operations per second than {peak}, which is thus not the peak.")
        return math.nan
    return found


def fastest(times: timing.Times) -> str:
    """The faster of the products that were measured as the peak."""
    return min((peak for peak in PEAKS if peak in times.seconds), key=times.typical)


def again(peak: str) -> str:
    """What the same product is called when it is measured as work and not as the peak."""
    return f"{peak} again"


def other_share(lab: Lab, model: nn.Module, length: int, width: int) -> float:
    """The share of a training step's time that its matrix products, run again alone, do not take."""
    train = timing.training(model, lambda: draw(lab, 1, length, width))
    seen = Products()
    with seen:
        train()()
    times = measure(lab, {"step": train, "products": lambda: seen.again}, more=4)
    return 1.0 - times.ratio("products", "step")


class Products(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps every call of a matrix product, to run it again; a bias added inside one counts as product."""

    NAMES = ("mm", "bmm", "addmm", "baddbmm")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload[Any, Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        if func.overloadpacket.__name__ in self.NAMES:
            self.calls.append((func, args, kwargs or {}))
        return func(*args, **(kwargs or {}))

    def again(self) -> None:
        """Run the products once more, on the inputs they had."""
        for func, args, kwargs in self.calls:
            func(*args, **kwargs)


# ---- what is timed ----------------------------------------------------------------------------------

PEAKS = ("mm", "onednn")


def peaks(lab: Lab) -> dict[str, timing.Prepare]:
    """The products that the peak is the faster of."""
    size = sizes(lab)["peak"]
    found = {"mm": product(lab, size)}
    # Where float32 products have two libraries, the one behind nn.LSTM may be twice as fast.
    if lab.device.type == "cpu" and hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        found["onednn"] = product(lab, size, onednn=True)
    return found


def product(lab: Lab, size: int, *, onednn: bool = False) -> timing.Prepare:
    """One product of fresh square matrices."""

    def prepare() -> timing.Run:
        a, b = draw(lab, size, size), draw(lab, size, size)  # [size, size]
        if onednn:
            return lambda: torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")
        return lambda: a @ b

    return prepare


def step(lab: Lab, model: nn.Module, batch: int, length: int | None = None) -> timing.Prepare:
    """A training step of the model on fresh random vectors."""
    size = sizes(lab)
    return timing.training(model, lambda: draw(lab, batch, length or size["length"], size["width"]))


def measure(lab: Lab, candidates: dict[str, timing.Prepare], more: int = 0) -> timing.Times:
    """All candidates in the same rounds, `more` than usual; says so when the machine was too restless."""
    # The controls are short, and theirs must be clear whatever the claim's are.
    rounds = sizes(lab)["rounds"] + more + (2 if lab.arm == "control" else 0)
    times = timing.pairs(candidates, rounds=rounds, generator=lab.generator, device=lab.device)
    if times.restless:
        lab.note(times.restless)
    return times


def draw(lab: Lab, *shape: int) -> Tensor:
    """Standard normal numbers in the profile's dtype: [*shape]."""
    return lab.randn(*shape, dtype=torch.float32).to(number(lab))  # [*shape]


def sizes(lab: Lab) -> dict[str, Any]:
    """The sizes for this kind of device."""
    return dict(lab.size["cpu" if lab.device.type == "cpu" else "gpu"])


def number(lab: Lab) -> torch.dtype:
    """The dtype that the profile names."""
    dtype = getattr(torch, sizes(lab)["dtype"])
    assert isinstance(dtype, torch.dtype)
    return dtype


def build_lstm(lab: Lab, *, fused: bool) -> nn.Module:
    """The LSTM that torch runs as one kernel, or the one in a Python loop."""
    plain = LSTM(sizes(lab)["width"], generator=lab.generator, dtype=number(lab), device=lab.device)
    return Fused(plain) if fused else plain


def build_block(lab: Lab, *, fused: bool, width: int | None = None) -> nn.Module:
    """The Transformer layer."""
    width = width or int(sizes(lab)["width"])
    return NarrowBlock(
        width, width // 16, generator=lab.generator, fused=fused, dtype=number(lab), device=lab.device
    )


def build_linear(lab: Lab, width: int) -> nn.Module:
    """One linear layer."""
    return linear(width, width, generator=lab.generator, dtype=number(lab), device=lab.device)
