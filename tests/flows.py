"""Ways through the app on the fixture bank: every screen of it, for those who test how it looks."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import textual.app
import textual.pilot

from quizapp import reference
from quizapp.errors import Problem
from quizapp.ui.app import QuizApp
from quizapp.ui.mock import Wish
from quizapp.workshop.checking import Checked
from quizapp.workshop.shelf import Exercise
from tests.practised import NOW, practise, run
from tests.screen import text

ROOT = Path(__file__).parent.parent
SAID = "Training is parallel over the tokens."
Steps = dict[str, tuple[str, ...]]
Prepare = Callable[[QuizApp, pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Flow:
    """Screens that follow each other. steps: name -> the keys that lead there from the one before."""

    steps: Steps
    start: str = "home"
    only: tuple[str, ...] = ()
    """The items in the bank, in this order; empty: all of them."""
    new: bool = False
    """Somebody who has not answered anything yet."""
    settings: str = ""
    """Further lines of settings.yaml."""
    how: dict[str, object] = field(default_factory=dict)
    """What the app is started with besides."""
    prepare: Prepare = lambda app, monkeypatch: None
    """What is done to an app before it is run."""


# ---- what there is besides questions and answers


def with_terms(app: QuizApp, _: pytest.MonkeyPatch) -> None:
    """Two items are entries of the glossary."""
    named = {"fix-card": "term:teacher_forcing", "fix-cloze": "term:dot_product"}
    items = dict(app.bank.items)
    for id_, tag in named.items():
        items[id_] = dataclasses.replace(items[id_], tags=(tag,), claims=("lstm-gradient-fades",))
    object.__setattr__(app.bank, "items", items)


def with_problems(app: QuizApp, _: pytest.MonkeyPatch) -> None:
    """Something is wrong in the question files."""
    app.problems += [
        Problem("questions/scaling.yaml", 14, 5, "the item has no `why`", "Say why the answer is right."),
        Problem(
            "questions/attention.yaml",
            3,
            1,
            "two items have the id att-one-hop",
            "Give one of them another id; answers are kept under it.",
        ),
    ]


def reads_for_long(app: QuizApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are thousands of answers to read, and that is not done yet."""
    from quizapp.ui.reading import ReadingScreen

    monkeypatch.setattr(ReadingScreen, "_read", lambda self: None)
    monkeypatch.setattr(app, "get_default_screen", lambda: ReadingScreen(lambda: None))


def bench_of_exercises(app: QuizApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two exercises, begun; what their checks say is written here."""
    from quizapp.workshop import checking, desk, shelf

    monkeypatch.setattr(Exercise, "task", property(lambda one: TASKS[one.id]))
    monkeypatch.setattr(Exercise, "solution", property(lambda one: "def scan(xs, combine): ..."))
    monkeypatch.setattr(shelf, "load", lambda *_: EXERCISES)
    monkeypatch.setattr(desk, "folder", lambda: Path("/home/ada/.local/share/quizapp/exercises"))
    monkeypatch.setattr(desk, "begun", lambda *_: True)
    monkeypatch.setattr(checking, "check", lambda one, *_, **__: CHECKED[one.id])


def _exercise(id_: str, number: int, title: str, level: str) -> Exercise:
    return Exercise(
        id=id_,
        number=number,
        title=title,
        level=level,
        minutes=15,
        torch=False,
        claims=("lstm-fades-slower",),
        items=("fix-choice",),
        hints=("Write down what the first step does.", "Then the second."),
        folder=Path(),
    )


EXERCISES = (
    _exercise("wide_chain", 1, "Widen the serial chain", "junior"),
    _exercise("hillis_steele", 2, "Hillis and Steele's scan, step by step", "senior"),
)
TASKS = {
    "wide_chain": "Widen the serial chain.\n\nFrom left to right, `h = 0.9 h + x` needs one step per input. "
    "Make each step handle a whole batch at once.",
    "hillis_steele": "The scan.\n\nReturn every prefix in a number of rounds that grows with the logarithm.",
}
CHECKED = {
    "wide_chain": Checked(
        state="wrong",
        what="the second value is wrong",
        given="xs = [1.0, 1.0]",
        expected="[1.0, 1.9]",
        came="[1.0, 2.0]",
        smells="It looks as if the decay is missing.",
        at="two ones",
        where=((12, "return h + x"),),
        passed=("one value",),
        printed="h is 2.0\n",
        count=9,
        seconds=0.2,
    ),
    "hillis_steele": Checked(
        state="solved",
        passed=("one value", "a sum", "a product, which does not commute"),
        measured=("10 rounds for 1024 values",),
        seconds=0.3,
    ),
}


FLOWS = {
    "new": Flow({"home": (), "tour": ("ctrl+p", *"tour", "enter")}, new=True),
    "home": Flow({"": (), "help": ("f1",), "date": ("escape", "d")}),
    "planned": Flow({"home": ()}, settings="interview: 2026-03-20\n"),
    "palette": Flow({"": ("ctrl+p",), "typed": tuple("gradient")}),
    "choice": Flow(
        {"asked": (), "sure": ("1",), "told": ("5",), "end": ("pagedown",), "note": ("n",)},
        start="study",
        only=("fix-choice",),
    ),
    "done": Flow({"": ("2", "3", "3")}, start="study", only=("fix-code",), new=True),
    "multi": Flow({"asked": (), "ticked": ("1", "3")}, start="study", only=("fix-multi",)),
    "truefalse": Flow({"asked": (), "because": ("2",)}, start="study", only=("fix-truefalse",), new=True),
    "numeric": Flow(
        {"asked": (), "told": (*"1,000", "enter", "4")}, start="study", only=("fix-numeric",), new=True
    ),
    "order": Flow(
        {"asked": (), "begun": ("2", "1"), "moved": ("shift+down", "K", "K")},
        start="study",
        only=("fix-order",),
        new=True,
    ),
    "cloze": Flow(
        {"asked": (), "told": (*"gate", "enter", "3")}, start="study", only=("fix-cloze",), new=True
    ),
    "card": Flow({"asked": (), "turned": ("space", "3")}, start="study", only=("fix-card",), new=True),
    "open": Flow({"asked": (), "opened": ("space", "3")}, start="study", only=("fix-open",), new=True),
    "plot": Flow({"asked": ()}, start="study", only=("fix-plot",), new=True),
    "flaw": Flow({"asked": (), "fix": ("2",)}, start="study", only=("fix-flaw",), new=True),
    "code": Flow({"asked": ()}, start="study", only=("fix-code",), new=True),
    "browse": Flow(
        {
            "": (),
            "answer": ("space",),
            "full": ("enter",),
            "filter": ("escape", "slash", *"is:due kind:choice"),
            "nothing": tuple(" gone"),
            "amiss": tuple(" is:x"),
            "goto": ("enter", "g", *"flaw"),
        },
        start="browse",
    ),
    "claims": Flow({"": (), "filter": ("slash", *"fades")}, start="claims"),
    "stats": Flow(
        {"answers": (), "calibration": ("2",), "memory": ("3",), "mastery": ("4",), "mistakes": ("5",)}
        | {"errors": ("e",)},
        start="stats",
    ),
    "export": Flow({"": ("x",)}),
    "mock": Flow(
        {
            "": (),
            "asked": ("enter",),
            "typed": tuple(SAID),
            "followed": ("ctrl+s",),
            "rubric": ("f10", "f10"),
            "answers": ("v",),
            "ticked": ("v", "y", "down", "space"),
            "band": ("a", "enter"),
            "kept": ("escape",),
        },
        start="mock",
        how={"wish": Wish(seed=3)},
    ),
    "workshop": Flow(
        {
            "": ("w",),
            "hint": ("h",),
            "wrong": ("c",),
            "full": ("enter",),
            "solved": ("escape", "down", "c", "enter"),
        },
        prepare=bench_of_exercises,
    ),
    "pick": Flow(
        {"": ("a",), "changed": ("down", "right", "right", "down", "down", "right"), "end": ("pagedown",)}
    ),
    "glossary": Flow({"": ("g",), "filter": ("slash", *"dot"), "nothing": tuple("zzz")}, prepare=with_terms),
    "problems": Flow({"": ()}, prepare=with_problems),
    "reading": Flow({"": ()}, prepare=reads_for_long),
}


# ---- running them


@pytest.fixture
def still(home, monkeypatch):
    """Nothing depends on the day, the folder, or how long something takes."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(QuizApp, "clock", lambda self: NOW)
    shipped = reference.Reference(runs={"cpu": {run().experiment: run()}})
    monkeypatch.setattr(reference, "load", lambda *_: shipped)
    monkeypatch.setattr(QuizApp, "notify", lambda *args, **kwargs: None)  # it goes away by itself
    (home / "settings.yaml").write_text("tour: false\nmotion: false\n", encoding="utf-8")
    # The pilot waits until the whole process is idle, twice a key; here every picture waits for itself.
    monkeypatch.setattr(textual.app, "wait_for_idle", lambda *_: asyncio.sleep(0))
    monkeypatch.setattr(textual.pilot, "wait_for_idle", lambda *_: asyncio.sleep(0))
    return home


async def settled(app: QuizApp, pilot) -> str:
    """The screen once nothing changes any more; a worker that waits for a sheet never ends."""
    shown, same = "", 0
    for _ in range(500):
        await pilot.pause(0.01)
        top = app.screen
        busy = any(one.is_running and (one.node is top or not top.is_modal) for one in app.workers)
        same = same + 1 if text(app) == shown and not busy else 0
        shown = text(app)
        if same >= 3:
            return shown.rstrip()
    pytest.fail(f"the screen does not come to rest:\n{shown}")


def begun(
    flow: Flow, home: Path, make: type[QuizApp], monkeypatch: pytest.MonkeyPatch
) -> tuple[QuizApp, Steps]:
    """The app at the start of a flow, and the keys from there."""
    if not flow.new:
        practise(home / "answers.sqlite3")
    if flow.settings:
        with (home / "settings.yaml").open("a", encoding="utf-8") as file:
            file.write(flow.settings)
    app = make(start=flow.start if flow.start != "stats" else "home", **flow.how)
    if flow.only:
        object.__setattr__(app.bank, "items", {id_: app.bank.items[id_] for id_ in flow.only})
    flow.prepare(app, monkeypatch)
    steps = flow.steps
    if flow.start == "stats":
        (first, keys), *rest = steps.items()
        steps = {first: ("t", *keys), **dict(rest)}
    return app, steps
