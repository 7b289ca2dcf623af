"""An item as a short sequence of steps a person can take with a keyboard, and back to what grade() reads.

Five ways to answer serve every kind of item; nothing here knows how they are drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from quizapp import model, sketch
from quizapp.bank import DELETION
from quizapp.model import Item

Mode = Literal["one", "many", "rank", "text", "reveal"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: pick one or several, put in order, type, or turn the card."""

    mode: Mode
    prompt: str
    options: tuple[str, ...] = ()
    """What to pick from, in the order shown."""
    order: tuple[int, ...] = ()
    """order[shown place] is the place in the file."""
    code: bool = False
    """The options are code."""
    passage: bool = False
    """The options are the sentences of one text, in its order."""
    least: int = 0
    """Of several to tick, so many must be."""
    sketches: tuple[str, ...] = ()
    """A small curve for every option, where it names one."""
    numeric: bool = False
    """A number is to be typed, and nothing else."""
    unit: str = ""
    """What that number is counted in."""


def question(item: Item) -> str:
    """What is asked, as text."""
    match item:
        case model.TrueFalse():
            return item.statement
        case model.Card():
            return item.front
        case model.Open():
            return item.prompt
        case model.Cloze():
            return DELETION.sub(lambda gap: f"[{gap[1][1:]}: ____]", item.text)
        case model.Flaw():
            who = {"candidate": "A candidate", "interviewer": "An interviewer", "post": "A post"}
            return f"{who[item.speaker]} says:"
    return str(getattr(item, "stem", ""))


def brief(item: Item) -> str:
    """What is asked, in one line; where somebody only begins to speak, with what is said."""
    said = " ".join(span.text for span in item.spans) if isinstance(item, model.Flaw) else question(item)
    return " ".join(said.split())


def asked_next(item: Item, known: Mapping[str, Item]) -> tuple[str, ...]:
    """What is asked next: in words of its own, or in those of the item that is named there."""
    return tuple(brief(known[text]) if text in known else text for text in item.followups)


def _numeric_options(options: Sequence[str]) -> bool:
    return all(re.match(r"^[-+~≈]?\d", option) for option in options)


def _shuffled(options: Sequence[str], salt: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The options in an order that depends only on the salt; numbers stay sorted as authored."""
    order = list(range(len(options)))
    if not _numeric_options(options):
        random.Random(salt).shuffle(order)
    return tuple(options[place] for place in order), tuple(order)


def _pick(prompt: str, options: Sequence[str], salt: str, mode: Mode = "one", code: bool = False) -> Step:
    shown, order = _shuffled(options, salt)
    return Step(mode=mode, prompt=prompt, options=shown, order=order, code=code)


def _fixed(prompt: str, options: Sequence[str], mode: Mode = "one") -> Step:
    return Step(mode=mode, prompt=prompt, options=tuple(options), order=tuple(range(len(options))))


def steps(item: Item, salt: str) -> tuple[Step, ...]:
    """What the learner does. The same salt gives the same order of options."""
    salt = f"{item.id}/{salt}"
    match item:
        case model.Choice():
            return (_pick("Pick one", [option.text for option in item.options], salt),)
        case model.Code():
            return (
                _pick("Pick one", [option.code or option.text for option in item.options], salt, code=True),
            )
        case model.Multi():
            picks = _pick("Pick every right one", [o.text for o in item.options], salt, mode="many")
            return (replace(picks, least=1),)
        case model.TrueFalse():
            reasons = [reason.text for reason in item.reasons]
            return (_fixed("True or false?", ["True", "False"]), _pick("Because", reasons, salt))
        case model.Numeric() | model.PredictNumber():
            return (_typed("Your number", item.answer),)
        case model.Estimate():
            level = round(item.interval.level * 100)
            low, high = (f"{side} end of your {level}% interval" for side in ("Low", "High"))
            return tuple(_typed(prompt, item.answer) for prompt in (low, "Best guess", high))
        case model.Order():
            return (_pick("Put in order, first to last", [o.text for o in item.sequence], salt, mode="rank"),)
        case model.Cloze():
            gaps = list(item.accept)
            return tuple(Step(mode="text", prompt=f"Gap {gap[1:]}") for gap in gaps)
        case model.Card():
            return (Step(mode="reveal", prompt="Say the answer, then turn the card"),)
        case model.Open():
            points = [point.text for point in item.rubric] + [f"Red flag: {f.text}" for f in item.red_flags]
            return (
                Step(mode="reveal", prompt="Answer aloud, then open the rubric"),
                _fixed("Tick what you said", points, mode="many"),
            )
        case model.PredictPlot():
            return tuple(
                replace(_fixed(ask.prompt, ask.choices), sketches=sketch.of(ask.prompt, ask.choices))
                for ask in item.ask
            )
        case model.Flaw():
            spans = [span.text for span in item.spans]
            fixes = [fix.text for fix in item.fixes]
            passage = replace(_fixed("Which sentence is wrong?", spans), passage=True)
            return (passage, _pick("Put it right", fixes, salt))
    raise TypeError(f"no steps for {item.kind}")


def _typed(prompt: str, answer: model.Answer) -> Step:
    unit = f" ({answer.unit})" if answer.unit else ""
    return Step(mode="text", prompt=f"{prompt}{unit}", numeric=True, unit=answer.unit)


def amiss(taken: Sequence[Step], replies: Sequence[Any], text: str) -> str:
    """What is expected in place of a text typed for the next step; empty when it can be taken.

    replies: those to the steps before it.
    """
    step = taken[len(replies)]
    if not step.numeric:
        return "" if text.strip() else "Type what belongs into the gap."
    from quizapp.amounts import readings

    values = readings(text, step.unit)
    if not values:
        unit = f", in {step.unit}" if step.unit else ""
        return f"Type one number{unit}: 1,000 or 1e3, 2^10, 1/3, 1.5 million."
    before = readings(replies[-1], step.unit) if replies else ()
    if before and max(values) < min(before):
        low = "best guess" if len(replies) > 1 else "low end"
        return f"That is below your {low}, {before[0]:,.6g}. Type a number that is not."
    return ""


def given(item: Item, taken: Sequence[Step], replies: Sequence[Any]) -> Any:  # noqa: ANN401 - by kind
    """The replies to the steps, as grade() reads them.

    A reply is a shown place (one), a list of shown places (many, rank), text, or None (reveal).
    """
    back = [_to_file(step, reply) for step, reply in zip(taken, replies, strict=True)]
    match item:
        case model.TrueFalse():
            return [back[0] == 0, back[1]]
        case model.Cloze():
            return dict(zip(item.accept, back, strict=True))
        case model.Open():
            ids = [point.id for point in item.rubric] + [f"flag{i}" for i in range(len(item.red_flags))]
            return [ids[place] for place in back[1]]
        case model.PredictPlot():
            return {ask.id: reply for ask, reply in zip(item.ask, back, strict=True)}
        case model.Estimate() | model.Flaw():
            return back
    return back[0]


def _to_file(step: Step, reply: Any) -> Any:  # noqa: ANN401 - by mode
    if step.mode == "one":
        return step.order[reply]
    if step.mode in ("many", "rank"):
        return [step.order[place] for place in reply]
    return reply
