"""Claims: browse, filter, see what evidence there is, prove."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from quizapp import claims
from quizapp.evidence import Evidence
from quizapp.model import Claim
from quizapp.report import reference_text
from quizapp.ui.keyed import Keyed
from quizapp.ui.look import bold, dim, lines, verdict

ROOMY = 60
"""Columns of a terminal from which a row says its verdict and its state in words."""
LEAD, SIGNS = 18, 4
"""Columns of a row before what the claim says, in words and in signs alone."""


class ClaimsScreen(Keyed[None]):
    """The catalogue."""

    AUTO_FOCUS = ""
    KEYS = (
        ("up / down", "choose a claim"),
        ("enter", "prove it"),
        ("in the filter", "words of the claim, its topic, verdict or state (none, fresh, stale, cited)"),
    )
    FIXED = ("up", "down", "enter", "home", "end", "pageup", "pagedown")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "prove", "prove it", id="claims.prove", show=False),
        Binding("slash", "filter", "filter", id="claims.filter", show=False),
        Binding("escape", "leave", "leave the filter, then home", id="claims.leave", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.evidence: dict[str, Evidence | None] = {}
        self.references: dict[str, tuple[Evidence, ...]] = {}
        self._roomy = True

    def compose(self) -> ComposeResult:
        """Filter, list, and the claim at the cursor in full."""
        yield Static(id="status", markup=False)
        yield Input(id="filter", placeholder="/ to filter", select_on_focus=False)
        yield OptionList(id="claims")
        yield Static(id="detail", markup=False)
        hints = (
            ("enter", "prove"),
            ("claims.filter", "filter"),
            ("claims.leave", "home"),
            ("every.help", "help"),
        )
        yield Static(self.hints(*hints), id="hints")

    async def on_mount(self) -> None:
        """Show the list at once; states follow."""
        self._fill()
        self.query_one("#claims").focus()

    def on_screen_resume(self) -> None:
        """Something may have been proved meanwhile."""
        self._judge()

    @work(exclusive=True)
    async def _judge(self) -> None:
        runs = dict(self.app.runs)
        known = self.app.bank.claims.values()
        self.evidence = await asyncio.to_thread(
            lambda: {claim.id: claims.judge(claim, runs) for claim in known}
        )
        self.references = await asyncio.to_thread(
            lambda: {claim.id: self.app.reference.beside(claim) for claim in known}
        )
        self._fill()

    def _words(self, claim: Claim) -> str:
        evidence = self.evidence.get(claim.id)
        said = [claim.id, claim.says, claim.topic, claims.standing(claim, evidence)]
        if evidence is not None:
            said += [evidence.verdict, "surprise" if evidence.surprise else ""]
        return " ".join(said).lower()

    def _fill(self) -> None:
        words = self.query_one("#filter", Input).value.lower().split()
        shown = [
            claim
            for claim in self.app.bank.claims.values()
            if all(word in self._words(claim) for word in words)
        ]
        listed = self.query_one("#claims", OptionList)
        before = listed.highlighted_option.id if listed.highlighted_option else None
        listed.set_options(Option(self._row(claim), id=claim.id) for claim in shown)
        ids = [claim.id for claim in shown]
        listed.highlighted = ids.index(before) if before in ids else (0 if ids else None)
        counted = f"{len(shown)} of {len(self.app.bank.claims)} claims"
        self.query_one("#status", Static).update(Content.assemble(("claims", "bold"), f"   {counted}"))
        if not shown:
            self.query_one("#detail", Static).update(dim("No claim fits the filter."))

    def _row(self, claim: Claim) -> Content:
        evidence = self.evidence.get(claim.id)
        state = claims.standing(claim, evidence)
        roomy = self.app.size.width >= ROOMY
        if evidence is None:
            lead = dim(state if roomy else "")
        else:
            said = verdict(evidence.verdict)
            stale = dim(" stale" if roomy and state == "stale" else "")
            lead = Content.assemble(said if roomy else said[:1], " !" if evidence.surprise else "", stale)
        wide = LEAD if roomy else SIGNS
        return Content.assemble(lead, " " * (wide - lead.cell_length), claim.says)

    def on_resize(self) -> None:
        """Where there is little room, a verdict is its sign."""
        if (roomy := self.app.size.width >= ROOMY) != self._roomy:
            self._roomy = roomy
            self._fill()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the claim in full."""
        claim = self.app.bank.claims[str(event.option_id)]
        evidence = self.evidence.get(claim.id)
        rows: list[Content | str] = [
            bold(claim.says),
            dim(f"{claim.id} · {claim.topic.replace('_', ' ')} · literature: {claim.standing}"),
        ]
        if not claim.checks:
            rows.append(dim(f"Cited only: it cannot be tested here. {claim.untestable}".strip()))
            rows += [dim(f"  {source.ref}, {source.locator}".rstrip(", ")) for source in claim.sources]
        elif evidence is None:
            rows.append(dim("Not put to the test yet."))
        else:
            about = f"  {evidence.runs[0].device}, {max(run.at for run in evidence.runs)[:16]}"
            surprise = f"  a surprise: expected {evidence.expected}" if evidence.surprise else ""
            rows.append(Content.assemble(verdict(evidence.verdict), (about, "dim"), surprise))
            rows += [Content.assemble(("depends on: ", "bold"), text) for text in evidence.conditions]
        rows += [dim(reference_text(shipped)) for shipped in self.references.get(claim.id, ())]
        self.query_one("#detail", Static).update(lines(*rows))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Prove it."""
        claim = self.app.bank.claims[str(event.option_id)]
        if claim.checks:
            self.app.open_prove(claim.id)
        else:
            self.notify("This claim is cited only; there is nothing to run.")

    def on_input_changed(self) -> None:
        """Filter as one types."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self.query_one("#claims").focus()

    def press(self, key: str) -> bool:
        """From the filter down to the list."""
        if self.typing and key == "down":
            self.query_one("#claims").focus()
            return True
        return False

    def action_prove(self) -> None:
        """Put the claim at the cursor to the test."""
        self.query_one("#claims", OptionList).action_select()

    def action_filter(self) -> None:
        """To the line above the list."""
        self.query_one("#filter").focus()

    def action_leave(self) -> None:
        """From the filter to the list; from the list home."""
        if self.typing:
            self.query_one("#claims").focus()
        else:
            self.app.leave()
