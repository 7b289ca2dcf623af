"""The colours: dark, light and high contrast. Text stands out against its background in each; a test counts.

The curves of an experiment have colours of their own in each, told apart by letters as well.
"""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import Monochrome, monochrome_style
from textual.theme import Theme

CURVES: Final = 8
"""How many colours the curves take in turn."""


def _curves(*colours: str) -> dict[str, str]:
    return {f"curve-{place}": colour for place, colour in enumerate(colours)}


DARK = Theme(
    name="dark",
    primary="#4aa3e8",
    secondary="#7fb4dc",
    accent="#ffb454",
    warning="#ffb454",
    error="#ff8a8f",
    success="#5fd28a",
    foreground="#e4e4e4",
    background="#121212",
    surface="#1c1e20",
    panel="#23292e",
    variables={
        "boost": "#25313b",  # a theme that has a panel gets none of its own
        "text": "#ececec",
        "text-muted": "#aeb4ba",
        "text-disabled": "#9aa0a6",
        "text-success": "#6fdc98",
        "text-warning": "#ffc069",
        "text-error": "#ff9a9e",
        "text-primary": "#7cc0f4",
        "text-secondary": "#9cc7e6",
        "text-accent": "#ffc069",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-background": "#24384a",
        "block-cursor-blurred-foreground": "#e4e4e4",
        "block-cursor-blurred-background": "#25313b",
        **_curves(
            *("#5aa9ff", "#ffab3d", "#45cf85", "#ee82e0", "#35c6dc", "#d9c21f", "#ff7d7d", "#a3a3a3"),
        ),
    },
)
LIGHT = Theme(
    name="light",
    primary="#005a9c",
    secondary="#2a6f9e",
    accent="#8a4b00",
    warning="#8a4b00",
    error="#b00020",
    success="#116b35",
    foreground="#1b1b1b",
    background="#f7f7f5",
    surface="#ffffff",
    panel="#e8eaec",
    dark=False,
    variables={
        "boost": "#e3ecf4",  # a theme that has a panel gets none of its own
        "text": "#161616",
        "text-muted": "#4d5358",
        "text-disabled": "#5c6268",
        "text-success": "#0d5f2e",
        "text-warning": "#7a4200",
        "text-error": "#a3001d",
        "text-primary": "#004b82",
        "text-secondary": "#1f5a82",
        "text-accent": "#7a4200",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#d3e5f5",
        "block-cursor-blurred-foreground": "#1b1b1b",
        "block-cursor-blurred-background": "#e3ecf4",
        **_curves(
            *("#0b5fb8", "#9a5200", "#0f7038", "#9c1f8c", "#0b6d7d", "#6b6000", "#bd1f1f", "#5f5f5f"),
        ),
    },
)
CONTRAST = Theme(
    name="contrast",
    primary="#ffe600",
    secondary="#7fd4ff",
    accent="#ffe600",
    warning="#ffe600",
    error="#ffa8a8",
    success="#7dff9b",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    variables={
        "boost": "#262626",  # a theme that has a panel gets none of its own
        "text": "#ffffff",
        "text-muted": "#dedede",
        "text-disabled": "#c8c8c8",
        "text-success": "#7dff9b",
        "text-warning": "#ffe600",
        "text-error": "#ffb3b3",
        "text-primary": "#9be0ff",
        "text-secondary": "#9be0ff",
        "text-accent": "#ffe600",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-background": "#262626",
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-background": "#262626",
        **_curves(
            *("#8cc8ff", "#ffbf5e", "#7dff9b", "#ffa6f5", "#6fe8ff", "#ffe600", "#ffb3b3", "#d0d0d0"),
        ),
    },
)
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
"""In the order in which F2 goes through them."""


class Grey(Monochrome):
    """Greys for NO_COLOR. Textual's own does not take pieces without a style, of which plots are made."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Grey where there was a colour."""
        return [
            segment if segment.style is None else Segment(segment.text, monochrome_style(segment.style))
            for segment in segments
        ]


def after(name: str) -> str:
    """The next theme."""
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)]
