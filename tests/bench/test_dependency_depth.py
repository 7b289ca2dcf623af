"""The experiment's numbers, and what happens to the claims' verdicts when a network is broken on purpose."""

import dataclasses
from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import dependency_depth as experiment

from quizapp.verifiers import catalogue, engine, unrolled

NAME = "dependency_depth"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
SMALL = {**experiment.PROFILES["quick"], "longest": 64, "generated": 32, "tokens": [4, 8, 16]}
SCAN = "scan says the same in ten rounds"
CLAIMS = {
    "rnn-inherently-sequential": (["rnn_depth_per_token", "lstm_depth_per_token"], [SCAN]),
    "transformer-fully-parallel": (
        ["attention_depth_growth"],
        ["generation_depth_per_token", "encoder_depth_per_layer"],
    ),
    "no-step-depends-on-another": (["row_left_out"], []),
    "one-forward-pass-vs-1000-steps": (["lstm_depth", "transformer_depth"], []),
    "one-big-matmul": (["layer_products"], []),
    "serial-depth-n-vs-1": (
        [
            "rnn_depth_per_token",
            "rnn_straightness",
            "lstm_depth_per_token",
            "lstm_straightness",
            "attention_depth_growth",
        ],
        ["encoder_depth_per_layer"],
    ),
    "path-length-o1": (["attention_path_growth", "rnn_path_per_token"], ["window_layers_off"]),
    "path-999-steps": (["state_updates"], ["attended_path_growth"]),
    "grad-2n-sublayers": (["sublayers_off", "sublayers_growth"], []),
}
EXPECTED = {
    "rnn-inherently-sequential": "depends",
    "transformer-fully-parallel": "depends",
    "no-step-depends-on-another": "holds",
    "one-forward-pass-vs-1000-steps": "fails",
    "one-big-matmul": "fails",
    "serial-depth-n-vs-1": "depends",
    "path-length-o1": "depends",
    "path-999-steps": "depends",
    "grad-2n-sublayers": "holds",
}
CHECKED_ELSEWHERE = {SCAN: "pass"}
"""Outcomes of checks of another experiment; test_prefix_scan.py measures them."""


def verdict(results, claim):
    supports, limits = (
        [CHECKED_ELSEWHERE[name] if name in CHECKED_ELSEWHERE else results[name].outcome for name in names]
        for names in CLAIMS[claim]
    )
    if "fail" in supports:
        return "fails"
    if set(supports) == {"pass"}:
        if "pass" in limits:
            return "depends"
        if set(limits) <= {"fail"}:
            return "holds"
    return "unclear"


def run_small(patch, arms=engine.ARMS):
    """The checks of these arms, at small sizes."""
    full = catalogue.read(NAME)
    checks = {name: check for name, check in full.checks.items() if check.arm in arms}
    small = dataclasses.replace(full, checks=checks, profiles={"quick": SMALL})
    patch.setattr(catalogue, "read", lambda name: small)
    patch.setattr(engine, "ARMS", arms)
    return engine.run(NAME, lambda event: None, device="cpu")


def verdicts(results):
    return {claim: verdict(results, claim) for claim in CLAIMS}


def changed(results):
    return {claim for claim, found in verdicts(results).items() if found != EXPECTED[claim]}


def tripped_wrong(results):
    return {result.name for result in results.values() if not result.tripped}


@pytest.fixture(scope="module")
def results():
    with pytest.MonkeyPatch.context() as patch:
        yield run_small(patch)


def test_the_verdicts(results):
    assert verdicts(results) == EXPECTED
    assert not tripped_wrong(results)


def test_the_numbers(results):
    exact = {
        "rnn_depth_per_token": 3,  # product, sum, tanh
        "lstm_depth_per_token": 7,  # product, sum, sigmoid, times, plus, tanh, times
        "lstm_depth": 7001,
        "encoder_depth_per_layer": 13,
        "transformer_depth": 78,
        "generation_depth_per_token": 8,
        "layer_products": 8,
        "rnn_path_per_token": 3,
        "state_updates": 999,
        "attended_state_updates": 0,
        "batched_false_paths": 12 * 11,
        "one_product": 1,
        "one_kernel_depth": 1,
    }
    found = {name: results[name].estimate for name in exact}
    assert found == pytest.approx(exact, rel=1e-12)


def load_claims():
    return yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]


def test_the_claims_name_these_checks():
    entries = {entry["id"]: entry for entry in load_claims()}
    for claim, (supports, limits) in CLAIMS.items():
        entry = entries[claim]
        assert entry["supports"] == [f"{NAME}.{name}" for name in supports]
        named = {limit["check"] for limit in entry.get("limits", [])}
        assert {f"{NAME}.{name}" for name in limits if name != SCAN} <= named


def test_mutant_an_rnn_that_does_not_recur(monkeypatch):
    """The state is not read: nothing is sequential, and no path leads from token 1 to token T."""
    monkeypatch.setattr(unrolled.RNN, "step", lambda self, x, state: (torch.tanh(x @ self.into),))
    monkeypatch.setattr(unrolled.RNN, "start", lambda self: (torch.zeros_like(self.bias),))
    results = run_small(monkeypatch)
    assert {"rnn-inherently-sequential", "serial-depth-n-vs-1"} <= changed(results)
    assert verdict(results, "rnn-inherently-sequential") == "fails"
    assert {"rnn_depth_growth", "step_left_out"} <= tripped_wrong(results)


def test_mutant_attention_that_goes_token_by_token(monkeypatch):
    """Each token's key waits for the output of the token before."""

    def layer(self, inputs, seen, *, rows=None, memory=None):
        source, outputs, pairs = inputs if memory is None else memory, [], []
        before = None
        for x in source:
            pairs.append(self.remember(x if before is None else x + before))
            keys, values = (torch.stack(part) for part in zip(*pairs, strict=True))
            before = self.read(x, keys, values)
            outputs.append(before)
        outputs += outputs[-1:] * (len(inputs) - len(source))
        return [outputs[row] for row in (range(len(inputs)) if rows is None else rows)]

    monkeypatch.setattr(unrolled.Attention, "layer", layer)
    results = run_small(monkeypatch, ["claim"])
    assert verdict(results, "transformer-fully-parallel") == "fails"
    assert verdict(results, "serial-depth-n-vs-1") == "fails"
    assert verdict(results, "grad-2n-sublayers") == "holds"  # still the same sub-layers, only longer ones


def test_mutant_rows_that_feel_each_other(monkeypatch):
    """The outputs are centred over the tokens that were asked for."""
    original = unrolled.Attention.batched

    def centred(self, x, *, rows=None):
        outputs = original(self, x, rows=rows)
        return outputs - outputs.mean(dim=0)

    monkeypatch.setattr(unrolled.Attention, "batched", centred)
    assert verdict(run_small(monkeypatch, ["claim"]), "no-step-depends-on-another") == "fails"


def test_mutant_a_transformer_that_is_one_product(monkeypatch):
    """Then the two popular sentences would hold: their checks can pass."""
    monkeypatch.setattr(unrolled.EncoderLayer, "batched", lambda self, x: x @ self.attention.out)
    monkeypatch.setattr(experiment, "DEEP", 1)
    results = run_small(monkeypatch, ["claim"])
    assert verdict(results, "one-forward-pass-vs-1000-steps") == "holds"
    assert verdict(results, "one-big-matmul") == "holds"


def test_mutant_layers_that_do_not_stack_and_tokens_that_are_not_chosen(monkeypatch):
    """Without both conditions a Transformer would be parallel, full stop."""

    def alone(attention, table, prompt, length):
        key, value = attention.remember(prompt)
        return [table @ attention.read(prompt, key[None], value[None])] * length

    monkeypatch.setattr(unrolled, "generate", alone)
    monkeypatch.setattr(experiment, "stacked_depth", experiment.side_by_side_depth)
    results = run_small(monkeypatch, ["claim"])
    assert verdict(results, "transformer-fully-parallel") == "holds"
    assert verdict(results, "serial-depth-n-vs-1") == "holds"


def test_mutant_a_window_that_sees_all(monkeypatch):
    monkeypatch.setattr(unrolled, "window", lambda size: lambda place: range(place + 1))
    assert verdict(run_small(monkeypatch, ["claim"]), "path-length-o1") == "holds"


def test_mutant_an_lstm_that_skips(monkeypatch):
    """Every second step also takes the state from two steps back: a dilated recurrence."""

    def skipping(cell, inputs, *, leave_out=None):
        states = [cell.step(inputs[0], cell.start())]
        for place, x in enumerate(inputs[1:], start=1):
            taken = states[max(0, place - 2)]
            states.append(cell.step(x, tuple(unrolled.mark(part, unrolled.UPDATE) for part in taken)))
        return [state[0] for state in states]

    monkeypatch.setattr(unrolled, "unroll", skipping)
    results = run_small(monkeypatch, ["claim"])
    assert results["state_updates"].estimate == 500
    assert verdict(results, "path-999-steps") == "fails"


def test_mutant_attention_that_reads_only_the_last_state(monkeypatch):
    """A way around that is none: the path through the LSTM grows with length, the limit fails."""

    def last_only(cell, attention, inputs):
        state = unrolled.unroll(cell, inputs)[-1]
        return attention.layer([state], unrolled.causal)[0]

    monkeypatch.setattr(experiment, "attended", last_only)
    results = run_small(monkeypatch)
    assert verdict(results, "path-999-steps") == "holds"
    assert "attended_state_updates" in tripped_wrong(results)


def test_mutant_an_encoder_with_a_third_sublayer(monkeypatch):
    original = unrolled.EncoderLayer.layer

    def longer(self, inputs, seen, *, memory=None):
        return [
            unrolled.add_and_norm(x, self.feed_forward(x))
            for x in original(self, inputs, seen, memory=memory)
        ]

    monkeypatch.setattr(unrolled.EncoderLayer, "layer", longer)
    assert verdict(run_small(monkeypatch, ["claim"]), "grad-2n-sublayers") == "fails"


def test_the_formula_of_the_window():
    assert [experiment.asked_of_window(*pair) for pair in [(9, 3), (10, 3), (33, 17), (34, 17)]] == [
        4,
        5,
        2,
        3,
    ]


def test_generation_waits_for_the_choice():
    """Cut the node of the choice, and the chain is that of one step: the count does rest on it."""
    draw = torch.randn
    attention, table = unrolled.Attention(draw, 4), draw(5, 4).requires_grad_()
    steps = unrolled.generate(attention, table, draw(4).requires_grad_(), 6)
    assert experiment.depth(steps[-1]) - experiment.depth(steps[-2]) == 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unrolled.Choice, "apply", lambda logits, table: table[logits.argmax()])
        cut = unrolled.generate(attention, table, draw(4).requires_grad_(), 6)
    assert experiment.depth(cut[-1]) == experiment.depth(cut[0])
