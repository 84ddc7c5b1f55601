"""One run of the suite as users start it, under one mutant, watched from outside: did it end, and with what results.

The library acts in everything that runs: in the command, in pytest, and in the rig, not only in scenarios. So what is
asked is no more than that the run ends by itself, and leaves results or a refusal in one sentence.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fixtures.stage.lifeline import die_with_parent
from sockproof import running
from sockproof.errors import Exit
from sockproof.mutants import aim, state
from sockproof.mutants.catalogue import Mutant

ENDED, REFUSED, WITHOUT, HUNG = "ended", "refused", "no-results", "hung"
SOUND = frozenset({ENDED, REFUSED})
"""How a run may end, whatever the kernel does."""
LOOK = 0.1
"""Seconds between two looks at the runs."""
TAIL = 2000
"""Characters that are kept of what a run said last."""


@dataclass(frozen=True)
class Course:
    """How one whole run went."""

    mutant: str
    ended: str
    """ENDED with complete results, REFUSED in a sentence, WITHOUT results that are complete, or HUNG."""
    seconds: float
    status: int | None = None
    instances: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    acted: int | None = None
    """How often the deviation was put in place; None where nothing counts it."""
    left: int = 0
    """Processes of the run that were still there after its end."""
    detail: str = ""
    """What was missing, and what was said last."""

    def plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Order:
    """What is common to the whole runs of one request."""

    place: Path
    out: Path
    library: Path
    thin: int | None
    bound: float
    """Seconds after which a run counts as hung."""
    patience: str


class WholeRun:
    """A run under `mutant` that has begun."""

    def __init__(self, order: Order, mutant: Mutant) -> None:
        self.order, self.mutant = order, mutant
        self.folder = order.out / "runs" / mutant.id
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state = state.State.create(fresh(self.folder / "state")) if mutant.mechanism == "preload" else None
        if self.state is not None:
            self.state.arm(mutant.argument)
            self.state.gate = True
        self.began, parent = time.monotonic(), os.getpid()
        with (self.folder / "output.txt").open("wb") as output:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=lambda: die_with_parent(parent),
            )  # fmt: skip

    def command(self) -> list[str]:
        """The command line that a user would write, and the plugin that thins."""
        mutant, is_wire = self.mutant, self.mutant.mechanism == "nft"
        aimed = aim.Aim(mutant.id, mutant.claims, self.order.thin, mutant.argument if is_wire else None, mutant.hook)
        path = aimed.write(self.folder / "aim.json")
        setting = ["--sysctl", mutant.argument] if mutant.mechanism == "sysctl" else []
        return [sys.executable, "-P", "-m", "sockproof", "run", "--out", str(self.results), *setting,
                "--", "-p", "sockproof.mutants.aim", f"{aim.OPTION}={path}"]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """That of a user who has loaded the library, with little patience where failing is the rule."""
        usual = running.environment(self.order.place)
        if self.state is None:
            return usual
        return {"SOCKPROOF_PATIENCE": self.order.patience, **usual,
                **state.environment(self.order.library, self.state.path)}  # fmt: skip

    @property
    def results(self) -> Path:
        """Where the run leaves its results."""
        return self.folder / "results"

    def is_over(self) -> bool:
        """Whether it has ended, or its bound has passed."""
        return self.process.poll() is not None or time.monotonic() - self.began > self.order.bound

    def end(self) -> Course:
        """How it went; ends whatever of it is still there."""
        hung = self.process.poll() is None
        seconds = round(time.monotonic() - self.began, 1)
        left = end_session(self.process.pid)
        self.process.wait()
        acted = self.state.count(self.mutant.argument).acted if self.state is not None else None
        if self.state is not None:
            self.state.close()
        found = {"seconds": seconds, "acted": acted, "left": 0 if hung else left}
        if hung:
            return Course(self.mutant.id, HUNG, detail=self.said(), **found)  # type: ignore[arg-type]
        return self.judged(**found)

    def judged(self, **found: Any) -> Course:
        """How a run that ended by itself went."""
        from reports.store import ResultsError, read_results

        status = found["status"] = self.process.returncode
        if status == Exit.USAGE and "sockproof: error: " in self.said():
            return Course(self.mutant.id, REFUSED, detail=self.said(), **found)
        try:
            results = read_results(self.results / "results.json")
        except ResultsError as error:
            return Course(self.mutant.id, WITHOUT, detail=f"{error}\n{self.said()}", **found)
        found["instances"] = len(results.instances)
        found["verdicts"] = dict(Counter(each.verdict for each in results.instances))
        whole = results.run.complete and len(results.instances) == results.run.collected > 0
        if whole and status in (Exit.EXPECTED, Exit.UNEXPECTED):
            return Course(self.mutant.id, ENDED, **found)
        complete = f"complete: {results.run.complete}, {len(results.instances)} of {results.run.collected} instances"
        return Course(self.mutant.id, WITHOUT, detail=f"{complete}\n{self.said()}", **found)

    def said(self) -> str:
        """The end of what it said."""
        return (self.folder / "output.txt").read_text("utf-8", errors="replace")[-TAIL:]


def fresh(path: Path) -> Path:
    """The same path, without what an interrupted run left there."""
    path.unlink(missing_ok=True)
    return path


def end_session(session: int) -> int:
    """Kills every process of a session until none is left; how many there were."""
    ended: set[int] = set()
    while members := [pid for pid in members_of(session) if pid not in ended]:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended.update(members)
    return len(ended)


def members_of(session: int) -> Iterator[int]:
    """The living processes of a session (proc_pid_stat(5))."""
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            text = Path(f"/proc/{name}/stat").read_text("ascii", errors="replace")
            process_state, _, _, its_session = text.rpartition(")")[2].split()[:4]
            if int(its_session) == session and process_state not in "ZX":
                yield int(name)


def courses(order: Order, mutants: Sequence[Mutant], at_a_time: int) -> Iterator[Course]:
    """Runs the suite under each mutant, some at a time, and tells of each run when it is over.

    Should the caller stop listening, what still runs is ended.
    """
    waiting, under_way = iter(mutants), list[WholeRun]()
    try:
        while True:
            while len(under_way) < at_a_time and (mutant := next(waiting, None)) is not None:
                under_way.append(WholeRun(order, mutant))
            if not under_way:
                return
            over = [each for each in under_way if each.is_over()]
            under_way[:] = [each for each in under_way if each not in over]
            yield from (each.end() for each in over)
            if not over:
                select.select([], [], [], LOOK)  # their ends send no event that several could share
    finally:
        for each in under_way:
            each.end()
