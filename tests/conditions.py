"""The whole suite on a machine that is not kind: few descriptors, blocked signals, lost frames, moments of standstill.

    python -m tests.conditions [--shared] [CONDITION ...]

Red must mean the kernel there as well. What a machine cannot give may be not-permitted, and what was lost inconclusive;
nothing may deviate that does not otherwise, nothing may fail that is ours, and each run ends by itself with results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.hostile import spoiling
from tests.standing_still import is_possible

PROJECT = Path(__file__).resolve().parents[1]
LONGEST = 600
"""Seconds in which a run must have ended."""
WORST = ("harness-error", "deviates", "inconclusive", "not-permitted", "unsupported", "conforms")
"""Verdicts, from what must be explained to what was hoped for."""


@dataclass(frozen=True)
class Condition:
    """What surrounds the run, and which verdicts may come of it."""

    before: tuple[str, ...] = ()
    """What becomes the command."""
    behind: tuple[str, ...] = ()
    """Options of pytest."""
    tolerated: frozenset[str] = frozenset({"conforms", "unsupported", "not-permitted"})
    longest: int = LONGEST
    """Seconds in which the run must have ended."""


STILL = Condition((sys.executable, "-m", "tests.standing_still"), longest=5 * LONGEST)
"""Half of its time it stands still."""
CONDITIONS = {
    "few descriptors": Condition(("sh", "-c", 'ulimit -n 64; exec "$@"', "sh")),
    "blocked signals": Condition(spoiling("signals-blocked")),
    "capture loss": Condition(
        behind=("-p", "tests.small_capture"),
        tolerated=frozenset({"conforms", "unsupported", "not-permitted", "inconclusive"}),
    ),
    "standing still": STILL,
}


def main(words: Sequence[str]) -> int:
    """Runs the suite under each condition, and tells what came of it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.conditions", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="CONDITION", help=f"of: {', '.join(CONDITIONS)} (all of them)")
    parser.add_argument("--shared", action="store_true", help="each has its share, all of them the whole suite")
    asked = parser.parse_args(words)
    if unknown := [name for name in asked.names if name not in CONDITIONS]:
        parser.error(f'there is no condition "{unknown[0]}"; they are {", ".join(CONDITIONS)}')
    names = asked.names or [name for name in CONDITIONS if _is_tried(name, quickly=asked.shared)]
    shares = [["--shard", f"{i}/{len(names)}"] if asked.shared else [] for i in range(1, len(names) + 1)]
    return max((tried(name, CONDITIONS[name], share) for name, share in zip(names, shares, strict=True)), default=0)


def _is_tried(name: str, *, quickly: bool) -> bool:
    """Whether a condition that nobody named is tried: one that takes long, and needs cgroups, at leisure."""
    if CONDITIONS[name] is not STILL:
        return True
    if not (possible := is_possible()):
        print(f"{name}: not tried, since no cgroup can be made here")
    return possible and not quickly


def tried(name: str, condition: Condition, share: Sequence[str] = ()) -> int:
    """One run; 1 where it says something that it should not."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sockproof", "run", "-n", "2", "--out", folder, *share]
        command += ["--", *condition.behind] if condition.behind else []
        subprocess.run([*condition.before, *command], cwd=PROJECT, stdout=subprocess.DEVNULL, timeout=condition.longest)
        results = json.loads((Path(folder) / "results.json").read_text("utf-8"))
    told = Counter(entry["verdict"] for entry in results["instances"])
    print(f"{name}: {', '.join(f'{told[verdict]} {verdict}' for verdict in WORST if told[verdict])}", flush=True)
    wrong = [each for each in results["instances"] if each["verdict"] not in condition.tolerated and _counts(each)]
    for entry in wrong[:20]:
        print(f"  {entry['id']} {entry['verdict']}: {(entry['reason'] or '').partition(chr(10))[0]}")
    if not results["run"]["complete"]:
        print("  the run is not complete")
    return int(bool(wrong) or not results["run"]["complete"] or not told["conforms"])


def _counts(entry: Mapping[str, Any]) -> bool:
    """Whether a verdict is about this run: not what a record knows of the kernel, and no comparison of costs that
    showed no margin, as it may anywhere."""
    return entry["counts"] and not entry["expected"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
