"""An LSTM cell, equal to torch's.

lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    x: [batch, inputs]      h, c: [batch, hidden]
    w_ih: [4 * hidden, inputs]      w_hh: [4 * hidden, hidden]
    b_ih, b_hh: [4 * hidden]
    returns (new h, new c)

The rows of the weights are those of torch.nn.LSTMCell: input gate
i, forget gate f, candidate g, output gate o. torch.sigmoid and
torch.tanh are allowed; the cells and layers of torch.nn are what
you are to build.
"""

import torch


def lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    raise NotImplementedError
