"""Prove it: lock a prediction, watch the experiment, read the verdict with the means to doubt it."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizapp import claims
from quizapp.errors import BenchError
from quizapp.evidence import Evidence, Plot
from quizapp.model import Claim, VerdictName
from quizapp.proof import Recorder, prove_claim
from quizapp.store import utc_now
from quizapp.ui.curves import Curves, legend
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, bring, dim, lines, scroll, verdict
from quizapp.ui.proofs import agreement, check, control, provenance
from quizapp.verifiers.wire import Checked, CheckResult, Event, Started

PREDICTIONS: dict[str, VerdictName] = {"1": "holds", "2": "depends", "3": "fails"}
TICK = 0.1
QUIET_AFTER_KEY = 0.15
"""A tick right after a key is skipped, so that the next key does not wait for it."""
LONGEST_QUIET = 0.5
SIDES = 5
"""Columns beside the legend: padding, and the bar to scroll with."""
SHARE = 0.08
"""The share of the time that drawing may take, so that few keys arrive in the middle of it."""


class ProveScreen(Keyed[None]):
    """One claim. Phases: predict, run, done."""

    AUTO_FOCUS = ""
    KEYS = (("1 / 2 / 3", "predict: holds, depends, fails; then it runs"), ("up / down", "scroll"))
    FIXED = (*PREDICTIONS, "up", "down", "j", "k", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "run", "run without a prediction", id="prove.run", show=False),
        Binding("c", "source", "the source of the experiment", id="prove.source", show=False),
        Binding("left", "light(-1)", "the curve before by itself", id="prove.before", show=False),
        Binding("right", "light(1)", "one curve by itself, the next one, all", id="prove.next", show=False),
        Binding("r", "again", "run it again", id="prove.again", show=False),
        Binding("escape", "leave", "back; a run under way is cancelled", id="prove.leave", show=False),
    ]
    ACTIVE: ClassVar[dict[str, str]] = {"run": "predict", "again": "done"}
    """In which phase an action means something; what is not here always does."""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - Textual's own form

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self.claim = claim
        self.phase = "predict"
        self.predicted: VerdictName | None = None
        self.prediction = 0
        self.recorder: Recorder | None = None
        self.results: dict[str, dict[str, CheckResult]] = {}
        self.lit: int | None = None
        """The number of the curve to look at; None: all of them."""
        self._fresh = False
        self._drawn_at = 0.0
        self._rest_until = 0.0
        self._legend: tuple[int, int | None] | None = None
        """Of how many curves the legend is and which one is looked at; None: it is of another picture."""
        self._checked = False
        self._drawn_quarter = ("", 0)

    def compose(self) -> ComposeResult:
        """Claim, verdict, picture, checks."""
        yield Static(id="status", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(id="claim", classes="block", markup=False)
            yield Static(id="verdict", classes="block", markup=False)
            yield Curves()
            yield Static(id="legend", markup=False)
            yield Static(id="checks", classes="block", markup=False)
            yield Static(id="more", classes="block", markup=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """Show the claim; what was measured before is not shown until the prediction is locked."""
        self.set_interval(TICK, self._tick)
        self.query_one("#claim", Static).update(
            lines(dim(f"People say ({self.claim.topic.replace('_', ' ')})"), bold(self.claim.says))
        )
        self._predict()

    def on_resize(self) -> None:
        """The legend has as many columns as there is room for."""
        if self.recorder is not None:
            self._legend = None
            self._picture(self.recorder.plot())

    def _predict(self) -> None:
        self.phase = "predict"
        names = "   ".join(f"{key} {name}" for key, name in PREDICTIONS.items())
        known = [claims.experiment(name) for name in self.claim.experiments]
        titles = [f"  {experiment.name}: {experiment.title}" for experiment in known if experiment]
        self.query_one("#verdict", Static).update(
            lines(bold("What will the bench say?"), names, "", dim("It will run"), *titles)
        )
        self._pictures(shown=False)
        self._status("predict first")
        others = (("prove.run", "run only"), ("prove.source", "source"), ("prove.leave", "back"))
        self.hint(("1-3", "predict"), *others)

    def _pictures(self, *, shown: bool) -> None:
        for widget in (self.query_one(Curves), self.query_one("#legend"), self.query_one("#checks")):
            widget.display = shown
        self.query_one("#more", Static).update("")

    def _status(self, text: str) -> None:
        said = Content.assemble((self.claim.id, "bold"), f"   {text}")
        status = self.query_one("#status", Static)
        if status.content != said:
            status.update(said, layout=False)

    # ---- running

    def _start(self, predicted: VerdictName | None) -> None:
        self.phase = "run"
        self.predicted = predicted
        self.results = {}
        self.recorder = self._legend = self.lit = None
        self._status("waiting for the bench")
        said = f"You said {predicted}. " if predicted else ""
        self.query_one("#verdict", Static).update(dim(f"{said}Running..."))
        self._pictures(shown=True)
        self.query_one(Curves).show(Plot())
        self.query_one("#legend", Static).update("")
        self.query_one("#checks", Static).update(dim("No check has been looked at yet."))
        self.hint(("prove.leave", "cancel"), ("prove.source", "source"))
        self._run()

    @work(group="run", exclusive=True)
    async def _run(self) -> None:
        """Lock the prediction, run every experiment of the claim, then show the verdict."""
        self.prediction = 0
        if self.predicted:
            self.prediction = await asyncio.to_thread(
                self.app.store.add_prediction, self.claim.id, self.predicted, utc_now()
            )
        try:
            evidence = await prove_claim(self.app.bench, self.claim, keep=self.app.keep, watch=self._watch)
        except BenchError as error:
            self.phase = "done"
            self.query_one("#verdict", Static).update(str(error))
            self.hint(("prove.again", "try again"), ("prove.leave", "back"))
            return
        if self.prediction and evidence.verdict in (*PREDICTIONS.values(), "unclear"):
            await asyncio.to_thread(self.app.store.add_outcome, self.prediction, evidence.verdict, utc_now())
        self._done(evidence)

    def _watch(self, recorder: Recorder, event: Event) -> None:
        """An event came in: remember, and draw at the next tick."""
        if isinstance(event, Started):
            self.recorder = recorder
            self._legend = self.lit = None
        self._checked |= isinstance(event, Checked)
        self.results[recorder.request.experiment] = recorder.checks
        self._fresh = True

    def _tick(self) -> None:
        """Draw what is new, but not right after a key, and not never."""
        now = time.monotonic()
        if self.phase == "run" and self.app.bench.waiting:
            self._status("another experiment is running; yours begins when that has ended")
        quarter = self._quarter()
        if self.app.still and quarter == self._drawn_quarter:
            return
        typing = self.app.quiet < QUIET_AFTER_KEY and now - self._drawn_at < LONGEST_QUIET
        if self._fresh and self.phase == "run" and self.is_current and not typing and now > self._rest_until:
            self._drawn_quarter = quarter
            self._draw(now)
            self.call_after_refresh(self._rest, now)

    def _quarter(self) -> tuple[str, int]:
        """How far it is, roughly: without motion there is one picture for each."""
        if self.recorder is None:
            return ("", 0)
        progress = self.recorder.progress
        return self.recorder.request.experiment, 4 * progress.done // max(1, progress.most)

    def _rest(self, began: float) -> None:
        """The drawing is on the screen: leave as long in peace as it took, many times over."""
        now = time.monotonic()
        self._rest_until = now + min(LONGEST_QUIET, (now - began) / SHARE)

    def _draw(self, now: float) -> None:
        """Draw what changed. Only a new curve or check makes the page be laid out again."""
        self._fresh = False
        self._drawn_at = now
        if self.recorder is not None:
            self._picture(self.recorder.plot())
            progress = self.recorder.progress
            share = 100 * progress.done // max(1, progress.most)
            self._status(f"{self.recorder.request.experiment}: at most {100 - share}% left")
        if self._checked:
            self._checked = False
            self.query_one("#checks", Static).update(self._checks())

    def _picture(self, plot: Plot) -> None:
        self.query_one(Curves).show(plot, self.lit)
        before, self._legend = self._legend, (len(plot.curves), self.lit)
        if self.lit is not None or self._legend != before:
            either = f"{self.app.key_of('prove.before', 'left')} {self.app.key_of('prove.next', 'right')}"
            shown = legend(plot, self.size.width - SIDES, self.lit, f"{either}: one curve by itself")
            self.query_one("#legend", Static).update(shown, layout=not before or before[0] != self._legend[0])

    def _checks(self) -> Content:
        """The claim's own checks, then the controls of the experiments it draws on."""
        known = {
            f"{name}.{check.name}": check
            for name, checks in self.results.items()
            for check in checks.values()
        }
        rows: list[Content | str] = []
        for name, role in self.claim.shown:
            if name in known:
                rows += check(known[name], role, full=self.phase == "done")
        controls = [check for check in known.values() if check.arm == "control"]
        if controls:
            rows += ["", bold("Controls"), *[control(one) for one in controls]]
        return lines(*rows)

    # ---- the verdict

    def _done(self, evidence: Evidence) -> None:
        self.phase = "done"
        self._checked = True
        self._draw(time.monotonic())
        rows: list[Content | str] = [
            Content.assemble(("Verdict: ", "bold"), verdict(evidence.verdict), agreement(evidence))
        ]
        rows += [Content.assemble(("  depends on: ", "bold"), text) for text in evidence.conditions]
        if evidence.reason:
            rows.append(dim(f"  {evidence.reason}"))
        if self.predicted and evidence.verdict in PREDICTIONS.values():
            hit = self.predicted == evidence.verdict
            rows.append(f"  You predicted {self.predicted}: {'right' if hit else 'not what came out'}.")
        rows += ["", Content.assemble(("More exactly: ", "bold"), self.claim.correct)]
        self.query_one("#verdict", Static).update(lines(*rows))
        self.query_one("#more", Static).update(
            provenance(self.claim, evidence, self.app.reference.beside(self.claim))
        )
        self._status(f"{evidence.verdict}")
        others = (("prove.source", "source"), ("prove.again", "again"), ("prove.leave", "back"))
        self.hint(("up down", "scroll"), *others)
        bring(self.query_one("#body"), self.query_one("#verdict"))

    # ---- keys

    def press(self, key: str) -> bool:
        """The keys that scroll or predict."""
        if self.phase == "predict" and key in PREDICTIONS:
            self._start(PREDICTIONS[key])
            return True
        return scroll(self.query_one("#body"), key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a named action means something in this phase."""
        if action == "light":
            return self.phase != "predict" and self._legend is not None and self._legend[0] > 1
        return self.ACTIVE.get(action, self.phase) == self.phase

    def action_run(self) -> None:
        """Run without a prediction."""
        self._start(None)

    def action_again(self) -> None:
        """From the verdict back to the prediction."""
        self._predict()

    def action_light(self, by: int) -> None:
        """Look at the next curve, or the one before; past the last and the first one at all of them."""
        if self.recorder is None:
            return
        plot = self.recorder.plot()
        stops = [None, *range(len(plot.curves))]
        self.lit = stops[(stops.index(self.lit) + by) % len(stops)]
        self._picture(plot)
        picture = self.query_one(Curves).virtual_region
        self.query_one("#body").scroll_to_region(picture.grow((0, 0, 2, 0)), animate=False)

    def action_source(self) -> None:
        """The experiment's source."""
        from quizapp.ui.source import SourceScreen

        at_hand = self.recorder.request.experiment if self.recorder else None
        name = at_hand or next(iter(self.claim.experiments), None)
        if name and claims.experiment(name):
            self.app.push_screen(SourceScreen(name))

    async def action_leave(self) -> None:
        """Back; a run under way is cancelled and leaves no process."""
        if self.phase == "run" and self.recorder is not None:
            await self.app.bench.cancel(self.recorder.request.id)
        self.app.leave()
