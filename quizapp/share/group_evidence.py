"""What members of a study group measured, as evidence that stands beside one's own. Pure.

Verdicts are drawn again from the numbers (`group_judge`); what a file says that they do not is a note of the
run. With fewer than three members nobody is named. Knows no format and no screen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from quizapp.evidence import Run
from quizapp.share import group_report
from quizapp.share.group import Member
from quizapp.share.group_judge import fair

Others = Mapping[str, Mapping[str, Mapping[str, Run]]]


def others(members: Sequence[Member], own: str) -> Others:
    """Who -> kind of device -> experiment -> run. own: the learner's number, whose file is left out."""
    named = len(members) >= group_report.FEWEST
    found: dict[str, dict[str, dict[str, Run]]] = {}
    for place, member in enumerate(group_report.told_apart(members), 1):
        who = f"{member.called} of the study group" if named else f"member {place} of the study group"
        for run in member.runs if member.id != own else ():
            found.setdefault(who, {}).setdefault(run.device, {})[run.experiment] = _judged(run, named)
    return found


def _judged(run: Run, named: bool) -> Run:
    """The run as the rules have it; machines are not told apart where nobody is named."""
    return dataclasses.replace(fair(run), machine=run.machine if named else "")
