"""Do verdicts hold still? Every claim again and again with other seeds, with busy neighbours or without.

A verdict may be `unclear` as often as it likes; between two decided ones it must not change.
Experiments that are timed want a bench to themselves: one job. Others can share the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections import Counter

from quizapp import bank, claims
from quizapp.evidence import Run
from quizapp.proof import Bench
from quizapp.verifiers import catalogue

DECIDED = ("holds", "depends", "fails")


async def repeat(repeats: int, chosen: list[str], jobs: int, first: int = 1) -> dict[str, Counter[str]]:
    """Claim -> how often each verdict came out, over claims that need the chosen experiments only.

    first: the number of the first set of seeds; set n begins at seed 1000 n.
    """
    known = [c for c in bank.load().claims.values() if c.checks and set(c.experiments) <= set(chosen)]
    verdicts: dict[str, Counter[str]] = {claim.id: Counter() for claim in known}
    seconds: Counter[str] = Counter()
    benches = [Bench() for _ in range(jobs)]

    async def share(job: int, number: int) -> dict[str, Run]:
        return {
            name: await benches[job].prove(name, device="cpu", first_seed=1000 * number)
            for name in chosen[job::jobs]
        }

    try:
        for number in range(first, first + repeats):
            made = await asyncio.gather(*(share(job, number) for job in range(jobs)))
            runs = {name: run for part in made for name, run in part.items()}
            seconds.update({name: run.seconds for name, run in runs.items()})
            for claim in known:
                evidence = claims.judge(claim, runs)
                assert evidence is not None
                verdicts[claim.id][evidence.verdict] += 1
                if evidence.verdict not in DECIDED:
                    print(f"  {claim.id}: {evidence.verdict}: {evidence.reason}", file=sys.stderr)
            print(f"{number - first + 1} of {repeats}", file=sys.stderr, flush=True)
    finally:
        for one in benches:
            await one.close()
    for name, total in seconds.most_common():
        print(f"{name:28} {total / repeats:6.1f} s a run")
    return verdicts


def main() -> int:
    """Print a line per claim; 1 when a decided verdict changed."""
    parser = argparse.ArgumentParser(description="Do verdicts hold still?")
    parser.add_argument("repeats", type=int)
    parser.add_argument("experiment", nargs="*", help="left out: all")
    parser.add_argument("--busy", type=int, default=0, help="busy processes beside it")
    parser.add_argument("--first", type=int, default=1, help="number of the first set of seeds")
    parser.add_argument("--jobs", type=int, default=1, help="experiments at a time")
    given = parser.parse_args()
    chosen = given.experiment or catalogue.names()
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(given.busy)]
    try:
        verdicts = asyncio.run(repeat(given.repeats, chosen, given.jobs, given.first))
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    changed = undecided = 0
    for claim, counted in verdicts.items():
        decided = [verdict for verdict in counted if verdict in DECIDED]
        changed += sum(sorted(counted[verdict] for verdict in decided)[:-1])
        undecided += counted.total() - sum(counted[verdict] for verdict in decided)
        said = ", ".join(f"{verdict} {count}" for verdict, count in counted.most_common())
        print(f"{claim:38} {said}{'   CHANGED' if len(decided) > 1 else ''}")
    total = given.repeats * len(verdicts)
    print(f"{len(verdicts)} claims, {total} verdicts: {changed} changed, {undecided} undecided")
    return int(changed > 0)


if __name__ == "__main__":
    sys.exit(main())
