"""The driver of an app that is shown in a browser: Textual's own for the web, with three differences.

It begins in focus, as the page takes keys at once; it ends the app when the server is gone, however that
ended; and it hands no files and no addresses to the browser.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual import events, messages
from textual.drivers.web_driver import WebDriver


class RemoteDriver(WebDriver):
    """Named in TEXTUAL_DRIVER by the server."""

    def start_application_mode(self) -> None:
        """Begin; in focus, which comes after the blur that Textual puts in the queue."""
        super().start_application_mode()
        self._app.call_later(self._app.post_message, events.AppFocus())

    def run_input_thread(self) -> None:
        """Read what is typed; its end is the end of the app."""
        super().run_input_thread()
        with suppress(RuntimeError):  # the loop is closed: the app ended first
            self._app.post_message(messages.ExitApp())

    def open_url(self, url: str, new_tab: bool = True) -> None:
        """Nothing in the app opens an address."""

    def _deliver_file(self, binary: Any, **_: Any) -> None:  # noqa: ANN401 - Textual's own signature
        binary.close()
