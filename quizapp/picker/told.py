"""A recommendation in sections of plain lines, for terminal and screen, and as plain data for machines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quizapp.picker.choose import Choice, Standing
from quizapp.picker.flips import Flip
from quizapp.picker.grounds import Found, Rest
from quizapp.picker.needs import count, size
from quizapp.picker.rules import Rules
from quizapp.report import number, table

NARROWEST = 32
SHOWN_RIVALS = 4
"""Rows of the numbers below those of the best."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A choice with everything that is said about it."""

    choice: Choice
    flips: tuple[Flip, ...]
    rests: tuple[Rest, ...]
    measured: tuple[Found, ...]
    rules: Rules


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and the lines under it, no longer than they were asked for."""

    title: str
    lines: tuple[str, ...]


def names(standings: Sequence[Standing]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return _joined([one.candidate.name for one in standings])


def headline(choice: Choice) -> str:
    """The recommendation in a line, no stronger than its evidence."""
    best = names(choice.best)
    after = choice.runner_up
    if choice.warning:
        return f"Only with its trade-off stated: {best}."
    return {
        "none": "Nothing fits.",
        "only": f"{_begun(best)}: nothing else fits.",
        "tie": f"It is a tie: {best}.",
        "depends": f"It depends: {best}{f'; next comes {after.candidate.name}' if after else ''}.",
        "leans": f"{_begun(best)}, as far as these rules know.",
    }[choice.strength]


def situation(choice: Choice) -> str:
    """What was asked for, in a line."""
    at = choice.at
    said = [
        at.task.name,
        f"{at.length:,} tokens",
        at.device.name,
        f"{size(at.budget)} of memory",
        f"{count(at.needs.tokens)} training tokens",
        f"recall: {at.recall}",
        "an endless stream" if at.needs.stream else "in batches",
    ]
    said += ["high throughput"] * (at.needs.throughput == "high")
    said += ["tight latency"] * (at.needs.latency == "tight")
    return "; ".join(said) + "."


def sections(account: Account, width: int) -> list[Section]:
    """Everything, the recommendation first."""
    width = max(NARROWEST, width)
    choice = account.choice
    parts = [
        (
            "Recommendation",
            [*_before(choice, width), *_wrapped(headline(choice), width), *_smallest(choice, width)],
        ),
        ("Why", _why(choice, width)),
        ("Gained and given up", _trade(choice, width)),
        ("Numbers", _numbers(choice, width)),
        ("What would flip it", _flips(account, width)),
        ("Excluded", _excluded(choice, width)),
        ("Rests on", _rests(account.rests, width)),
        ("Measured", _measured(account.measured, width)),
    ]
    return [Section(title=title, lines=tuple(lines)) for title, lines in parts if lines]


def text(account: Account, width: int) -> str:
    """All sections, as the command line prints them."""
    blocks = ["\n".join(_wrapped(situation(account.choice), width))]
    blocks += [
        "\n".join([one.title, *(f"  {line}" for line in one.lines)]) for one in sections(account, width - 2)
    ]
    return "\n\n".join(blocks)


def _wrapped(said: str, width: int, first: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(said, width, initial_indent=first, subsequent_indent=then or " " * len(first))


def _before(choice: Choice, width: int) -> list[str]:
    """What must be read before anything else."""
    return _wrapped(choice.warning, width, "! ") if choice.warning else []


def _smallest(choice: Choice, width: int) -> list[str]:
    """What would take least, where nothing fits."""
    if choice.ranked:
        return []
    least = min(choice.out, key=lambda one: one.costs.memory)
    over = f"The smallest, {least.candidate.name}, takes {size(least.costs.memory)}."
    return _wrapped(over if least.costs.memory > choice.at.budget else "Every one is excluded.", width)


def _why(choice: Choice, width: int) -> list[str]:
    """The rules that decided, heaviest first."""
    lines: list[str] = []
    for part in choice.deciding[:4]:
        lines += _wrapped(f"{part.rule.says} ({part.rule.basis})", width, f"+{part.adds:.2g} ".ljust(6))
    against = [part for one in choice.best[:1] for part in one.parts if part.adds < 0]
    for part in sorted(against, key=lambda part: part.adds)[:2]:
        lines += _wrapped(f"{part.rule.says} ({part.rule.basis})", width, f"{part.adds:.2g} ".ljust(6))
    return lines


def _trade(choice: Choice, width: int) -> list[str]:
    """What is gained and given up with the best, and with the runner-up."""
    lines: list[str] = []
    for one in [*choice.best, *([choice.runner_up] if choice.runner_up else [])]:
        lines += _wrapped(f"{_begun(one.candidate.name)}. {one.candidate.gains}", width, "+ ")
        lines += _wrapped(one.candidate.gives_up, width, "- ")
        if one.candidate.pure_rnn and choice.above_a_billion:
            lines += _wrapped(f"{_begun(one.candidate.above_a_billion)}.", width, "! ")
    return lines


def _begun(said: str) -> str:
    """As a sentence begins."""
    return said[:1].upper() + said[1:]


def _numbers(choice: Choice, width: int) -> list[str]:
    """What the best and its rivals take, from the formulas."""
    at = choice.at
    shown = [*choice.ranked[: len(choice.best) + SHOWN_RIVALS]]
    shown += [one for one in choice.out if one.candidate.attention and not one.candidate.fixed_state]
    kept = "keeps" if at.task.generates or at.needs.stream else "a layer holds"
    rows = [("", kept, "operations", "in a row", "memory")]
    for one in shown:
        mark = ">" if one in choice.best else "x" if one.excluded else " "
        rows.append(
            (
                f"{mark} {_short(one.candidate.name, max(12, width - 46))}",
                size(one.costs.carried),
                _operations(one.costs.flops),
                f"{one.costs.depth:,}",
                size(one.costs.memory),
            )
        )
    shape = at.device
    said = (
        f"Counted for {shape.layers} layers {shape.width:,} wide, {shape.number} byte"
        f"{'s' * (shape.number > 1)} a number, one sequence of {at.length:,} tokens: "
        f"what it {kept.removeprefix('a layer ')}, operations of the sequence layers for one more token, "
        "steps in a row of a training pass, and memory with the weights. docs/picker.md has the formulas."
    )
    return [*table(rows), *_wrapped(said, width)]


def _operations(flops: float) -> str:
    """Operations in a unit that fits."""
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if flops >= unit:
            return f"{flops / unit:.3g} {letter}"
    return f"{flops:.3g}"


def _short(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 3]}..."


def _flips(account: Account, width: int) -> list[str]:
    """What leads to the runner-up first, then the rest."""
    choice, after = account.choice, account.choice.runner_up
    lines: list[str] = []
    wanted = after.candidate.id if after else ""
    if after and not any(wanted in flip.to for flip in account.flips):
        said = f"Runner-up: {after.candidate.name}. No single change that was tried puts it ahead."
        lines += _wrapped(said, width)
    elif after:
        moves = [flip.says for flip in account.flips if wanted in flip.to]
        lines += _wrapped(f"Runner-up: {after.candidate.name}, {_joined(moves, 'or')}.", width)
    for flip in account.flips:
        if wanted not in flip.to:
            to = _joined([_name(account.rules, id_) for id_ in flip.to]) or "nothing fits"
            lines += _wrapped(f"{flip.says}: {to}", width, "- ")
    return lines or _wrapped("No single change that was tried.", width) if choice.ranked else lines


def _name(rules: Rules, id_: str) -> str:
    return next(one.name for one in rules.candidates if one.id == id_)


def _joined(words: Sequence[str], last: str = "and") -> str:
    return (
        words[0] if len(words) == 1 else f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
    )


def _excluded(choice: Choice, width: int) -> list[str]:
    """Who is out, and why; those with the same reason together."""
    why: dict[str, list[str]] = {}
    for one in choice.out:
        why.setdefault("; ".join(sentence for _, sentence in one.excluded), []).append(one.candidate.name)
    return [line for said, who in why.items() for line in _wrapped(f"{'; '.join(who)}: {said}", width, "- ")]


def _rests(rests: Sequence[Rest], width: int) -> list[str]:
    """The claims with their verdicts, and what they depend on."""
    lines: list[str] = []
    for one in rests:
        whose = f" ({one.whose})" if one.whose else ""
        stale = ", stale" if one.stale else ""
        lines += _wrapped(f"{one.claim}: {one.verdict}{stale}{whose}", width, "- ")
        more = one.conditions or ((one.correct,) if one.verdict in ("fails", "cited") else ())
        lines += [line for said in more for line in _wrapped(said, width, "    ")]
    return lines


def _measured(found: Sequence[Found], width: int) -> list[str]:
    """Numbers of the bench."""
    lines: list[str] = []
    for one in found:
        where = f"{one.device}, {one.at}, {'your run' if one.whose == 'yours' else one.whose}"
        said = f"{number(one.value)} [{number(one.low)}, {number(one.high)}] {one.says} ({where})"
        lines += _wrapped(said, width, "- ")
    return lines


# ---- for machines ---------------------------------------------------------------------------------


def data(account: Account) -> dict[str, Any]:
    """All of it as plain data."""
    choice, at = account.choice, account.choice.at
    return {
        "needs": {
            "task": at.task.id,
            "length": at.length,
            "device": at.device.id,
            "memory": at.budget,
            "tokens": at.needs.tokens,
            "recall": at.recall,
            "stream": at.needs.stream,
            "throughput": at.needs.throughput,
            "latency": at.needs.latency,
        },
        "recommendation": [one.candidate.id for one in choice.best],
        "strength": choice.strength,
        "says": headline(choice),
        "trade_off": choice.warning or " ".join(one.candidate.gives_up for one in choice.best),
        "warning": choice.warning,
        "runner_up": choice.runner_up.candidate.id if choice.runner_up else None,
        "margin": choice.margin,
        "deciding": [
            {"rule": part.rule.id, "adds": part.adds, "basis": part.rule.basis, "says": part.rule.says}
            for part in choice.deciding
        ],
        "candidates": [_candidate(one) for one in (*choice.ranked, *choice.out)],
        "flips": [{"need": flip.name, "value": flip.value, "to": flip.to} for flip in account.flips],
        "claims": [asdict(one) for one in account.rests],
        "measured": [asdict(one) for one in account.measured],
    }


def _candidate(one: Standing) -> dict[str, Any]:
    return {
        "id": one.candidate.id,
        "name": one.candidate.name,
        "score": one.score,
        "excluded": [{"by": rule.id, "says": said} for rule, said in one.excluded],
        "carried_bytes": one.costs.carried,
        "flops_per_token": one.costs.flops,
        "serial_depth": one.costs.depth,
        "memory_bytes": one.costs.memory,
        "parts": {part.rule.id: part.adds for part in one.parts},
    }
