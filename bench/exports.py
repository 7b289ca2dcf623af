"""Seconds and memory of every export of 10,000 items, and an Anki package beside plain genanki.

The questions that came with quizapp are taken as often as needed, with ids of their own and the reference as
their evidence. Every format is written by a process of its own; memory is what that process needed at most,
with the deck and without it. Beside genanki, pictures are drawn once, before, for both.
Run: python bench/exports.py [items]
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from quizapp import bank, export, reference
from quizapp.export import anki, picture
from quizapp.export.deck import Deck, of, topic_name

ITEMS = 10_000
ROUNDS = 3
LIMIT = 1.15
"""How much longer our package may take than one that genanki writes of the same notes."""


def deck(count: int) -> Deck:
    """So many items, topics in order."""
    made = of(bank.load(), {}, None, reference.load(), kept="reference")
    copies = -(-count // len(made.items))
    items = [
        dataclasses.replace(item, id=f"{item.id}-{copy}") for item in made.items for copy in range(copies)
    ]
    return dataclasses.replace(made, items=tuple(items[:count]))


def peak() -> float:
    """Megabytes this process has needed at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(suffix: str, count: int) -> None:
    """Print seconds, megabytes for the deck, megabytes at most, and megabytes of the file."""
    made = deck(count)
    before, began = peak(), time.perf_counter()
    body = export.render(made, suffix)
    print(time.perf_counter() - began, before, peak(), len(body) / 1e6)


def plain(made: Deck, folder: Path) -> None:
    """The same notes as somebody would write them with genanki alone."""
    import genanki

    names = anki.pictures(made)
    runs = {run.experiment: run for run in anki._runs(made)}
    media = []
    for experiment, name in names.items():
        media.append(folder / name)
        media[-1].write_bytes(picture.draw(runs[experiment]))
    model, decks = anki._model(), []
    for topic, items in made.topics().items():
        decks.append(genanki.Deck(anki.DECK_IDS[topic], topic_name(topic)))
        for item in items:
            note = genanki.Note(
                model=model,
                fields=anki.fields(made, item, names),
                tags=anki.tags(made, item),
                guid=anki.guid(item),
            )
            decks[-1].add_note(note)
    genanki.Package(decks, media_files=[str(path) for path in media]).write_to_file(
        str(folder / "plain.apkg")
    )


def beside_genanki(count: int) -> float:
    """How many times as long our package takes, both in the least disturbed of interleaved rounds."""
    made = deck(count)
    drawn = {id(run): picture.draw(run) for run in anki._runs(made) if picture.drawable(run.plot)}
    picture.draw = functools.partial(lambda run: drawn[id(run)])  # type: ignore[assignment]
    pairs = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            gc.collect()
            began = time.process_time()
            (Path(folder) / "ours.apkg").write_bytes(export.render(made, ".apkg"))
            between = time.process_time()
            gc.collect()
            again = time.process_time()
            plain(made, Path(folder))
            pairs.append((between - began, time.process_time() - again))
    ours, theirs = map(min, zip(*pairs, strict=True))
    print(f".apkg without drawing: {ours:.2f} s of CPU, plain genanki {theirs:.2f} s, {ROUNDS} rounds")
    return ours / theirs


def main() -> int:
    """Print the figures; 1 when our package takes too long beside genanki's."""
    if len(sys.argv) == 3:
        one(sys.argv[1], int(sys.argv[2]))
        return 0
    count = int(sys.argv[1]) if len(sys.argv) == 2 else ITEMS
    print(f"{count:,} items     seconds   deck MB   most MB   file MB")
    for suffix in export.FORMATS:
        command = [sys.executable, __file__, suffix, str(count)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, before, most, size = map(float, said.split())
        print(f"{suffix:<12} {seconds:9.1f} {before:9.0f} {most:9.0f} {size:9.1f}", flush=True)
    ratio = beside_genanki(count)
    print(f"ratio {ratio:.2f} (limit {LIMIT})")
    return 1 if ratio > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
