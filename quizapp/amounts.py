"""What number somebody typed, read kindly: `1,000`, `2**10`, `10^-3`, `100 MB`, `1.5 million`, `≈ 5%`.

Pure. A text may be read in several ways (GB for GiB, a whole number where millions are asked for); the
likeliest comes first. What is not clearly one number is none, so that it can be asked again.
"""

from __future__ import annotations

import math
import re
import unicodedata

LONGEST = 200
"""Characters that are read as a number."""

SCALES = {
    "hundred": 1e2,
    "dozen": 12.0,
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "million", "millions", "mio", "mn", "mln"), 1e6),
    **dict.fromkeys(("g", "b", "billion", "billions", "bn", "bln"), 1e9),
    **dict.fromkeys(("t", "trillion", "trillions", "tn"), 1e12),
    **{"ki": 2.0**10, "mi": 2.0**20, "gi": 2.0**30, "ti": 2.0**40},
}
"""Words and letters that multiply. No case counts, so M is never a thousandth."""
MANY_BYTES = 1e6
"""A bare number of this size is one of bytes where millions of them, or more, are the unit."""
_PERCENT = ("%", "percent", "pct", "percents")
_SHARES = ("share", "fraction", "proportion")


def _bytes() -> dict[str, float]:
    found = {"bit": 1.0, "bits": 1.0, "nat": 1 / math.log(2), "nats": 1 / math.log(2)}
    for place, letter in enumerate(("", "k", "m", "g", "t", "p")):
        for sign, base in (("", 1000.0), ("i", 1024.0)):
            if not letter and sign:
                continue
            for word in ("b", "byte", "bytes"):
                found[f"{letter}{sign}{word}"] = 8 * base**place
            for word in ("bit", "bits"):
                found[f"{letter}{sign}{word}"] = base**place
    long = {"kilo": 1, "mega": 2, "giga": 3, "tera": 4}
    found |= {f"{word}{end}": 8 * 1000.0**place for word, place in long.items() for end in ("byte", "bytes")}
    short = {"kibi": 1, "mebi": 2, "gibi": 3, "tebi": 4}
    return found | {
        f"{word}{end}": 8 * 1024.0**place for word, place in short.items() for end in ("byte", "bytes")
    }


FAMILIES: tuple[dict[str, float], ...] = (
    _bytes(),
    {
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
        **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
        **dict.fromkeys(("us", "μs", "usec", "microsecond", "microseconds"), 1e-6),
        **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
        **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
        **dict.fromkeys(("day", "days"), 86_400.0),
    },
    {**dict.fromkeys(_PERCENT, 0.01), **dict.fromkeys(_SHARES, 1.0)},
)
"""Units that can be turned into each other: lower-case name -> how many of the family's own unit."""
_BINARY = re.compile(r"([kmgtp])(i?)(b|byte|bytes)")
"""MB and MiB are often meant for each other."""


def number(text: str, unit: str = "") -> float | None:
    """The likeliest number of a text, in `unit`; None when it is not one number."""
    found = readings(text, unit)
    return found[0] if found else None


def readings(text: str, unit: str = "") -> tuple[float, ...]:
    """Every way to read a text as one number in `unit`, the likeliest first."""
    if len(text) > LONGEST:
        return ()
    expression, rest = _split(_straight(text))
    value = _worth(expression)
    if value is None or re.search(r"\d|^[^\w%°-]", rest) or _PART.match(rest):
        return ()
    found = dict.fromkeys(value * factor for factor in _factors(rest, unit, value))
    if unit.lower() == "powers of ten" and (not rest or rest in ("x", "times", "fold")):
        tenfold = value > 0 and re.fullmatch(
            r"(?:\d*\.?\d+\*)?10\^\(?[-+]?\d*\.?\d+\)?|\d*\.?\d*e[-+]?\d+", expression
        )
        if value > 0 and rest:
            found = {math.log10(value): None}  # so many times
        elif tenfold or value >= 50:
            found = {math.log10(value): None, **found}
    return tuple(found)


# ---- from the signs people type to one way of writing -------------------------------------------------

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_LATEX = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\(?:times|cdot)\b"), "*"),
    (re.compile(r"\\(?:approx|sim|,|;|!| )"), " "),
    (re.compile(r"\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}"), r" \1"),
)
_LEADING = re.compile(
    r"(?:(?:about|approximately|approx|roughly|around|circa|ca|nearly|almost|some|factor|by|of|an?|the)\b\.?"
    r"|[~≈=≅]|x(?=\s*[\d.(]))\s*"
)
_GROUPED = re.compile(r"(?<![\d.,])([1-9]\d{0,2})(?:([ ,'’])\d{3}(?:\2\d{3})*)(?![\d,'’])")
_CONTINENTAL = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})(?![\d.,])")
_SIGNS = {"⁄": "/", "−": "-", "–": "-", "×": " x ", "·": "*", "⋅": "*", "÷": "/"}


def superscripts(text: str) -> str:
    """The text with `²` and its like written as `^2`."""
    signs = "".join(_SUPERSCRIPTS)
    return re.sub(f"[{signs}]+", lambda run: "^" + "".join(_SUPERSCRIPTS[sign] for sign in run[0]), text)


def grouped(text: str) -> str:
    """Numbers without the signs that group their digits, and with a decimal point: `1,000`, `0,5`."""
    text = re.sub(r"(?<=\d)_(?=\d)", "", text)
    text = _CONTINENTAL.sub(lambda found: found[0].replace(".", "").replace(",", "."), text)
    text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    return re.sub(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])", r"\1.\2", text)


def _straight(text: str) -> str:
    """One way of writing for every sign that has several."""
    for pattern, instead in _LATEX:
        text = pattern.sub(instead, text)
    text = re.sub(r"(?<=\d)(?=[¼½¾⅓⅔])", " ", superscripts(text))
    text = unicodedata.normalize("NFKC", text).lower().strip().strip("$").strip()
    for sign, instead in _SIGNS.items():
        text = text.replace(sign, instead)
    text = text.replace("**", "^").replace("{", "(").replace("}", ")").replace("\\", "").replace("π", "pi")
    text = re.sub(r"√\s*([\d.]+)", r"sqrt(\1)", text).replace("√", "sqrt")
    text = text.lstrip()
    while (found := _LEADING.match(text)) and (found.end() < len(text)):
        text = text[found.end() :]
    # A mixed number such as 2 2/3, before the space can be taken for one that groups digits.
    text = re.sub(r"(?<![\d.,])(\d+) (\d{1,2})/(\d{1,2})(?!\d)", r"(\1+\2/\3)", text)
    return grouped(text).rstrip(" .;!")


_PART = re.compile(
    r"(?:half|halves|third|quarter|fifth|tenth|hundredth|thousandth|millionth|billionth)s?\b|e\b"
)
"""What a number of is none that we read."""

# ---- the number and what stands behind it -------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)|(?P<function>sqrt|log10|log2|ln|exp)(?=\s*\()"
    r"|(?P<constant>pi|e)(?![a-z])|(?P<times>x)(?=\s*[\d(])|(?P<sign>[-+*/^()]))"
)


def _split(text: str) -> tuple[str, str]:
    """The longest expression a text begins with, and the rest."""
    at = depth = end = 0
    operand = True  # whether a number may stand here
    found: list[str] = []
    kept = 0
    while match := _TOKEN.match(text, at):
        kind, token = match.lastgroup, match[match.lastgroup or 0]
        if kind in ("number", "constant", "function"):
            if not operand:
                if kind == "number" or token == "e":
                    break
                found.append("*")
            operand = kind == "function"
        elif token == "(":
            if not operand:
                break
            depth += 1
        elif token == ")":
            if operand or not depth:
                break
            depth -= 1
        elif operand and token in "+-":
            pass
        elif operand:
            break
        else:
            operand, token = True, "*" if kind == "times" else token
        found.append(token)
        at = match.end()
        if not operand and not depth:
            kept, end = len(found), at
    return "".join(found[:kept]), text[end:].strip()


def _worth(expression: str) -> float | None:
    """The value of an expression; None when it has none, or looks like a range."""
    limits = re.fullmatch(r"(\d[\d.]*)-(\d[\d.]*)", expression)
    if not expression or (limits and float(limits[1]) < float(limits[2])):
        return None
    from quizapp.arithmetic import Refused, evaluate

    code = re.sub(r"\bexp(?=\()", "math.e**", expression.replace("^", "**"))
    code = re.sub(r"(?<![.\w])ln\b", "math.log", code)
    code = re.sub(r"(?<![.\w])(sqrt|log10|log2|pi|e)\b(?!\*\*math)", r"math.\1", code)
    code = re.sub(r"(?<![\w.])0+(?=\d)", "", code)
    try:
        value = float(evaluate(code))
    except (Refused, OverflowError, TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


# ---- units --------------------------------------------------------------------------------------------


def _asked(unit: str) -> tuple[float, str]:
    """The scale in a unit, and what is counted: `billion tokens` -> (1e9, tokens)."""
    first, _, rest = unit.lower().partition(" ")
    return (SCALES[first], rest) if len(first) > 2 and first in SCALES else (1.0, unit.lower())


def _family(word: str) -> dict[str, float] | None:
    return next((family for family in FAMILIES if word in family), None)


def _factors(rest: str, unit: str, value: float) -> list[float]:
    """What the number may be multiplied by to be in the unit asked for; none when the units do not fit."""
    scale, counted = _asked(unit)
    first = counted.partition(" ")[0]
    family = _family(first)
    if not rest:
        bare = [1.0]
        if scale > 1 and abs(value) >= scale / 1e3:
            bare.append(1 / scale)  # 4,800,000 where millions are asked for
        if family and _BINARY.fullmatch(first) and abs(value) >= MANY_BYTES <= family[first] / 8:
            bare.append(8 / family[first])  # 104e9 where GB are asked for
        if first in _SHARES and 1 < value <= 100:
            bare.append(0.01)
        return bare
    typed = rest.replace("per cent", "percent").lstrip("-").split()
    word = typed[0].strip(".,;()") if typed else ""
    times, word = _scaled(word, typed, family, first)
    factors = [times * factor / scale for factor in _turned(word, first, family, scale, scaled=times != 1)]
    return [*factors, 1 / scale] if scale > 1 and times == 1 and abs(value) >= scale / 1e3 else factors


def _scaled(word: str, typed: list[str], family: dict[str, float] | None, first: str) -> tuple[float, str]:
    """A factor that stands before the unit, and the unit after it."""
    if family is not None and word in family:
        return 1.0, word
    if family is FAMILIES[0] and f"{word}b" in family and len(word) <= 2:
        # `4 M` where GiB are asked for: the letter of a unit of bytes, in powers of two if they are asked.
        return 1.0, f"{word[0]}ib" if "ib" in first else f"{word}b"
    if word in SCALES:
        times, rest = SCALES[word], [one.strip(".,;()") for one in typed[1:]]
        while rest and rest[0] in SCALES and rest[0] != first:
            times *= SCALES[rest.pop(0)]
        return times, rest[0] if rest else ""
    if len(word) > 3 and word[0] in "kmgt" and first and word[1:4] == first[:3]:
        return SCALES[word[0]], word[1:]  # Mtokens, GFLOPs
    return 1.0, word


def _turned(
    word: str, first: str, family: dict[str, float] | None, scale: float, *, scaled: bool
) -> list[float]:
    """From the unit that was typed to the one asked for."""
    if word in _PERCENT:
        return [0.01 / (family[first] if family is FAMILIES[2] and family else 1.0) * scale]
    typed = _family(word) if word else None
    if family is not None and typed is family:
        meant = [word]
        if word != first and (found := _BINARY.fullmatch(word)):
            meant.append(f"{found[1]}{'' if found[2] else 'i'}{found[3]}")
        return [family[one] / family[first] for one in meant]
    if typed is not None and first and word != first and typed is not FAMILIES[2]:
        return []  # seconds where bytes are asked for
    # A number without a scale is meant in the unit that was asked for.
    return [1.0 if scaled else scale]
