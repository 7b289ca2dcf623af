"""What an experiment is handed: its arm, its seed, random numbers, a device, and a way to report.

One `trial(lab)` is a pure function of (experiment, arm, seed, profile, device).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .wire import Event, Note, Point


class Lab:
    """The bench of one trial.

    arm: `claim` or `control`; both arms of a seed get the same random numbers (they are paired).
    size: the profile's sizes, as the experiment declares them in PROFILES.
    generator: a CPU generator, the only source of randomness.
    """

    def __init__(
        self,
        *,
        arm: str,
        seed: int,
        size: Mapping[str, Any],
        device: str,
        emit: Callable[[Event], None],
    ) -> None:
        self.arm = arm
        self.seed = seed
        self.size = size
        self.device = torch.device(device)
        self.generator = torch.Generator().manual_seed(seed * 7919 + 17)
        self.values: dict[str, float] = {}
        self.figures: dict[str, float] = {}
        self._emit = emit

    def randn(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Standard normal numbers of that shape, drawn on the CPU and moved to the device."""
        return torch.randn(*shape, generator=self.generator, dtype=dtype).to(self.device)

    def point(self, curve: str, x: float, y: float) -> None:
        """Draw one point. Points of one curve at one x are averaged over the seeds."""
        self._emit(Point(curve=curve, arm=self.arm, x=float(x), y=float(y)))

    def note(self, text: str) -> None:
        """Say something the reader of the evidence should know."""
        self._emit(Note(text=text))

    def check(self, name: str, value: float) -> None:
        """Report the value of a declared check for this seed. Raises ValueError when given twice."""
        if name in self.values:
            raise ValueError(f"check {name!r} was reported twice in one trial")
        self.values[name] = float(value)

    def figure(self, name: str, value: float) -> None:
        """Report a declared figure for this seed, to stand beside a published number; not every trial need.

        Raises ValueError when given twice.
        """
        if name in self.figures:
            raise ValueError(f"figure {name!r} was reported twice in one trial")
        self.figures[name] = float(value)
