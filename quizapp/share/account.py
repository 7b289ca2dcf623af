"""What there is to say of a pack before it is opened, and of those that were. It reads the bench."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quizapp import claims, packs
from quizapp.bank import PARTS, Bank
from quizapp.evidence import Run
from quizapp.pack_content import Content
from quizapp.share.difference import SINGULAR, brief
from quizapp.share.manifest import Manifest
from quizapp.share.pack import Pack
from quizapp.share.place import Opened
from quizapp.share.written import Entries


def heading(about: Manifest) -> str:
    """Whose it is and when it was made."""
    by = f", by {about.author}" if about.author else ""
    return f"{about.name}{by}, made {about.created}"


def counted(entries: Entries) -> str:
    """`3 items, 1 claim`."""
    said = []
    for part in PARTS:
        if count := len(entries.get(part, ())):
            said.append(f"{count:,} {part if count != 1 else SINGULAR[part]}")
    return ", ".join(said) or "no questions"


def of_its_own(content: Content, builtin: Bank) -> Entries:
    """What a pack adds: its entries without those that are built in word for word."""
    same = packs.same(content.bank, builtin)
    return {
        part: {id_: entry for id_, entry in body.items() if id_ not in same[part]}
        for part, body in content.entries.items()
    }


def remarks(pack: Pack, builtin: Bank) -> list[str]:
    """What somebody should know who opens it."""
    content = pack.content
    rows = []
    same = packs.same(content.bank, builtin)["items"]
    if same:
        count = f"{len(same):,} item{'s' * (len(same) != 1)}"
        rows.append(f"{count} are built in already, word for word; they are not asked twice")
    rows += [
        f"the claim {id_} names tests that are not here ({brief(', '.join(names), 200)}): "
        "it is shown as cited only"
        for id_, names in packs.unknown_checks(content.bank.claims.values()).items()
    ]
    return [*rows, *(evidence(run) for run in content.runs)]


def evidence(run: Run) -> str:
    """Whose hands a run comes from, and whether it is a run of the experiment that is here."""
    known = claims.experiment(run.experiment)
    doubt = ""
    if known is None:
        doubt = "; there is no such experiment here"
    elif known.fingerprint != run.fingerprint:
        doubt = "; its fingerprint is unknown here: another version of the experiment"
    return f"evidence of {run.experiment}: {run.device} ({run.machine}), {run.at[:10]}{doubt}"


def row(one: Opened, builtin: Bank) -> Iterator[str]:
    """A pack that was opened, in a line or two."""
    about = heading(one.manifest) if one.manifest else "its manifest is gone"
    runs = len(one.content.runs)
    added = f"; evidence of {runs} run{'s' * (runs != 1)}" if runs else ""
    yield f"{one.name:<20} {counted(one.content.entries)}{added}"
    yield f"{'':<20} {about}{'; edited here since' if one.edited else ''}"
    if one.content.problems:
        first, count = one.content.problems[0], len(one.content.problems)
        yield f"{'':<20} left out: {count} problem{'s' * (count != 1)}, the first of them:"
        yield str(first)


def data(one: Opened) -> dict[str, object]:
    """The same for machines."""
    return {
        "name": one.name,
        "author": one.manifest.author if one.manifest else "",
        "created": one.manifest.created if one.manifest else "",
        **{part: len(getattr(one.content.bank, part)) for part in PARTS},
        "runs": len(one.content.runs),
        "edited": one.edited,
        "problems": [str(problem) for problem in one.content.problems],
    }


def devices(runs: Iterable[Run]) -> str:
    """`evidence of 2 runs (cpu)`, or nothing."""
    runs = list(runs)
    kinds = ", ".join(sorted({run.device for run in runs}))
    return f"evidence of {len(runs)} run{'s' * (len(runs) != 1)} ({kinds})" if runs else "no evidence"
