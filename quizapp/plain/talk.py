"""A sitting as a talk: a question, a line typed, what is said about it. Knows neither terminal nor clock.

Items, steps, grades and marks are those of the app; only how they are said is different here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from quizapp import model
from quizapp.answered import Answered, typed
from quizapp.marks import MarkKind, said, taken_back
from quizapp.model import Claim, Item
from quizapp.plain import commands, replies, words
from quizapp.plain.commands import ALWAYS, TOLD, Command
from quizapp.plain.console import Console, EndOfInput
from quizapp.plain.replies import Expected
from quizapp.steps import Step, given, steps
from quizapp.study import Study

Reply = TypeVar("Reply")
WELCOME = (
    "One question at a time. Type your answer and enter. ? lists the commands, q ends. "
    "What you answered is kept at once."
)


class Elsewhere(Exception):  # noqa: N818 - it is where the talk goes
    """The item at hand is left for another one, or for none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Quit(Exception):  # noqa: N818 - it is how a sitting ends
    """The learner has had enough."""


class Talk:
    """One sitting. prove: puts a claim to the test and comes back. seconds: a clock that only runs on."""

    def __init__(
        self,
        study: Study,
        console: Console,
        prove: Callable[[Claim], None],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study = study
        self.console = console
        self._prove_claim = prove
        self._seconds = seconds
        self._aside: list[Item] = []
        """Items that were suspended or buried in place of an answer: undoing that asks them again."""
        self._item: Item | None = None
        self._step: Step | None = None
        self._told: Answered | None = None
        self._confidence: float | None = None

    def run(self) -> None:
        """Ask until nothing is left, the learner quits, or nobody types any more."""
        self.console.say(WELCOME)
        try:
            item = self._next()
            while True:
                try:
                    item = self._ask_item(item) if item is not None else self._nothing_left()
                except Elsewhere as gone:
                    item = gone.item
        except (Quit, EndOfInput):
            self._told = self._step = None

    def _next(self) -> Item | None:
        return None if self.study.time_is_up else self.study.next()

    def _nothing_left(self) -> Item | None:
        """What to do when there is nothing more to ask. Raises Quit."""
        self._item = self._told = self._step = None
        if self.study.time_is_up:
            self.console.say(f"{self.study.settings.minutes} minutes are over.")
            self._ask("Enter goes on for as long again; q ends:", _anything, ("undo", "quit"))
            self.study.go_on()
            return self.study.next()
        self.console.say("Nothing more to ask now.")
        if self.study.answers:
            self._ask("Enter ends; u takes the last answer back:", _anything, ("undo", "quit"))
        raise Quit

    # ---- one item

    def _ask_item(self, item: Item) -> Item | None:
        """Ask an item, and say what is to be said; returns the next one."""
        self._item, self._told, self._confidence = item, None, None
        memory = self.study.memories.get(item.id)
        taken = steps(item, salt=str(memory.reps if memory else 0))
        self.console.say()
        self.console.say(words.heading(self.study, item, len(self.study.answers) + 1))
        self._read(words.asked(item))
        began = self._seconds()
        found: list[Any] = []
        spent = 0.0
        for step in taken:
            if isinstance(item, model.Open) and step.mode == "many":
                spent = self._sure(began)
                self.console.say(f"A senior answer: {item.model_answers.senior}")
            found.append(self._take(taken, found, step))
        if not isinstance(item, model.Open):
            spent = self._sure(began)
        self._step = None
        reply = self._rate(item) if isinstance(item, model.Card) else given(item, taken, found)
        done = self.study.answer(item, reply, self._confidence, spent)
        return self._after(done)

    def _take(self, taken: tuple[Step, ...], found: list[Any], step: Step) -> Any:  # noqa: ANN401 - by mode
        self._step = step
        if step.options:
            self.console.say(f"{step.prompt}.".replace("?.", "?"))
        self._read(words.options(step), hang=3)
        open_ = step.mode == "text" and not step.numeric
        hint = " Commands begin with / here." if open_ else ""
        if step.mode == "reveal":
            self.console.say(f"{step.prompt}.")
        return self._ask(
            replies.prompt(step) + hint, lambda line: replies.reply(taken, found, line), ALWAYS, open_=open_
        )

    def _sure(self, began: float) -> float:
        """Ask how sure the learner is, before anything is told; returns the seconds it took until then."""
        spent = self._seconds() - began
        self._step = None
        self._confidence = self._ask(f"{replies.SURE}; nothing: do not say:", replies.confidence, ALWAYS)
        return spent

    def _rate(self, card: model.Card) -> int:
        self.console.say(f"The answer: {card.back}")
        for point in card.grade_yourself:
            self.console.say(f"A good answer says: {point}")
        return self._ask("How was yours? 1 again, 2 hard, 3 good, 4 easy:", replies.rating, ALWAYS)

    def _after(self, done: Answered) -> Item | None:
        """Say what is to be said about an answer, until the learner goes on."""
        self._tell(done)
        go_on = self._ask("Enter for the next; 1 to 4 changes the rating; ? for more:", _maybe_rating, TOLD)
        if go_on is not None:
            self.study.rerate(go_on)
        return self._next()

    def _tell(self, done: Answered) -> None:
        self._told = done
        note = self.study.marking.of(done.item.id).note
        if isinstance(done.item, model.Cloze):
            self.console.say(words.filled(done.item))
        self._read(words.told(done, self._confidence, note, self.study.bank.items, cram=self.study.cram))
        if done.slips:
            self.console.say(
                f"This has slipped {done.slips} times: p shows it happen, n writes a note, b buries it."
            )

    def _read(self, said: Any, hang: int = 0) -> None:  # noqa: ANN401 - an iterable of words.Said
        for text, code in said:
            self.console.say(text, hang)
            if code:
                self.console.verbatim(code)

    # ---- lines

    def _ask(
        self, prompt: str, parse: Callable[[str], Reply], known: tuple[str, ...], *, open_: bool = False
    ) -> Reply:
        """Ask until there is an answer; commands are done in between. Raises Elsewhere, Quit, EndOfInput."""
        doubtful = ""
        while True:
            line = self.console.ask(prompt)
            step = self._step
            known_word = not line.startswith(("?", "/")) and commands.parse(line, open_=False) is not None
            if open_ and known_word and line != doubtful:
                doubtful = line
                self.console.say(
                    f"The answer, or a command? /{line} is the command; {line} again is the answer."
                )
                continue
            ambiguous = step is not None and "True" in step.options and line.casefold() == "f"
            if ambiguous:
                self.console.say("f may be false or flag: type 2 or false to answer, /f to flag.")
                continue
            command = commands.parse(line, open_=open_)
            if command is not None:
                self._do(command, known)
                continue
            try:
                return parse(line)
            except Expected as wanted:
                self.console.say(str(wanted))

    def _do(self, command: Command, known: tuple[str, ...]) -> None:
        if command.name not in known:
            later = "after an answer" if command.name in TOLD and self._item is not None else "not now"
            self.console.say(f"{command.name.capitalize()}: {later}.")
            return
        match command.name:
            case "quit":
                raise Quit
            case "help":
                for row in commands.listed(known):
                    self.console.say(row, hang=2)
            case "repeat":
                self._repeat()
            case "undo":
                self._undo()
            case "prove":
                self._prove()
            case "overrule":
                self._overrule()
            case "note":
                self._note(command.text)
            case "suspend" | "bury" | "flag":
                self._mark(command.name)

    def _repeat(self) -> None:
        if self._told is not None:
            self._tell(self._told)
        elif self._item is not None:
            self._read(words.asked(self._item))
            if self._step is not None:
                self._read(words.options(self._step), hang=3)

    def _undo(self) -> None:
        """Take back what came last: a mark, an overruling, an answer. Raises Elsewhere to ask again."""
        mark = self.study.marking.undo(len(self.study.answers))
        if mark is not None:
            self.console.say(taken_back(mark))
            if mark.kind in ("suspend", "bury") and self._aside and self._aside[-1].id == mark.item:
                raise Elsewhere(self._aside.pop())
        elif self._told is not None and (before := self.study.restore()) is not None:
            self.console.say("No longer overruled.")
            self._tell(before)
        elif self.study.answers:
            item = self.study.undo()
            self.console.say("The last answer is taken back.")
            raise Elsewhere(item)
        else:
            self.console.say("Nothing to undo in this sitting.")

    def _mark(self, kind: MarkKind) -> None:
        """Turn a mark around. Raises Elsewhere when it puts the item aside in place of an answer."""
        assert self._item is not None
        on = self.study.marking.toggle(self._item.id, kind, len(self.study.answers))
        self.console.say(said(kind, on))
        if on and kind != "flag" and self._told is None:
            self._aside.append(self._item)
            raise Elsewhere(self._next())

    def _note(self, text: str) -> None:
        assert self._item is not None
        marking, id_ = self.study.marking, self._item.id
        if text:
            marking.write(id_, "" if text == "-" else text, len(self.study.answers))
            self.console.say(said("note", bool(marking.of(id_).note)))
        elif note := marking.of(id_).note:
            self.console.say(
                f"Your note: {note}" if self._told else "There is a note; it is read after an answer."
            )
        else:
            self.console.say("There is no note. n TEXT writes one.")

    def _prove(self) -> None:
        assert self._item is not None
        known = self.study.bank.claims
        claim = next((known[id_] for id_ in self._item.claims if id_ in known and known[id_].checks), None)
        if claim is None:
            self.console.say("No claim of this item can be put to the test here.")
            return
        self._prove_claim(claim)
        self.console.say("Back at the item.")

    def _overrule(self) -> None:
        assert self._told is not None
        if not typed(self._told.item):
            self.console.say("Only a typed answer can be overruled.")
            return
        self._tell(self.study.overrule())


def _anything(line: str) -> None:
    return None


def _maybe_rating(line: str) -> int | None:
    return replies.rating(line) if line else None
