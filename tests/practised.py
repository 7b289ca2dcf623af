"""The learner of the snapshots: what somebody did on the fixture bank, at times that never change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quizapp.evidence import Run
from quizapp.marks import Mark
from quizapp.model import Review, build
from quizapp.store import Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANSWERED = (
    # item, days ago, answer, right, how sure, rating
    ("fix-choice", 9, 1, True, 0.9, 3),
    ("fix-multi", 9, [0, 2], False, 0.75, 1),
    ("fix-truefalse", 8, [True, 0], True, 0.6, 3),
    ("fix-flaw", 8, [1, 0], True, None, 2),
    ("fix-choice", 6, 0, False, 0.99, 1),
    ("fix-multi", 6, [0, 1], True, 0.75, 3),
    ("fix-card", 5, 3, True, 0.5, 3),
    ("fix-numeric", 3, "12", False, 0.9, 1),
    ("fix-choice", 2, 0, False, 0.9, 1),
    ("fix-numeric", 1, "24", True, 0.6, 3),
)
RUN = Path(__file__).parent / "fixtures" / "fabricated_run.json"


def run() -> Run:
    """A run that was never measured, of the experiment behind the claims of the fixture bank."""
    made: Run = build(Run, json.loads(RUN.read_text(encoding="utf-8")))
    return made


def practise(path: Path) -> None:
    """Write the file of answers of somebody who practised for some days."""
    store = Store(path)
    for item, ago, given, right, sure, rating in ANSWERED:
        store.add_review(
            Review(
                item=item,
                rev=1,
                at=NOW - timedelta(days=ago),
                given=json.dumps(given),
                score=float(right),
                correct=right,
                confidence=sure,
                rating=rating,
                seconds=21.0,
            )
        )
    store.add_mark(Mark(item="fix-card", kind="flag", value="on", at=NOW))
    store.add_mark(Mark(item="fix-choice", kind="note", value="Gates are factors, not paths.", at=NOW))
    store.add_run(run())
    prediction = store.add_prediction("lstm-gradient-fades", "holds", NOW)
    store.add_outcome(prediction, "depends", NOW)
    store.close()
