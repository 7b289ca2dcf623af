"""Loss against the context seen: the outcomes, the parts, and models that are wired wrongly."""

import functools
import math

import pytest
import torch
from quizapp.verifiers.experiments import loss_by_position as experiment
from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.tagger import parameters
from quizapp.verifiers.tasks import IGNORE
from quizapp.verifiers.verdict import judge

from quizapp import bank
from quizapp.verifiers import catalogue, engine
from tests.bench.judged import judged

NAME = "loss_by_position"
IMPROVES, PLATEAU = "attention-keeps-improving-with-context", "rnn-plateaus-earlier"
QUICK = experiment.PROFILES["quick"]
SHORT = {**QUICK, "transformer_rates": (2e-2,), "lstm_rates": (3e-2,)}


@pytest.fixture(scope="module", autouse=True)
def bank_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", functools.cache(bank.load))
        yield


def a_lab(arm="claim", seed=0, size=SHORT):
    return Lab(arm=arm, seed=seed, size=size, device="cpu", emit=lambda event: None)


def run_trial(arm="claim", **options):
    lab = a_lab(arm, **options)
    experiment.trial(lab)
    return lab.values


def inside(values, name):
    low, high = experiment.CHECKS[name]["bounds"]
    return (low is None or low <= values[name]) and (high is None or values[name] <= high)


def verdicts(*wanted):
    """What the app would say of claims if every seed gave the numbers of one short trial."""
    values = run_trial(size={**SHORT, "steps": 70, "spread_steps": 10, "small_steps": 10})
    checks = catalogue.read(NAME).checks
    results = {name: judge(checks[name], [value, value], 1) for name, value in values.items()}
    return judged(NAME, results, wanted)


# ---- the outcomes -----------------------------------------------------------------------------------


def test_the_transformer_improves_and_the_lstm_does_not():
    values = run_trial()
    # One seed's slope of the LSTM is not known to within 0.005; all others are well inside.
    narrow = {"lstm_slope", "lstm_rise", "lstm_holds_up"}
    assert all(inside(values, name) for name in values if name not in narrow)
    assert values["transformer_slope"] < -0.1
    assert abs(values["lstm_slope"]) < 0.03


def test_the_controls_come_out_as_they_must():
    values = run_trial("control")
    for name, value in values.items():
        must = experiment.CHECKS[name]["must"]
        assert inside(values, name) == (must == "pass"), (name, value)


@pytest.mark.slow
def test_the_quick_profile():
    results = engine.run(NAME, lambda event: None, device="cpu", first_seed=100)
    assert all(result.tripped for result in results.values())
    assert judged(NAME, results, {IMPROVES, PLATEAU}) == {IMPROVES: "depends", PLATEAU: "depends"}
    assert results["lstm_rise"].outcome == "fail"


# ---- mutants ----------------------------------------------------------------------------------------


def test_mutant_an_lstm_that_is_a_transformer(monkeypatch):
    """A plateau that is not there is not found."""
    core = experiment.core
    options = experiment.OPTIONS[experiment.TRANSFORMER]
    # 32 and not 31 wide, because heads share the width.
    monkeypatch.setitem(SHORT, "lstm_width", 32)
    monkeypatch.setattr(
        experiment,
        "core",
        lambda kind, width, generator, device, **_: core(
            "transformer", width, generator=generator, device=device, **options
        ),
    )
    assert verdicts(PLATEAU) == {PLATEAU: "fails"}


def test_mutant_a_transformer_that_sees_only_the_last_tokens(monkeypatch):
    """An LSTM in its place, which takes what is near only."""
    core = experiment.core
    monkeypatch.setattr(
        experiment,
        "core",
        lambda kind, width, generator, device, **_: core("lstm", width, generator=generator, device=device),
    )
    assert verdicts(IMPROVES) == {IMPROVES: "fails"}


def test_mutant_one_dictionary_for_all(monkeypatch):
    """Without anything to be had from the context neither claim holds."""
    draw = experiment.draw

    def known(generator, rows, *, lookups, keys, known=None, spread=False):
        return draw(generator, rows, lookups, keys, torch.arange(keys) % experiment.VALUES, spread)

    monkeypatch.setattr(experiment, "draw", known)
    assert verdicts(IMPROVES, PLATEAU) == {IMPROVES: "fails", PLATEAU: "fails"}


def test_mutant_nothing_near(monkeypatch):
    """Keys of any distance only: the LSTM learns nothing in this budget, and that is no evidence."""
    monkeypatch.setattr(experiment, "NEAR", 0.0)
    values = run_trial(size={**SHORT, "steps": 40, "spread_steps": 10, "held_out": 1200})
    assert math.isnan(values["lstm_slope"])
    assert math.isnan(values["lstm_rise"])
    assert math.isnan(values["early_gap"])


def test_mutant_no_repeats_from_between(monkeypatch):
    """Repeats at all distances are what lets the LSTM go on: with near ones in their place it levels off."""
    keys = experiment.chosen_keys
    monkeypatch.setattr(experiment, "chosen_keys", lambda *args, **_: keys(*args[:4]))
    source = functools.partial(experiment.draw, lookups=32, keys=16, spread=True)
    found = experiment.curve(a_lab(), experiment.LSTM, source, QUICK["spread_steps"], "near", 2000)
    assert found.slope(1 / 4) > -0.02


def test_mutant_a_control_that_remembers_everything(monkeypatch):
    """Who remembers all lookups does gain from repeats at all distances: the control can trip."""
    asked = experiment.chosen_keys(torch.Generator().manual_seed(0), 4000, 32, 16, spread=True)
    assert experiment.slope(experiment.best_losses(asked), 1 / 4) < -0.1
    assert experiment.slope(experiment.best_losses(asked, 8), 1 / 4) > -0.02


# ---- the parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [False, True])
def test_keys_are_those_of_looking_back_one_by_one(spread):
    shape = (50, 20)
    generator = torch.Generator().manual_seed(5)
    anew = torch.randint(7, shape, generator=generator)
    back = torch.randint(1, experiment.REACH + 1, shape, generator=generator)
    if spread:
        back = (21 ** torch.rand(shape, generator=generator)).long()
        assert (int(back.min()), int(back.max())) == (1, 20)
    near = torch.rand(shape, generator=generator) < experiment.NEAR
    wanted = anew.tolist()
    for row in range(shape[0]):
        for here in range(shape[1]):
            origin = here - int(back[row, here])
            if near[row, here] and origin >= 0:
                wanted[row][here] = wanted[row][origin]
    assert experiment.chosen_keys(torch.Generator().manual_seed(5), *shape, 7, spread).tolist() == wanted


def test_a_lookup_asks_for_a_key_and_then_tells_its_value():
    batch = experiment.told(torch.tensor([[3, 0, 3]]), torch.tensor([[1, 2, 1]]), keys=4)
    assert batch.inputs.tolist() == [[3, 4 + 13, 0, 4 + 2, 3, 4 + 13]]
    assert batch.targets.tolist() == [[1, IGNORE, 2, IGNORE, 1, IGNORE]]


def test_a_dictionary_says_the_same_all_through_a_sequence_and_another_in_the_next():
    batch = experiment.draw(torch.Generator().manual_seed(0), 300, lookups=32, keys=4)
    asked, values = batch.inputs[:, ::2], batch.targets[:, ::2]
    books = set()
    for row_keys, row_values in zip(asked.tolist(), values.tolist(), strict=True):
        pairs = set(zip(row_keys, row_values, strict=True))
        assert len(pairs) == len(set(row_keys))
        books.add(tuple(sorted(pairs)))
    assert len(books) > 100
    assert set(values.flatten().tolist()) == set(range(experiment.VALUES))


def test_a_known_dictionary_is_everyones():
    known = torch.tensor([2, 0, 1])
    batch = experiment.draw(torch.Generator().manual_seed(0), 10, lookups=8, keys=3, known=known)
    assert torch.equal(batch.targets[:, ::2], known[batch.inputs[:, ::2]])


def test_spoiling_changes_as_many_values_as_asked_for():
    generator = torch.Generator().manual_seed(0)
    batch = experiment.draw(generator, 2000, lookups=4, keys=3)
    wrong = torch.tensor([0.0, 0.25, 0.5, 1.0])
    spoiled = experiment.spoiled(batch, wrong, generator)
    changed = (spoiled.targets != batch.targets)[:, ::2].double().mean(dim=0)
    assert changed.tolist() == pytest.approx(wrong.tolist(), abs=0.04)
    assert torch.equal(spoiled.inputs[:, ::2], batch.inputs[:, ::2])
    assert torch.equal(
        spoiled.inputs[:, 1::2],
        3 + spoiled.inputs[:, ::2] * experiment.VALUES + spoiled.targets[:, ::2],
    )


def test_only_new_keys_cost_anything():
    new = math.log(experiment.VALUES)
    assert experiment.best_losses(torch.tensor([[0, 1, 0, 2, 2]])) == pytest.approx([new, new, 0, new, 0])
    both = experiment.best_losses(torch.tensor([[0, 1, 0], [0, 0, 1]]))
    assert both == pytest.approx([new, new / 2, new / 2])
    short = experiment.best_losses(torch.tensor([[0, 1, 0, 0, 1]]), reach=2)
    assert short == pytest.approx([new, new, 0, 0, new])


def test_the_best_loss_of_a_short_memory_is_flat_with_near_repeats():
    """So that taking its slope off takes off chance and nothing else."""
    asked = experiment.chosen_keys(torch.Generator().manual_seed(0), 40000, 32, 16)
    assert experiment.slope(experiment.best_losses(asked, experiment.REACH), 1 / 4) == pytest.approx(
        0, abs=4e-3
    )


def test_the_slope_is_per_doubling_and_from_a_share_on():
    losses = [9.0, 9.0] + [2.0 - 0.25 * math.log2(k) for k in range(3, 9)]
    assert experiment.slope(losses, 1 / 4) == pytest.approx(-0.25)
    assert experiment.Curve(tuple(losses), True, torch.empty(0)).mean(1, 2) == pytest.approx(9.0)
    assert math.isnan(experiment.Curve(tuple(losses), False, torch.empty(0)).slope(1 / 4))


class Certain(torch.nn.Module):
    """Gives the right value at even lookups, says nothing at odd ones."""

    def __init__(self, known):
        super().__init__()
        self.known = known

    def forward(self, x):
        right = torch.nn.functional.one_hot(self.known[x % len(self.known)], experiment.VALUES)
        says = (torch.arange(x.shape[1]) // 2 % 2)[None, :, None]
        return 100.0 * right * says


def test_losses_are_those_of_each_lookup():
    known = torch.tensor([2, 0, 1])
    batch = experiment.draw(torch.Generator().manual_seed(0), 700, lookups=4, keys=3, known=known)
    guess = math.log(experiment.VALUES)
    assert experiment.losses(Certain(known), batch, "cpu") == pytest.approx([guess, 0, guess, 0], abs=1e-6)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_both_have_the_same_number_of_parameters_to_within_three_percent(profile):
    size, sizes = experiment.PROFILES[profile], {}
    for kind in (experiment.TRANSFORMER, experiment.LSTM):
        generator = torch.Generator().manual_seed(0)
        model = experiment.network(kind, size[f"{kind}_width"], size["keys"], generator, "cpu")
        sizes[kind] = parameters(model)
        width, length = size[f"{kind}_width"], 2 * size["lookups"]
        kept = 2 * width * 4 * (length if kind == experiment.TRANSFORMER else 1)
        assert experiment.state_bytes(model, length) == kept
    assert sizes[experiment.LSTM] == pytest.approx(sizes[experiment.TRANSFORMER], rel=0.03)


def test_the_same_seed_gives_the_same_numbers():
    hasty = {**SHORT, "steps": 10, "held_out": 1200, "lookups": 8}
    first, again = run_trial("control", size=hasty), run_trial("control", size=hasty)
    assert first == again
    assert first != run_trial("control", size=hasty, seed=1)


# ---- the text, beside published numbers -------------------------------------------------------------


def test_full_fills_every_figure_of_the_text():
    lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: None)
    size = {"lstm": (8, 1), "transformer": (8, 1), "steps": 12, "batch": 2, "time": 64, "rates": (0.01,)}
    experiment._read_text(lab, size)
    assert set(lab.figures) == set(experiment.FIGURES)
    assert experiment.language.sizes(lab) is None
    assert all(0 <= lab.figures[f"text_{kind}_flat"] <= 64 for kind in ("lstm", "transformer"))


def test_mutant_an_lstm_that_goes_on_improving(monkeypatch):
    """The figures follow the curves, whichever network they are of."""
    falling = torch.linspace(3.0, 1.0, 128).expand(2, 128)
    flat = torch.cat((torch.full((2, 32), 2.0), torch.full((2, 96), 1.5)), dim=1)

    def flat_after(lstm, transformer):
        lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: None)
        monkeypatch.setattr(experiment.language, "trained", lambda lab, size, kind, **options: kind)
        known = {"lstm": lstm, "transformer": transformer}
        monkeypatch.setattr(experiment.language, "losses", lambda model, test: known[model])
        experiment._read_text(lab, {"time": 128})
        return lab.figures["text_lstm_flat"], lab.figures["text_transformer_flat"]

    assert flat_after(flat, falling)[0] == 32.0
    assert flat_after(flat, falling)[1] > 96.0
    assert flat_after(falling, flat)[1] == 32.0
