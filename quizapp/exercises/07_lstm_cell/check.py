"""Against torch.nn.LSTMCell: one step, then twelve, since small mistakes add up."""

import itertools

import kit
import torch

_INSTEAD = "Write the gates out: matrix products, torch.sigmoid, torch.tanh."
FORBIDDEN = dict.fromkeys(
    (
        "torch.nn.LSTMCell.forward",
        "torch.nn.LSTM.forward",
        "torch.lstm_cell",
        "torch.lstm",
    ),
    _INSTEAD,
)
NAMES = ("i", "f", "g", "o")


def check(desk):
    lstm_cell = desk.function("lstm_cell")
    torch.manual_seed(7)
    for name, batch, inputs, hidden in (("one step", 3, 5, 4), ("one step, batch 1, hidden 8", 1, 2, 8)):
        cell = torch.nn.LSTMCell(inputs, hidden)
        weights = [one.detach() for one in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)]
        x, h, c = torch.randn(batch, inputs), torch.randn(batch, hidden), torch.randn(batch, hidden)
        given = f"x {list(x.shape)}, h and c {list(h.shape)}"
        with desk.case(name, "mind the transposes: w_ih is [4 * hidden, inputs]"):
            compare(both(lstm_cell(x, h, c, *weights), given), cell, x, h, c, weights, given)
    with desk.case("twelve steps, one after the other"):
        mine, theirs = (h, c), (h, c)
        for step in range(12):
            x = torch.randn(1, 2, generator=torch.Generator().manual_seed(step))
            mine, theirs = both(lstm_cell(x, *mine, *weights), given), cell(x, theirs)
        kit.equal(mine[0], theirs[0], of="h after 12 steps", given=given, tolerance=1e-4)


def both(came, given):
    return kit.two(came, "new h", "new c", given)


def compare(came, cell, x, h, c, weights, given):
    right_h, right_c = cell(x, (h, c))
    if kit.same(came[0], right_c) and kit.same(came[1], right_h):
        kit.wrong("h and c are swapped", given=given, expected="(h, c)", came="(c, h)")
    kit.equal(came[1], right_c, of="the new c", given=given, smells=list(of_c(x, h, c, *weights)))
    sigmoid = gates(x, h, *weights)[3].sigmoid()
    smells = [
        ("the tanh of the cell is missing: o * tanh(c)", sigmoid * right_c),
        ("it uses the old c: the output gate opens on the new one", sigmoid * c.tanh()),
        ("the output gate has no sigmoid", gates(x, h, *weights)[3] * right_c.tanh()),
        ("the output gate is missing", right_c.tanh()),
    ]
    kit.equal(came[0], right_h, of="the new h", given=given, smells=smells)


def gates(x, h, w_ih, w_hh, b_ih, b_hh):
    return (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, -1)


def of_c(x, h, c, w_ih, w_hh, b_ih, b_hh):
    def new(i, f, g, o):
        return f.sigmoid() * c + i.sigmoid() * g.tanh()

    found = gates(x, h, w_ih, w_hh, b_ih, b_hh)
    for order in itertools.permutations(range(4)):
        named = dict(zip(NAMES, (found[place] for place in order), strict=True))
        said = ", ".join(sorted(NAMES, key=lambda name: order[NAMES.index(name)]))
        if order != (0, 1, 2, 3):
            yield f"the gates are taken in the order {said}; torch keeps them as i, f, g, o", new(**named)
    i, f, g, _ = found
    yield "the candidate g is a tanh, not a sigmoid", f.sigmoid() * c + i.sigmoid() * g.sigmoid()
    yield "only one of the two biases counts", new(*gates(x, h, w_ih, w_hh, b_ih, 0 * b_hh))
    yield "only one of the two biases counts", new(*gates(x, h, w_ih, w_hh, 0 * b_ih, b_hh))
    yield "the biases are missing", new(*gates(x, h, w_ih, w_hh, 0 * b_ih, 0 * b_hh))
    yield "the old h does not come in", new(*gates(x, 0 * h, w_ih, w_hh, b_ih, 0 * b_hh))
    yield (
        "f and 1 - f: that is a GRU's way; here i is a gate of its own",
        f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh(),
    )
    yield "the forget gate is missing", c + i.sigmoid() * g.tanh()
    yield "the gates have no sigmoid", f * c + i * g.tanh()
