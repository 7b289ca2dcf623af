"""Typed answers are judged kindly and never wrongly: cases from the real items, both ways."""

from __future__ import annotations

import json
import math

import pytest

from quizapp import bank, model, paths, steps
from quizapp.amounts import number, readings
from quizapp.grade import grade, truth_of, within
from quizapp.mistakes import shown
from quizapp.spelling import fill, fit, plain, same, slipped
from quizapp.texts import Vocabulary

REAL, _ = bank.read(sorted(paths.questions().glob("*.yaml")))
KNOWN = Vocabulary(REAL.items.values)
CLOZES = [item for item in REAL.items.values() if isinstance(item, model.Cloze)]
NUMBERS = [
    item
    for item in REAL.items.values()
    if isinstance(item, model.Numeric | model.Estimate) and item.answer.value is not None
]


def filled(id_: str, gap: str, typed: str) -> model.Remark:
    """What is said about one gap of a real item; the others hold their first word."""
    item = REAL.items[id_]
    assert isinstance(item, model.Cloze)
    given = {name: words[0] for name, words in item.accept.items()} | {gap: typed}
    return grade(item, given, {}, KNOWN).remarks[list(item.accept).index(gap)]


def amount(id_: str, typed: str) -> model.Grade:
    """The grade of a number typed for a real item; an estimate gets the other two from it."""
    item = REAL.items[id_]
    return grade(item, ["0", typed, "1e30"] if isinstance(item, model.Estimate) else typed, {}, KNOWN)


# ---- words ------------------------------------------------------------------------------------------

ACCEPTED = [
    ("att-dynamic-cloze", "c1", "Values"),
    ("att-dynamic-cloze", "c1", "value-vectors"),
    ("att-dynamic-cloze", "c2", "the key"),
    ("att-variance-sixty-four", "c1", "sixty four"),
    ("att-variance-sixty-four", "c1", "2^6"),
    ("att-variance-sixty-four", "c2", "\\sqrt{64}"),
    ("att-variance-sixty-four", "c2", "√64"),
    ("att-variance-sixty-four", "c2", "√dₖ"),
    ("att-variance-sixty-four", "c2", "$\\sqrt{d_k}$"),
    ("att-where-qkv-from", "c1", "a linear projection"),
    ("att-where-qkv-from", "c1", "projectons"),
    ("att-swiglu-cloze", "c1", "three weight matrices"),
    ("att-swiglu-cloze", "c2", "2 2/3"),
    ("att-swiglu-cloze", "c2", "\\frac{8}{3}"),
    ("att-swiglu-cloze", "c2", "2.66667"),
    ("att-swiglu-cloze", "c2", "2,67"),
    ("glo-forcing-words", "c1", "Ground Truth"),
    ("glo-forcing-words", "c3", "exposure bias"),
    ("glo-forcing-words", "c3", "exposre"),
    ("glo-unrolled-words", "c1", "1.0"),
    ("glo-unrolled-words", "c2", "20 steps"),
    ("glo-steady-words", "c1", "Warm up"),
    ("glo-steady-words", "c2", "cliping"),
    ("glo-scan-words", "c2", "Assocative"),
    ("glo-scan-words", "c3", "10 rounds"),
    ("glo-scan-words", "c3", "log_2(1024)"),
    ("glo-scan-words", "c3", "5 + 5"),
    ("glo-symmetry-words", "c1", "equivarient"),
    ("glo-symmetry-words", "c2", "permutation invariant"),
    ("glo-norm-words", "c1", "Pre LN"),
    ("glo-norm-words", "c1", "prenormalisation"),
    ("glo-norm-words", "c3", "hidden  Units"),
    ("glo-alignment-words", "c2", "context vectors"),
    ("glo-ssm-words", "c1", "discretiztion"),
    ("glo-ssm-words", "c1", "Discretizations"),
    ("glo-ssm-words", "c2", "state matrix"),
    ("glo-head-words", "c1", "2^7"),
    ("glo-head-words", "c1", "2048/16"),
    ("glo-head-words", "c2", "the same number"),
    ("path-cell-factor", "c1", "$f_t$"),
    ("path-cell-factor", "c2", "products"),
    ("path-singular-bound-cloze", "c3", "neccessary"),
    ("pos-add-is-concat-cloze", "c1", "concatinating"),
    ("cost-flash-doubling-cloze", "c2", "4×"),
    ("cost-prefill-decode-cloze", "c2", "KV-caches"),
    ("cost-prefill-decode-cloze", "c3", "memory bandwith"),
    ("cost-prefill-decode-cloze", "c3", "memory band-width"),
    ("scale-mfu-cloze", "c3", "45 percent"),
    ("scale-smooth-cloze", "c1", "log–log"),
    ("scale-smooth-cloze", "c1", "logaritmic"),
    ("stab-layernorm-counts-cloze", "c2", "3 200"),
    ("stab-layernorm-counts-cloze", "c2", "32 × 100"),
    ("stab-rmsnorm-cloze", "c2", "\\gamma"),
    ("stab-rmsnorm-cloze", "c2", "Γ"),
    ("stab-rmsnorm-cloze", "c2", "𝛾"),
]

NOT_ACCEPTED = [
    ("att-dynamic-cloze", "c1", "key"),
    ("att-dynamic-cloze", "c2", "value vectors"),
    ("att-variance-sixty-four", "c1", "8"),
    ("att-variance-sixty-four", "c2", "d_k"),
    ("att-swiglu-cloze", "c2", "22/3"),
    ("att-swiglu-cloze", "c2", "2.68"),
    ("att-swiglu-cloze", "c2", "2.6"),
    ("att-swiglu-cloze", "c2", "267"),
    ("att-where-qkv-from", "c2", "keys"),
    ("glo-forcing-words", "c1", "own"),
    ("glo-forcing-words", "c3", "inductive bias"),
    ("glo-forcing-words", "c3", "bias"),
    ("glo-unrolled-words", "c2", "2 0"),
    ("glo-unrolled-words", "c2", "200"),
    ("glo-unrolled-words", "c2", "2*0"),
    ("glo-unrolled-words", "c3", "gradients"),
    ("glo-steady-words", "c2", "normalizing"),
    ("glo-steady-words", "c2", "Normalization"),
    ("glo-steady-words", "c3", "bia"),
    ("glo-scan-words", "c1", "suffix"),
    ("glo-scan-words", "c2", "comutative"),
    ("glo-scan-words", "c3", "1,0"),
    ("glo-scan-words", "c3", "1.0"),
    ("glo-symmetry-words", "c1", "invariant"),
    ("glo-symmetry-words", "c1", "invarient"),
    ("glo-symmetry-words", "c2", "equivariant"),
    ("glo-symmetry-words", "c3", "second"),
    ("glo-norm-words", "c1", "Post-LN"),
    ("glo-norm-words", "c2", "prenorm"),
    ("glo-alignment-words", "c3", "context windows"),
    ("glo-head-words", "c1", "2048"),
    ("glo-head-words", "c2", "half the"),
    ("par-work-and-span", "c1", "span"),
    ("par-cloze-two-values", "c1", "-10"),
    ("par-cloze-two-values", "c2", "-1"),
    ("path-singular-bound-cloze", "c3", "unnecessary"),
    ("path-singular-bound-cloze", "c3", "sufficent"),
    ("pos-symmetry-words-cloze", "c2", "equivarience"),
    ("cost-flash-doubling-cloze", "c2", "1/4"),
    ("cost-flash-doubling-cloze", "c1", "inexact"),
    ("scale-mfu-cloze", "c3", "0.45"),
    ("scale-smooth-cloze", "c1", "linear"),
    ("stab-layernorm-counts-cloze", "c1", "5.12"),
    ("stab-rmsnorm-cloze", "c2", "β"),
    ("stab-rmsnorm-cloze", "c1", ""),
]


@pytest.mark.parametrize(("id_", "gap", "typed"), ACCEPTED)
def test_a_filling_that_is_right_in_other_words_is_accepted(id_, gap, typed):
    remark = filled(id_, gap, typed)
    assert remark.correct, remark.why
    assert remark.why.startswith("Accepted")


@pytest.mark.parametrize(("id_", "gap", "typed"), NOT_ACCEPTED)
def test_a_filling_that_is_wrong_is_not_accepted(id_, gap, typed):
    remark = filled(id_, gap, typed)
    assert not remark.correct, remark.why
    assert remark.why.startswith("Not accepted")


@pytest.mark.parametrize(
    ("id_", "gap", "typed", "why"),
    [
        (
            "glo-ssm-words",
            "c1",
            "discretiztion",
            "“discretiztion” differs in one letter from “discretisation”",
        ),
        ("glo-norm-words", "c1", "pre normalisations", "is singular or plural of “pre-normalisation”"),
        ("glo-forcing-words", "c3", "exposure bias", "with the words beside the gap is “exposure”"),
        ("glo-scan-words", "c3", "2*5", "“2*5” is the same number as “10”"),
        ("glo-scan-words", "c2", "commutative", "“commutative” is wrong here:"),
        (
            "glo-symmetry-words",
            "c1",
            "invarient",
            "differs in one letter from “invariant”, which is wrong here:",
        ),
        ("stab-rmsnorm-cloze", "c1", "median", "“median” is none of: mean, average"),
    ],
)
def test_it_says_why(id_, gap, typed, why):
    assert why in filled(id_, gap, typed).why


def test_a_term_of_the_bank_is_no_slip_of_another():
    assert "variance" in KNOWN
    assert fit("variancr", "variance", KNOWN) is not None
    assert fit("covariant", "covariance", KNOWN) is None
    assert fill("convolution", ["convolutive"], (), known=KNOWN).right is False
    for item in CLOZES:
        for gap, accepted in item.accept.items():
            for other in CLOZES:
                for words in other.accept.values():
                    for word in words:
                        found = fill(word, accepted, (), known=KNOWN).accepted
                        assert found is None or found.rank < 2, (item.id, gap, word)


@pytest.mark.parametrize(
    ("typed", "word", "one"),
    [
        ("normalisaton", "normalisation", True),
        ("nromalisation", "normalisation", True),
        ("asymmetric", "symmetric", False),
        ("acausal", "causal", False),
        ("gama", "gamma", False),
        ("linea", "linear", True),
        ("lineaar", "linear", True),
        ("layer2", "layers", False),
        ("linear", "linear", False),
    ],
)
def test_one_letter_of_a_long_word(typed, word, one):
    assert slipped(typed, word) is one


@pytest.mark.parametrize(
    "typed", ["O(n^2)", "O(N*N)", "O(n**2)", "O(N²)", "O(N·N)", "$\\mathcal{O}(N^2)$", "O( n squared )"]
)
def test_a_growth_in_its_spellings(typed):
    accepted = ["O(N²)"]
    assert fill(typed, accepted, ["O(N)"]).right
    for wrong in ("O(n)", "O(n^3)", "O(n²d)", "Θ(n^2)", "N", "O(2^n)"):
        assert not fill(wrong, accepted, ["O(N)"]).right
    assert fill("quadratic", [*accepted, "quadratic"], ()).right
    assert not fill("quadratic", accepted, ()).right


@pytest.mark.parametrize("typed", ["O(N·log N)", "O(n log2 n)", "O(N*log(N))", "O(log(n) n)"])
def test_a_logarithm_has_any_base_in_a_growth(typed):
    assert fill(typed, ["O(N log N)"], ()).right
    assert not fill(typed, ["O(N)", "O(N^2)", "O(log N)"], ()).right


@pytest.mark.parametrize(
    ("typed", "word"), [("kyes", "keys"), ("ngram", "range"), ("1 0", "10"), ("1", "-1")]
)
def test_letters_are_no_factors_and_digits_do_not_run_together(typed, word):
    assert fit(typed, word) is None


def test_british_is_american():
    pairs = (
        "normalise normalize",
        "behaviour behavior",
        "centre center",
        "labelled labeled",
        "analyse analyze",
    )
    for pair in pairs:
        british, american = pair.split()
        assert fit(british, american).rank == fit(american, british).rank == 1
    assert fit("four", "for") is None
    assert fit("pooling", "polling", {"pooling"}) is None


# ---- numbers ----------------------------------------------------------------------------------------

NEAR = [
    ("att-same-output", "47 directions"),
    ("att-two-keys", "≈ 6"),
    ("att-zeroed-padding", "96.1%"),
    ("att-zeroed-padding", "96.1"),
    ("att-cross-scores", "4.8 million"),
    ("att-cross-scores", "4,800,000"),
    ("att-cross-scores", "4.8M"),
    ("att-cross-scores", "4800k"),
    ("att-cross-scores", "4.8e6"),
    ("att-parameters-estimate", "12B"),
    ("att-parameters-estimate", "1.2 × 10^10"),
    ("choose-break-even", "2 trillion"),
    ("choose-break-even", "2e12 tokens"),
    ("choose-hybrid-cache", "1.007 GB"),
    ("choose-hybrid-cache", "1031 MiB"),
    ("glo-cross-entropy-numeric", "2 bits"),
    ("glo-cross-entropy-numeric", "1.386 nats"),
    ("par-hillis-steele-work", "1,793"),
    ("par-hillis-steele-work", "8*256 - 255"),
    ("par-decode-floor", "2000 ms"),
    ("par-longer-same-tokens", "0.16 s"),
    ("par-flops-per-clock", "2.2 x 10^5"),
    ("par-flops-per-clock", "221 kFLOPs per cycle"),
    ("par-bptt-memory", "1536 MiB"),
    ("par-bptt-memory", "1,610,612,736 bytes"),
    ("par-bptt-memory", "3/2"),
    ("path-trigram-table", "0.025 %"),
    ("path-weight-above-one", "−3.8"),
    ("path-weight-above-one", "-3,8"),
    ("path-zero-in-float32", "~137 tokens"),
    ("pos-alibi-weights-numeric", "e^2"),
    ("pos-alibi-weights-numeric", "exp(2)"),
    ("cost-longest-untiled-estimate", "2**15"),
    ("cost-longest-untiled-estimate", "32k"),
    ("cost-longest-untiled-estimate", "32,768"),
    ("cost-cache-saves-numeric", "a factor of 2128"),
    ("cost-ring-balance-numeric", "4.27x"),
    ("cost-ring-balance-numeric", "64/15"),
    ("cost-llama-cache-numeric", "40 GB"),
    ("cost-llama-cache-numeric", "42.95 GB"),
    ("scale-moe-must-fit", "104e9 bytes"),
    ("scale-traffic-break-even", "2600 billion"),
    ("stab-adam-first-step-numeric", "1e-3"),
    ("stab-adam-first-step-numeric", "10⁻³"),
    ("syn-where-lead-ends", "768."),
]

FAR = [
    ("att-zeroed-padding", "0.961%"),
    ("att-cross-scores", "4.8 billion"),
    ("att-cross-scores", "4.8k"),
    ("att-parameters-estimate", "12 million"),
    ("choose-break-even", "2 billion"),
    ("choose-hybrid-cache", "1.007 MiB"),
    ("choose-hybrid-cache", "8 GiB"),
    ("glo-cross-entropy-numeric", "2 nats"),
    ("glo-cross-entropy-numeric", "2 bytes"),
    ("par-hillis-steele-work", "1,79"),
    ("par-decode-floor", "2 ms"),
    ("par-decode-floor", "2 GB"),
    ("par-longer-same-tokens", "160 s"),
    ("par-bptt-memory", "1.5 MiB"),
    ("par-bptt-memory", "1.5 TB"),
    ("par-bptt-memory", "12 Gbit x"),
    ("path-trigram-table", "100%"),
    ("path-weight-above-one", "3.8"),
    ("pos-alibi-weights-numeric", "2"),
    ("cost-llama-cache-numeric", "80"),
    ("cost-llama-cache-numeric", "39-41"),
    ("cost-ring-balance-numeric", "4:1"),
    ("scale-moe-must-fit", "104 Gbit"),
    ("stab-adam-first-step-numeric", "10^3"),
    ("syn-where-lead-ends", "7.68"),
    ("syn-where-lead-ends", "seven hundred"),
    ("syn-where-lead-ends", "768 or 1024"),
]


@pytest.mark.parametrize(("id_", "typed"), NEAR)
def test_a_number_that_is_right_in_another_form_is_accepted(id_, typed):
    judged = amount(id_, typed)
    assert judged.correct, judged.summary


@pytest.mark.parametrize(("id_", "typed"), FAR)
def test_a_number_that_is_wrong_is_not_accepted(id_, typed):
    judged = amount(id_, typed)
    assert not judged.correct, judged.summary


def test_it_says_what_a_number_was_taken_for_and_how_near_it_is():
    assert (
        "“1536 MiB” is taken as 1.5 GiB; it is 1.5 GiB: within 2%."
        in amount("par-bptt-memory", "1536 MiB").summary
    )
    assert amount("par-bptt-memory", "1.5").summary.startswith("You said 1.5 GiB; it is 1.5 GiB: within 2%.")
    assert "not within 2%" in amount("par-bptt-memory", "2").summary
    assert "a factor of 1.26" in amount("att-parameters-estimate", "12").summary
    assert "not a number" in amount("par-bptt-memory", "a lot").summary


def test_a_trap_is_named_in_any_unit():
    item = REAL.items["par-bptt-memory"]
    assert shown(item, "1.25 GiB") == shown(item, "1280 MiB") == [item.traps[1].misconception]
    assert grade(item, "1280 MiB", {}).remarks[0].why == item.traps[1].why


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1e6", 1e6),
        ("1,000", 1000),
        ("10^3", 1000),
        ("1 million", 1e6),
        ("1.5 Mio", 1.5e6),
        ("1 000 000", 1e6),
        ("1'000'000", 1e6),
        ("1.000.000", 1e6),
        ("12.345,6", 12345.6),
        ("0,125", 0.125),
        ("2½", 2.5),
        ("３", 3),
        ("$2^{10}$", 1024),
        ("\\frac{1}{3}", 1 / 3),
        ("2·10⁵", 2e5),
        ("about 3.", 3),
        ("sqrt(2)", math.sqrt(2)),
        ("10 - 3", 7),
        ("2π", 2 * math.pi),
        ("4 hundred", 400),
        ("2 dozen", 24),
        ("2 thousand billion", 2e12),
    ],
)
def test_forms_of_a_number(typed, value):
    assert number(typed) == pytest.approx(value)


@pytest.mark.parametrize(
    "typed",
    [
        "7 tenths",
        "2 thirds",
        "3 quarters",
        "2e",
        "",
        "4-5",
        "4–5",
        "3 or 4",
        "1:4",
        "nan",
        "inf",
        "1e400",
        "2^",
        "1,2,3",
        "9" * 300,
        "9**9**9**9",
    ],
)
def test_what_is_not_one_number(typed):
    assert number(typed) is None


def test_a_number_without_a_unit_is_in_the_unit_that_was_asked_for():
    assert readings("100 MB", "bytes") == (1e8, 104857600.0)
    assert readings("3", "GiB") == (3.0,)
    assert readings("10^3", "powers of ten")[0] == 3
    assert readings("10^-3.8", "powers of ten")[0] == pytest.approx(-3.8)
    assert readings("1.64*10^-4", "powers of ten")[0] == pytest.approx(math.log10(1.64e-4))
    assert readings("4 times", "powers of ten") == (pytest.approx(math.log10(4)),)
    assert readings("104e9", "GB") == (104e9, 104.0)
    assert readings("104", "GB") == (104.0,)
    assert readings("5000000", "Mbit") == (5e6,)


# ---- estimates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "score", "correct"),
    [
        (["10", "12", "14"], 1, True),
        (["14 billion", "12.08B", "1e10"], 1, True),
        (["10,000,000,000", "12,000,000,000", "14,000,000,000"], 1, True),
        (["13", "12", "14"], 0.5, True),
        (["10", "20", "30"], 0.5, False),
        (["13", "20", "30"], 0, False),
        (["10", "12", "many"], 0, False),
        (["10e9", "12e9", "14e9"], 1, True),
        (["1e9", "1.5e9", "2e9"], 0, False),
    ],
)
def test_an_interval(given, score, correct):
    judged = grade(REAL.items["att-parameters-estimate"], given, {})
    assert (judged.score, judged.correct) == (score, correct)


# ---- over the whole bank ----------------------------------------------------------------------------


@pytest.mark.parametrize("item", NUMBERS, ids=lambda item: item.id)
def test_every_number_is_accepted_in_three_spellings_and_no_trap_is(item):
    value, unit = item.answer.value, item.answer.unit
    spellings = {
        f"{value:g}",
        f"{value:,.10g} {unit}",
        f"≈{value:.6e}",
        f"{value * 3:.12g}/3",
        f"{value:.12g}{unit}.",
    }
    for typed in spellings:
        given = [typed, typed, typed] if isinstance(item, model.Estimate) else typed
        assert grade(item, given, {}).correct, typed
    for trap in item.traps:
        for typed in (f"{trap.value:.12g}", f"{trap.value:,.12g} {unit}"):
            given = [typed, typed, typed] if isinstance(item, model.Estimate) else typed
            assert not grade(item, given, {}).correct, typed
            assert trap.misconception in shown(item, given)


def test_every_measured_number_is_accepted_as_measured():
    for item in REAL.items.values():
        if isinstance(item, model.PredictNumber):
            measured = {item.answer.evidence: 2.5}
            assert within(2.5, truth_of(item.answer, measured), item.answer.tol)
            for typed in ("2.5", f"2.5 {item.answer.unit}", "5/2"):
                assert grade(item, typed, measured).correct, (item.id, typed)


@pytest.mark.parametrize("item", CLOZES, ids=lambda item: item.id)
def test_every_filling_is_accepted_in_three_spellings_and_no_rejected_one_is(item):
    for gap, accepted in item.accept.items():
        for word in accepted:
            spaced = word if word[0].isdigit() else word.replace("-", " ")
            for typed in (word, word.upper(), f" {word} ", spaced, f"“{word}”", f"${word}$"):
                remark = filled(item.id, gap, typed)
                assert remark.correct, (typed, remark.why)
    for reject in item.reject:
        for typed in (
            reject.value,
            reject.value.upper(),
            f"{reject.value}.",
            reject.value.replace("-", " "),
        ):
            remark = filled(item.id, reject.deletion, typed)
            assert not remark.correct, (typed, remark.why)
            assert any(one.why in remark.why for one in item.reject)
            given = json.loads(json.dumps({reject.deletion: typed}))
            assert set(shown(item, given)) & {one.misconception for one in item.reject}


def test_plain_keeps_numbers_apart():
    assert plain("2 2/3") != plain("22/3")
    assert not same("2*0", "20")
    assert same("3 200", "3,200")


def test_the_ends_of_an_interval_may_be_written_in_several_units():
    item = REAL.items["att-parameters-estimate"]  # in billions
    taken = steps.steps(item, "")
    assert steps.amiss(taken, ["10e9"], "12 billion") == ""
    assert steps.amiss(taken, ["10 billion", "12e9"], "14 billion") == ""
    assert "below your low end" in steps.amiss(taken, ["10e9"], "5 billion")


def test_a_minus_is_no_decoration():
    item = REAL.items["path-cell-factor"]
    assert grade(item, {"c1": "f_t"}, {}).score == 0.5, "one of two gaps"
    assert grade(item, {"c1": "-f_t"}, {}).score == 0.0
