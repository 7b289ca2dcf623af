# expect: f, i, g, o; torch keeps them

import torch


def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    gates = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh  # [batch, 4 * hidden]
    f, i, g, o = gates.chunk(4, dim=-1)  # [batch, hidden] each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)  # [batch, hidden]
    return torch.sigmoid(o) * torch.tanh(c), c
