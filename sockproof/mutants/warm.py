"""The work of the warm process: the baseline, which also observes, and then one forked child after another."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from fixtures.evidence.waiting import GENEROUS
from fixtures.run.session import SESSION, claim_of
from reports.kill_matrix import KILLED_BY_ANOTHER, NOT_AVAILABLE, NOT_REACHED, SURVIVED
from sockproof.mutants import passing, signature
from sockproof.mutants.catalogue import Mutant, load
from sockproof.mutants.child_work import Attempt, Say, Warm, observe
from sockproof.mutants.crew import Errand, perform
from sockproof.mutants.gate import Gate
from sockproof.mutants.job import Job, digest, mutant_key, note, noted
from sockproof.mutants.observed import Observed, topic_of
from sockproof.mutants.outcome import RED, Course, Outcome, is_kill, verdict_of, verdict_of_setting
from sockproof.mutants.progress import Progress

CHUNK = 40
"""Instances that one child observes: few enough that both cores end together."""
TRIES = 3
"""How often an instance that is red without a mutant is asked, alone from the second time on."""
MOST_RED = 20
"""Red instances that may come of a busy machine; of more, nobody waits for a second opinion."""
MISSED = frozenset({SURVIVED, NOT_REACHED, KILLED_BY_ANOTHER})
"""What says nothing against the suite where the claims that must notice could not be decided."""
SLACK = 10.0
"""Seconds beyond twice a scenario's own deadline, after which it counts as hung."""


def work(job: Job, session: pytest.Session, gate: Gate, journal: Path) -> None:
    """Does the job; every verdict goes into the journal as soon as it is there."""
    with ExitStack() as held:
        scratch = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sockproof-mutants-")))
        # What costs time once is done here, and inherited: the dissector, and the kernel's stamping of packets.
        held.enter_context(session.config.stash[SESSION].capturing())
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        Workshop(job, Warm(session.config, items, gate, scratch), journal).work()


@dataclass
class Workshop:
    """One job in hand."""

    job: Job
    warm: Warm
    journal: Path
    progress: Progress = field(init=False)
    observed: Observed = field(init=False)
    tested: set[str] = field(default_factory=set)
    """The claims that have killed a mutant by now."""
    passed: dict[str, list[str]] = field(default_factory=dict)
    """By wire mutant, where signatures are wanted: the instances of which a packet is matched."""

    def __post_init__(self) -> None:
        self.progress = Progress(self.job.terminal)
        conformance = self.warm.session.conformance
        self.observed = Observed(Path(self.job.cache), conformance, self.job.observing_key)

    def work(self) -> None:
        """The baseline, and the mutants if it is green."""
        red = self.baseline()
        if red and not (self.job.signatures and len(red) <= MOST_RED):  # a signature is only poorer without a few
            self.note(kind="red", instances=[asdict(outcome) for outcome in red])
            return
        self.note(kind="baseline", instances={name: o.claim for name, o in self.observed.instances.items()})
        wanted = set(self.job.mutants)
        mutants = [mutant for mutant in load(Path(self.job.catalogue)) if mutant.id in wanted]
        if self.job.signatures:
            on_the_wire = any(passing.countable(mutant) for mutant in mutants)
            self.passed = self.watching(load(Path(self.job.catalogue))) if on_the_wire else {}
        self.progress.begin("mutants", len(mutants))
        errands = (self.errand(mutant) for mutant in mutants)
        by_id = {mutant.id: mutant for mutant in mutants}
        for errand in perform(errands, children=self.job.children):
            self.judge(by_id[errand.key], errand)
        self.progress.end()

    def note(self, **line: Any) -> None:
        """A line of the journal that is about no mutant."""
        note(self.journal, self.job.key, line)

    def relevant(self) -> list[str]:
        """The instances that take part."""
        patterns = self.job.relevant
        return [
            name for name, item in self.warm.items.items()
            if patterns is None or any(fnmatchcase(claim_of(item), pattern) for pattern in patterns)
        ]  # fmt: skip

    def baseline(self) -> list[Outcome]:
        """Observes what is not known yet; gives the instances that are red without a mutant.

        An instance that is red is asked again, alone: the waits are short here, and the machine may be busy.
        """
        asked = self.relevant()
        unknown, red = asked if self.job.fresh else self.observed.recall(asked), list[Outcome]()
        for turn in range(TRIES):
            red = [outcome for outcome in self._observe(unknown, alone=turn > 0) if outcome.verdict in RED]
            unknown = [outcome.instance for outcome in red]
            if not unknown or len(unknown) > MOST_RED:
                break
        taking_part = set(asked)
        self.observed.instances = {k: v for k, v in self.observed.instances.items() if k in taking_part}
        return red

    def _observe(self, names: list[str], *, alone: bool) -> list[Outcome]:
        size = 1 if alone else CHUNK
        parts = [names[at : at + size] for at in range(0, len(names), size)]
        errands = (self._observing(part) for part in parts)
        found: list[Outcome] = []
        self.progress.begin("baseline", len(names))
        for errand in perform(errands, children=1 if alone else self.job.children):
            found += errand.course.outcomes
            self.progress.step(len(errand.course.outcomes))
            if errand.course.hung:
                found.append(Outcome(errand.course.hung, self.warm.claim(errand.course.hung), "died", "it hung"))
        self.progress.end()
        self.observed.keep(outcome for outcome in found if outcome.verdict not in RED)
        return found

    def _observing(self, names: list[str]) -> Errand:
        return Errand("observe", names, lambda left, say: observe(self.warm, left, say), self.limit, self.warm.claim)

    def limit(self, name: str) -> float:
        """Seconds after which an item counts as hung: beyond anything that the suite itself allows."""
        mark = self.warm.items[name].get_closest_marker("deadline")
        return 2 * float(mark.args[0] if mark else 3 * GENEROUS) + SLACK

    def errand(self, mutant: Mutant) -> Errand:
        """What a child does about a mutant."""
        untested = frozenset({self.warm.claim(name) for name in self.observed.instances} - self.tested)
        if self.job.signatures:
            return self.sounding(mutant)
        attempt = Attempt(self.warm, mutant, self.job.all_kills, untested)
        limits = self.limit if mutant.deadline is None else lambda _: mutant.deadline or 0.0
        return Errand(mutant.id, list(self.plan(mutant)), attempt.work, limits, self.warm.claim)

    def watching(self, every: Iterable[Mutant]) -> dict[str, list[str]]:
        """By wire mutant, the instances of which a packet is matched; an interrupted run has left it in the journal."""
        mutants = [mutant for mutant in every if passing.countable(mutant)]
        of = digest(self.job.key, *(mutant.argument for mutant in mutants))
        for line in noted(self.journal):
            if line.get("kind") == "passed" and line["of"] == of:
                return dict(line["instances"])
        found = self.watched(mutants)
        self.note(kind="passed", of=of, instances=found)
        return found

    def watched(self, mutants: list[Mutant]) -> dict[str, list[str]]:
        """The same, by a pass over everything that is green."""
        names = list(self.observed.instances)
        parts = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
        found: list[Outcome] = []
        self.progress.begin("packets", len(names))
        for errand in perform((self._watching(mutants, part) for part in parts), children=self.job.children):
            found += errand.course.outcomes
            self.progress.step(len(errand.course.outcomes))
        self.progress.end()
        return passing.reached(found)

    def _watching(self, mutants: list[Mutant], names: list[str]) -> Errand:
        def work(left: list[str], say: Say) -> None:
            passing.watch(self.warm, mutants, left, say)

        return Errand("watch", names, work, self.limit, self.warm.claim, goes_on=True)

    def sounding(self, mutant: Mutant) -> Errand:
        """What a child does for the signature of a mutant."""
        reaching = self.reaching(mutant)
        asked = signature.plan(reaching, lambda name: mutant.names_claim(self.warm.claim(name)), self.job.scenarios)
        work = signature.Sounding(self.warm, mutant).work
        return Errand(mutant.id, asked, work, self.limit, self.warm.claim, goes_on=True)

    def reaching(self, mutant: Mutant) -> list[str]:
        """The green instances that reach a mutant, as far as that can be known beforehand."""
        if not passing.countable(mutant):
            return list(self.plan(mutant))
        green = {name: o.claim for name, o in self.observed.instances.items() if o.verdict == "conforms"}
        named = [name for name, claim in green.items() if mutant.names_claim(claim)]
        return [*named, *sorted(set(self.passed.get(mutant.id, ())) & green.keys() - set(named))]

    def plan(self, mutant: Mutant) -> Iterator[str]:
        """The instances to run under a mutant: those of the claims that it names first, the cheapest before.

        Claims that have not killed any mutant yet come even before, so that one run tests as many as it can.
        """
        green = {name: o for name, o in self.observed.instances.items() if o.verdict == "conforms"}
        by_cost = sorted(green, key=lambda name: green[name].seconds)
        if mutant.expect == "adapt":
            yield from green
            return
        named = [name for name in by_cost if mutant.names_claim(green[name].claim)]
        named.sort(key=lambda name: green[name].claim in self.tested)
        others = [name for name in by_cost if not mutant.names_claim(green[name].claim)]
        if mutant.mechanism == "preload":
            reaching = set(self.observed.reaching(mutant.argument))
            # What only an armed mutant would reach shows when its own claims run under it all the same.
            yield from [name for name in named if name in reaching] or ([] if reaching else named)
            yield from (name for name in others if name in reaching)
        else:
            topics = {topic_of(name) for name in named}
            yield from named
            yield from (name for name in others if topic_of(name) in topics)

    def judge(self, mutant: Mutant, errand: Errand) -> None:
        """Writes down what became of a mutant."""
        course = errand.course
        verdict, decisive = self.verdict(mutant, course)
        line = {"mutant": mutant.id, "verdict": verdict, **described(course, decisive, len(errand.items))}
        line["complete"] |= self.job.all_kills and course.hung is None
        if self.job.signatures:
            line |= signature.noted(course, self.reaching(mutant))
        key = mutant_key(mutant, self.job.key, all_kills=self.job.all_kills, signatures=self.job.signatures)
        note(self.journal, key, line)
        self.progress.step(1, verdict)

    def verdict(self, mutant: Mutant, course: Course) -> tuple[str, Outcome | None]:
        """The verdict on a mutant, and the outcome that decided."""
        if mutant.expect == "adapt":
            return verdict_of_setting(course)
        kills = {outcome.claim for outcome in course.outcomes if is_kill(outcome)}
        self.tested |= {claim for claim in kills if mutant.names_claim(claim)}
        verdict, decisive = verdict_of(course, mutant.names_claim)
        if verdict in MISSED and (undecidable := self.undecidable(mutant)):
            course.unavailable = undecidable
            return NOT_AVAILABLE, None
        return verdict, decisive

    def undecidable(self, mutant: Mutant) -> str | None:
        """Why a claim that must notice the mutant cannot be decided on this machine; None where all can be."""
        skipped = (o for o in self.observed.instances.values() if o.verdict != "conforms")
        found = next((outcome for outcome in skipped if mutant.names_claim(outcome.claim)), None)
        return f"{found.claim} cannot be decided here: {found.reason}" if found else None


def described(course: Course, decisive: Outcome | None, planned: int) -> dict[str, Any]:
    """The facts of a course for the journal, by the names of the matrix."""
    return {
        "detail": decisive.reason if decisive else course.unavailable,
        "instance": decisive.instance if decisive else course.hung,
        "by": decisive.claim if decisive else None,
        "fallen": course.claims(lambda outcome: outcome.verdict == "deviates"),
        "undecided": course.claims(lambda outcome: outcome.verdict in RED - {"deviates"}),
        "reached": planned if course.acted else sum(outcome.seen > 0 for outcome in course.outcomes),
        "ran": len(course.outcomes),
        "acted": course.acted,
        "seconds": round(course.seconds, 3),
        "complete": len(course.outcomes) == planned,
    }
