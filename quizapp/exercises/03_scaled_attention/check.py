"""Against torch's own, at shapes that tell the axes apart and at scores that overflow."""

import kit
import torch
from torch.nn.functional import scaled_dot_product_attention as reference

_INSTEAD = "Write it with matrix products and a softmax."
FORBIDDEN = {
    "torch.nn.functional.scaled_dot_product_attention": _INSTEAD,
    "torch._C._nn.scaled_dot_product_attention": _INSTEAD,
    "torch.nn.functional.multi_head_attention_forward": _INSTEAD,
    "torch.nn.MultiheadAttention.forward": _INSTEAD,
}


def check(desk):
    attention = desk.function("attention")
    generator = torch.Generator().manual_seed(3)

    def draw(*shape):
        return torch.randn(shape, generator=generator)

    for name, q, k, v in (
        ("one head, four tokens", draw(1, 1, 4, 16), draw(1, 1, 4, 16), draw(1, 1, 4, 16)),
        ("two texts, three heads", draw(2, 3, 5, 8), draw(2, 3, 5, 8), draw(2, 3, 5, 8)),
        ("4 queries, 7 keys, values of width 5", draw(2, 3, 4, 8), draw(2, 3, 7, 8), draw(2, 3, 7, 5)),
        ("scores in the hundreds", 40 * draw(1, 2, 6, 16), 40 * draw(1, 2, 6, 16), draw(1, 2, 6, 16)),
    ):
        given = f"q {list(q.shape)}, k {list(k.shape)}, v {list(v.shape)}"
        with desk.case(
            name, "matrix products meet at the last axis of the left and the last but one of the right"
        ):
            came = attention(q, k, v)
            kit.equal(came, reference(q, k, v), of="the result", given=given, smells=smells(q, k, v, desk))


def smells(q, k, v, desk):
    width = q.shape[-1]
    raw = q @ k.transpose(-2, -1)
    soft = torch.softmax

    def exp():
        weights = (raw / width**0.5).exp()
        return weights / weights.sum(-1, keepdim=True) @ v

    return [
        ("scaled by d, not by sqrt(d)", soft(raw / width, -1) @ v),
        ("not scaled: divide the scores by sqrt(d)", soft(raw, -1) @ v),
        ("multiplied by sqrt(d), where it should divide", soft(raw * width**0.5, -1) @ v),
        ("scaled by the number of keys; it is the width that counts", soft(raw / k.shape[-2] ** 0.5, -1) @ v),
        ("scaled by the width of the values; it is that of q and k", soft(raw / v.shape[-1] ** 0.5, -1) @ v),
        ("the softmax runs over the queries: dim=-1 are the keys", soft(raw / width**0.5, -2) @ v),
        ("no softmax: the scores themselves weigh the values", raw / width**0.5 @ v),
        ("the scores attend to the keys, not to the values", lambda: soft(raw / width**0.5, -1) @ k),
        ("exp of a large score is inf: subtract the row's maximum first, as torch.softmax does", exp),
        ("the softmax runs over the heads", lambda: soft(raw / width**0.5, 1) @ v),
    ]
