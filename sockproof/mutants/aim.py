"""The pytest plugin of a whole run under one mutant: which instances run, and the rules of a wire mutant.

The command names it behind ``--``; everything else of the run is as users have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

import pytest

from fixtures.run.session import SESSION, claim_of
from sockproof.mutants.catalogue import Mutant
from sockproof.mutants.job import digest
from sockproof.mutants.rules import Rules

OPTION = "--mutants-aim"


@dataclass(frozen=True)
class Aim:
    """What a whole run under a mutant is told, in a file."""

    mutant: str
    claims: tuple[str, ...]
    """Patterns of the claims that name the mutant: they take part however thin the run is."""
    thin: int | None = None
    """One instance of every such claim, in an order of chance; None for all instances of all."""
    rule: str | None = None
    hook: str | None = None
    """Of a wire mutant."""

    def write(self, path: Path) -> Path:
        """Leaves it in a file; gives its path."""
        path.write_text(json.dumps(asdict(self)), "utf-8")
        return path

    @classmethod
    def read(cls, path: str) -> Aim:
        """What stands in a file."""
        data = json.loads(Path(path).read_text("utf-8"))
        return cls(**{**data, "claims": tuple(data["claims"])})

    def names(self, claim: str) -> bool:
        """Whether a claim names the mutant."""
        return any(fnmatchcase(claim, pattern) for pattern in self.claims)

    def chance(self, name: str) -> int:
        """A number by chance, the same for the same name and mutant: each mutant meets other instances."""
        return int(digest(self.mutant, name), 16)

    def chosen(self, names: Iterable[tuple[str, str]]) -> set[str]:
        """Of instances with their claims, those that run."""
        if self.thin is None:
            return {name for name, _ in names}
        by_claim = groupby(sorted(names, key=lambda pair: pair[1]), key=lambda pair: pair[1])
        return {
            min((name for name, _ in pairs), key=self.chance)
            for claim, pairs in by_claim
            if self.names(claim) or self.chance(claim) % self.thin == 0
        }


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the option that names the file."""
    parser.getgroup("sockproof").addoption(OPTION, metavar="FILE", help="what sockproof mutants --everywhere wants")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Puts the rules of a wire mutant into every namespace."""
    aim, session = Aim.read(config.getoption(OPTION)), config.stash[SESSION]
    if aim.rule is not None:
        rules = Rules(wire_mutant(aim))
        session.setting = replace(session.setting, furnishings=(*session.setting.furnishings, rules))


def wire_mutant(aim: Aim) -> Mutant:
    """The mutant, as far as its rules need it."""
    words = {"area": "", "deviation": "", "violates": "", "claims": aim.claims, "mechanism": "nft", "expect": "kill"}
    return Mutant(id=aim.mutant, argument=aim.rule or "", hook=aim.hook, **words)  # type: ignore[arg-type]


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Leaves out what a thin run leaves out, of what was selected."""
    yield
    chosen = Aim.read(config.getoption(OPTION)).chosen((item.nodeid, claim_of(item)) for item in items)
    if dropped := [item for item in items if item.nodeid not in chosen]:
        config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item.nodeid in chosen]
