"""The ways through the app that docs/walk.md shows: what is started, which keys, what is said about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CLAIM = "lstm-gradient-exponential-decay"
EXERCISE = "wide_chain"
SAID = "Three projections of the same input, split into heads; scores over sqrt(d/h); softmax over keys."
ON = "Minus infinity on hidden places before the softmax. Splits and merges heads with a transpose."
DONE = "Take the first token away and measure: attention weights are not importance."
END = (*"44", "enter", "1", "enter", "3", "enter", "space", "4", "3")
"""Keys that answer one of each: a choice, a number, a card."""
Step = tuple[str, tuple[str, ...]]
"""What is said above a screen, and the keys that lead to it."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Screens that follow each other."""

    title: str
    steps: tuple[Step, ...]
    how: dict[str, Any] = field(default_factory=dict)
    """What the app is started with."""
    new: bool = False
    """Somebody who has not answered anything yet."""
    tour: bool = False
    """Somebody who has not had the tour yet."""


def ways() -> Iterator[Way]:
    """All of them, in the order in which somebody would come to them."""
    yield Way(
        title="The tour",
        new=True,
        tour=True,
        steps=(
            ("The first start shows around, six sheets in half a minute.", ()),
            ("How to answer.", ("space",)),
            ("The others are as short; then one is at home.", ("space",) * 5),
        ),
    )
    yield Way(
        title="Home",
        steps=(
            ("What is due, topic by topic.", ()),
            ("`?` lists the keys of a screen.", ("question_mark",)),
            ("`ctrl+p` goes anywhere by a few letters.", ("escape", "ctrl+p", *"softmax")),
        ),
    )
    yield Way(
        title="Practice",
        how={"start": "study", "query": "id:att-idle-head or id:att-weights-flaw"},
        new=True,
        steps=(
            ("Answer with a digit, or with the cursor and enter.", ()),
            ("Say how sure you are, before anything is told.", ("4",)),
            ("Then read why, option by option.", ("4",)),
            ("The rest of it, and when the item comes back.", ("pagedown", "pagedown")),
            ("A note on it, for the next time.", ("n", *"Ask for the number of heads first.")),
        ),
    )
    yield from _kinds()
    yield Way(
        title="The end of a sitting",
        how={"start": "study", "query": "id:att-idle-head or id:scale-one-bet or id:choose-hybrid-cache"},
        new=True,
        steps=(
            ("Three items later: what it came to.", END),
            ("`u` takes the last answer back, here as anywhere.", ("u",)),
        ),
    )
    yield Way(
        title="Claims",
        how={"start": "claims"},
        steps=(
            ("What people say, with what came of it here.", ()),
            ("Words narrow the list as you type.", ("slash", *"gradient lstm")),
        ),
    )
    yield Way(
        title="Prove it",
        how={"start": "claims", "claim": CLAIM},
        steps=(
            ("Predict first: the prediction is locked before anything runs.", ()),
            ("The verdict, with the curves that were measured.", ("2",)),
            ("The checks it rests on, and the controls.", ("pagedown",)),
            ("`c` shows the source of the experiment.", ("c",)),
        ),
    )
    yield Way(
        title="Mock interview",
        how={"start": "mock"},
        steps=(
            ("A question as an interviewer asks it, and follow-ups.", ()),
            ("You type; ctrl+s hands in.", ("enter", *SAID)),
            ("What you left unsaid is asked after.", ("ctrl+s", *ON)),
            ("Then on to something related.", ("ctrl+s", *DONE)),
            ("What was heard is proposed, with your words beside it.", ("ctrl+s", "f10", "f10")),
            ("Only what you confirm counts.", ("y", "n", "down", "space")),
            ("In the end a band, and what would have lifted it.", ("a", "enter", "a", "enter", "a", "enter")),
        ),
    )
    yield Way(
        title="The plan",
        steps=(
            ("The day of the interview.", ("d", *"2027-01-31")),
            ("Home says how it stands, and practice follows the plan.", ("enter",)),
        ),
    )
    yield Way(
        title="Find, mark, edit",
        how={"start": "browse"},
        steps=(
            ("Every item; the answer shows only when you ask for it.", ()),
            ("A query narrows the list as you type.", ("slash", *"softmax level:senior")),
            ("The item at the cursor, in full; `e` opens it in your editor.", ("enter", "enter", "space")),
            ("`g` goes to an id or a topic by some letters.", ("escape", "g", *"flaw")),
        ),
    )
    yield Way(
        title="Statistics",
        steps=(
            ("How much, and how right.", ("t",)),
            ("How sure, against how often right.", ("2",)),
            ("What is remembered, and what comes back.", ("3",)),
            ("Topic by topic.", ("4",)),
            ("Which mistakes come again.", ("5",)),
            ("What you were sure of and had wrong, one by one.", ("e",)),
        ),
    )
    yield Way(
        title="Exercises",
        steps=(
            ("Code of your own; `e` opens your file in your editor.", ("w",)),
            ("A hint at a time.", ("h",)),
            ("A check says what went in, what should have come, and what came.", ("c",)),
            ("In full.", ("enter",)),
        ),
    )
    yield Way(
        title="Which architecture",
        steps=(
            ("Say what you need; what follows is below, with its grounds.", ("a",)),
            (
                "Another length: the recommendation follows at once.",
                ("down", *("right",) * 6),
            ),
            ("What would flip it.", ("pagedown", "pagedown", "pagedown")),
        ),
    )
    yield Way(
        title="Glossary",
        steps=(
            ("What people say, what it means, and what shows it.", ("g",)),
            ("Some letters are enough.", ("slash", *"window")),
        ),
    )
    yield Way(
        title="Export",
        steps=(
            ("Questions with their evidence, for elsewhere.", ("x",)),
            ("Written, and said where.", ("enter",)),
        ),
    )


def _kinds() -> Iterator[Way]:
    """One of each kind of item, the others."""
    told = "How sure, and what is said about it."
    kinds: dict[str, tuple[str, tuple[Step, ...]]] = {
        "path-raise-cell-gain": (
            "Several are right",
            (("Tick them.", ("1", "3", "4")), (told, ("enter", "4"))),
        ),
        "par-flops-not-time": ("True or false, and why", (("Then the reason.", ("2",)), (told, ("2", "4")))),
        "choose-hybrid-cache": ("A number", (("Typed.", ("1",)), (told, ("enter", "3")))),
        "cost-longest-untiled-estimate": (
            "An estimate",
            (
                ("A range you believe in, and the best guess.", (*"20k", "enter", *"30k")),
                (told, ("enter", *"40k", "enter", "3")),
            ),
        ),
        "att-seq2seq-history": (
            "An order",
            (
                ("Move the lines.", ("shift+down", "shift+down", "up")),
                ("Or press their digits in order.", ("backspace",) * 5 + ("2", "3")),
                (told, ("1", "5", "enter", "4")),
            ),
        ),
        "att-variance-sixty-four": (
            "Gaps",
            (("They fill in as you type.", (*"64", "enter", *"8")), (told, ("enter", "4"))),
        ),
        "scale-one-bet": (
            "A card",
            (("Say how sure you are, then turn it.", ("space",)), ("Rate your own answer.", ("3",))),
        ),
        "path-open-step-product": (
            "An open question",
            (
                ("Answer aloud, say how sure you are, then open the rubric.", ("space",)),
                ("Tick what you said.", ("3", "1", "2")),
            ),
        ),
        "par-single-product": (
            "Find the flaw",
            (("Which sentence is wrong, and how to put it right.", ("3",)), (told, ("1", "4"))),
        ),
        "pos-sinusoid-bug-code": ("Code", ((told, ("1", "4")),)),
        "par-predict-newton": ("Predict a plot", (("Question by question.", ("2",)), (told, (*"233", "3")))),
        "path-predict-squashings": (
            "Predict a number",
            (("Before it is measured.", ("2",)), ("And after.", ("enter", "2"))),
        ),
    }
    for id_, (title, steps) in kinds.items():
        how = {"start": "study", "query": f"id:{id_}"}
        yield Way(title=title, how=how, new=True, steps=(("It is asked.", ()), *steps))
