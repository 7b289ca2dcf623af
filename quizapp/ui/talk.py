"""A mock interview as it is held: a question, an answer, a follow-up. What is typed is kept at once."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static, TextArea

from quizapp import paths
from quizapp.errors import QuizError
from quizapp.interviews import RULES, Question
from quizapp.mock import proposals
from quizapp.mock.drafts import Draft, Drafts
from quizapp.mock.endpoint import Endpoint, hint
from quizapp.mock.talk import Next, Talk
from quizapp.ui import mock_pages as pages
from quizapp.ui.background import unless
from quizapp.ui.debrief import DebriefScreen
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, scroll

DRAFT_EVERY = 1.0
"""Seconds after which what was typed is on disk."""


class TalkScreen(Keyed[None]):
    """Phases: saving, agree (that a model helps), ask, think (the model reads)."""

    AUTO_FOCUS = ""
    KEYS = (("any text", "the answer, over as many lines as you like"),)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "submit", "hand the answer in", id="talk.submit", show=False),
        Binding("f10", "finish", "no more questions: go to the rubrics", id="talk.finish", show=False),
        Binding("f8", "more", "more of a long question", id="talk.more", show=False),
        Binding("y", "agree(True)", "agree that a model helps", id="talk.agree", show=False),
        Binding("n", "agree(False)", "go on without the model", id="talk.alone", show=False),
        Binding("escape", "leave", "back; what you typed is kept", id="talk.leave", show=False),
    ]
    ACTIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        "agree": ("agree", "think"),
        "submit": ("ask",),
        "finish": ("ask",),
        "leave": ("agree", "ask", "think"),
    }
    """In which phases an action means something; what is not here always does."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self.talk = talk
        self.phase = "saving"
        self.endpoint: Endpoint | None = None
        self._drafts = Drafts(paths.home())
        self._writing = asyncio.Lock()
        self._text = self._kept = ""
        self._typed = False
        self._sure = ""
        self._begun = 0.0
        self._before = 0.0
        self._skip: asyncio.Event | None = None

    def compose(self) -> ComposeResult:
        """The question, a place to type, and the keys."""
        yield Static(id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="text", classes="block", markup=False)
        yield TextArea(id="answer", soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """Begin, or go on."""
        answer = self.query_one("#answer", TextArea)
        answer.display = False
        answer.cursor_blink = not self.app.still
        self.set_interval(DRAFT_EVERY, self._look)
        self._set_out()

    @property
    def typing(self) -> bool:
        """Whether keys go into the answer."""
        return self.phase == "ask"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what means something now."""
        if self.phase not in self.ACTIVE.get(action, (self.phase,)):
            return False
        return super().check_action(action, parameters)

    def _show(self, phase: str) -> None:
        """Change the phase and what is seen."""
        self.phase = phase
        self.query_one("#answer").display = phase == "ask"
        self.set_class(phase == "ask", "-asking")
        if phase != "ask":
            self.set_focus(None)
        self.query_one("#body").scroll_home(animate=False)
        self._status()

    def _status(self) -> None:
        question = self.talk.interview.open
        seconds = self.talk.interview.seconds + (self._spent() if self.phase == "ask" else 0)
        part = pages.part(self.talk, question) if question else ""
        self.query_one("#status", Static).update(pages.status(self.talk, seconds, part))

    # ---- a model only with consent

    @work
    async def _set_out(self) -> None:
        """Ask, once it is clear whether a model helps."""
        self.endpoint, settings = None, self.app.settings
        if settings.endpoint and settings.model and self.app.turn is None:
            found = Endpoint(address=settings.endpoint, model=settings.model)
            if not await asyncio.to_thread(self.talk.kept.agreed, found.address, found.model):
                self.endpoint = found
                agree, alone = self.app.key_of("talk.agree", "y"), self.app.key_of("talk.alone", "n")
                self.query_one("#text", Static).update(pages.consent(found.promise(), agree, alone))
                self._show("agree")
                self.hint(("talk.agree", "agree"), ("talk.alone", "without it"), ("talk.leave", "back"))
                return
            self.endpoint = found
        await self._ask()

    def action_agree(self, yes: bool) -> None:
        """Whether a model helps; or not to wait for it any longer."""
        if self.phase == "agree":
            self.phase = "saving"
            self._agree(yes)
        elif not yes and self._skip is not None:
            self._skip.set()

    @work
    async def _agree(self, yes: bool) -> None:
        if yes and self.endpoint is not None:
            where = (self.endpoint.address, self.endpoint.model, self.app.clock())
            await asyncio.to_thread(self.talk.kept.agree, *where)
        else:
            self.endpoint = None
        await self._ask()

    # ---- asking

    async def _ask(self, following: Next | None = None, wording: str = "") -> None:
        """Show the open question; when there is none, put the next one or go on to the rubrics."""
        talk = self.talk
        if talk.interview.open is None:
            following = following or await asyncio.to_thread(talk.plan)
            if following is None:
                await asyncio.to_thread(talk.end)
                self._go_through()
                return
            asker = self.endpoint.model if wording and self.endpoint else RULES
            await asyncio.to_thread(talk.ask, following, wording, asker)
        question = talk.interview.open
        assert question is not None
        draft = await asyncio.to_thread(self._drafts.of, question.id)
        self._before, self._begun, self._sure = draft.seconds, time.monotonic(), ""
        self.query_one("#text", Static).update(pages.asked(talk, question, self.size.height < pages.SHORT))
        answer = self.query_one("#answer", TextArea)
        answer.text = self._text = self._kept = draft.said
        answer.move_cursor(answer.document.end)
        self._typed = False
        self._show("ask")
        answer.focus()
        keys = (("talk.submit", "hand in"), ("talk.finish", "finish early"), ("talk.leave", "leave, kept"))
        self.hint(*keys, typing=True)

    def _spent(self) -> float:
        return self._before + time.monotonic() - self._begun

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Remember that there is something to keep."""
        if self.phase == "ask" and event.text_area.text != self._text:
            self._text, self._typed, self._sure = event.text_area.text, True, ""

    async def _look(self) -> None:
        """Keep what was typed; and once in a while the minute changes."""
        if self.phase != "ask":
            return
        if not self.app.still or self._typed:
            self._status()
        if self._typed:
            self._keep_draft()

    def _keep_draft(self) -> None:
        question = self.talk.interview.open
        if question is not None and self._typed:
            self._typed = False
            draft = Draft(self.query_one("#answer", TextArea).text, self._spent())
            self.app.run_worker(self._write(question.id, draft))  # the app's: leaving does not end it

    async def _write(self, question: int, draft: Draft) -> None:
        async with self._writing:
            try:
                await asyncio.to_thread(self._drafts.keep, question, draft)
                self._kept = draft.said
            except OSError as error:
                self.notify(f"The draft is not kept: {error}", severity="warning", markup=False)

    def _again_to(self, what: str, said: str) -> bool:
        """Whether this was asked for twice in a row."""
        if self._sure == what:
            return True
        self._sure = what
        self.notify(said, timeout=4)
        return False

    def action_submit(self) -> None:
        """Hand the answer in; an empty one passes, when asked for twice."""
        said = self.query_one("#answer", TextArea).text.strip()
        question = self.talk.interview.open
        if question is None or not (said or self._again_to("pass", "Nothing is written. Once more to pass.")):
            return
        spent, self.phase = self._spent(), "saving"
        self._submit(question, said, spent)

    @work
    async def _submit(self, question: Question, said: str, spent: float) -> None:
        talk = self.talk
        answer = await asyncio.to_thread(talk.say, said, spent)
        async with self._writing:
            await asyncio.to_thread(self._drafts.drop, question.id)
        following = await asyncio.to_thread(talk.plan)
        wording = ""
        if self.endpoint is not None and said:
            wording = await self._consult(self.endpoint, question, answer, said, following)
        if self.phase in ("saving", "think"):
            await self._ask(following, wording)

    def action_finish(self) -> None:
        """No more questions. What is being typed is handed in first."""
        what = "Nothing more will be asked. Once more to go to the rubrics."
        if not self._again_to("finish", what):
            return
        said, question = self.query_one("#answer", TextArea).text.strip(), self.talk.interview.open
        spent, self.phase = self._spent(), "saving"
        self._end(question, said, spent)

    @work
    async def _end(self, question: Question | None, said: str, spent: float) -> None:
        talk = self.talk
        if question is not None and said:
            await asyncio.to_thread(talk.say, said, spent)
        await asyncio.to_thread(talk.end)
        self._go_through()

    # ---- a model, if there is one

    async def _consult(
        self, endpoint: Endpoint, question: Question, answer: int, said: str, following: Next | None
    ) -> str:
        """Its wording of the follow-up. Nobody has to wait for it."""
        item = self.talk.item(question.item)
        if item is None:
            return ""
        self.query_one("#text", Static).update(bold("The model is reading your answer."))
        self._show("think")
        self.hint(("talk.alone", "go on without it"), ("talk.leave", "leave, kept"))
        aim = proposals.meaning(item, following.point) if following is not None and following.point else ""
        self._skip = asyncio.Event()
        try:
            reply = await unless(self._skip, lambda: endpoint.ask(item, question.prompt, said, aim))
        except QuizError as error:
            self.notify(error.what, timeout=5, markup=False)
            return ""
        if reply is not None and reply.made:
            await asyncio.to_thread(self.talk.hint, answer, hint(endpoint, reply))
        return reply.follow_up if reply is not None and aim else ""

    def _go_through(self) -> None:
        """On to the rubrics, in the place of this screen."""
        self.phase = "saving"
        self.app.pop_screen()
        self.app.push_screen(DebriefScreen(self.talk))

    def on_resize(self) -> None:
        """Where there is little room, no frames."""
        self.set_class(self.size.height < pages.SHORT, "-small")

    def action_more(self) -> None:
        """Further down the question, and from its end back to the top."""
        body = self.query_one("#body")
        if body.scroll_offset.y >= body.max_scroll_y:
            body.scroll_home(animate=False)
        else:
            scroll(body, "pagedown")

    def action_leave(self) -> None:
        """Back; what is being typed is kept."""
        if self.phase == "ask":
            self._keep_draft()
        self.app.leave()

    async def on_unmount(self) -> None:
        """Quitting does not wait for the next second: what was typed since the last one is kept now."""
        question = self.talk.interview.open
        async with self._writing:
            if question is not None and self._text != self._kept:
                with suppress(OSError):
                    await asyncio.to_thread(self._drafts.keep, question.id, Draft(self._text, self._spent()))

    def press(self, key: str) -> bool:
        """Scroll what does not fit."""
        return self.phase == "agree" and scroll(self.query_one("#body"), key)
