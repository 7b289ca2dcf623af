"""Power laws worked by hand, the text, and verdicts that change when the cause is removed."""

import math

import pytest
import torch
from quizapp.verifiers.experiments import loss_by_size as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.verdict import declared, judge

from quizapp import bank
from quizapp.verifiers import engine
from tests.bench.judged import judged

NAME = "loss_by_size"
SMOOTH = "scaling-laws-smooth-chinchilla"
SMALL = {
    **experiment.PROFILES["quick"],
    "widths": (4, 8, 16),
    "ends": (4, 16),
    "steps": 60,
    "tuned_width": 4,
    "rates": (0.02,),
    "tests": 64,
    "short": 60,
}


@pytest.fixture(scope="module", autouse=True)
def one_bank():
    """The question bank, read once for all verdicts."""
    loaded = bank.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", lambda: loaded)
        yield


def bench(arm="claim", seed=0, size=SMALL):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=lambda event: None)


def transformers(values):
    """The claim's verdict when the claim's arm had these values for all seeds."""
    checks = declared(experiment.CHECKS)
    results = {name: judge(checks[name], [value] * 4, 2) for name, value in values.items()}
    return judged(NAME, results, {SMOOTH})[SMOOTH]


def run_trial(arm="claim", **size):
    lab = bench(arm, size={**SMALL, **size})
    experiment.trial(lab)
    return lab.values


def shuffled(text):
    """The text with its characters in another order: only their frequencies are left."""
    generator = torch.Generator().manual_seed(0)
    return tuple(part[torch.randperm(len(part), generator=generator)] for part in text)


# ---- outcomes -----------------------------------------------------------------------------------------


def test_the_outcomes_of_one_seed():
    values = run_trial()
    assert transformers(values) == "depends"
    assert values["lstm_exponent"] > 0.04
    assert values["transformer_exponent_on_300"] < 0.0


@pytest.mark.slow
def test_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu")
    assert all(result.tripped for result in results.values())
    found = {name: result.outcome for name, result in results.items() if result.arm == "claim"}
    assert found.pop("lstm_exponent_behind") == "fail"
    assert set(found.values()) == {"pass"}


@pytest.mark.slow
def test_the_controls_of_the_full_profiles_networks(monkeypatch):
    """All three families run at a small size; the gated linear RNN is only noted."""
    notes = []
    size = {**SMALL, "kinds": ("transformer", "lstm", "minGRU")}
    lab = Lab(arm="claim", seed=0, size=size, device="cpu", emit=notes.append)
    experiment.trial(lab)
    assert any(getattr(event, "text", "").startswith("minGRU: exponent") for event in notes)


def test_the_same_seed_gives_the_same_numbers():
    learned, held = experiment.text()
    first, second = (
        experiment._sizes(bench(size={**SMALL, "steps": 8}), "lstm", 0.01, learned, held) for _ in range(2)
    )
    assert first == second


# ---- mutants ------------------------------------------------------------------------------------------


def test_mutant_shuffled_text(monkeypatch):
    """Nothing but frequencies to learn: no network gains from size, and the claim fails."""
    mixed = shuffled(experiment.text())
    monkeypatch.setattr(experiment, "text", lambda: mixed)
    values = run_trial(widths=(4, 16), steps=40, short=30)
    assert abs(values["transformer_exponent"]) < 0.01
    assert transformers(values) == "fails"


def test_mutant_plenty_of_text_where_there_should_be_little(monkeypatch):
    """Without the shortage of data its condition is gone, and the claim holds outright."""
    monkeypatch.setattr(experiment, "_few", lambda lab, characters: characters)
    assert transformers(run_trial(widths=(4, 16))) == "holds"


def test_mutant_one_width_for_all(monkeypatch):
    """A width that is not passed on leaves no sizes to compare, and nothing is said."""
    build = experiment.build
    monkeypatch.setattr(
        experiment, "build", lambda kind, width, seed, device, **more: build(kind, 4, seed, device, **more)
    )
    with pytest.raises(ValueError, match="two different x"):
        run_trial(steps=2, short=2)


def test_mutant_the_families_swapped(monkeypatch):
    """Then the Transformers' lead on recall turns into a lag, and the control springs."""
    build = experiment.build
    other = {"transformer": "lstm", "lstm": "transformer"}
    lab = bench("control", size={**SMALL, "ends": (4, 32)})
    right = experiment._recall_behind(lab)
    monkeypatch.setattr(experiment, "build", lambda kind, *rest, **more: build(other[kind], *rest, **more))
    lab = bench("control", size={**SMALL, "ends": (4, 32)})
    assert experiment._recall_behind(lab) == pytest.approx(-right)
    assert right > 0.2


# ---- the parts ----------------------------------------------------------------------------------------


def test_the_exponent_of_an_exact_law():
    exponent, straight = experiment.power_law({n: 7.0 * n**-0.3 for n in (10, 100, 4000)})
    assert exponent == pytest.approx(0.3)
    assert straight == pytest.approx(1.0)


def test_a_law_with_a_floor_is_less_straight():
    exponent, straight = experiment.power_law({10**k: 1.0 + 10.0 ** (1 - k) for k in range(1, 5)})
    assert 0.0 < exponent < 0.3
    assert straight < 0.9


def test_a_loss_that_grows_with_size_has_no_falling_line():
    assert experiment.power_law({10: 1.0, 100: 2.0, 1000: 4.0}) == (pytest.approx(-math.log10(2.0)), 0.0)


def test_a_run_that_overflowed_has_no_law():
    assert all(map(math.isnan, experiment.power_law({10: 1.0, 100: math.inf})))


def test_a_network_that_knows_nothing_has_the_loss_of_chance():
    model = experiment.build("lstm", 4, 0, "cpu")
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    _, held = experiment.text()
    test = experiment.windows(torch.Generator().manual_seed(0), held, 8, 16)
    with torch.no_grad():
        loss = float(experiment.train.cross_entropy(model, test))
    assert loss == pytest.approx(math.log(29), abs=1e-4)


@pytest.mark.parametrize(("kind", "expected"), [("lstm", 2 * 8 * 4), ("transformer", 2 * 8 * 4 * 10)])
def test_the_state_in_bytes(kind, expected):
    """h and c in float32; keys and values of 10 tokens."""
    assert experiment.tagger.state_bytes(experiment.build(kind, 8, 0, "cpu"), 10) == expected


def test_no_family_looks_ahead():
    x = torch.randint(29, (2, 12), generator=torch.Generator().manual_seed(0))
    later = torch.cat((x[:, :6], (x[:, 6:] + 1) % 29), dim=1)
    for kind in ("transformer", "lstm", "minGRU"):
        model = experiment.build(kind, 8, 0, "cpu")
        assert torch.allclose(model(x)[:, :6], model(later)[:, :6], atol=1e-5)
        assert not torch.allclose(model(x)[:, 6:], model(later)[:, 6:], atol=1e-3)
