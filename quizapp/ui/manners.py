"""How the app behaves towards the learner: colours, motion and keys as they were set. Knows no questions."""

from __future__ import annotations

import asyncio
import time
from importlib import import_module
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.events import DescendantFocus, Event, InputEvent
from textual.filter import Monochrome
from textual.widgets import Input
from textual.worker import WorkerFailed

from quizapp import paths, settings
from quizapp.errors import QuizError, SettingsError
from quizapp.settings import Settings
from quizapp.ui import themes
from quizapp.ui.keyed import Keyed, key_name, key_names


class Manners(App[None]):
    """An app that does what settings.yaml says."""

    settings: Settings
    touched = 0.0
    """When a key or the mouse was last used, by the clock of `time.monotonic`."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", id="app.quit", priority=True),
        Binding("f1", "help", "what the keys do", id="app.help", priority=True),
        Binding("ctrl+p", "palette", "go anywhere by a few letters", id="app.palette", priority=True),
        Binding("f2", "next_theme", "dark, light, high contrast", id="app.theme", priority=True),
    ]

    def adopt(self) -> None:
        """Begin as the settings say."""
        for theme in themes.THEMES.values():
            self.register_theme(theme)
        self._begin_with(self.settings.theme or themes.DARK.name)
        if self.no_color:
            self._filters = [themes.Grey() if isinstance(one, Monochrome) else one for one in self._filters]
        self.set_keymap(self.settings.keys)
        if not self.settings.motion:
            self.animation_level = "none"
        self._writing = asyncio.Lock()

    def _begin_with(self, name: str) -> None:
        """Have a theme from the first paint on.

        As if it had always been so: changing it makes Textual read every style twice before that.
        """
        self.set_reactive(App.theme, name)
        dark = self.current_theme.dark
        self.update_classes(
            {f"-theme-{name}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False
        )
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    async def on_event(self, event: Event) -> None:
        """Remember when somebody did something: what is slow keeps away from that."""
        if isinstance(event, InputEvent):
            self.touched = time.monotonic()
        await super().on_event(event)

    @property
    def quiet(self) -> float:
        """Seconds since a key or the mouse was used."""
        return time.monotonic() - self.touched

    @property
    def still(self) -> bool:
        """Whether nothing may move by itself."""
        return self.animation_level == "none"

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A cursor that blinks moves by itself, too."""
        if self.still and isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def action_palette(self) -> None:
        """Everything there is, by a few letters; over a sheet that waits for an answer it stays shut."""
        from quizapp.ui.palette import Palette

        if not self.screen.is_modal:
            self.push_screen(Palette())

    def _handle_exception(self, error: Exception) -> None:
        """What the learner can act on ends the app with a sentence, not with Textual's traceback.

        When somebody quits, widgets go before workers that wait for a thread: what those miss is no error.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._exit and isinstance(cause, NoMatches):
            return
        if not isinstance(cause, QuizError):
            super()._handle_exception(error)
            return
        self._return_code = 2
        if self._exception is None:  # where a test raises it again
            self._exception = error
            self._exception_event.set()
        self.panic(Text(f"quizapp: {cause}"))

    # ---- colours

    def action_next_theme(self) -> None:
        """Dark, light, high contrast, and again."""
        self.use_theme(themes.after(self.theme))

    def use_theme(self, name: str) -> None:
        """Take a theme, now and from now on."""
        self.theme = name
        self.keep_setting("theme", name)

    @work(exit_on_error=False)
    async def keep_setting(self, name: str, value: str) -> None:
        """Write down a setting, off the loop, one after the other."""
        async with self._writing:
            try:
                await asyncio.to_thread(settings.put, paths.settings(), name, value)
            except SettingsError as error:
                self.notify(f"{name} {value} is not kept. {error}", severity="warning", markup=False)

    # ---- keys

    def key_of(self, id_: str, own: str) -> str:
        """The key of an action, as it is written; own: its own one, for an action of a screen not loaded."""
        return key_name(self._keymap.get(id_, own).partition(",")[0])

    def everywhere(self) -> list[tuple[str, str]]:
        """The keys of every screen with what they do, for the help."""
        bindings = self._bindings.copy()
        bindings.apply_keymap(self._keymap)
        found: dict[tuple[str, str], list[str]] = {}
        for key, binding in bindings:
            if binding.id:
                found.setdefault((binding.id, binding.description), []).append(key)
        return [(key_names(dict.fromkeys(keys)), what) for (_, what), keys in found.items()]

    def on_mount(self) -> None:
        """Look at the learner's keys once everything is painted: that needs every screen."""
        if self.settings.keys:
            self.call_after_refresh(self._check_keys)

    @work
    async def _check_keys(self) -> None:
        """Say what is wrong with the learner's keys, and go on with the others."""
        keytable = await asyncio.to_thread(import_module, "quizapp.ui.keytable")
        asked = self.settings.keys
        if wrong := await asyncio.to_thread(keytable.wrong, asked):
            self.set_keymap({id_: keys for id_, keys in asked.items() if id_ not in wrong})
            for screen in self.screen_stack:
                if isinstance(screen, Keyed):
                    screen.hint_again()
            problems = await asyncio.to_thread(keytable.problems, paths.settings(), asked)
            from quizapp.ui.problems import ProblemsScreen

            so = "These actions keep their own keys. enter goes on; `quizapp keys` lists them all."
            self.push_screen(ProblemsScreen(problems, so))
