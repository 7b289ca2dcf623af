# expect: call once before it starts

import time

import torch

LENGTHS = [64, 256, 1024, 4096, 16384, 65536]
EXPLANATION = "a"


def reduction(xs):
    weights = torch.full_like(xs, 1 / len(xs))  # [n]
    return weights @ xs  # []


def seconds_per_call(call, repeats, clock=time.perf_counter):
    began = clock()
    for _ in range(repeats):
        call()
    return (clock() - began) / repeats


def sweep(lengths):
    return {length: measure(torch.rand(length)) for length in lengths}


def measure(xs):
    return min(seconds_per_call(lambda: reduction(xs), 50) for _ in range(3))
