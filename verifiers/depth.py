"""Who waits for whom: the longest chain and the shortest path in a graph that autograd has recorded.

A node is a kernel that was called; an edge says that its input came from another one. Counted is what a
cost function says, by default 1 for a node that computes and 0 for one that only moves or relabels numbers
(views, copies, stacking): a number of kernels, not of the additions inside one, and no time. A fused
kernel (nn.LSTM) is ONE node however many steps it hides, so write out what is to be counted.

The graph of a batched tensor has paths that no number takes: x.relu() on [time, width] is one node, and
through it every token seems to reach every other. The longest chain of kernels is right there all the
same; for paths between tokens give every token a leaf of its own (see `unrolled`).

Graphs of some 70,000 nodes in one chain overflow the stack when they are deleted: stay below 2,000 tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Node = Any
"""A node of autograd's graph, torch.autograd.graph.Node."""
Cost = Callable[[Node], int]
"""What passing a node costs."""

MOVES = frozenset(
    (
        "AccumulateGrad",
        "Alias",
        "AsStrided",
        "Cat",
        "Chunk",
        "Clone",
        "Copy",
        "CopyBackwards",
        "CopySlices",
        "Expand",
        "Flip",
        "Gather",
        "Index",
        "IndexCopy",
        "IndexSelect",
        "Mark",
        "Narrow",
        "Permute",
        "Repeat",
        "Reshape",
        "Select",
        "Slice",
        "Split",
        "SplitWithSizes",
        "Squeeze",
        "Stack",
        "T",
        "ToCopy",
        "Transpose",
        "Unbind",
        "UnsafeSplit",
        "UnsafeView",
        "Unsqueeze",
        "View",
    )
)
"""Nodes that compute nothing, without torch's ending `Backward0`."""


class Mark(torch.autograd.Function):
    """The identity, with a name by which a walk can count it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kind: str) -> Tensor:  # noqa: ANN401 - torch's context
        """The same numbers."""
        ctx.kind = kind
        return x.view_as(x)  # the shape of x

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:  # noqa: ANN401 - torch's signature
        """The same gradient."""
        return gradients[0], None


def mark(x: Tensor, kind: str) -> Tensor:
    """x itself, any shape, behind a node that `marks(kind)` counts."""
    marked: Tensor = Mark.apply(x, kind)  # type: ignore[no-untyped-call]
    return marked


def computing(node: Node) -> int:
    """1 for a node that computes, 0 for one that only moves or relabels numbers."""
    name = node.name().rsplit("::", 1)[-1].rstrip("0123456789").removesuffix("Backward")
    return int(name not in MOVES)


def marks(kind: str) -> Cost:
    """1 for a mark of that kind, 0 for every other node."""
    return lambda node: int(getattr(node, "kind", None) == kind)


@dataclass(frozen=True)
class Walk:
    """What lies between an output and what it was computed from."""

    depth: int
    """The cost of the dearest chain from the output to anything."""
    nodes: int
    """How many nodes were met, leaves included."""
    found: dict[int, tuple[int, int]]
    """For every leaf that was met, by id(): the cheapest and the dearest path to it."""

    def reaches(self, leaf: Tensor) -> bool:
        """Whether any path leads to the leaf."""
        return id(leaf) in self.found

    def shortest(self, leaf: Tensor) -> float:
        """The cost of the cheapest path to the leaf; infinite when there is none."""
        return float(self.found[id(leaf)][0]) if self.reaches(leaf) else math.inf

    def longest(self, leaf: Tensor) -> float:
        """The cost of the dearest path to the leaf; minus infinite when there is none."""
        return float(self.found[id(leaf)][1]) if self.reaches(leaf) else -math.inf


def walk(output: Tensor, cost: Cost = computing) -> Walk:
    """Walk the graph behind `output`, any shape, once, in topological order and without recursion.

    Leaves are told apart by identity: keep them alive. Raises ValueError when the output has no graph.
    """
    root = output.grad_fn
    if root is None:
        raise ValueError("no graph leads to this tensor: nothing in it requires a gradient")
    children = _children(root)
    parents = dict.fromkeys(children, 0)
    for below in children.values():
        for child in below:
            parents[child] += 1
    nearest: dict[Node, int] = {root: cost(root)}
    dearest: dict[Node, int] = {root: cost(root)}
    found: dict[int, tuple[int, int]] = {}
    ready: list[Node] = [root]
    while ready:
        node = ready.pop()
        near, far = nearest[node], dearest[node]
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            found[id(leaf)] = (near, far)
        for child in children[node]:
            price = cost(child)
            nearest[child] = min(near + price, nearest.get(child, near + price))
            dearest[child] = max(far + price, dearest.get(child, far + price))
            parents[child] -= 1
            if not parents[child]:
                ready.append(child)
    return Walk(depth=max(dearest.values()), nodes=len(children), found=found)


def depth(output: Tensor) -> int:
    """Kernels on the longest chain of dependent ones that ends in `output`."""
    return walk(output).depth


def _children(root: Node) -> dict[Node, list[Node]]:
    """Every node behind the root, with the nodes its inputs came from."""
    children: dict[Node, list[Node]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node not in children:
            children[node] = [child for child, _ in node.next_functions if child is not None]
            waiting.extend(children[node])
    return children
