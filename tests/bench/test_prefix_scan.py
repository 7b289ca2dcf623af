"""The experiment's outcomes, and verdicts that change when the scan is broken on purpose."""

from pathlib import Path

import pytest
import torch
import yaml
from quizapp.verifiers.experiments import prefix_scan as experiment
from quizapp.verifiers.models import linear_recurrence as model

from quizapp.verifiers import engine

NAME = "prefix_scan"
CLAIMS_FILE = Path(__file__).parents[2] / "questions" / "claims.yaml"
CLAIMS = {
    "scan-depth-one": (["hillis_steele_one_round", "brent_kung_one_round"], []),
    "hillis-steele-equals-serial": (["integer_difference", "float_difference"], []),
}


def run():
    return engine.run(NAME, lambda event: None, device="cpu", seeds=1)


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


def tripped_wrong(results):
    return {result.name for result in results.values() if not result.tripped}


@pytest.fixture(scope="module")
def results():
    return run()


def test_the_numbers(results):
    assert not tripped_wrong(results)
    exact = {
        "integer_difference": 0,
        "recurrence_rounds": 10,
        "hillis_steele_one_round": 10,
        "brent_kung_one_round": 19,
        "hillis_steele_combines": 9217,
        "brent_kung_combines": 2036,
        "serial_rounds": 1023,
        "serial_combines": 1023,
    }
    assert {name: results[name].estimate for name in exact} == exact
    assert 0 < results["float_difference"].estimate < 1e-13
    assert results["tanh_difference"].estimate > 1
    assert verdict(results, "scan-depth-one") == "fails"
    assert verdict(results, "hillis-steele-equals-serial") == "holds"
    assert results["recurrence_rounds"].outcome == "pass"


def load_claims():
    return yaml.safe_load(CLAIMS_FILE.read_text(encoding="utf-8"))["claims"]


def test_the_claims_name_these_checks():
    entries = {entry["id"]: entry for entry in load_claims()}
    for claim, (supports, limits) in CLAIMS.items():
        entry = entries[claim]
        assert entry["supports"] == [f"{NAME}.{name}" for name in supports]
        assert [limit["check"] for limit in entry.get("limits", [])] == [f"{NAME}.{name}" for name in limits]
    limits = {limit["check"] for limit in entries["rnn-inherently-sequential"]["limits"]}
    assert f"{NAME}.recurrence_rounds" in limits


def test_mutant_a_round_is_forgotten(monkeypatch):
    """The last doubling is missing: the first elements never arrive."""
    original = model.hillis_steele
    monkeypatch.setattr(experiment, "hillis_steele", lambda length: original(length)[:-1])
    results = run()
    assert verdict(results, "hillis-steele-equals-serial") == "fails"
    assert results["recurrence_rounds"].outcome == "fail"
    assert "maximum_difference" in tripped_wrong(results) or "two_elements_one_round" in tripped_wrong(
        results
    )


def test_mutant_the_pair_is_swapped(monkeypatch):
    """(later, earlier) in place of (earlier, later): sums do not mind, the recurrence does."""
    rounds, whole = model.scan_rounds, model.scan

    def swapped(combine):
        return lambda earlier, later: combine(later, earlier)

    monkeypatch.setattr(experiment, "scan_rounds", lambda e, c, schedule: rounds(e, swapped(c), schedule))
    monkeypatch.setattr(experiment, "scan", lambda e, c, schedule: whole(e, swapped(c), schedule))
    results = run()
    assert verdict(results, "hillis-steele-equals-serial") == "holds"
    assert results["recurrence_difference"].outcome == "fail"
    assert results["recurrence_rounds"].outcome == "fail"


def test_mutant_a_combine_that_takes_in_everything(monkeypatch):
    """With a magic round that sums all prefixes at once, depth 1 would hold: the check can pass."""

    def magic(elements, combine, schedule):
        states = experiment.plain(elements, combine)
        yield (*elements[:-1], states)

    monkeypatch.setattr(experiment, "scan_rounds", magic)
    results = run()
    assert verdict(results, "scan-depth-one") == "holds"
    assert results["recurrence_rounds"].outcome == "fail"


def test_mutant_floats_lose_bits(monkeypatch):
    original = model.scan

    def rounded(elements, combine, schedule):
        single = tuple(part.float() if part.is_floating_point() else part for part in elements)
        return tuple(part.double() for part in original(single, combine, schedule))

    monkeypatch.setattr(experiment, "scan", rounded)
    results = run()
    assert verdict(results, "hillis-steele-equals-serial") == "fails"
    assert results["recurrence_difference"].outcome == "fail"


def test_rounds_are_infinite_when_the_prefixes_never_come():
    x = (torch.tensor([5, 1, 1, 1]),)
    rounds = experiment.rounds_until_equal(x, experiment.subtract, model.hillis_steele(4))
    assert rounds == float("inf")
    assert experiment.rounds_until_equal(x, experiment.add, model.hillis_steele(4)) == 2
    assert experiment.rounds_until_equal(x, experiment.add, model.serial(4)) == 3


def test_forgetting_gates_agree_early():
    """Why the gates are near 1: with gates of 0.5 nobody feels 64 places back."""
    b = torch.randn(1024, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    a = torch.full_like(b, 0.5)
    assert experiment.rounds_until_equal((a, b), model.affine, model.hillis_steele(1024)) == 6


def test_differences_are_absolute_for_integers_and_relative_for_floats():
    assert experiment.difference(torch.tensor([1, 5]), torch.tensor([1, 2])) == 3
    assert experiment.difference(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 4.0])) == 0.25
