"""Whether this process shows the app to a visitor in a browser. Then nothing may reach beyond their folder.

No editor is opened, no folder of the host is shown or written to, and experiments wait for their turn among
all visitors. What does so asks here, or `app.turn`. Knows nothing of the server.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "QUIZAPP_SERVED"
"""The environment variable by which the server says so; it holds the file that `turn` returns."""
OFF = frozenset({"edit", "export", "run_check"})
"""The actions of screens that a visitor does not have."""


def turn() -> Path | None:
    """The file that whoever runs an experiment holds locked; None when this is nobody's visit."""
    file = os.environ.get(VARIABLE)
    return Path(file) if file else None
