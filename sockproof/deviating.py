"""``sockproof deviations``: records of what deviates, written from a run for a person to fill in, and checked."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof import suite
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from fixtures.catalogue.deviation_files import KnownDeviation
    from fixtures.evidence.two_phrases import Told
    from reports.record import Instance, Results, Target

FILE = Path("deviations.toml")
VARIES = re.compile(
    r"0x[0-9a-f]{6,}|(?<![\w.])\d{4,5}(?=, 0, 0\)|\))|(?<=/proc/self/fd/)\d+|(?<=\\x00)[0-9a-f]{5}(?=')"
    r"|(?<=\d\.)\d+(?= (?:ms|s|us|µs)\b)"
)
"""What is another each time: addresses in memory, ports, descriptors, names that the kernel chose, parts of seconds."""


@dataclass(frozen=True)
class Found:
    """One way in which a scenario deviates, and the instances that do so."""

    claim: str
    scenario: str
    expected: str
    observed: str
    parameters: tuple[str, ...] = ()


def deviations(asked: Namespace) -> int:
    """Do what was asked for with a file of records; the exit status. Raises UsageError."""
    suite.reach()
    return {"update": update, "check": check}[asked.action](asked)


def check(asked: Namespace) -> int:
    """Say how many records each file has; what is wrong with them is a UsageError."""
    from fixtures.catalogue.deviation_files import foreign

    catalogue = suite.catalogue()
    for name in asked.files:
        known = read(Path(name))
        if strange := list(foreign(known, catalogue)):
            raise UsageError("\n".join(strange))
        print(f"{name}: {len(known)} records, each of a scenario that there is")
    return Exit.EXPECTED


def update(asked: Namespace) -> int:
    """Append a record for each deviation of a run that is not known yet, and name those that no longer match."""
    from reports.expression import matches
    from reports.files import ResultsError, append_whole, reason_of
    from reports.store import read_results

    try:
        results = [read_results(name) for name in asked.files]
    except ResultsError as error:
        raise UsageError(str(error)) from error
    path = Path(asked.file) if asked.file is not None else FILE
    known = read(path, drafts=True) if path.exists() else []
    fresh = "".join(text for run in results for text in written(run, asked.target or expression(run.target), known))
    try:
        append_whole(path, fresh.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({reason_of(error)}); name another with --file.") from error
    print(f"{path}: {fresh.count('[[deviation]]')} new records; fill in reason and link of each")
    stale = [each for run in results for each in no_longer(known, run) if matches(each.target, run.target)]
    for each in stale:
        print(f"{each.place}: no longer matches; remove it, or narrow its target")
    return Exit.UNEXPECTED if stale else Exit.EXPECTED


def read(path: Path, *, drafts: bool = False) -> list[KnownDeviation]:
    """The records of a file, also those that are not filled in if `drafts` are asked for. Raises UsageError."""
    from fixtures.catalogue.deviation_files import DeviationsError, read_deviations

    try:
        return read_deviations(path, drafts=drafts)
    except DeviationsError as error:
        raise UsageError(f"{error}") from error


def expression(target: Target) -> str:
    """The narrowest expression that names a target: Linux by its version, gVisor by its date, others by their name."""
    from reports.expression import known_as

    for name, version in known_as(target).items():
        return f"{name}=={'.'.join(map(str, version))}" if version else name
    return target.name


def no_longer(known: Iterable[KnownDeviation], results: Results) -> Iterator[KnownDeviation]:
    """The records of which an instance conforms, or deviates in a way that no record has."""
    from fixtures.evidence.two_phrases import parsed

    known = list(known)
    for record in known:
        for instance in results.instances:
            if not record.covers(instance.claim, instance.scenario, parameters(instance)) or record.sometimes:
                continue
            seen = parsed(instance.reason or "")
            fits = seen is not None and any(knows(each, instance, seen) for each in known)
            if instance.verdict == "conforms" or (instance.verdict == "deviates" and not fits):
                yield record
                break


def parameters(instance: Instance) -> str:
    """The parameters as the instance's name has them in brackets; empty where it has none."""
    return instance.id.rpartition("::")[2].partition("[")[2].removesuffix("]")


def written(results: Results, target: str, known: Sequence[KnownDeviation]) -> Iterator[str]:
    """A record in TOML for each way in which a scenario deviates that nothing foresaw and that is not `known`."""
    for each in ways(results, known):
        fields = [
            ("claim", each.claim),
            ("target", target),
            ("scenario", each.scenario),
            ("expected", each.expected),
            ("observed", each.observed),
            ("reason", ""),
            ("link", ""),
        ]
        lines = [f"{name:10} = {quoted(value)}" for name, value in fields]
        if each.parameters:
            lines.insert(3, f"{'parameters':10} = [{', '.join(map(quoted, each.parameters))}]")
        yield "\n[[deviation]]\n" + "\n".join(lines) + "\n"


def ways(results: Results, known: Sequence[KnownDeviation] = ()) -> list[Found]:
    """The deviations that nothing foresaw and no record knows, each way once, in the order of the run."""
    from fixtures.evidence.two_phrases import parsed

    found: dict[tuple[str, str, str, str], list[str]] = {}
    for instance in results.instances:
        seen = parsed(instance.reason or "")
        if instance.verdict != "deviates" or instance.expected or seen is None:
            continue
        if not any(knows(each, instance, seen) for each in known):
            way = (instance.claim, instance.scenario, varying(seen.expected), varying(seen.observed))
            found.setdefault(way, []).append(parameters(instance))
    return [Found(*way, tuple(filter(None, names))) for way, names in found.items()]


def knows(record: KnownDeviation, instance: Instance, seen: Told) -> bool:
    """Whether a record is of this failure of this instance."""
    covered = record.covers(instance.claim, instance.scenario, parameters(instance))
    return covered and record.explains(seen.expected, seen.observed)


def varying(text: str) -> str:
    """`text` with a ``*`` for what is another one each time."""
    return re.sub(r"\*[^\s*]*(?=\*)", "", VARIES.sub("*", text))


def quoted(text: str) -> str:
    """`text` as a string of TOML on one line."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return (
        '"' + "".join(escapes.get(sign, sign if sign.isprintable() else f"\\u{ord(sign):04x}") for sign in text) + '"'
    )
