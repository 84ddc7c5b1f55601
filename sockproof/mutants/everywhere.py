"""``sockproof mutants --everywhere``: a whole run under each mutant, and whether it ended with results.

Which claims notice is not asked here: the deviations are in everything, in the rig and in the command as well, and
what goes red there says nothing about a claim.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof.errors import Exit, UsageError
from sockproof.mutants import build, job, whole_run
from sockproof.mutants.asking import IMPATIENT, Asked, first
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.whole_run import HUNG, SOUND, Course, Order

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue

FOLDER = Path("sockproof-results", "everywhere")
JOURNAL = "everywhere.jsonl"
TABLE = "everywhere.txt"
VERDICTS = ("deviates", "inconclusive", "harness-error")


class Everywhere(Asked):
    """One request."""

    def __init__(self, asked: Namespace, place: Path, claims: Catalogue) -> None:
        super().__init__(asked, place, claims)
        self.out = Path(asked.out or FOLDER).absolute()
        self.children = len(os.sched_getaffinity(0)) if asked.children is None else asked.children

    def run(self) -> int:
        """Checks, runs, tells; the exit status."""
        self.check()
        if self.asked.all_kills or self.asked.fresh or (self.asked.thin is not None and self.asked.thin < 1):
            raise UsageError("--everywhere goes neither with --all-kills nor with --fresh, and --thin is 1 or more.")
        self.library = build.library()
        self.key = job.digest(self.stamp(), str(self.asked.thin))
        known = {name: Course(**line["course"]) for name, line in self.known(self.journal()).items()}
        try:
            self.go_through([mutant for mutant in self.chosen if mutant.id not in known], known)
        except KeyboardInterrupt:
            self.tell(known)
            return Exit.INTERRUPTED
        self.tell(known)
        return Exit.EXPECTED if all(course.ended in SOUND for course in known.values()) else Exit.UNEXPECTED

    def journal(self) -> Path:
        """The journal, empty unless an earlier request goes on."""
        path = self.out / JOURNAL
        if not self.asked.resume:
            path.unlink(missing_ok=True)
        return path

    def go_through(self, left: Sequence[Mutant], known: dict[str, Course]) -> None:
        """Adds to what is known how a run went under each mutant that is left."""
        order = Order(self.place, self.out, self.library, self.asked.thin, self.asked.bound, IMPATIENT)
        by_id = {mutant.id: mutant for mutant in left}
        for course in whole_run.courses(order, left, self.children):
            key = job.mutant_key(by_id[course.mutant], self.whole_key, all_kills=False)
            job.note(self.out / JOURNAL, key, {"mutant": course.mutant, "course": course.plain()})
            known[course.mutant] = course
            if course.ended in SOUND:
                shutil.rmtree(self.out / "runs" / course.mutant)
            print(f"{len(known):4} of {len(self.chosen)}  {row(course)}", file=sys.stderr, flush=True)

    def tell(self, known: Mapping[str, Course]) -> None:
        """The table as a file, and what it comes to on standard output."""
        found = [known[mutant.id] for mutant in self.chosen if mutant.id in known]
        lines = [row(course) for course in found]
        (self.out / TABLE).write_text("\n".join([heading(), *lines, ""]), "utf-8")
        if self.asked.json:
            print(json.dumps([course.plain() for course in found], indent=1))
            return
        print("\n".join([*conclusion(found), f"table: {self.out / TABLE}"]))


def heading() -> str:
    """Above the table."""
    return f"{'ended':10} {'mutant':44} {'seconds':>7} {'exit':>4} {'of':>5} {' '.join(VERDICTS)}  acted"


def row(course: Course) -> str:
    """A line of the table."""
    numbers = " ".join(f"{course.verdicts.get(name, 0):{len(name)}}" for name in VERDICTS)
    status = "" if course.status is None else course.status
    acted = "" if course.acted is None else course.acted
    left = f", {course.left} processes left" if course.left else ""
    detail = "" if course.ended == "ended" else f"  {first(course.detail)}"
    return (f"{course.ended:10} {course.mutant:44} {course.seconds:7.1f} {status:>4} {course.instances:5} "
            f"{numbers}  {acted}{left}{detail}")  # fmt: skip


def conclusion(found: Sequence[Course]) -> Iterator[str]:
    """What the runs come to."""
    ended = Counter(course.ended for course in found)
    told = ", ".join(f"{number} {how}" for how, number in ended.most_common())
    deviate = sum(bool(course.verdicts.get("deviates")) for course in found)
    yield f"{len(found)} whole runs: {told}. {deviate} of them have deviations."
    if slowest := max(found, key=lambda course: course.seconds, default=None):
        yield f"The slowest took {slowest.seconds:g} s: {slowest.mutant}."
    for course in found:
        if course.ended not in SOUND:
            detail = "did not end" if course.ended == HUNG else first(course.detail)
            yield f"  {course.ended:10} {course.mutant}: {detail}"
