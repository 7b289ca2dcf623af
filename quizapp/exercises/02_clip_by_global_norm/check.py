"""Against torch.nn.utils.clip_grad_norm_, at norms above and below the limit."""

import kit
import torch

_INSTEAD = "Take the norm from the numbers themselves."
FORBIDDEN = dict.fromkeys(
    (
        "torch.nn.utils.clip_grad_norm_",
        "torch.nn.utils.clip_grad_norm",
        "torch.nn.utils.clip_grad.clip_grad_norm_",
        "torch.nn.utils.clip_grad.clip_grads_with_norm_",
        "torch.nn.utils.clip_grads_with_norm_",
        "torch.nn.utils.get_total_norm",
    ),
    _INSTEAD,
)


def reference(grads, max_norm):
    leaves = [torch.zeros_like(grad, requires_grad=True) for grad in grads]
    for leaf, grad in zip(leaves, grads, strict=True):
        leaf.grad = grad.clone()
    norm = torch.nn.utils.clip_grad_norm_(leaves, max_norm)
    return [leaf.grad for leaf in leaves], norm.item()


def check(desk):
    clip = desk.function("clip")
    generator = torch.Generator().manual_seed(5)
    small = [torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0])]
    several = [torch.randn(shape, generator=generator) for shape in ((4, 3), (5,), (2, 2, 2), ())]
    tiny = [torch.full((3,), 1e-3), torch.full((2,), -1e-3)]
    for name, grads, limit in (
        ("[1, 2] and [2, 4], max_norm 1", small, 1.0),
        ("[1, 2] and [2, 4], max_norm 4.8: only together too long", small, 4.8),
        ("[1, 2] and [2, 4], max_norm 10: nothing to clip", small, 10.0),
        ("four tensors of several shapes, max_norm 0.5", several, 0.5),
        ("tiny gradients, max_norm 1: nothing to clip", tiny, 1.0),
    ):
        with desk.case(name):
            given = f"norms {', '.join(f'{grad.norm():.4g}' for grad in grads)}, max_norm {limit:g}"
            compare(clip(grads, limit), grads, limit, given)
    with desk.case("the direction stays"):
        clipped, _ = clip(several, 0.5)
        one, other = (torch.cat([grad.flatten() for grad in both]) for both in (clipped, several))
        kit.equal(
            torch.cosine_similarity(one, other, dim=0), 1.0 * torch.ones(()), of="the cosine", given=name
        )


def compare(came, grads, limit, given):
    clipped, norm = kit.two(came, "clipped", "norm", given)
    if not isinstance(clipped, (list, tuple)) or len(clipped) != len(grads):
        kit.wrong("the first is not a list of as many tensors", given=given, came=clipped)
    right, wanted = reference(grads, limit)
    sums = sum(grad.norm().item() for grad in grads)
    largest = max(grad.abs().max().item() for grad in grads)
    kit.equal(
        norm,
        wanted,
        of="the norm",
        given=given,
        smells=[
            ("the square root is missing", wanted**2),
            ("the norms of the tensors are added; add their squares, then take the root", sums),
            ("the norm after clipping; return the one before", min(wanted, limit)),
            ("the largest number: that is another norm", largest),
        ],
    )
    for place, (one, other) in enumerate(zip(clipped, right, strict=True)):
        grad = grads[place]
        kit.equal(
            one,
            other,
            of=f"tensor {place}",
            given=f"{given}, global norm {wanted:.4g}",
            smells=[
                ("it was scaled up: a gradient that is short enough stays as it is", grad * limit / wanted),
                ("clipped by itself, not with the others: one factor for all", each(grad, limit)),
                ("each number is clamped: that turns the gradient", grad.clamp(-limit, limit)),
                ("nothing is clipped", grad),
                ("divided by the norm, whatever max_norm is", grad / wanted),
            ],
        )


def each(grad, limit):
    return grad * min(1.0, limit / (grad.norm().item() + 1e-6))
