"""The terms: read from items, found by a few letters, with what shows them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from quizapp import bank, glossary, paths, reference
from quizapp.errors import QuizError

SEVEN = (
    *("recurrence", "serial depth", "attention", "context window", "inductive bias", "state-space model"),
    "quadratic bottleneck",
)


@pytest.fixture(scope="module")
def whole() -> bank.Bank:
    return bank.load(paths.questions())


@pytest.fixture(scope="module")
def known(whole):
    return glossary.terms(whole)


@pytest.mark.parametrize("name", SEVEN)
def test_the_lessons_terms_are_there_in_full(known, whole, name: str):
    term = known[name]
    assert term.people_say
    assert term.means == " ".join(whole.items[term.item].back.split())
    assert term.claims
    assert term.concepts
    assert term.practise[0] == term.item
    assert len(term.practise) > 1


def test_every_term_comes_from_an_item_and_leads_somewhere(known, whole):
    for name, term in known.items():
        assert "/".join((f"term:{name}", *term.also)).replace(" ", "_") in whole.items[term.item].tags
        assert "{{" not in term.means
        assert set(term.related) <= set(known) - {name}
        assert set(term.practise) <= set(whole.items)
        assert set(term.claims) <= set(whole.claims)


def test_a_bank_of_thousands_is_quick(whole):
    many = {
        f"{id_}-{copy}": replace(item, id=f"{id_}-{copy}", tags=())
        for copy in range(12)
        for id_, item in whole.items.items()
    }
    began = time.process_time()
    assert len(glossary.terms(replace(whole, items={**whole.items, **many}))) > 25
    assert time.process_time() - began < 1.0


def test_a_bank_without_terms_has_none(all_kinds):
    assert glossary.terms(all_kinds) == {}


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        *(
            ("Attention", "attention"),
            ("KV CACHE", "KV cache"),
            ("kv-cache", "KV cache"),
            ("ssm", "state-space model"),
        ),
        *(("serial", "serial depth"), ("scans", "scan"), ("state space model", "state-space model")),
        *(("pre ln", "pre-LN"), ("inductive", "inductive bias"), ("hippo", "HiPPO")),
        *(("bptt", "backpropagation through time"), ("skip connection", "residual stream")),
        *(("hbm", "memory bandwidth"), ("PPL", "perplexity"), ("MoE", "mixture of experts")),
        *(("long short-term memory", "LSTM"), ("tokenization", "tokenisation")),
        *(("roofline", "arithmetic intensity"), ("finetuning", "fine-tuning")),
        *(("amdahls law", "Amdahl's law"), ("Amdahl’s Law", "Amdahl's law")),
        *(("prefix sums", "scan"), ("rotary embedding", "RoPE"), ("Pre-Norm", "pre-LN")),
    ],
)
def test_a_term_is_found(known, asked: str, name: str):
    assert glossary.find(known, asked).name == name


@pytest.mark.parametrize(
    ("asked", "near"),
    [("atention", "attention"), ("recurence", "recurrence"), ("inductiv bais", "inductive bias")],
)
def test_a_slip_is_answered_with_what_may_be_meant(known, asked: str, near: str):
    with pytest.raises(QuizError) as raised:
        glossary.find(known, asked)
    assert near in raised.value.todo


@pytest.mark.parametrize("asked", ["", "zzzz", "[bold]", "\x1b[31m"])
def test_what_is_no_term_is_refused(known, asked: str):
    with pytest.raises(QuizError):
        glossary.find(known, asked)


@pytest.mark.parametrize("asked", ["GRU", "CNN", "FFN", "ViT"])
def test_scattered_letters_offer_nothing(known, asked: str):
    assert glossary.like(known, asked) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("logits", "Logits are raw scores"),
        ("unembeddings", "the unembedding maps vectors back"),
        ("gated recurrent unit", "GRU"),
        ("logitz", "Logits are raw scores"),
        ("hiden state", "computes each hidden state"),
    ],
)
def test_a_word_without_an_entry_is_answered_with_what_is_said_about_it(known, whole, asked, said):
    found = glossary.look_up(whole, known, asked)
    assert isinstance(found, glossary.Around)
    assert said in " ".join(found.sentences)
    assert found.practise
    assert set(found.practise) <= set(whole.items)
    assert all(len(line) <= 60 for line in glossary.around_text(found, 60))


def test_a_slip_in_a_term_is_mended(known, whole):
    found = glossary.look_up(whole, known, "paralell scan")
    assert isinstance(found, glossary.Term)
    assert found.name == "scan"


@pytest.mark.parametrize("asked", ["", "zzzz", "masking tape", "kubernetes", "[bold]", "\x1b[31m", ".*"])
def test_what_nothing_is_said_about_is_refused(known, whole, asked: str):
    with pytest.raises(QuizError):
        glossary.look_up(whole, known, asked)


def test_other_names_belong_to_one_term(known):
    names = [one.casefold() for term in known.values() for one in (term.name, *term.also)]
    assert len(names) == len(set(names))


def test_matching_while_somebody_types(known):
    assert glossary.matching(known, "") == list(known)
    assert {"attention", "self-attention"} <= set(glossary.matching(known, "atten"))
    assert glossary.matching(known, "bptt") == ["backpropagation through time"]
    assert "attention" in glossary.matching(known, "atention")


def test_claims_have_their_newest_verdict(known, whole, home):
    term = known["serial depth"]
    shipped = reference.load()
    (row,) = glossary.shown(term, whole.claims, {}, shipped)
    assert row.whose == "reference"
    assert row.experiments
    (own,) = glossary.shown(term, whole.claims, shipped.runs["cpu"], shipped)
    assert own.whose == "yours"
    assert own.verdict == row.verdict
    (none,) = glossary.shown(term, whole.claims, {}, reference.Reference(runs={}))
    assert (none.verdict, none.whose) == ("not run", "")


def test_an_entry_keeps_to_its_width(known):
    for term in known.values():
        assert all(len(line) <= 60 for line in glossary.text(term, (), 60))


def test_many_terms_of_one_concept_do_not_look_at_each_other(whole, monkeypatch):
    """A deck may have thousands of cards in one concept: what each looks at is limited."""
    monkeypatch.setattr(glossary, "CROWD", 5)
    card = next(item for item in whole.items.values() if item.kind == "card")
    cards = {
        f"c{n}": replace(card, id=f"c{n}", family="", claims=(), tags=(f"term:w{n}",)) for n in range(40)
    }
    found = glossary.terms(replace(whole, items=cards))
    assert list(found["w30"].practise) == ["c30", "c0", "c1", "c2", "c3", "c4"]
    assert found["w30"].related == ("w0", "w1", "w2", "w3", "w4")
