"""What a forked child of the warm process does: it puts one mutant in place and runs items under it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from fixtures.evidence.verdicts import Unavailable
from fixtures.run.plugin import JUDGEMENT
from fixtures.run.session import SESSION, Session, claim_of
from fixtures.stage.namespaces import fresh_namespace
from fixtures.stage.sysctls import read_sysctl, write_sysctl
from sockproof.mutants import MutantError
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.gate import Gate
from sockproof.mutants.observed import area_of
from sockproof.mutants.outcome import UNDECIDED, Outcome, is_kill
from sockproof.mutants.rules import Rules
from sockproof.mutants.state import State, attach

Say = Callable[[dict[str, Any]], None]


@dataclass
class Warm:
    """The warm process as its children inherit it: collected items, and the gate of the library."""

    config: pytest.Config
    items: Mapping[str, pytest.Item]
    gate: Gate
    scratch: Path

    @property
    def session(self) -> Session:
        """What the hooks of the suite share."""
        return self.config.stash[SESSION]

    def state(self) -> State:
        """A memory of its own for this child."""
        state = State.create(self.scratch / str(os.getpid()))
        attach(state.path)
        self.gate.state = state
        return state

    def run(self, name: str) -> tuple[str, str]:
        """Runs one item as pytest does; its verdict, and the reason for one that is not green."""
        item = self.items[name]
        reports = runtestprotocol(item, log=False, nextitem=self.stranger(name))
        judgement = item.stash.get(JUDGEMENT, None)
        if judgement is None:
            red = [report for report in reports if report.failed]
            return ("harness-error", red[0].longreprtext) if red else ("conforms", "")
        return judgement.verdict, judgement.reason or ""

    def stranger(self, name: str) -> pytest.Item | None:
        """An item of another area. Named as the next one, it lets nothing but fixtures of the session stay up.

        Which item really comes next is not known before this one has its verdict; one of the same area would keep
        the folder of the area up.
        """
        area = area_of(name)
        return next((item for other, item in self.items.items() if area_of(other) != area), None)

    def claim(self, name: str) -> str:
        """The claim of an item."""
        return claim_of(self.items[name])


def observe(warm: Warm, names: list[str], say: Say) -> None:
    """Runs items with the library counting and altering nothing: the baseline, and who reaches which mutant."""
    state = warm.state()
    for name in names:
        say({"start": name})
        state.observe()
        say(asdict(timed(warm, name, lambda: (0, 0), lambda: tuple(state.reached()))))


def timed(
    warm: Warm,
    name: str,
    counted: Callable[[], tuple[int, int]],
    reached: Callable[[], tuple[str, ...]] = tuple,
) -> Outcome:
    """Runs an item; `counted` gives how often the mutant was reached and acted so far."""
    seen, acted = counted()
    began = time.monotonic()
    verdict, reason = warm.run(name)
    seconds = round(time.monotonic() - began, 4)
    seen, acted = counted()[0] - seen, counted()[1] - acted
    return Outcome(name, warm.claim(name), verdict, reason[:2000], seconds, seen, acted, reached())


@dataclass(frozen=True)
class Attempt:
    """A mutant, and when the child may stop."""

    warm: Warm
    mutant: Mutant
    all_kills: bool = False
    untested: frozenset[str] = frozenset()
    """Claims that are to show that they notice it even after another has, because they have noticed nothing yet."""

    def work(self, names: list[str], say: Say) -> None:
        """Puts the mutant in place and runs items under it until the verdict stands."""
        try:
            counted = self.in_place()
        except MutantError as error:
            say({"unavailable": str(error)})
            return
        noticed: set[str] = set()
        for name in names:
            claim = self.warm.claim(name)
            if not self.is_wanted(claim, noticed):
                continue
            say({"start": name})
            outcome = timed(self.warm, name, counted)
            say(asdict(outcome))
            if is_kill(outcome) or (outcome.acted and outcome.verdict in UNDECIDED and not self.is_named(claim)):
                noticed.add(claim)

    def is_named(self, claim: str) -> bool:
        """Whether a claim must notice the mutant."""
        return self.mutant.names_claim(claim)

    def is_wanted(self, claim: str, noticed: set[str]) -> bool:
        """Whether an instance of `claim` can still tell something new, after some have `noticed` the mutant."""
        if self.mutant.expect == "adapt":
            return True
        if self.all_kills or not noticed:
            return claim not in noticed
        return claim not in noticed and self.is_named(claim) and claim in self.untested

    def in_place(self) -> Callable[[], tuple[int, int]]:
        """Puts the mutant in place; gives what counts it. Raises MutantError where this machine cannot."""
        put = {"preload": self._armed, "nft": self._ruled, "sysctl": self._set}
        return put[self.mutant.mechanism]()

    def _armed(self) -> Callable[[], tuple[int, int]]:
        state = self.warm.state()
        state.arm(self.mutant.argument)

        def counted() -> tuple[int, int]:
            count = state.count(self.mutant.argument)
            return count.seen, count.acted

        return counted

    def _ruled(self) -> Callable[[], tuple[int, int]]:
        rules = Rules(self.mutant)
        with self._tried() as namespace, rules(namespace, ("lo",)):
            pass
        setting = self.warm.session.setting
        self.warm.session.setting = replace(setting, furnishings=(*setting.furnishings, rules))
        return lambda: (rules.packets, rules.packets)

    def _set(self) -> Callable[[], tuple[int, int]]:
        name, _, value = self.mutant.argument.partition("=")
        with self._tried() as namespace:
            try:
                write_sysctl(namespace, name, value)
                seen = read_sysctl(name)
            except (Unavailable, OSError) as error:
                raise MutantError(f"{self.mutant.argument}: {error}; another kernel may allow it") from None
        if seen != " ".join(value.split()):
            raise MutantError(f"{self.mutant.argument}: this kernel reads it back as {seen}")
        self.warm.session.setting = self.warm.session.setting.under({name: value})
        asked = count(1)  # before and after each instance: in all of them it is in place

        def counted() -> tuple[int, int]:
            times = next(asked)
            return times, times

        return counted

    @contextmanager
    def _tried(self) -> Iterator[Any]:
        """A namespace to try something in."""
        if not self.warm.session.setting.isolated:
            raise MutantError("no network namespace of one's own can be made; run as root or permit user namespaces")
        with fresh_namespace() as namespace:
            yield namespace
