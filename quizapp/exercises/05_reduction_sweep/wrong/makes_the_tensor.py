# expect: Make the tensor before you time

import time

import torch

EXPLANATION = "a"


def reduction(xs):
    return xs.mean()


def seconds_per_call(call, repeats, clock=time.perf_counter):
    call()
    began = clock()
    for _ in range(repeats):
        call()
    return (clock() - began) / repeats


def sweep(lengths):
    return {n: seconds_per_call(lambda n=n: reduction(torch.tensor([0.5] * n)), 5) for n in lengths}
