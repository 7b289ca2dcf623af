"""Two LSTMs: one reads a source, the other writes a target from its last state (Sutskever et al. 2014).

With `attention` every target token also reads all the encoder's states (Luong et al. 2015, global
attention with a general score). Knows no task and no training.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .attention import linear
from .fused import Fused
from .lstm import LSTM

Handed = tuple[Tensor, Tensor]
"""The encoder's last (h, c), [1, batch, width] each."""


class EncoderDecoder(nn.Module):
    """Source and target tokens in, scores of classes at every target token out.

    attention: the scores also read an average of the encoder's states. Its weights are the softmax of a
    learned product of the decoder's state with each of them. What attention needs is drawn last, so that
    with and without it all other weights begin the same.
    handed: how many units of the encoder's last h and c the decoder gets; the others begin at zero. None
    hands over all.
    forget_bias: of both LSTMs, as in `LSTM`.
    """

    def __init__(
        self,
        width: int,
        *,
        tokens: int,
        classes: int,
        generator: torch.Generator,
        attention: bool = False,
        handed: int | None = None,
        forget_bias: float | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        if handed is not None and not 0 <= handed <= width:
            raise ValueError(f"{handed} of {width} units cannot be handed over")
        self.width, self.attention = width, attention
        self.handed = width if handed is None else handed
        drawn = torch.randn(tokens, width, generator=generator, dtype=torch.float64)  # [tokens, width]
        self.embedding = nn.Parameter(drawn.to(device, dtype))  # [tokens, width]
        self.encoder, self.decoder = (
            Fused(LSTM(width, generator=generator, forget_bias=forget_bias, dtype=dtype, device=device)).layer
            for _ in range(2)
        )
        self.head = linear(width, classes, generator=generator, dtype=dtype, device=device)
        if attention:
            self.query = linear(width, width, generator=generator, dtype=dtype, device=device)
            self.context_head = linear(width, classes, generator=generator, dtype=dtype, device=device)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [batch, time], source and target half of the time each -> scores [batch, time, classes].

        The source's tokens, where nothing is said, have scores of zero.
        """
        source, target = x.chunk(2, dim=1)  # [batch, source], [batch, target]
        states, last = self.encode(source)  # [batch, source, width], [1, batch, width] each
        scores = self.decode(target, states, last)  # [batch, target, classes]
        return torch.cat((torch.zeros_like(scores), scores), dim=1)  # [batch, time, classes]

    def encode(self, source: Tensor, before: Handed | None = None) -> tuple[Tensor, Handed]:
        """Tokens [batch, source] -> the h after every one [batch, source, width], and the last (h, c)."""
        states: Tensor
        states, last = self.encoder(functional.embedding(source, self.embedding), before)
        return states, last  # [batch, source, width], [1, batch, width] each

    def decode(self, target: Tensor, states: Tensor, last: Handed) -> Tensor:
        """Target tokens and what the encoder made of the source -> scores [batch, target, classes]."""
        written = self.written(target, last)  # [batch, target, width]
        scores: Tensor = self.head(written)  # [batch, target, classes]
        if self.attention:
            context = self.weights(written, states) @ states  # [batch, target, width]
            scores = scores + self.context_head(context)  # [batch, target, classes]
        return scores

    def written(self, target: Tensor, last: Handed) -> Tensor:
        """The decoder's h after every target token, begun with what it is handed: [batch, target, width]."""
        kept = torch.arange(self.width, device=target.device) < self.handed  # [width]
        h, c = (torch.where(kept, part, 0.0) for part in last)  # [1, batch, width] each
        written: Tensor = self.decoder(functional.embedding(target, self.embedding), (h, c))[0]
        return written  # [batch, target, width]

    def weights(self, written: Tensor, states: Tensor) -> Tensor:
        """How much each target token reads of each encoder state: [batch, target, source], rows add up to 1.

        Raises ValueError without attention.
        """
        if not self.attention:
            raise ValueError("there is no attention in this model")
        scores: Tensor = self.query(written) @ states.transpose(1, 2)  # [batch, target, source]
        return scores.softmax(dim=-1)  # [batch, target, source]

    def alignment(self, x: Tensor) -> Tensor:
        """The attention weights for tokens [batch, time], halved as in forward: [batch, target, source].

        Raises ValueError without attention.
        """
        source, target = x.chunk(2, dim=1)  # [batch, source], [batch, target]
        states, last = self.encode(source)  # [batch, source, width], [1, batch, width] each
        return self.weights(self.written(target, last), states)  # [batch, target, source]

    def state_bytes(self, length: int) -> int:
        """Bytes the decoder has of a source of that length: two vectors, with attention all states too."""
        vectors = 2 * self.handed + (length * self.width if self.attention else 0)
        return vectors * self.embedding.element_size()
