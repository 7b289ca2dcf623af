"""What a forward pass costs, counted and not timed: bytes kept for backward, FLOPs, who depends on whom.

All of it is exact and the same on every run, so none of it needs a clock or a confidence interval. Knows
no experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

from . import stats

Run = Callable[[], Any]
"""A forward pass, without arguments. What it returns is kept alive while it is measured."""


def saved_tensors(run: Run, *, ignore: Iterable[Tensor] = ()) -> list[Tensor]:
    """Every tensor that autograd keeps for the backward pass of `run`, as often as it is kept.

    Tensors that share storage with one of `ignore` (parameters, usually) are left out. Inputs count when
    a node keeps them. Temporaries that live only inside a kernel are not seen.
    """
    known = {_storage(tensor) for tensor in ignore}
    kept: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        if _storage(tensor) not in known:
            kept.append(tensor.detach())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    del result
    return kept


def stored_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of the storages behind the tensors, each storage once however many views there are."""
    return sum({_storage(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())


def saved_bytes(run: Run, *, ignore: Iterable[Tensor] = ()) -> int:
    """Bytes that autograd keeps for the backward pass of `run`, each storage once."""
    return stored_bytes(saved_tensors(run, ignore=ignore))


def squares(tensors: Iterable[Tensor], length: int) -> int:
    """How many storages among the tensors hold a length x length matrix (per head and sequence or not)."""
    square = torch.Size((length, length))
    return len({_storage(tensor) for tensor in tensors if tensor.shape[-2:] == square})


def _storage(tensor: Tensor) -> int:
    """What two views of the same memory have in common, while that memory is alive."""
    return int(tensor.untyped_storage()._cdata)


Shape = Sequence[int]


def _fused_forward(query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    """Two products: queries with keys, weights with values."""
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _fused_backward(out: Shape, query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    """Five products, one of them the scores once more."""
    return int(sdpa_backward_flop_count(out, query, key, value))  # type: ignore[no-untyped-call]


_FORMULAS = {
    "_scaled_dot_product_flash_attention_for_cpu": _fused_forward,
    "_scaled_dot_product_flash_attention_for_cpu_backward": _fused_backward,
    "_scaled_dot_product_attention_math_for_mps": _fused_forward,
}
"""Kernels that torch's own counter takes to be free (pytorch/pytorch#195460)."""

_OPAQUE = {
    "mkldnn_rnn_layer",
    "_cudnn_rnn",
    "_thnn_fused_lstm_cell_and_projection",
    "_lstm_mps",
    "miopen_rnn",
}
"""Kernels that hold matrix products which nobody counts."""


def flops(run: Run) -> int:
    """Floating point operations of the matrix products in `run`; a multiply-add counts as two.

    Additions, softmax and the like are not counted, and a causal mask does not halve anything. torch's
    own counter takes fused attention on the CPU to be free, which is mended here, and a fused nn.LSTM
    too, which is a ValueError here: write the recurrence out, or switch the fused library off.
    """
    mapping = {
        getattr(torch.ops.aten, name): count
        for name, count in _FORMULAS.items()
        if hasattr(torch.ops.aten, name)
    }
    counter = FlopCounterMode(display=False, custom_mapping=mapping)
    with counter:
        opaque = {name for name, _ in kernels(run)} & _OPAQUE
    if opaque:
        raise ValueError(f"the products inside {', '.join(sorted(opaque))} cannot be counted")
    return int(counter.get_total_flops())


class _Kernels(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down the name and the result of every kernel that is called."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[str, torch.Size | None]] = []

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload[Any, Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        result: object = func(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, (tuple, list)) and result else result
        shape = first.shape if isinstance(first, Tensor) else None
        self.calls.append((func.overloadpacket.__name__, shape))
        return result


def kernels(run: Run) -> list[tuple[str, torch.Size | None]]:
    """Name and shape of the (first) result of every ATen kernel that `run` calls, in order."""
    seen = _Kernels()
    with seen:
        run()
    return seen.calls


def square_products(run: Run, length: int) -> int:
    """How many matrix products in `run` have a length x length result (per head and sequence or not).

    A product over a batch of matrices is one. Only products that are a kernel of their own are seen.
    """
    names = {"mm", "bmm", "addmm", "baddbmm"}
    square = torch.Size((length, length))
    return sum(name in names and shape is not None and shape[-2:] == square for name, shape in kernels(run))


def reach(run: Callable[[Tensor], Tensor], x: Tensor, direction: Tensor) -> Tensor:
    """How much each output feels each input: [time, time], row i column j is ||d(y_i . direction)/dx_j||.

    x is [1, time, width], as is the result of `run`; direction is [width] and should be random, so that
    no derivative is hidden from it. An entry is exactly 0 when no computation leads from x_j to y_i.
    """
    x = x.detach().requires_grad_()  # [1, time, width]
    felt = run(x)[0] @ direction  # [time]
    rows = [torch.autograd.grad(y, x, retain_graph=True)[0][0].norm(dim=-1) for y in felt]  # time x [time]
    return torch.stack(rows)  # [time, time]


@dataclass(frozen=True)
class Quadratic:
    """a + b N + c N^2 through counted numbers."""

    a: float
    b: float
    c: float
    residual: float
    """Largest absolute misfit, as a share of the largest number."""

    def at(self, length: float) -> float:
        """The value at that length."""
        return self.a + self.b * length + self.c * length * length


def fit_quadratic(lengths: Sequence[int], counts: Sequence[int]) -> Quadratic:
    """The least-squares a + b N + c N^2, in exact fractions: no rounding can pose as a quadratic term.

    Raises ValueError with fewer than four lengths, since three always fit.
    """
    if len(set(lengths)) < 4:
        raise ValueError("a quadratic needs four different lengths, one of them to be wrong at")
    powers = [[Fraction(length) ** power for power in range(3)] for length in lengths]
    rows = [
        [sum((p[i] * p[j] for p in powers), Fraction(0)) for j in range(3)]
        + [sum((p[i] * y for p, y in zip(powers, counts, strict=True)), Fraction(0))]
        for i in range(3)
    ]
    for i in range(3):
        rows[i] = [cell / rows[i][i] for cell in rows[i]]
        for j in range(3):
            if j != i:
                rows[j] = [cell - rows[j][i] * ours for cell, ours in zip(rows[j], rows[i], strict=True)]
    a, b, c = (row[3] for row in rows)
    worst = max(abs(a + b * p[1] + c * p[2] - y) for p, y in zip(powers, counts, strict=True))
    largest = max(abs(y) for y in counts) or 1
    return Quadratic(float(a), float(b), float(c), float(worst / largest))


def exponent(lengths: Sequence[int], counts: Sequence[float]) -> float:
    """The slope of log count against log length. Raises ValueError when a count is not positive."""
    if min(counts) <= 0:
        raise ValueError("an exponent needs positive counts")
    return stats.line([math.log(n) for n in lengths], [math.log(y) for y in counts])[0]
