"""Do verdicts hold still? Every claim again and again with other seeds, with busy neighbours or without.

A verdict may be `unclear` as often as it likes; between two decided ones it must not change.
Run: python bench/stability.py REPEATS [BUSY PROCESSES] [EXPERIMENT...]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter

from quizapp import bank, claims
from quizapp.evidence import Run
from quizapp.proof import Bench

DECIDED = ("holds", "depends", "fails")


async def repeat(repeats: int, chosen: list[str]) -> dict[str, Counter[str]]:
    """Claim -> how often each verdict came out, over claims that need the chosen experiments only."""
    known = [c for c in bank.load().claims.values() if c.checks and set(c.experiments) <= set(chosen)]
    verdicts: dict[str, Counter[str]] = {claim.id: Counter() for claim in known}
    bench = Bench()
    try:
        for number in range(repeats):
            runs: dict[str, Run] = {
                name: await bench.prove(name, device="cpu", first_seed=1000 * (number + 1)) for name in chosen
            }
            for claim in known:
                evidence = claims.judge(claim, runs)
                assert evidence is not None
                verdicts[claim.id][evidence.verdict] += 1
            print(f"{number + 1} of {repeats}", file=sys.stderr, flush=True)
    finally:
        await bench.close()
    return verdicts


def main() -> int:
    """Print a line per claim; 1 when a decided verdict changed."""
    repeats, busy = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    chosen = sys.argv[3:] or sorted(claims.experiments())
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        verdicts = asyncio.run(repeat(repeats, chosen))
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    changed = 0
    for claim, counted in verdicts.items():
        decided = [verdict for verdict in counted if verdict in DECIDED]
        changed += len(decided) > 1
        said = ", ".join(f"{verdict} {count}" for verdict, count in counted.most_common())
        print(f"{claim:38} {said}{'   CHANGED' if len(decided) > 1 else ''}")
    print(f"{changed} of {len(verdicts)} claims changed between decided verdicts; busy processes: {busy}")
    return int(changed > 0)


if __name__ == "__main__":
    sys.exit(main())
