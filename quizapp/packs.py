"""The packs of a study group that were opened, beside the built-in banks. Ids of a pack are `NAME:id`.

Each has a folder: manifest.json, questions/*.yaml, evidence/*.jsonl. A pack with a problem is left out whole,
and the problem is told. What a pack says exactly as the built-in banks do is theirs and not there twice.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from quizapp import bank
from quizapp.bank import Bank
from quizapp.bank import pack_of as pack_of
from quizapp.errors import Problem
from quizapp.evidence import Run
from quizapp.model import KINDS, Claim, Item, build
from quizapp.safe_text import visible
from quizapp.verifiers import catalogue

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MEMBER = re.compile(r"(questions/[a-z0-9][a-z0-9_-]{0,59}\.yaml|evidence/[a-z0-9][a-z0-9_-]{0,59}\.jsonl)")
"""What a pack may hold beside its manifest."""
MANIFEST = "manifest.json"
MEMBERS = 64
BYTES = 12_000_000
"""The most that the files of a pack come to."""
NOT_HERE = "The pack names tests that are not here: "


def folders(root: Path) -> list[Path]:
    """The folders of the packs that were opened, by name. Links are passed over."""
    if not root.is_dir():
        return []
    return sorted(
        one for one in root.iterdir() if NAME.fullmatch(one.name) and one.is_dir() and not one.is_symlink()
    )


def watched(root: Path) -> list[Path]:
    """The files on which the questions of packs rest: theirs, and the experiments they may name."""
    files = [file for folder in folders(root) for file in _members(folder)]
    return [*files, *sorted((catalogue.BENCH / "experiments").glob("*.py"))] if files else []


def _members(folder: Path) -> list[Path]:
    found = [*folder.glob("questions/*.yaml"), *folder.glob("evidence/*.jsonl")]
    return sorted(file for file in found if MEMBER.fullmatch(file.relative_to(folder).as_posix()))


def files(folder: Path) -> dict[str, bytes]:
    """The question files and the evidence of a pack that was opened. Raises OSError, also for too much."""
    members = _members(folder)
    if any(file.is_symlink() or not file.is_file() for file in members):
        raise OSError("it holds a link or a device")
    if len(members) > MEMBERS or sum(file.stat().st_size for file in members) > BYTES:
        raise OSError(f"it holds more than {MEMBERS} files or {BYTES:,} bytes")
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in members}


def beside(builtin: Bank, root: Path) -> Bank:
    """The built-in banks with the packs that were opened."""
    from quizapp import pack_content

    found, problems = builtin, list(builtin.left_out)
    for folder in folders(root):
        try:
            content = pack_content.examine(files(folder), f"{folder}/", builtin)
        except OSError as error:
            what = f"cannot be read: {error.strerror or error}"
            todo = f"Open the pack again, or remove it: quizapp pack remove {folder.name}"
            problems.append(Problem(str(folder), 1, 1, what, todo))
            continue
        if content.problems:
            problems += [_told(problem, folder.name) for problem in content.problems]
        else:
            found = joined(found, named(folder.name, content.bank, builtin))
    return dataclasses.replace(found, left_out=tuple(problems))


def _told(problem: Problem, name: str) -> Problem:
    todo = f"{problem.todo} The pack is left out until then; quizapp pack remove {name} takes it away."
    return dataclasses.replace(problem, what=visible(problem.what), todo=visible(todo))


def without(whole: Bank) -> Bank:
    """The built-in banks alone, out of those with the packs beside them."""
    parts: dict[str, Any] = {
        part: {id_: one for id_, one in getattr(whole, part).items() if not pack_of(id_)}
        for part in bank.PARTS
    }
    return dataclasses.replace(whole, **parts, left_out=())


def joined(first: Bank, second: Bank) -> Bank:
    """Both banks as one; their ids do not meet."""
    return dataclasses.replace(
        first,
        items={**first.items, **second.items},
        claims={**first.claims, **second.claims},
        misconceptions={**first.misconceptions, **second.misconceptions},
        concepts={**first.concepts, **second.concepts},
        places={**first.places, **second.places},
    )


# ---- ids that say whose they are ------------------------------------------------------------------


def same(one: Bank, other: Bank) -> dict[str, set[str]]:
    """items, claims, misconceptions, concepts -> ids under which both say exactly the same."""
    found = {}
    for part in bank.PARTS:
        mine, theirs = getattr(one, part), getattr(other, part)
        found[part] = {id_ for id_ in mine if id_ in theirs and mine[id_] == theirs[id_]}
    return found


def named(name: str, pack: Bank, builtin: Bank) -> Bank:
    """The bank of a pack with `NAME:` before its ids, less what the built-in banks say as well.

    What its items and misconceptions refer to is the pack's own, where it has that id, else built in.
    """
    known = same(pack, builtin)
    own = {part: {id_ for id_ in getattr(pack, part) if id_ not in known[part]} for part in bank.PARTS}

    def call(part: str, id_: str) -> str:
        return f"{name}:{id_}" if id_ in own[part] else id_

    return Bank(
        items={call("items", id_): _item(pack.items[id_], call) for id_ in pack.items if id_ in own["items"]},
        claims={
            call("claims", id_): _claim(claim, call("claims", id_))
            for id_, claim in pack.claims.items()
            if id_ in own["claims"]
        },
        misconceptions={
            call("misconceptions", id_): dataclasses.replace(one, concept=call("concepts", one.concept))
            for id_, one in pack.misconceptions.items()
            if id_ in own["misconceptions"]
        },
        concepts={
            call("concepts", id_): dataclasses.replace(one, id=call("concepts", id_))
            for id_, one in pack.concepts.items()
            if id_ in own["concepts"]
        },
        places={call(part, id_): pack.places[id_] for part in bank.PARTS for id_ in own[part]},
    )


def _item(item: Item, call: Any) -> Item:  # noqa: ANN401 - (part, id) -> id
    data = json.loads(json.dumps(dataclasses.asdict(item)))
    for what, reference, loc in bank.references(item):
        _put(data, loc, call(f"{what}s", reference))
    data["id"] = call("items", item.id)
    data["followups"] = [call("items", text) for text in item.followups]
    made: Item = build(KINDS[item.kind], data)
    return made


def _put(data: Any, loc: Sequence[str | int], value: str) -> None:  # noqa: ANN401 - plain data
    for step in loc[:-1]:
        data = data[step]
    data[loc[-1]] = value


def _claim(claim: Claim, id_: str) -> Claim:
    """The claim; one that names tests which are not here is cited only, and says so."""
    missing = unknown_checks([claim]).get(claim.id)
    if missing is None:
        return dataclasses.replace(claim, id=id_)
    reason = f"{NOT_HERE}{', '.join(missing)}."
    return dataclasses.replace(claim, id=id_, supports=(), limits=(), also=(), untestable=reason)


def unknown_checks(claims: Iterable[Claim]) -> dict[str, list[str]]:
    """Claim -> what it names as a check of a claim, and what is none here."""
    found = {}
    for claim in claims:
        missing = [name for name, _ in claim.shown if not _is_check(name)]
        if missing:
            found[claim.id] = missing
    return found


def _is_check(name: str) -> bool:
    experiment, _, check = name.partition(".")
    with suppress(LookupError, ValueError):
        declared = catalogue.read(experiment).checks.get(check)
        return declared is not None and declared.arm == "claim"
    return False


# ---- evidence -------------------------------------------------------------------------------------


def evidence(root: Path) -> dict[str, dict[str, dict[str, Run]]]:
    """Pack -> kind of device -> experiment -> its newest run. Evidence that is not in order is left out."""
    found: dict[str, dict[str, dict[str, Run]]] = {}
    for folder in folders(root):
        if not any((folder / "evidence").glob("*.jsonl")):
            continue
        from quizapp import pack_content

        with suppress(OSError):
            runs, problems = [], []
            for name, raw in files(folder).items():
                if name.endswith(".jsonl"):
                    more, amiss = pack_content.read_runs(raw, name)
                    runs += more
                    problems += amiss
            if not problems:
                found[folder.name] = by_device(runs)
    return found


def by_device(runs: Iterable[Run]) -> dict[str, dict[str, Run]]:
    """Kind of device -> experiment -> its newest run."""
    found: dict[str, dict[str, Run]] = {}
    for run in sorted(runs, key=lambda run: run.at):
        found.setdefault(run.device, {})[run.experiment] = run
    return found
