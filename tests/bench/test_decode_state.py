"""Bytes by hand, filled caches against the models' own steps, and verdicts that change when memory leaks."""

from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import decode_state as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.attention import Attention, Cache
from quizapp.verifiers.models.linear_recurrence import LinearRecurrence
from quizapp.verifiers.models.lstm import LSTM
from quizapp.verifiers.timing import Times
from quizapp.verifiers.wire import Note

from quizapp.verifiers import engine

NAME = "decode_state"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
CLAIMS = {
    "kv-cache-grows": (["cache_bytes_per_token_growth", "lstm_bytes_growth"], []),
    "streaming-constant-memory": (
        ["lstm_bytes_growth", "linear_recurrence_bytes_growth"],
        ["window_bytes_growth"],
    ),
}
EXPECTED = {"kv-cache-grows": "holds", "streaming-constant-memory": "depends"}


def verdict(results, claim):
    supports, limits = ([results[name].outcome for name in names] for names in CLAIMS[claim])
    if "fail" in supports:
        return "fails"
    if set(supports) == {"pass"}:
        if "pass" in limits:
            return "depends"
        if set(limits) <= {"fail"}:
            return "holds"
    return "unclear"


def usual(name):
    """Microseconds of a candidate in a world much like the one measured."""
    kind, length = name.split()
    return {"attention": 60.0 + 0.1 * int(length), "hoarding": 60.0 + 0.03 * int(length)}.get(kind, 30.0)


def world(monkeypatch, cost=usual, again=1.0):
    """Replace the clock: every candidate costs what `cost` says."""

    def pairs(candidates, *, rounds, **_):
        seconds = {name: (1e-6 * cost(name),) * rounds for name in candidates}
        first = next(iter(seconds))
        return Times(seconds, tuple(again * second for second in seconds[first]))

    monkeypatch.setattr(experiment, "pairs", pairs)


def run(events=None, seeds=1):
    emit = (lambda event: None) if events is None else events.append
    return engine.run(NAME, emit, device="cpu", seeds=seeds)


def tripped_wrong(results):
    return {result.name for result in results.values() if not result.tripped}


def lab(arm="claim"):
    size = {"width": 8, "heads": 2, "batch": 3, "rounds": 2, "middle": 128}
    return Lab(arm=arm, seed=0, size=size, device="cpu", emit=lambda event: None)


def test_the_real_clock():
    results = run(seeds=3)
    exact = {name for name, check in experiment.CHECKS.items() if check["interval"] == "range"}
    assert not exact & tripped_wrong(results)
    assert {claim: verdict(results, claim) for claim in CLAIMS} == EXPECTED
    assert results["attention_time_growth"].outcome in ("pass", "unclear")
    assert results["lstm_time_growth"].outcome in ("pass", "unclear")
    for name in tripped_wrong(results):
        assert results[name].outcome == "unclear"


def test_a_world_much_like_it(monkeypatch):
    world(monkeypatch)
    results = run(seeds=2)
    assert not tripped_wrong(results)
    assert results["attention_time_growth"].outcome == "pass"
    assert results["lstm_time_growth"].outcome == "pass"


def test_a_restless_machine_leaves_the_bytes_alone(monkeypatch):
    world(monkeypatch, again=2.0)
    events = []
    results = run(events)
    assert results["attention_time_growth"].outcome == "unclear"
    assert {claim: verdict(results, claim) for claim in CLAIMS} == EXPECTED
    assert any("too restless" in event.text for event in events if isinstance(event, Note))


def test_the_claims_name_these_checks():
    entries = {
        entry["id"]: entry for entry in yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]
    }
    for claim, (supports, limits) in CLAIMS.items():
        entry = entries[claim]
        assert entry["supports"] == [f"{NAME}.{name}" for name in supports]
        assert [limit["check"] for limit in entry.get("limits", [])] == [f"{NAME}.{name}" for name in limits]
        assert entry["expected"]["cpu"] == EXPECTED[claim]


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_attention_forgets_its_cache(monkeypatch):
    step = Attention.step
    monkeypatch.setattr(Attention, "step", lambda self, x_t, cache=None: step(self, x_t))
    world(monkeypatch)
    results = run()
    assert verdict(results, "kv-cache-grows") == "fails"
    assert "declared_bytes_error" in tripped_wrong(results)


def test_mutant_an_lstm_that_hoards(monkeypatch):
    """Its state is a view into a storage that grows: the bytes of the view alone would not tell."""
    step = LSTM.step

    def hoarding(self, x, state):
        output, (h, c) = step(self, x, state)
        before = state[1] if state[1]._base is None else state[1]._base
        return output, (h, torch.cat((before, c))[-len(c) :])

    monkeypatch.setattr(LSTM, "step", hoarding)
    world(monkeypatch)
    results = run()
    assert {claim: verdict(results, claim) for claim in CLAIMS} == dict.fromkeys(CLAIMS, "fails")


def test_mutant_a_linear_recurrence_that_hoards(monkeypatch):
    step = LinearRecurrence.step
    monkeypatch.setattr(
        LinearRecurrence, "step", lambda self, x_t, h: torch.cat((h, step(self, x_t, h[-len(x_t) :])))
    )
    world(monkeypatch)
    assert verdict(run(), "streaming-constant-memory") == "fails"


def test_mutant_a_window_onto_everything(monkeypatch):
    """Only the view is windowed, the storage keeps growing: no longer a way to stream."""
    step = Attention.step

    def leaking(self, x_t, cache=None):
        output, after = step(self, x_t, cache)
        if self.window is None:
            return output, after
        new = after.keys[:, :, -1:].clone()
        keys = new if cache is None else torch.cat((cache.keys._base, new), dim=2)
        return output, Cache(keys[:, :, -self.window :], after.values, after.seen)

    monkeypatch.setattr(Attention, "step", leaking)
    world(monkeypatch)
    assert verdict(run(), "streaming-constant-memory") == "holds"


def test_mutant_attention_whose_tokens_cost_the_same(monkeypatch):
    world(monkeypatch, lambda name: 60.0)
    results = run(seeds=2)
    assert results["attention_time_growth"].outcome == "fail"
    assert tripped_wrong(results) == {"hoarding_lstm_time_growth"}


# ---- bytes and contexts by hand ---------------------------------------------------------------------


def test_bytes_by_hand():
    models = experiment.Models(lab())
    with torch.no_grad():
        tokens = models.tokens(lab(), 6, batch=1)
        assert experiment.attention_bytes(models.full, tokens) == [2 * 8 * 4 * n for n in range(1, 7)]
        assert experiment.lstm_bytes(models.lstm, tokens) == [2 * 8 * 4] * 6
        assert experiment.linear_bytes(models.linear, tokens) == [8 * 4] * 6
        # h is the last output, so only c comes on top of the outputs.
        assert experiment.hoarding_bytes(models.lstm, tokens) == [8 * 4 * (n + 1) for n in range(1, 7)]
    assert experiment.growth([10, 20, 30, 40], 1, 4) == 4.0


def test_a_view_counts_with_its_whole_storage():
    whole = torch.zeros(1, 1, 10, 4)
    cache = Cache(whole[:, :, -2:], whole[:, :, -2:].clone(), 10)
    assert experiment.kept_bytes(cache) == (10 + 2) * 4 * 4


@pytest.mark.parametrize("window", [None, 5])
def test_a_filled_cache_is_the_one_that_steps_build(window):
    model = Attention(8, 2, generator=torch.Generator().manual_seed(0), causal=True, window=window)
    tokens = torch.randn(3, 12, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        cache = None
        for token in tokens.unbind(dim=1):
            _, cache = model.step(token, cache)
        filled = experiment.filled(model, tokens)
    assert filled.seen == cache.seen == 12
    assert torch.allclose(filled.keys, cache.keys, atol=1e-12)
    assert torch.allclose(filled.values, cache.values, atol=1e-12)


def test_an_lstm_read_through_is_where_its_steps_lead():
    models = experiment.Models(lab())
    with torch.no_grad():
        tokens = models.tokens(lab(), 20)
        outputs, (h, c) = experiment.read_through(models.lstm, tokens)
        state = models.lstm.start(3)
        for token in tokens.unbind(dim=1):
            output, state = models.lstm.step(token, state)
    assert torch.allclose(outputs[:, -1], output, atol=1e-6)
    assert torch.allclose(h, state[0], atol=1e-6)
    assert torch.allclose(c, state[1], atol=1e-6)
