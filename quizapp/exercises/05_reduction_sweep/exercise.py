"""Time an attention-style reduction in PyTorch from 64 to 65,536
numbers, and explain the curve.

1. reduction(xs): the mean of a tensor [n] as attention computes it,
   as a weighted sum with n equal weights.
2. seconds_per_call(call, repeats, clock): how long `call()` takes,
   from `repeats` calls between two readings of `clock()`. Call it
   once before you start the clock: the first call may be far
   slower.
3. sweep(lengths): {length: seconds per call of reduction}, one
   entry for every length.
4. EXPLANATION: the check draws your curve. Why does it look like
   this? Write one letter.
   "a"  flat while the call costs more than its adds; with far more
        numbers than these, in proportion
   "b"  flat all the way: a reduction has depth 1
   "c"  quadratic: every element looks at every other
   "d"  logarithmic: the adds form a tree
"""

import time

import torch

LENGTHS = [64, 256, 1024, 4096, 16384, 65536]
EXPLANATION = ""


def reduction(xs):
    raise NotImplementedError


def seconds_per_call(call, repeats, clock=time.perf_counter):
    raise NotImplementedError


def sweep(lengths):
    raise NotImplementedError
