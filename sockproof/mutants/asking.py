"""``sockproof mutants``: what is tried, the processes that try it, and the matrix that comes of it."""

from __future__ import annotations

import json
import os
import platform
import random
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sockproof import __version__, child, packages, running, suite
from sockproof.errors import Exit, UsageError
from sockproof.mutants import MutantError, build, catalogue, job, state
from sockproof.mutants.catalogue import Mutant

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue
    from reports.kill_matrix import Matrix

FOLDER = Path("sockproof-results", "mutants")
DICTIONARY = "faults.json"
IMPATIENT = "1.5"
"""Seconds of SOCKPROOF_PATIENCE where failing is the rule: more than the second after which TCP sends a SYN again."""
PATIENCE = "SOCKPROOF_PATIENCE"


def run(asked: Namespace) -> int:
    """Try the mutants that were asked for; the exit status. Raises UsageError before anything is started."""
    place = suite.reach()
    claims = suite.catalogue()
    try:
        if asked.everywhere:
            from sockproof.mutants.everywhere import Everywhere

            return Everywhere(asked, place, claims).run()
        return Asked(asked, place, claims).run()
    except MutantError as error:
        raise UsageError(str(error)) from error


class Asked:
    """One request."""

    def __init__(self, asked: Namespace, place: Path, claims: Catalogue) -> None:
        self.asked = asked
        self.place = place
        self.claims = claims
        self.folder = Path(asked.catalogue) if asked.catalogue else catalogue.FOLDER
        self.chosen = chosen(asked, catalogue.load(self.folder), claims)
        self.out = Path(asked.out or FOLDER).absolute()
        self.began = time.time()
        # A trial mostly waits for what the mutant keeps from happening: more of them at once cost little.
        cores = len(os.sched_getaffinity(0))
        self.children = 2 * cores if asked.children is None else asked.children

    def run(self) -> int:
        """Checks, tries, writes; the exit status."""
        self.check()
        self.library = build.library()
        self.key = self.stamp()
        journal = self.journal()
        status: int = Exit.EXPECTED
        for group in ("kill", "adapt"):
            known = self.known(journal)
            left = [m for m in self.chosen if (m.expect == "adapt") == (group == "adapt") and m.id not in known]
            if left and status == Exit.EXPECTED:
                status = self.try_out(left, journal, group)
        matrix = self.matrix(journal, status)
        self.write(matrix)
        if status == Exit.EXPECTED and not (matrix.decided and all(trial.as_expected for trial in matrix.trials)):
            return Exit.UNEXPECTED
        return status

    def check(self) -> None:
        """Raises UsageError for what can be told before anything is built or started."""
        from fixtures.run.unfit import unfit

        if reason := unfit():
            raise UsageError(reason)
        if missing := [package.requirement for package in packages.needed(self.place) if package.version is None]:
            raise UsageError(f"{missing[0]} is not installed; run {sys.executable} -m pip install '{missing[0]}'.")
        faults = catalogue.reconcile(self.chosen, self.claims.claims)
        if faults:
            raise UsageError("the catalogue of mutants does not fit the claims:\n" + "\n".join(faults))
        if self.asked.sample is not None and self.asked.sample < 1:
            raise UsageError(f"--sample {self.asked.sample} takes no mutants; write 1 or more.")
        if self.asked.thin is not None and not self.asked.everywhere:
            raise UsageError("--thin is about whole runs; add --everywhere.")
        if self.asked.scenarios is not None and not (self.asked.signatures and self.asked.scenarios > 0):
            raise UsageError(f"--scenarios {self.asked.scenarios} is a number from 1 on, with --signatures.")
        if self.asked.onto:
            self.check_older(Path(self.asked.onto))
        if self.children < 1:
            raise UsageError(f"-n {self.asked.children} is no number of children; write 1 or more.")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.refusal(error.strerror) from error
        if not os.access(self.out, os.W_OK | os.X_OK):
            raise self.refusal("permission denied")

    def check_older(self, path: Path) -> None:
        """Raises UsageError where what is to be added to is no dictionary."""
        from reports.diagnosis.dictionary import read
        from reports.files import ResultsError

        if not self.asked.signatures:
            raise UsageError("--onto is about the fault dictionary; add --signatures.")
        try:
            read(path)
        except ResultsError as error:
            raise UsageError(str(error)) from error

    def refusal(self, reason: str | None) -> UsageError:
        """The error for a folder that cannot be used."""
        return UsageError(f"the matrix cannot go to {self.out}: {reason}; name another folder with --out.")

    def stamp(self) -> str:
        """Stands for everything but the scenarios that decides what is observed."""
        kernel = " ".join(platform.uname())
        machine = (kernel, platform.python_version(), str(os.geteuid()))
        return job.fingerprint(self.place / "fixtures", *machine, str(self.library))

    def journal(self) -> Path:
        """The journal, empty unless an earlier run goes on."""
        path = self.out / job.JOURNAL
        if not self.asked.resume:
            path.unlink(missing_ok=True)
        return path

    @cached_property
    def whole_key(self) -> str:
        """Stands for everything that decides a verdict, as it was at the start."""
        return job.fingerprint(self.place / "conformance", self.key)

    def known(self, journal: Path) -> dict[str, dict[str, Any]]:
        """The newest line of each mutant that the journal has as it is now."""
        by_id = {mutant.id: mutant for mutant in self.chosen}
        key = self.whole_key
        how = {"all_kills": self.asked.all_kills, "signatures": self.asked.signatures}
        keys = {m.id: job.mutant_key(m, key, **how) for m in by_id.values()}
        lines = (line for line in job.noted(journal) if "mutant" in line)
        return {line["mutant"]: line for line in lines if keys.get(line["mutant"]) == line["key"]}

    def try_out(self, mutants: Sequence[Mutant], journal: Path, group: str) -> int:
        """Starts one warm process; the exit status of what it did. Raises UsageError for a red baseline."""
        path = self.out / "job.json"
        self.job(mutants, journal).write(path)
        with state.State.create(self.out / f".state-{os.getpid()}") as idle:
            try:
                environment = self.environment(idle.path, group)
                code, interrupted = child.run(self.command(path), environment, orphaned=signal.SIGKILL)
            finally:
                path.unlink(missing_ok=True)
                idle.path.unlink(missing_ok=True)
        self.refuse_red(journal)
        if interrupted:
            return Exit.INTERRUPTED
        return Exit.EXPECTED if code == 0 else Exit.INTERNAL

    def job(self, mutants: Sequence[Mutant], journal: Path) -> job.Job:
        """What the warm process is told."""
        return job.Job(
            mutants=tuple(mutant.id for mutant in mutants),
            children=self.children,
            journal=str(journal),
            cache=str(build.cache_folder()),
            key=self.whole_key,
            observing_key=self.key,
            relevant=self.relevant(mutants),
            all_kills=self.asked.all_kills,
            fresh=self.asked.fresh,
            terminal=os.isatty(2),
            catalogue=str(self.folder),
            signatures=self.asked.signatures,
            scenarios=self.asked.scenarios,
        )

    def relevant(self, mutants: Sequence[Mutant]) -> tuple[str, ...] | None:
        """The claims whose instances take part: all, unless only some mutants were asked for."""
        narrowed = self.asked.sample or self.asked.ids or self.asked.area or self.asked.claim
        if not narrowed or self.asked.signatures or any(not mutant.claims for mutant in mutants):
            return None
        return tuple(dict.fromkeys(pattern for mutant in mutants for pattern in mutant.claims))

    def command(self, path: Path) -> list[str]:
        """The command line of the warm process."""
        base = running.pytest_command(self.place)
        plugins = ["-p", "no:xdist", "-p", "sockproof.mutants.plugin"]
        return [*base, "-qq", "--no-header", "--tb=native", "--capture=no", "--show-capture=no",
                *plugins, f"{job.OPTION}={path}", str(self.place / "conformance")]  # fmt: skip

    def environment(self, idle: Path, group: str) -> dict[str, str]:
        """The environment of the warm process: the library, and little patience where failing is the rule."""
        found = {**running.environment(self.place), **state.environment(self.library, idle)}
        return found if group == "adapt" else {PATIENCE: IMPATIENT, **found}

    def refuse_red(self, journal: Path) -> None:
        """Raises UsageError where the suite is red without any mutant."""
        red = [each for line in job.noted(journal) if line.get("kind") == "red" for each in line["instances"]]
        if red:
            lines = "\n".join(f"  {each['instance']} {each['verdict']}: {first(each['reason'])}" for each in red)
            head = "without any mutant the suite is red, so nothing can be learned; mend this first"
            raise UsageError(f"{head}:\n{lines}")

    def matrix(self, journal: Path, status: int) -> Matrix:
        """What the journal has, as a matrix."""
        from reports import kill_matrix

        known = self.known(journal)
        trials = [self.trial(mutant, known[mutant.id]) for mutant in self.chosen if mutant.id in known]
        return kill_matrix.Matrix(self.facts(status, len(trials)), self.tested(journal), tuple(trials))

    def facts(self, status: int, tried: int) -> dict[str, Any]:
        """About the run."""
        return {
            "started": int(self.began * 1e9),
            "seconds": round(time.time() - self.began, 1),
            "sockproof": __version__,
            "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
            "python": platform.python_version(),
            "children": self.children,
            "chosen": len(self.chosen),
            "tried": tried,
            "interrupted": status == Exit.INTERRUPTED,
            "all_kills": self.asked.all_kills,
            "arguments": sys.argv[1:],
        }

    def tested(self, journal: Path) -> Any:
        """The claims that took part."""
        from reports.kill_matrix import TestedClaim

        green: dict[str, str] = {}
        for line in job.noted(journal):
            green.update(line["instances"] if line.get("kind") == "baseline" else {})
        numbers = {claim: list(green.values()).count(claim) for claim in set(green.values())}
        found = self.claims.claims
        return tuple(TestedClaim(n, found[n].says, found[n].topic, numbers[n]) for n in found if n in numbers)

    def write_dictionary(self, matrix: Matrix) -> None:
        """What fell under each mutant, as the fault dictionary."""
        from sockproof.mutants import dictionary

        journal = self.out / job.JOURNAL
        green = dictionary.asked(job.noted(journal))
        onto = Path(self.asked.onto) if self.asked.onto else None
        dictionary.write(self.out / DICTIONARY, green, matrix.trials, self.known(journal), matrix.run, onto)

    def trial(self, mutant: Mutant, line: Mapping[str, Any]) -> Any:
        """A mutant of the catalogue with what the journal has of it."""
        from reports.kill_matrix import Trial, known

        named = [claim for claim in self.claims.claims if mutant.names_claim(claim)]
        return known(Trial, {**asdict(mutant), **line, "claims": named})

    def write(self, matrix: Matrix) -> None:
        """The matrix as JSON and as a page, and in words on standard output."""
        from reports import kill_matrix, mutants

        kill_matrix.write(matrix, self.out / "matrix.json")
        mutants.write_page(matrix, self.out / "kill-matrix.html")
        if self.asked.signatures:
            self.write_dictionary(matrix)
        if self.asked.json:
            print(json.dumps(kill_matrix.plain(matrix), indent=1))
            return
        print(kill_matrix.in_words(matrix))
        print(f"matrix: {self.out / 'kill-matrix.html'}")
        if self.asked.signatures:
            print(f"dictionary: {self.out / DICTIONARY}")


def chosen(asked: Namespace, mutants: Sequence[Mutant], claims: Catalogue) -> tuple[Mutant, ...]:
    """The mutants that were asked for. Raises UsageError or MutantError where nothing fits."""
    found = catalogue.select(mutants, ids=asked.ids, area=asked.area)
    whatever = asked.ids or asked.everywhere
    expect = [asked.expect] if asked.expect else ["kill", "adapt", "equivalent"] if whatever else ["kill"]
    found = tuple(m for m in found if m.expect in expect and asked.mechanism in (None, m.mechanism))
    if not whatever:
        found = tuple(m for m in found if (m.awaits is not None) == asked.awaiting)
    if asked.claim:
        wanted = suite.select(claims, asked.claim)
        found = tuple(m for m in found if any(m.names_claim(claim) for claim in wanted))
    if not found:
        raise UsageError("no mutant fits all of what was asked; loosen the selection.")
    return sampled(found, asked.sample, asked.seed)


def sampled(mutants: Sequence[Mutant], number: int | None, seed: str) -> tuple[Mutant, ...]:
    """So many of the mutants, the same for the same seed; all without a number."""
    if number is None or not 0 < number < len(mutants):
        return tuple(mutants)
    taken = set(random.Random(seed).sample([mutant.id for mutant in mutants], number))
    return tuple(mutant for mutant in mutants if mutant.id in taken)


def first(text: str) -> str:
    """A reason on one line."""
    return " ".join(text.split())[:200]
