"""The picker: the lesson's four situations, forty others, and what must stay true whatever the numbers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from quizapp.picker import told
from quizapp.picker.ask import account
from quizapp.picker.choose import BILLION, TIE, choose
from quizapp.picker.flips import flips, to_runner_up
from quizapp.picker.needs import RECALL, Needs, size, sizes
from quizapp.picker.rules import shipped
from quizapp.reference import Reference

RULES = shipped()
NAMES = [candidate.id for candidate in RULES.candidates]
FUSED, FULL, WINDOW, HYBRID = "transformer-fused", "transformer-full", "transformer-window", "hybrid"
MAMBA2, MAMBA, LSTM, DEPTHWISE, CONV = "mamba2", "mamba", "lstm", "depthwise-rnn", "convolution"
MCU = "microcontroller"
PURE = {one.id for one in RULES.candidates if one.pure_rnn}
FIXED = {one.id for one in RULES.candidates if one.fixed_state}
ATTENTION = {one.id for one in RULES.candidates if one.attention}


def picked(**needs) -> set[str]:
    return {one.candidate.id for one in choose(Needs(**needs), RULES).best}


def scores(needs: Needs, rules=RULES) -> dict[str, float]:
    """Every candidate's score, excluded or not."""
    choice = choose(needs, rules)
    return {one.candidate.id: one.score for one in (*choice.ranked, *choice.out)}


# ---- the lesson's four situations -------------------------------------------------------------------


def test_streaming_with_constant_memory_takes_a_state_of_fixed_size():
    for task, device in itertools.product(("language", "signal", "classification"), ("server", "cpu", MCU)):
        best = picked(task=task, device=device, stream=True)
        assert best
        assert best <= FIXED
    assert picked(task="signal", stream=True) == {MAMBA2, MAMBA}


def test_over_a_million_tokens_takes_a_linear_model_unless_recall_asks_for_some_attention():
    assert picked(length=2_000_000, recall="none", memory=1e13) == {MAMBA2}
    choice = choose(Needs(length=2_000_000, recall="some", memory=1e13), RULES)
    assert choice.best[0].candidate.id == HYBRID
    assert choice.runner_up
    assert choice.runner_up.candidate.id == MAMBA2
    assert choice.strength == "depends"
    for recall in RECALL:
        assert not picked(length=2_000_000, recall=recall, memory=1e13) & {FUSED, FULL}


def test_an_edge_device_without_a_matrix_unit_takes_something_depthwise_separable_and_says_depends():
    choice = choose(Needs(task="signal", device=MCU, length=100, tokens=1e7), RULES)
    assert [one.candidate.id for one in choice.best] == [CONV]
    assert choice.runner_up
    assert choice.runner_up.candidate.id == DEPTHWISE
    assert choice.strength == "depends", "no source has the RNN winning, one study has the convolution"
    assert "No published source has it winning" in choice.runner_up.candidate.gives_up


def test_anything_else_up_to_128k_takes_a_transformer():
    for length in (512, 2048, 8192, 32_768, 131_072):
        for task in ("language", "translation", "retrieval"):
            assert picked(task=task, length=length) == {FUSED}


def test_an_edge_device_as_it_comes_has_an_rnn_as_its_second_choice():
    choice = choose(Needs(task="signal", device=MCU), RULES)
    assert [one.candidate.id for one in choice.best] == [CONV]
    assert choice.runner_up
    assert choice.runner_up.candidate.id == DEPTHWISE


def test_rules_against_the_runner_up_decide_too():
    choice = choose(Needs(task="language", device=MCU, memory=100e3), RULES)
    assert {part.rule.basis for part in choice.deciding} >= {"judgement", "published"}
    assert sum(part.adds for part in choice.deciding) >= choice.margin
    assert choice.strength == "leans", "it stands without the judgement"


def test_one_function_computed_in_two_ways_is_no_tie():
    choice = choose(Needs(task="language", length=64, tokens=1e7, device=MCU), RULES)
    assert len(choice.best) > 1
    assert choice.strength != "tie"
    assert choice.margin > 0


def test_amounts_that_differ_are_told_apart():
    assert sizes(98_740, 98_650) == ("98.74 kB", "98.65 kB")
    assert sizes(30.1e9, 80e9) == ("30.1 GB", "80 GB")
    assert sizes(5, 5) == ("5 B", "5 B")
    assert (size(999_600), size(999_400)) == ("1 MB", "999 kB")
    out = choose(Needs(task="language", device=MCU, memory=100e3), RULES).out
    said = [says for one in out for _, says in one.excluded]
    assert "needs 100.4 kB, and 100 kB are there" in said


# ---- scenarios --------------------------------------------------------------------------------------

SCENARIOS = [
    ({}, {FUSED}),
    ({"length": 1024}, {FUSED}),
    ({"length": 65_536}, {FUSED}),
    ({"length": 262_144}, {FUSED}),
    ({"length": 524_288}, {HYBRID}),
    ({"length": 1_048_576, "recall": "exact"}, {HYBRID}),
    ({"length": 1_048_576, "recall": "none"}, {MAMBA2}),
    ({"length": 8_000_000, "recall": "none", "memory": 1e13}, {MAMBA2}),
    ({"stream": True, "length": 100_000}, {MAMBA2}),
    ({"stream": True, "length": 1_000_000, "latency": "tight"}, {MAMBA2}),
    ({"latency": "tight", "length": 65_536, "recall": "none"}, {HYBRID, WINDOW}),
    ({"throughput": "high"}, {FUSED}),
    ({"tokens": 2e12}, {FUSED}),
    ({"tokens": 1e6, "length": 256}, {FUSED}),
    ({"device": "laptop", "length": 32_768}, {FUSED}),
    ({"device": "laptop", "length": 32_768, "memory": 3e9}, {HYBRID}),
    ({"device": "laptop", "length": 131_072, "memory": 2.55e9, "recall": "none"}, {MAMBA2}),
    ({"device": "laptop", "length": 131_072}, {HYBRID}),
    ({"device": "cpu", "length": 2048}, {FUSED}),
    ({"device": "cpu", "length": 2048, "throughput": "high"}, {FUSED}),
    ({"task": "retrieval"}, {FUSED}),
    ({"task": "retrieval", "length": 1_048_576}, {HYBRID}),
    ({"task": "retrieval", "device": "laptop"}, {FUSED}),
    ({"task": "retrieval", "stream": True}, {MAMBA2}),
    ({"task": "translation"}, {FUSED}),
    ({"task": "translation", "device": "cpu"}, {FUSED}),
    ({"task": "classification"}, {FUSED}),
    ({"task": "classification", "tokens": 1e6}, {CONV}),
    ({"task": "classification", "device": MCU, "length": 100, "tokens": 1e6}, {CONV}),
    ({"task": "signal", "device": MCU, "length": 100, "tokens": 1e7}, {CONV}),
    ({"task": "signal", "device": MCU, "length": 4096, "recall": "some", "tokens": 1e6}, {DEPTHWISE}),
    ({"task": "signal", "device": "cpu", "stream": True, "length": 100, "tokens": 1e7}, {CONV}),
    ({"task": "signal", "stream": True}, {MAMBA2, MAMBA}),
    ({"task": "signal", "length": 100}, {CONV}),
    ({"task": "images", "tokens": 1e7}, {CONV}),
    ({"task": "images", "tokens": 1e11}, {FUSED}),
    ({"task": "images", "device": MCU, "tokens": 1e8}, {CONV}),
    ({"task": "series", "device": "cpu", "tokens": 1e6, "length": 200}, {LSTM, CONV}),
    ({"task": "series", "device": "cpu", "tokens": 1e10}, {FUSED}),
    ({"task": "series", "device": MCU, "length": 64, "tokens": 1e6}, {CONV}),
    ({"device": "server", "memory": 1e6}, set()),
    ({"task": "signal", "device": MCU, "memory": 50e3}, set()),
]


@pytest.mark.parametrize(("needs", "wanted"), SCENARIOS)
def test_scenario(needs: dict, wanted: set[str]):
    assert picked(**needs) == wanted


def test_there_are_forty_scenarios():
    assert len(SCENARIOS) >= 40


# ---- the rule about pure RNNs -----------------------------------------------------------------------

GRID = [
    Needs(task=task.id, device=device.id, recall=recall, stream=stream, length=length, tokens=tokens)
    for task in RULES.tasks
    for device in RULES.devices
    for recall in RECALL
    for stream in (False, True)
    for length in (64, 4096, 2_000_000)
    for tokens in (1e6, 3e9)
]
ONLY_AN_RNN_FITS = Needs(task="signal", device=MCU, memory=98_432, length=500, tokens=5e9)


def test_refuses_a_pure_rnn_above_a_billion_tokens_unless_the_trade_off_is_stated():
    choice = choose(ONLY_AN_RNN_FITS, RULES)
    assert [one.candidate.id for one in choice.best] == [DEPTHWISE]
    said = told.text(said_about(ONLY_AN_RNN_FITS), 80)
    assert "trade-off first" in choice.warning
    assert "5 billion training tokens" in choice.warning
    assert " ".join(choice.warning.split())[:60] in " ".join(said.split())
    lines = told.sections(said_about(ONLY_AN_RNN_FITS), 80)[0].lines
    assert lines[0].startswith("! A pure RNN")
    assert told.headline(choice) == "Only with its trade-off stated: depthwise-separable RNN."
    unstated = replace(RULES, candidates=tuple(replace(one, above_a_billion="") for one in RULES.candidates))
    refused = choose(ONLY_AN_RNN_FITS, unstated)
    assert refused.best == ()
    assert "refuse-pure-rnn-over-1b-tokens" in {rule.id for one in refused.out for rule, _ in one.excluded}
    for needs in GRID:
        stated = choose(needs, RULES)
        pure = {one.candidate.id for one in stated.best} & PURE
        assert bool(stated.warning) == bool(pure and needs.tokens > BILLION)
        if needs.tokens > BILLION:
            assert not {one.candidate.id for one in choose(needs, unstated).ranked} & PURE
    assert choose(replace(ONLY_AN_RNN_FITS, tokens=1e9), RULES).warning == ""


def test_a_pure_rnn_that_comes_next_has_its_price_beside_it():
    needs = Needs(task="series", device=MCU, tokens=2e9, length=64)
    choice = choose(needs, RULES)
    assert choice.runner_up
    assert choice.runner_up.candidate.id == LSTM
    assert not choice.best[0].candidate.pure_rnn
    assert "! Its training is a chain of steps" in told.text(said_about(needs), 80)
    assert "! " not in told.text(said_about(replace(needs, tokens=1e9)), 80)


# ---- what must stay true over the grid --------------------------------------------------------------


def pairs_fall(steps: list[Needs], favoured: set[str], others: set[str], rules=RULES) -> None:
    """From step to step, no one of the favoured gains on one of the others."""
    for before, after in itertools.pairwise(map(scores, steps)):
        for one, other in itertools.product(favoured, others - favoured):
            gained = (after[one] - after[other]) - (before[one] - before[other])
            assert gained <= 1e-6, (one, other, steps)


AROUND = [
    Needs(task=task.id, device=device.id, recall=recall, stream=stream, latency=latency, tokens=tokens)
    for task in RULES.tasks
    for device in RULES.devices
    for recall in ("none", "exact")
    for stream in (False, True)
    for latency in ("any", "tight")
    for tokens in (1e6, 1e10)
]
LENGTHS = (64, 256, 1024, 4096, 20_000, 65_536, 200_000, 1_000_000, 4_000_000)


def test_longer_context_never_makes_full_attention_look_better():
    for needs in AROUND[::3]:
        steps = [replace(needs, length=length) for length in LENGTHS]
        pairs_fall(steps, {FULL}, set(NAMES))
        pairs_fall(steps, {FUSED}, {HYBRID, WINDOW, MAMBA, MAMBA2, "rwkv", "retnet", "linear-attention"})


def test_longer_context_never_lets_a_candidate_in_that_needed_too_much_memory():
    for needs in AROUND[::5]:
        left = [
            {one.candidate.id for one in choose(replace(needs, length=length), RULES).ranked}
            for length in LENGTHS
        ]
        assert all(after <= before for before, after in itertools.pairwise(left))


def test_more_memory_never_excludes_what_fit():
    for needs in GRID[::7]:
        left = [
            {one.candidate.id for one in choose(replace(needs, memory=memory), RULES).ranked}
            for memory in (1e5, 1e6, 1e9, 3e9, 14e9, 80e9, 1e12)
        ]
        assert all(before <= after for before, after in itertools.pairwise(left))


def test_more_recall_never_favours_a_fixed_state():
    for needs in GRID[::5]:
        pairs_fall([replace(needs, recall=recall) for recall in RECALL], FIXED, set(NAMES) - FIXED)


def test_no_matrix_unit_never_favours_attention():
    without = replace(RULES, devices=tuple(replace(one, matrix_unit=False) for one in RULES.devices))
    for needs in (one for one in GRID[::3] if one.device != MCU):
        before, after = scores(needs), scores(needs, without)
        for one, other in itertools.product(ATTENTION, set(NAMES) - ATTENTION):
            assert after[one] - after[other] <= before[one] - before[other] + 1e-6, (one, other)


def test_more_training_tokens_never_favour_a_pure_rnn():
    for needs in GRID[::5]:
        steps = [replace(needs, tokens=tokens) for tokens in (1e5, 1e7, 1e8, 1e9, 3e10, 1e12, 1e14)]
        pairs_fall(steps, PURE, set(NAMES) - PURE)


def test_tight_latency_never_favours_attention_over_everything():
    for needs in GRID[::3]:
        pairs_fall([needs, replace(needs, latency="tight")], {FULL, FUSED}, set(NAMES) - {FULL, FUSED})


def test_high_throughput_on_a_gpu_never_favours_an_lstm():
    for needs in (one for one in GRID[::3] if RULES.device(one.device).gpu):
        pairs_fall([needs, replace(needs, throughput="high")], {LSTM}, set(NAMES))


def test_an_endless_stream_never_keeps_what_grows():
    for needs in GRID:
        if needs.stream:
            assert {one.candidate.id for one in choose(needs, RULES).ranked} <= FIXED


def test_the_same_needs_give_the_same_choice():
    for needs in GRID[::11]:
        assert choose(needs, RULES) == choose(replace(needs), RULES)


def test_what_is_first_among_equals_goes_by_the_order_of_the_rules():
    turned = replace(RULES, candidates=tuple(reversed(RULES.candidates)))
    here = [one.candidate.id for one in choose(Needs(task="signal", stream=True), RULES).best]
    there = [one.candidate.id for one in choose(Needs(task="signal", stream=True), turned).best]
    assert (here, there) == ([MAMBA2, MAMBA], [MAMBA, MAMBA2])


# ---- ties, strength, flips --------------------------------------------------------------------------


def test_a_tie_is_said_as_a_tie():
    choice = choose(Needs(task="signal", stream=True), RULES)
    assert choice.strength == "tie"
    assert told.headline(choice) == "It is a tie: Mamba-2 and Mamba."
    for needs in GRID:
        best = choose(needs, RULES).best
        assert all(best[0].score - one.score < TIE for one in best)


def test_nothing_is_said_more_strongly_than_its_evidence():
    judged = replace(RULES, scores=tuple(replace(one, basis="judgement") for one in RULES.scores))
    for needs in GRID:
        choice = choose(needs, RULES)
        assert choice.strength != "leans" or choice.margin >= 1.0
        assert choose(needs, judged).strength != "leans"


def test_a_variant_of_the_same_function_is_no_runner_up():
    for needs in GRID:
        choice = choose(needs, RULES)
        if choice.runner_up and len(choice.best) == 1:
            two = {choice.best[0].candidate.id, choice.runner_up.candidate.id}
            assert two != {FUSED, FULL}
            assert choice.at.length > 4096 or two != {FUSED, WINDOW}


@pytest.mark.parametrize("needs", [*GRID[::97], Needs(), Needs(device="laptop", length=32_768)])
def test_every_flip_is_one_and_the_nearest(needs: Needs):
    choice = choose(needs, RULES)
    before = {one.candidate.id for one in choice.best}
    still = replace(needs, length=choice.at.length, recall=choice.at.recall)
    for flip in flips(choice, RULES):
        after = choose(replace(still, **{flip.name: flip.value}), RULES)
        assert tuple(one.candidate.id for one in after.best) == flip.to
        assert not before & set(flip.to)


def test_the_runner_up_is_told_with_what_flips_the_choice():
    needs = Needs(device="laptop", length=32_768)
    choice = choose(needs, RULES)
    assert {flip.says for flip in to_runner_up(choice, RULES)} == {
        "at 131,072 tokens",
        "with 4 GB of memory",
    }
    said = " ".join(told.text(said_about(needs), 80).split())
    assert "Runner-up: Mamba-2 hybrid, at 131,072 tokens or with 4 GB of memory." in said


def test_where_nothing_fits_the_smallest_is_named():
    choice = choose(Needs(memory=1e6), RULES)
    assert choice.strength == "none"
    said = " ".join(told.text(said_about(Needs(memory=1e6)), 80).split())
    assert "Nothing fits. The smallest, depthwise-separable RNN, takes 12.9 GB." in said


def said_about(needs: Needs):
    return account(needs, RULES, {}, {}, Reference(runs={}))


@pytest.mark.parametrize("width", [24, 40, 80, 120])
def test_no_line_is_longer_than_asked_for_but_those_of_the_table(width: int):
    for needs in GRID[::53]:
        for section in told.sections(said_about(needs), width):
            if section.title != "Numbers":
                assert all(len(line) <= max(width, told.NARROWEST) for line in section.lines)
