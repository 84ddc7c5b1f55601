"""What was observed without a mutant: which instances are green, how long they take, and what they reach.

Kept from one run to the next, by a hash of everything that decides it, one file a folder of scenarios: an edited
scenario is observed again, with its folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reports.files import ResultsError, read_regular, write_whole
from sockproof.mutants.job import digest, fingerprint
from sockproof.mutants.outcome import Outcome


class Observed:
    """The green instances by name."""

    def __init__(self, cache: Path, conformance: Path, key: str) -> None:
        self.cache = cache
        self.conformance = conformance
        self.key = key
        self.instances: dict[str, Outcome] = {}

    def recall(self, names: Iterable[str]) -> list[str]:
        """Takes in what is known of `names`; gives those of which nothing is."""
        asked = list(names)
        for topic in sorted({topic_of(name) for name in asked}):
            try:
                known = json.loads(read_regular(self._file(topic)))
                self.instances.update({name: restored(name, table) for name, table in known.items()})
            except (OSError, ValueError, TypeError, KeyError, AttributeError):  # absent, damaged, of another shape
                continue
        return [name for name in asked if name not in self.instances]

    def keep(self, outcomes: Iterable[Outcome]) -> None:
        """Takes in green instances, and writes them down where that is possible."""
        self.instances.update({outcome.instance: outcome for outcome in outcomes})
        for topic in sorted({topic_of(name) for name in self.instances}):
            members = {name: asdict(o) for name, o in self.instances.items() if topic_of(name) == topic}
            try:
                write_whole(self._file(topic), json.dumps(members))
            except ResultsError:  # a cache that cannot be kept is only slower
                return

    def _file(self, topic: str) -> Path:
        folder = self.conformance / topic
        return self.cache / f"observed-{digest(self.key, topic, fingerprint(folder))}.json"

    def reaching(self, mutant: str) -> list[str]:
        """The instances that reach the place of a mutant of the library."""
        return [name for name, outcome in self.instances.items() if mutant in outcome.reached]


def topic_of(name: str) -> str:
    """The folder of an instance below ``conformance``: its area and topic."""
    return "/".join(name.partition("::")[0].split("/")[1:-1]) or "."


def area_of(name: str) -> str:
    """The folder next below ``conformance`` in which an instance lies."""
    return topic_of(name).partition("/")[0]


def restored(name: str, table: Mapping[str, Any]) -> Outcome:
    """The outcome of the instance `name` out of plain JSON. Raises TypeError, KeyError or ValueError without one."""
    outcome = Outcome(**{**table, "reached": tuple(table["reached"])})
    kinds: dict[str, type] = {"claim": str, "verdict": str, "reason": str, "seconds": float, "seen": int, "acted": int}
    sound = all(isinstance(getattr(outcome, member), kind) for member, kind in kinds.items())
    if outcome.instance != name or not sound or not all(isinstance(each, str) for each in outcome.reached):
        raise ValueError(f"what was kept of {name} has another shape")
    return outcome
