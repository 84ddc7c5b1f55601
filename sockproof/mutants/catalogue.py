"""The catalogue: one deliberate deviation an entry, with the clause it violates and the claims that must notice.

Entries were derived from manual pages, POSIX and RFCs, clause by clause, and not from the scenarios: a
catalogue drawn from the scenarios would only prove that they check what they check. One TOML file per area
lies in ``catalogue/``; the fields are those of Mutant, in the table ``[[mutant]]``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

from sockproof.mutants import MutantError
from sockproof.mutants.state import names

Mechanism = Literal["preload", "nft", "sysctl"]
Expectation = Literal["kill", "adapt", "equivalent"]

FOLDER = Path(__file__).with_name("catalogue")
HOOKS = ("input", "output", "egress", "prerouting")
"""Where a wire mutant sits: in the namespace's stack, or (egress) where a packet is handed to the device."""

_ID = re.compile(r"[a-z0-9]+(\.[a-z0-9]+(-[a-z0-9]+)*){2}")
_SETTING = re.compile(r"(net)(\.[a-z0-9_]+){2,}=.+")
_TABLE = re.compile(r"^\s*\[\[\s*mutant\s*\]\]")


@dataclass(frozen=True)
class Mutant:
    """One deliberate deviation, or one legal condition under which the suite must stay green (adapt)."""

    id: str
    """area.subject.deviation; never changes."""
    area: str
    deviation: str
    """What the broken kernel does, in one sentence."""
    violates: str
    """The clause: document, section. For adapt: the document that allows the setting."""
    claims: tuple[str, ...]
    """Ids of the claims, or patterns with ``*``, of which at least one must notice. Empty: not yet named."""
    mechanism: Mechanism
    argument: str
    """preload: the name in mutants.def; nft: the rule, with its counter; sysctl: name=value."""
    expect: Expectation
    reason: str | None = None
    """Why nobody can see it (equivalent)."""
    awaits: str | None = None
    """The subject that the suite makes no claims about yet; until it does, the mutant is not scored."""
    survives: str | None = None
    """Why no scenario notices it although it should: an excuse that is shown, and not a kill."""
    deadline: float | None = None
    """Seconds after which a scenario counts as hung, where the usual deadline does not do."""
    hook: str | None = None
    """nft: where the rule sits in the scenario's own namespace; see HOOKS."""
    file: Path = Path()
    line: int = 0

    def names_claim(self, claim: str) -> bool:
        """Whether `claim` is among those that must notice."""
        return any(fnmatchcase(claim, pattern) for pattern in self.claims)

    @property
    def scored(self) -> bool:
        """Whether it counts: a deviation to be killed, of which the suite makes a claim."""
        return self.expect == "kill" and self.awaits is None


_FIELDS = {field.name: field for field in fields(Mutant) if field.name not in ("file", "line")}
_REQUIRED = {name for name, field in _FIELDS.items() if field.default is MISSING}


def load(folder: Path = FOLDER) -> tuple[Mutant, ...]:
    """Every mutant of the catalogue in `folder`, in the order of files and lines.

    Raises MutantError with one ``file:line: sentence`` for each fault that was found.
    """
    mutants: list[Mutant] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        for line, table in _tables(path, faults):
            found = list(_faults(table, path))
            faults += [f"{path}:{line}: {fault}" for fault in found]
            if not found:
                mutants.append(_mutant(table, path, line))
    faults += _duplicates(mutants)
    if faults or not mutants:
        raise MutantError("\n".join(faults) or f"no mutants in {folder}; expected *.toml with [[mutant]] tables")
    return tuple(mutants)


def select(mutants: Sequence[Mutant], *, ids: Iterable[str] = (), area: str | None = None) -> tuple[Mutant, ...]:
    """The mutants with these ids (or patterns with ``*``) and of this area; all where neither is given.

    Raises MutantError for an id or an area that nothing matches.
    """
    wanted = list(ids)
    for pattern in wanted:
        if not any(fnmatchcase(mutant.id, pattern) for mutant in mutants):
            raise MutantError(f"no mutant is called {pattern!r}; the files in {FOLDER.name}/ list the ids")
    areas = sorted({mutant.area for mutant in mutants})
    if area is not None and area not in areas:
        raise MutantError(f"no area is called {area!r}; choose from {', '.join(areas)}")
    named = [m for m in mutants if not wanted or any(fnmatchcase(m.id, pattern) for pattern in wanted)]
    return tuple(m for m in named if area is None or m.area == area)


def reconcile(mutants: Iterable[Mutant], claims: Iterable[str]) -> list[str]:
    """What does not fit between the catalogue and the suite's claims: one ``file:line: sentence`` each.

    Reported are scored mutants that name no claim, and patterns that match none of `claims`.
    """
    known = list(claims)
    faults = []
    for mutant in mutants:
        where = f"{mutant.file}:{mutant.line}: {mutant.id}"
        if mutant.scored and not mutant.claims:
            faults.append(f"{where} names no claim that must notice it, and awaits none")
        for pattern in mutant.claims:
            if not any(fnmatchcase(claim, pattern) for claim in known):
                faults.append(f"{where} names the claim {pattern!r}, which does not exist")
    return faults


def read_text(path: Path) -> str:
    """What a file of the catalogue says. Raises OSError, also for a pipe, and UnicodeDecodeError."""
    from reports.files import read_regular  # installed, the suite is on the path only once the command has begun

    return read_regular(path).decode("utf-8")


def _tables(path: Path, faults: list[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """Line and content of each [[mutant]] in a file; a file that does not parse adds a fault and gives none."""
    try:
        text = read_text(path)
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = re.search(r"at line (\d+)", str(error))
        faults.append(f"{path}:{found[1] if found else 1}: cannot be read: {error}")
        return []
    tables = content.pop("mutant", [])
    faults += [f"{path}:1: unknown key {key!r}; only [[mutant]] tables belong here" for key in content]
    if not isinstance(tables, list):
        faults.append(f"{path}:1: mutant must be written as [[mutant]], one for each")
        return []
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    return list(zip(lines, tables, strict=False))


def _faults(table: Mapping[str, Any], path: Path) -> Iterator[str]:
    """Sentences about one table: shape first, and meaning only where the shape is right."""
    shape = list(_shape_faults(table))
    yield from shape
    if not shape:
        yield from _id_faults(table, path)
        yield from _meaning_faults(table)


def _shape_faults(table: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(_REQUIRED - table.keys()):
        yield f"{table.get('id', 'a mutant')} lacks {name!r}"
    for name, value in table.items():
        if name not in _FIELDS:
            yield f"unknown key {name!r}; known are {', '.join(_FIELDS)}"
        elif not _fits(name, value):
            yield f"{name} = {value!r} is not {_KINDS.get(name, 'a non-empty text')}"


_KINDS = {"claims": "a list of claim ids", "deadline": "a positive number of seconds"}


def _fits(name: str, value: Any) -> bool:
    if name == "claims":
        return isinstance(value, list) and all(isinstance(claim, str) and claim for claim in value)
    if name == "deadline":
        return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return isinstance(value, str) and bool(value.strip())


def _id_faults(table: Mapping[str, Any], path: Path) -> Iterator[str]:
    if not _ID.fullmatch(table["id"]):
        yield f"id {table['id']!r} is not area.subject.deviation in lower case"
    elif not table["id"].startswith(table["area"] + "."):
        yield f"id {table['id']!r} does not begin with its area {table['area']!r}"
    if table["area"] != path.stem:
        yield f"{table['id']} is of the area {table['area']!r}, but lies in {path.name}"


def _meaning_faults(table: Mapping[str, Any]) -> Iterator[str]:
    mechanism, expect, argument = table["mechanism"], table["expect"], table["argument"]
    if mechanism not in get_args(Mechanism):
        yield f"mechanism {mechanism!r} is none of {', '.join(get_args(Mechanism))}"
    if expect not in get_args(Expectation):
        yield f"expect {expect!r} is none of {', '.join(get_args(Expectation))}"
    if expect == "equivalent" and "reason" not in table:
        yield f"{table['id']} is called equivalent without a reason"
    if mechanism == "preload" and argument not in names():
        yield f"argument {argument!r} is not a name of preload/mutants.def"
    if mechanism == "sysctl" and not _SETTING.fullmatch(argument):
        yield f"argument {argument!r} is not net.name=value"
    if mechanism == "nft" and "counter" not in argument.split():
        yield f"the rule {argument!r} lacks a counter, without which nothing proves that it was active"
    if (mechanism == "nft") != (table.get("hook") in HOOKS):
        yield f"an nft rule, and nothing else, needs a hook: {', '.join(HOOKS)}"


def _mutant(table: Mapping[str, Any], path: Path, line: int) -> Mutant:
    return Mutant(**{**table, "claims": tuple(table["claims"])}, file=path, line=line)


def _duplicates(mutants: Iterable[Mutant]) -> Iterator[str]:
    first: dict[str, Mutant] = {}
    for mutant in mutants:
        other = first.setdefault(mutant.id, mutant)
        if other is not mutant:
            yield f"{mutant.file}:{mutant.line}: id {mutant.id!r} is already used at {other.file.name}:{other.line}"
