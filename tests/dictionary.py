"""Scenarios that were moved or renamed, in the fault dictionary, which names them: without it, their faults fit worse.

    python -m tests.dictionary stale [RESULTS]
    python -m tests.dictionary move FILE[::SCENARIO] FILE[::SCENARIO]
    python -m tests.dictionary forget RESULTS

``stale`` lists what the dictionary has and the suite has not: by scenario, and with the results of a whole run by
instance. ``move`` gives what was known by the first name to the second. ``forget`` takes away what the results do not
have; what fell under a fault and is forgotten must be asked anew (sockproof mutants ... --signatures --onto).
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from reports.diagnosis.dictionary import SHIPPED, Dictionary, every_fault, known_as, made, members, ordered, read, write

ROOT = Path(__file__).parents[1]


def stale(dictionary: Dictionary) -> list[str]:
    """The scenarios of a dictionary, as ``file::function``, that no file of the suite has."""
    return sorted({each for each in map(_scenario, dictionary.instances) if not _stands(each)})


def _scenario(instance: str) -> str:
    return instance.partition("[")[0]


def _stands(scenario: str) -> bool:
    file, _, function = scenario.partition("::")
    return function in _functions(ROOT / file)


@cache
def _functions(file: Path) -> frozenset[str]:
    """What a file defines; nothing for one that is not there."""
    if not file.is_file():
        return frozenset()
    return frozenset(each.name for each in ast.parse(file.read_text("utf-8")).body if isinstance(each, ast.FunctionDef))


def moved(dictionary: Dictionary, old: str, new: str) -> Dictionary:
    """A dictionary in which what began with one name begins with the other."""

    def name(instance: str) -> str:
        rest = instance.removeprefix(old)
        belongs = rest != instance and (not rest or rest.startswith(("::", "[")))
        return new + rest if belongs else instance

    return renamed(dictionary, name)


def renamed(dictionary: Dictionary, name: Callable[[str], str | None]) -> Dictionary:
    """A dictionary with other names for its instances, and without those for which there is none."""
    names = [name(each) for each in dictionary.instances]
    claims = {new: claim for new, claim in zip(names, dictionary.claims, strict=True) if new}
    place = {each: at for at, each in enumerate(ordered(claims))}

    def bits(older: int) -> int:
        found = {names[each] for each in members(older)}
        return sum(1 << place[each] for each in found if each)

    faults = [
        replace(each, fell=bits(each.fell), unknown=bits(each.unknown & ~each.fell)) for each in every_fault(dictionary)
    ]
    return made({each: claims[each] for each in place}, faults)


def ran(results: str) -> frozenset[str]:
    """The instances of a run."""
    return frozenset(known_as(each["id"]) for each in json.loads(Path(results).read_text("utf-8"))["instances"])


def _save(dictionary: Dictionary) -> None:
    about = json.loads(SHIPPED.read_text("utf-8"))["made"]
    write(SHIPPED, dict(zip(dictionary.instances, dictionary.claims, strict=True)), every_fault(dictionary), about)


def _told(words: Sequence[str]) -> Iterator[str]:
    dictionary = read()
    match words:
        case ["stale"]:
            yield from stale(dictionary)
        case ["stale", results]:
            yield from sorted(set(dictionary.instances) - ran(results))
        case ["move", old, new]:
            _save(moved(dictionary, old, new))
        case ["forget", results]:
            exist = ran(results)
            _save(renamed(dictionary, lambda each: each if each in exist else None))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    for line in _told(sys.argv[1:]):
        print(line)
