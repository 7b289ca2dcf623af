"""The memory experiment: what it finds, and that broken models change what it finds."""

from __future__ import annotations

import pytest
import torch
from quizapp.verifiers.experiments import attention_memory
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models import attention
from quizapp.verifiers.verdict import judge

from quizapp.verifiers import attention_cost, catalogue, engine
from tests.bench.judged import judged

EXPECTED = {
    "attention-memory-quadratic": "fails",
    "flash-hides-constants-not-scaling": "fails",
    "flash-fixed-memory-wall": "holds",
    "rnn-linear-time-and-memory": "depends",
    "attention-is-weighted-sum": "holds",
    "nxn-in-one-batched-matmul": "depends",
    "128k-needs-tricks": "depends",
}
SMALL = {
    "lengths": [32, 64, 96, 128, 192, 256],
    "short": [32, 64, 96, 128],
    "lstm_lengths": [8, 12, 16, 24],
    "heads": 2,
    "head_width": 4,
    "window": 16,
    "width": 8,
    "loop_tokens": 6,
}


def run(arms=engine.ARMS):
    """Both arms of one seed at small sizes, judged as the engine would."""
    results = {}
    for arm in arms:
        lab = Lab(arm=arm, seed=0, size=SMALL, device="cpu", emit=lambda event: None)
        attention_memory.trial(lab)
        declared = catalogue.read("attention_memory").checks
        assert set(lab.values) == {name for name, check in declared.items() if check.arm == arm}
        results |= {name: judge(declared[name], [value], 1) for name, value in lab.values.items()}
    return results


def verdicts(results):
    return judged("attention_memory", results, EXPECTED)


def changed(results):
    """The claims whose verdict is no longer the expected one, with the new verdict."""
    return {name: verdict for name, verdict in verdicts(results).items() if verdict != EXPECTED[name]}


def wrong(results):
    return {name for name, result in results.items() if not result.tripped}


@pytest.fixture(scope="module")
def small():
    return run()


def test_the_quick_profile_runs_through_the_engine():
    points = []
    results = engine.run(
        "attention_memory",
        lambda event: points.append(event) if event.kind == "point" else None,
        device="cpu",
    )
    assert wrong(results) == set()
    assert all(result.outcome != "unclear" for result in results.values())
    assert results["explicit_bytes_per_pair"].estimate == 4.0
    assert results["fused_bytes_per_pair"].estimate == 0.0
    assert results["explicit_scores_gib_at_128k"].estimate == 32.0
    assert results["fused_memory_linear"].estimate == pytest.approx(1.0)
    assert results["fused_flop_exponent"].estimate == pytest.approx(2.0)
    assert {event.curve for event in points} == {
        "attention written out",
        "fused attention",
        "LSTM",
        "the same call, unfused",
        "attention in a window",
        "linear attention",
    }
    assert all(event.y > 0 for event in points)


def test_small_sizes_find_the_same(small):
    assert wrong(small) == set()
    assert small["explicit_bytes_per_pair"].estimate == 4.0
    assert small["math_bytes_per_pair"].estimate == 4.0
    assert small["fusing_change_per_pair"].estimate == 4.0


def test_the_verdicts_are_the_expected_ones(small):
    assert verdicts(small) == EXPECTED


def test_counting_is_the_same_every_time(small):
    again = run(arms=("claim",))
    counted = [name for name in again if again[name].unit != "largest absolute difference"]
    assert len(counted) > 10
    assert all(again[name].values == small[name].values for name in counted)


def test_a_fused_kernel_that_writes_the_scores_down_is_found_out(monkeypatch):
    monkeypatch.setattr(attention_memory, "fused_attention", attention.explicit_attention)
    results = run()
    assert wrong(results) == set()
    assert changed(results) == {
        "attention-memory-quadratic": "holds",
        "flash-hides-constants-not-scaling": "holds",
        "flash-fixed-memory-wall": "fails",
        "nxn-in-one-batched-matmul": "holds",
        "128k-needs-tricks": "fails",
    }


def test_a_fused_kernel_that_cheats_is_found_out(monkeypatch):
    def windowed(q, k, v):
        return attention.windowed_attention(q, k, v, 2)  # [batch, heads, time, head_width]

    monkeypatch.setattr(attention_memory, "fused_attention", windowed)
    results = run(arms=("claim",))
    assert results["fused_difference"].outcome == "fail"
    assert changed(results) == {"flash-fixed-memory-wall": "fails", "attention-is-weighted-sum": "fails"}


def test_an_explicit_form_that_never_writes_the_scores_is_found_out(monkeypatch):
    monkeypatch.setattr(attention_memory, "explicit_attention", attention.fused_attention)
    results = run()
    assert {"explicit_gib_at_128k", "attention_memory_as_lstm"} <= wrong(results)
    assert changed(results) == {"nxn-in-one-batched-matmul": "fails", "128k-needs-tricks": "fails"}


def test_scores_from_many_products_are_found_out(monkeypatch):
    def head_by_head(q, k, v):
        heads = zip(q.split(1, dim=1), k.split(1, dim=1), v.split(1, dim=1), strict=True)
        return torch.cat([attention.explicit_attention(*head) for head in heads], dim=1)  # as q

    monkeypatch.setattr(attention_memory, "explicit_attention", head_by_head)
    results = run(arms=("claim",))
    assert results["score_products"].estimate == 2.0
    assert changed(results) == {"nxn-in-one-batched-matmul": "fails"}


def test_a_recurrence_that_looks_back_is_found_out(monkeypatch):
    class LooksBack(attention_memory.LSTM):
        def forward(self, x):
            y = super().forward(x)[:, None]  # [batch, 1, time, width]
            for _ in range(8):
                y = attention.explicit_attention(y, y, y)  # [batch, 1, time, width]
            return y[:, 0]  # [batch, time, width]

    monkeypatch.setattr(attention_memory, "LSTM", LooksBack)
    monkeypatch.setitem(SMALL, "lstm_lengths", [64, 96, 128])
    results = run(arms=("claim",))
    assert results["lstm_memory_exponent"].outcome == "fail"
    assert changed(results) == {"rnn-linear-time-and-memory": "fails"}


def test_a_recurrence_that_remembers_everything_is_found_out(monkeypatch):
    class Remembers(attention_memory.LSTM):
        def step(self, x, state):
            y, new = super().step(x, state[:2])  # [batch, width], [batch, width] each
            return y, (*new, *state[2:], x.clone())  # [batch, width], then one more each time

    monkeypatch.setattr(attention_memory, "LSTM", Remembers)
    results = run(arms=("claim",))
    assert results["lstm_state_exponent"].outcome == "fail"
    assert changed(results) == {"rnn-linear-time-and-memory": "holds"}


def test_a_softmax_left_out_is_found_out(monkeypatch):
    original = attention_memory.looped_attention
    monkeypatch.setattr(
        attention_memory, "looped_attention", lambda q, k, v, softmax: original(q, k, v, softmax=False)
    )
    results = run(arms=("claim",))
    assert results["weights_sum_to_one"].outcome == "fail"
    assert changed(results) == {"attention-is-weighted-sum": "fails"}


def test_rotary_positions_that_would_save_memory_are_found_out(monkeypatch):
    original = attention_cost.Attention

    def thrifty(*args, **how):
        return original(*args, **{**how, "fused": how.get("positions") == "rotary"})

    monkeypatch.setattr(attention_cost, "Attention", thrifty)
    results = run()
    assert wrong(results) == {"fusing_change_per_pair"}
    assert changed(results) == {"128k-needs-tricks": "holds"}
