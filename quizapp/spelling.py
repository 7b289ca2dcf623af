"""Whether a typed word is one that is looked for, read kindly, and why. Pure; knows no item.

Case, spaces, hyphens, Greek letters and LaTeX do not matter; nor do British and American spelling, a
plural, an article, or one wrong letter in a long word. A kinder reading never wins over a stricter one of
a word that is rejected, and a word that means something of its own is no slip of the pen.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from quizapp.amounts import grouped, number, superscripts

LONG = 6
"""Letters of a word in which one of them may be wrong."""
KEPT = 2048
"""Texts whose forms are remembered: what is accepted is compared with again and again."""
_LATEX = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\(?:text|mathrm|mathbf|mathcal|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:times|cdot)\b"), "*"),
    (re.compile(r"\\(?:left|right|,|;|!)"), ""),
)
_SIGNS = {
    "√": "sqrt",
    "−": "-",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "×": "x",
    "·": "*",
    "⋅": "*",
    "∙": "*",
    "&": " and ",
}


@lru_cache(maxsize=KEPT)
def straight(text: str) -> str:
    """One way of writing for every sign that has several, in lower case; Greek letters by their names."""
    for pattern, instead in _LATEX:
        text = pattern.sub(instead, text)
    text = unicodedata.normalize("NFKC", superscripts(text)).strip().lower()
    for sign, instead in _SIGNS.items():
        text = text.replace(sign, instead)
    text = text.replace("**", "^")
    return grouped("".join(_letter(sign) for sign in text)) if not text.isascii() else grouped(text)


def _letter(sign: str) -> str:
    if "\u0370" <= sign <= "\u03ff":
        name = unicodedata.name(sign, "").split()
        if "LETTER" in name:
            return {"LAMDA": "lambda"}.get(name[-1], name[-1].lower())
    return sign


@lru_cache(maxsize=KEPT)
def plain(text: str) -> str:
    """A typed word without what does not matter: case, spaces, hyphens, the usual signs.

    The point and the minus of a number stay, and whatever stands between two numbers.
    """
    text = re.sub(r"(?<=\d)[\s_*()\[\]{},'\"$\\]+(?=\d)", "·", straight(text))
    text = re.sub(r"[\s_*()\[\]{},'\"’“”$\\]", "", text)
    return re.sub(r"\.(?!\d)|(?<=[^\W\d])-|-(?!\d)", "", text)


def same(typed: str, word: str) -> bool:
    """Whether two words are one, or two numbers equal."""
    one, other = plain(typed), plain(word)
    with suppress(ValueError):
        return float(one) == float(other)
    return one == other


# ---- words that differ in their spelling --------------------------------------------------------------

_AMERICAN = (
    (re.compile(r"is(e|ed|es|er|ers|ing|ation|ations)$"), r"iz\1"),
    (re.compile(r"ys(e|ed|es|er|ers|ing)$"), r"yz\1"),
    (re.compile(r"(?<=\w{3})our(s|ed|ing|al|able|hood|hoods)?$"), r"or\1"),
    (re.compile(r"(?<=\w{2}[tb])re(s|d)?$"), r"er\1"),
    (re.compile(r"(?<=\w)ogue(s?)$"), r"og\1"),
    (re.compile(r"((?:b|od|anc|nn|ign|av|unn|ev|ot|iti|all)[ae]l)l(ed|ing|er|ers)$"), r"\1\2"),
    (re.compile(r"^(def|off|lic)ence"), r"\1ense"),
    (re.compile(r"^artef"), "artif"),
    (re.compile(r"^programme$"), "program"),
    (re.compile(r"^grey"), "gray"),
    (re.compile(r"^judgement"), "judgment"),
    (re.compile(r"^learnt$"), "learned"),
)
_PLURALS = {"matrices": "matrix", "vertices": "vertex", "indices": "index", "axes": "axis", "bases": "basis"}
_PLURALS |= {"maxima": "maximum", "minima": "minimum", "optima": "optimum", "analyses": "analysis"}
_PLURALS |= {"hypotheses": "hypothesis", "halves": "half"}
_ARTICLES = ("a", "an", "the")


@lru_cache(maxsize=KEPT)
def american(word: str) -> str:
    """The American spelling of a word."""
    for pattern, instead in _AMERICAN:
        word = pattern.sub(instead, word)
    return word


def _is_plural(many: str, one: str) -> bool:
    if len(one) < 3 or not one.isalpha() or many.endswith(("ss", "us", "is", "ias")):
        return False
    ies = f"{one[:-1]}ies" if one[-1] == "y" else one
    return (
        many in (f"{one}s", ies) or (many == f"{one}es" and one[-1] in "sxzho") or _PLURALS.get(many) == one
    )


@lru_cache(maxsize=KEPT)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, ready to be compared; an article before others is none of them."""
    text = re.sub(r"(?<=[^\W\d])-|-(?!\d)|[\s_*()\[\]{},'\"’“”$\\]", " ", straight(text))
    found = text.replace(". ", " ").rstrip(" .").split()
    return tuple(found[1:] if len(found) > 1 and found[0] in _ARTICLES else found)


def _joined(parts: Sequence[str]) -> str:
    """Words without the spaces between them, but for those between two numbers."""
    return re.sub(r"(?<!\d)·|·(?!\d)", "", "·".join(map(american, parts)))


def slipped(typed: str, word: str) -> bool:
    """Whether one letter of a long word is wrong: another one, missing, too much, or changed with the next.

    The first letter must be right: it is where `a-` and `in-` turn a word around.
    """
    if len(word) < LONG or typed[:1] != word[:1] or not (typed.isalpha() and word.isalpha()):
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word))
    )
    rest, wanted = typed[at:], word[at:]
    changed = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
    return rest != wanted and (rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:] or changed)


def slips(word: str, beginning: Callable[[str], Iterable[str]]) -> set[str]:
    """The known words that a slip of the pen could make of a text. beginning: letter -> known words."""
    wanted = [american(part) for part in words(word)]
    return {one for part in wanted for one in beginning(part[:1]) if slipped(one, part)}


# ---- how near a typed text is to a word ---------------------------------------------------------------

EXACT, SPELLED, SLIPPED = range(3)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a typed text is one of the words."""

    word: str
    rank: int
    """EXACT, SPELLED or SLIPPED; less is nearer."""
    how: str = ""
    """What differs, in words; empty when nothing does."""


def fit(typed: str, word: str, known: Container[str] = ()) -> Fit | None:
    """How a typed text is a word; None when it is not. known: words that mean something of their own."""
    if straight(typed).startswith("-") and not straight(word).startswith("-"):
        return None
    if same(typed, word):
        return Fit(word=word, rank=EXACT)
    if how := _valued(typed, word):
        return Fit(word=word, rank=SPELLED, how=how)
    mine, wanted = words(typed), words(word)
    if not mine or not wanted:
        return None
    if _joined(mine) == _joined(wanted):
        return Fit(word=word, rank=SPELLED, how="differs only in spelling from")
    if len(mine) != len(wanted):
        return None
    slips = plurals = 0
    for one, other in zip(map(american, mine), map(american, wanted), strict=True):
        if one == other:
            continue
        if _is_plural(one, other) or _is_plural(other, one):
            plurals += 1
        elif one not in known and slipped(one, other):
            slips += 1
        else:
            return None
    if slips:
        return Fit(word=word, rank=SLIPPED, how="differs in one letter from") if slips == 1 else None
    return Fit(word=word, rank=SPELLED, how="is singular or plural of")


def _valued(typed: str, word: str) -> str:
    """What differs when both are the same number or the same formula."""
    if formula(typed) and formula(typed) == formula(word):
        return "is the same formula as"
    one, other = _amount(typed), _amount(word)
    if one is None or other is None:
        return ""
    if math.isclose(one, other, rel_tol=1e-9):
        return "is the same number as"
    digits = re.sub(r"\D", "", plain(typed)).lstrip("0")
    rounded = re.fullmatch(r"-?\d*\.\d+", plain(typed)) and len(digits) >= 3
    if rounded and not other.is_integer() and float(f"{other:.{len(digits)}g}") == one:
        return "is the rounded number"
    return ""


@lru_cache(maxsize=KEPT)
def _amount(text: str) -> float | None:
    """The number of a text that is nothing but a number; letters that would scale it are no number here."""
    text = re.sub(r"^\s*(?:about|roughly|approximately|around|~|≈|=)\s*", "", text.strip().lower())
    return (
        None if re.search(r"[a-df-wyz%]", re.sub(r"sqrt|log2|log10|exp|\\frac", "", text)) else number(text)
    )


# ---- formulas of growth -------------------------------------------------------------------------------

_LOG = re.compile(r"log(?:2|_2|10)?\s*\(?\s*([a-z])\s*\)?")
_ORDER = re.compile(r"^(?:(?:is|in|of)\s+)?(?:the\s+)?(?:o|order(?: of)?|theta)\s*(?=[(\s])\s*(.+)$")


@lru_cache(maxsize=KEPT)
def formula(text: str) -> tuple[str, tuple[tuple[tuple[str, float], ...], ...]] | None:
    """A growth such as O(N^2 d) or N**2: its letter, and factors with powers; None when it is none.

    The base of a logarithm, the order of factors and the signs between them do not matter.
    """
    text = straight(text).replace("$", "").replace("\\", "")
    found = _ORDER.match(text)
    kind = "" if found is None else "theta" if text.startswith("theta") else "o"
    inner = found[1].strip() if found else text
    if found and inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    inner = re.sub(r"(?<=\w)\s+x\s+(?=\w)", "*", inner)
    inner = re.sub(r"\^\(?(-?\d+(?:\.\d+)?)\)?", r"^\1", re.sub(r"[\[\]{}]", "", inner))
    inner = re.sub(r"sqrt\(?([a-z])\)?", r"\1^0.5", inner)
    inner = re.sub(r"\b([a-z]) squared", r"\1^2", _LOG.sub(r" L\1 ", inner))
    terms = []
    for term in inner.split("+"):
        factors: dict[str, float] = {}
        rest = term.strip()
        while rest:
            part = re.match(r"[\s*.]*(L?[a-z]|\d+(?:\.\d+)?)(?:\^(-?\d+(?:\.\d+)?))?\s*", rest)
            if part is None:
                return None
            factors[part[1]] = factors.get(part[1], 0.0) + float(part[2] or 1)
            rest = rest[part.end() :]
        terms.append(tuple(sorted(factors.items())))
    if not all(terms) or not (kind or "^" in text) or re.search(r"[a-z]{3}", inner.replace(" ", ".")):
        return None  # a word, and no product of letters
    return kind, tuple(sorted(terms))


# ---- one gap ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What became of one gap."""

    right: bool
    accepted: Fit | None = None
    rejected: Fit | None = None


def fill(
    typed: str,
    accepted: Sequence[str],
    rejected: Sequence[str],
    beside: tuple[str, str] = ("", ""),
    known: Container[str] = (),
) -> Filling:
    """Judge what was typed into a gap. beside: what stands before and behind it in the sentence."""
    right = _nearest(typed, accepted, beside, known)
    wrong = _nearest(typed, rejected, beside, known)
    good = right is not None and (wrong is None or right.rank < wrong.rank or right.rank == EXACT)
    return Filling(right=good, accepted=right, rejected=wrong)


def _nearest(
    typed: str, candidates: Sequence[str], beside: tuple[str, str], known: Container[str]
) -> Fit | None:
    found = [one for word in candidates if (one := fit(typed, word, known)) is not None]
    for shorter in _without(typed, beside):
        for word in candidates:
            one = fit(shorter, word, known)
            if one is not None:
                rank = max(SPELLED, one.rank)
                found.append(Fit(word=word, rank=rank, how=one.how or "with the words beside the gap is"))
    return min(found, key=lambda one: one.rank, default=None)


def _without(typed: str, beside: tuple[str, str]) -> Iterator[str]:
    """What was typed without the words that stand beside the gap anyway."""
    mine = re.sub(r"-", " ", typed).split()
    before, behind = (re.sub(r"-", " ", text).split() for text in beside)
    for count in range(1, len(mine)):
        if [plain(word) for word in mine[-count:]] == [plain(word) for word in behind[:count]]:
            yield " ".join(mine[:-count])
        if [plain(word) for word in mine[:count]] == [plain(word) for word in before[-count:]]:
            yield " ".join(mine[count:])
