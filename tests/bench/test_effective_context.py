"""Figures of networks whose reach is known, the parts, and verdicts that change when a cause is removed."""

import math

import pytest
import torch
from quizapp.verifiers.experiments import effective_context as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.tasks import IGNORE, Batch
from quizapp.verifiers.verdict import declared, judge

from quizapp import bank
from quizapp.verifiers import engine
from tests.bench.judged import judged

NAME = "effective_context"
NUMBER, CAP = "lstm-effective-context-100-200", "context-cap-1k-vs-128k"
SMALL = {
    **experiment.PROFILES["quick"],
    "tests": 64,
    "hard": (30, 16),
    "hard_rates": (0.01,),
    "segments": (80, 32),
}
"""Too few steps for one lag only, which stays unlearned with torch's initialisation anyway."""


class Oracle(torch.nn.Module):
    """Knows the noise, and the latest key if it is among the last `reach` tokens."""

    def __init__(self, reach):
        super().__init__()
        self.reach = reach

    def forward(self, x):
        seen = x[:, -self.reach :]
        place = torch.arange(1, seen.shape[1] + 1) * (seen < experiment.SYMBOLS)  # 0 where no key is
        latest, at = place.max(dim=1)
        strays = experiment.NOISE / experiment.SYMBOLS
        chances = torch.full((len(x), experiment.SYMBOLS), strays)
        right = seen.gather(1, at[:, None]).clamp(max=experiment.SYMBOLS - 1)
        chances.scatter_(1, right, 1.0 - experiment.NOISE + strays)
        chances[latest == 0] = 1.0 / experiment.SYMBOLS
        return chances.log()[:, None]


@pytest.fixture(scope="module", autouse=True)
def one_bank():
    """The question bank, read once for all verdicts."""
    loaded = bank.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", lambda: loaded)
        yield


def bench(arm="claim", seed=0, size=SMALL):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=lambda event: None)


def outcome(name, value):
    """Of a check that had this value for three seeds."""
    return judge(declared(experiment.CHECKS)[name], [value] * 3, 2).outcome


def verdicts(values):
    """Claim -> verdict when the claim's arm had these values for three seeds."""
    checks = declared(experiment.CHECKS)
    results = {name: judge(checks[name], [value] * 3, 2) for name, value in values.items()}
    return judged(NAME, results, {NUMBER, CAP})


def claimed(monkeypatch, **parts):
    """The values of the claim's arm with these parts replaced, and those that are not under test."""
    for name, part in ({"_on_segments": cheap(25), "_parity_share": cheap(1.0)} | parts).items():
        monkeypatch.setattr(experiment, name, part)
    lab = bench(size={**SMALL, "hard": (5, 16)})
    experiment.trial(lab)
    return lab.values


def cheap(value):
    """Stands for a part that is not under test."""
    return lambda *_, **__: value


# ---- outcomes -----------------------------------------------------------------------------------------


def test_the_outcomes_of_one_seed():
    lab = bench()
    experiment.trial(lab)
    found = {name: outcome(name, value) for name, value in lab.values.items()}
    assert found.pop("lstm_only_lag_30") == "pass"
    assert set(found.values()) == {"fail"}
    assert lab.values["lstm_lags_to_400"] > 300
    assert verdicts(lab.values) == {NUMBER: "fails", CAP: "fails"}


def test_a_transformer_reads_no_further_than_its_segments():
    lab = bench("control")
    options = {"positions": "learned", "longest": 32, "causal": True}
    assert (
        outcome("transformer_segments_of_8", experiment._on_segments(lab, "transformer", 8, **options))
        == "pass"
    )
    whole = experiment._on_segments(lab, "transformer", 32, **options)
    assert outcome("transformer_segments_of_32", whole) == "fail"


@pytest.mark.slow
def test_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    assert results["lstm_lags_to_400"].low > 300
    assert results["lstm_parity_at_2000"].low > 0.99


def test_the_same_seed_gives_the_same_numbers():
    assert experiment._parity_share(bench(seed=4), 50) == experiment._parity_share(bench(seed=4), 50)


# ---- mutants ------------------------------------------------------------------------------------------


def test_mutant_data_without_the_long_lags(monkeypatch):
    """With no lag beyond 160 the same LSTM has a figure inside 100 to 250, and the claim would hold."""
    on_log_scale = experiment.on_log_scale
    values = claimed(
        monkeypatch,
        on_log_scale=lambda even, shortest, longest: on_log_scale(even, shortest, min(longest, 160)),
    )
    assert 100 < values["lstm_lags_to_400"] < 200
    assert verdicts(values)[NUMBER] in ("holds", "depends")


def test_mutant_a_model_that_reads_150_tokens(monkeypatch):
    values = claimed(monkeypatch, _on_lags=cheap(Oracle(150)))
    assert values["lstm_lags_to_400"] == pytest.approx(150, rel=0.03)
    assert verdicts(values)[NUMBER] in ("holds", "depends")


def test_mutant_parity_that_only_the_last_token_decides(monkeypatch):
    """Then the last 1000 tokens are enough, and the control springs."""

    def last(generator, batch, *, length):
        bits = torch.randint(2, (batch, length), generator=generator)
        return Batch(bits, bits)

    monkeypatch.setattr(experiment, "parity", last)
    share = experiment._parity_share(bench("control"), 1000)
    assert outcome("lstm_parity_of_last_1000", share) == "fail"


def test_mutant_a_transformer_in_place_of_the_parity_lstm(monkeypatch):
    """It does not learn parity in this budget, so nothing is said and the claim is not refuted."""
    core = experiment.tagger.core
    monkeypatch.setattr(
        experiment.tagger,
        "core",
        lambda kind, width, **options: core("transformer", width, causal=True, **options),
    )
    share = experiment._parity_share(bench(size={**SMALL, "parity": (30, 16)}), experiment.READ)
    assert math.isnan(share)
    assert outcome("lstm_parity_at_2000", share) == "unclear"


def test_a_network_that_learned_nothing_has_no_figure(monkeypatch):
    def untrained(*_, **__):
        return experiment.tagger.Tagger(
            experiment.tagger.core("lstm", 8, generator=torch.Generator()),
            width=8,
            tokens=experiment.TOKENS,
            classes=experiment.SYMBOLS,
            generator=torch.Generator(),
        )

    values = claimed(monkeypatch, _on_lags=untrained)
    assert math.isnan(values["lstm_lags_to_400"])
    assert verdicts(values)[NUMBER] == "unclear"


# ---- the parts ----------------------------------------------------------------------------------------


def lags_of(batch):
    """The lag of every question, in every row, by walking through the tokens."""
    found = []
    for tokens, answers in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        key, at, lags = None, None, []
        for place, (token, answer) in enumerate(zip(tokens, answers, strict=True)):
            assert (answer != IGNORE) == (token == experiment.QUESTION)
            if token < experiment.SYMBOLS:
                key, at = token, place
            if token == experiment.QUESTION:
                assert answer == key
                lags.append(place - at)
        found.append(lags)
    return found


def test_every_question_asks_for_the_latest_key_and_the_last_token_is_one():
    generator = torch.Generator().manual_seed(0)
    batch = experiment.lagged_recall(generator, 16, length=60, shortest=3, longest=20)
    found = lags_of(batch)
    assert all(3 <= lag <= 20 for lags in found for lag in lags)
    assert {min(map(min, found)), max(map(max, found))} == {3, 20}
    assert (batch.inputs[:, -1] == experiment.QUESTION).all()
    assert int(batch.inputs.max()) < experiment.TOKENS


def test_lags_are_even_on_a_log_scale():
    even = torch.tensor([0.0, 0.5, 0.999999], dtype=torch.float64)
    assert experiment.on_log_scale(even, 1, 399).tolist() == [1, 20, 399]
    assert experiment.on_log_scale(even, 30, 30).tolist() == [30, 30, 30]


def test_the_exams_last_lags_are_the_quantiles():
    exam = experiment.exam(torch.Generator().manual_seed(0), 1, 400, 64)
    last = [lags[-1] for lags in lags_of(exam)]
    assert last == sorted(last)
    assert last[0] == 1
    assert last[32] == int(401 ** (32.5 / 64))
    assert last[-1] == int(401 ** (63.5 / 64))


def test_a_quarter_of_the_answers_is_drawn_anew():
    generator = torch.Generator().manual_seed(0)
    clean = experiment.lagged_recall(generator, 400, length=60, shortest=1, longest=5)
    noisy = experiment.noisy(generator, clean)
    asked = clean.targets != IGNORE
    assert ((noisy.targets != IGNORE) == asked).all()
    changed = float((noisy.targets != clean.targets)[asked].double().mean())
    assert changed == pytest.approx(0.25 * 7 / 8, abs=0.02)


def test_the_constants_are_the_entropies():
    one, other = 0.75 + 0.25 / 8, 0.25 / 8
    assert pytest.approx(math.log(8), abs=1e-3) == experiment.UNKNOWING
    assert pytest.approx(-one * math.log(one) - 7 * other * math.log(other), abs=1e-3) == experiment.BEST


@pytest.mark.parametrize("reach", [1, 12, 30, 70])
def test_the_figure_of_an_oracle_is_its_reach(reach):
    test = experiment.exam(torch.Generator().manual_seed(0), 1, 80, 256)
    assert experiment.context(Oracle(reach), test, 80) == pytest.approx(reach, rel=0.05)


def test_an_oracle_has_the_best_loss_and_the_ignorant_that_of_guessing():
    test = experiment.exam(torch.Generator().manual_seed(0), 1, 80, 64)
    keys = test.targets[:, -1]
    assert experiment.last_loss(Oracle(81), test.inputs, keys) == pytest.approx(experiment.BEST, abs=1e-3)
    assert experiment.last_loss(Oracle(1), test.inputs, keys) == pytest.approx(math.log(8), abs=1e-3)


def test_shuffling_what_is_far_costs_an_oracle_what_cutting_it_off_costs():
    lab, test = bench(), experiment.exam(torch.Generator().manual_seed(0), 1, 400, 128)
    assert experiment._shuffled_context(lab, Oracle(999), test, 400) > 300
    assert experiment._shuffled_context(lab, Oracle(20), test, 400) < 25


def test_bisection_finds_the_first_close_loss():
    def at(c):
        return 1.0 if c >= 137 else 1.02

    grid = [10, 100, 200, 300]
    assert experiment.first_close(at, grid, [at(c) for c in grid]) == pytest.approx(137, abs=3)
    assert experiment.first_close(lambda _: 1.0, grid, [1.0] * 4) == 1


# ---- the text, beside published numbers -------------------------------------------------------------

TEXT = {"lstm": (8, 1), "transformer": (8, 1), "steps": 12, "batch": 2, "time": 16, "rates": (0.01,),
        "tests": 10, "step": 8, "most": 32}  # fmt: skip


def test_full_fills_every_figure_of_the_text_and_no_transformer_reads_beyond_its_pieces(monkeypatch):
    lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: None)
    longest = []
    truncated = experiment.language.truncated

    def watched(model, test, contexts, most):
        longest.append(most)
        return truncated(model, test, contexts, most)

    monkeypatch.setattr(experiment.language, "truncated", watched)
    experiment._read_text(lab, TEXT)
    assert set(lab.figures) == set(experiment.FIGURES)
    assert longest == [32, 16]
    assert experiment.language.sizes(lab) is None
    assert all(8 <= value <= 32 for value in lab.figures.values())


def test_mutant_a_transformer_that_reads_further_than_the_lstm(monkeypatch):
    """The figures follow what the networks use, whichever they are."""
    far = torch.tensor([[4.0], [2.0], [1.0], [0.5]])
    near = torch.tensor([[4.0], [2.0], [2.0], [2.0]])

    def lengths(lstm, transformer):
        lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: None)
        monkeypatch.setattr(experiment.language, "trained", lambda lab, size, kind, **options: kind)
        known = {"lstm": lstm, "transformer": transformer}
        monkeypatch.setattr(experiment.language, "truncated", lambda model, *given: known[model])
        experiment._read_text(lab, TEXT)
        return lab.figures["text_lstm_relative"] / lab.figures["text_transformer_relative"]

    assert lengths(far, near) == 2.0
    assert lengths(near, far) == 0.5
