# expect: a GRU's way

import torch


def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    gates = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh  # [batch, 4 * hidden]
    i, f, g, o = gates.chunk(4, dim=-1)  # [batch, hidden] each
    c = torch.sigmoid(f) * c + (1 - torch.sigmoid(f)) * torch.tanh(g)  # [batch, hidden]
    return torch.sigmoid(o) * torch.tanh(c), c
