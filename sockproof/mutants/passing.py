"""Which instances send a packet that the rule of a wire mutant matches: all rules at once, as mere counters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

from fixtures.stage.namespaces import Namespace
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.child_work import Say, Warm, timed
from sockproof.mutants.outcome import Outcome
from sockproof.mutants.rules import nft

TABLE = "sockproof_passing"
_LISTED = re.compile(r'counter packets (\d+) bytes \d+ comment "(\d+)"')
_HOLDS_FLOWS = re.compile(r"\bct\b")
"""A rule that follows flows puts fragments together, so that counting would alter what is counted."""


def countable(mutant: Mutant) -> bool:
    """Whether counting what its rule matches leaves everything as it is."""
    return mutant.mechanism == "nft" and not _HOLDS_FLOWS.search(mutant.argument)


@dataclass
class Counters:
    """A furnishing of every namespace: the rules of many mutants, of which only the conditions stand."""

    mutants: Sequence[Mutant]
    matched: set[str] = field(default_factory=set)

    @contextmanager
    def __call__(self, namespace: Namespace, interfaces: tuple[str, ...]) -> Iterator[None]:
        """The counters stand in `namespace`, and are read before it goes."""
        nft("".join(self.tables(interfaces)))
        try:
            yield
        finally:
            with namespace.entered():
                listed = nft("list ruleset\n")
            self.matched |= {self.mutants[int(at)].id for number, at in _LISTED.findall(listed) if int(number)}

    def tables(self, interfaces: tuple[str, ...]) -> Iterator[str]:
        """One chain for each hook, and for each device where rules sit at devices."""
        if "lo" in interfaces:
            for hook in ("input", "output", "prerouting"):
                yield self.table("inet", hook, f"hook {hook} priority 0", "")
        for number, device in enumerate(interfaces):
            yield self.table("netdev", "egress", f'hook egress device "{device}" priority 0', f"_{number}")

    def table(self, family: str, hook: str, place: str, end: str) -> str:
        """The conditions of the rules at one hook."""
        rules = "; ".join(
            f'{condition} counter comment "{at}"'
            for at, mutant in enumerate(self.mutants)
            if mutant.hook == hook
            for condition in conditions(mutant.argument)
        )
        return f"table {family} {TABLE} {{ chain on_{hook}{end} {{ type filter {place}; {rules}; }}; }}\n"


def conditions(rule: str) -> Iterator[str]:
    """What stands before the counter, of each rule in a text; what is chosen by number is counted from the first."""
    for part in rule.split(";"):
        before, counter, _ = part.partition("counter")
        if counter:
            yield re.sub(r"\bnumgen inc mod \d+ \S+ \d+", "", before).strip()


def watch(warm: Warm, mutants: Sequence[Mutant], names: list[str], say: Say) -> None:
    """Runs items with the counters in every namespace; each line has the mutants whose packets were seen."""
    counters = Counters(mutants)
    setting = warm.session.setting
    warm.session.setting = replace(setting, furnishings=(*setting.furnishings, counters))
    for name in names:
        say({"start": name})
        counters.matched.clear()
        outcome = timed(warm, name, lambda: (0, 0), lambda: tuple(sorted(counters.matched)))
        say(asdict(outcome))


def reached(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """By mutant, the instances of which a packet is matched."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for mutant in outcome.reached:
            found.setdefault(mutant, []).append(outcome.instance)
    return found
