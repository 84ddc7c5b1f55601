"""The packages that the suite needs, and whether this Python has them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

VERSION = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Package:
    """One needed package, the version it must have at least, and the one that is installed, if any."""

    name: str
    wanted: str
    version: str | None

    @property
    def suits(self) -> bool:
        """Whether it is installed, and new enough."""
        return self.version is not None and numbers(self.version) >= numbers(self.wanted)

    @property
    def requirement(self) -> str:
        """How pip spells what is needed: ``pytest>=9``."""
        return f"{self.name}>={self.wanted}"


def needed(suite: Path) -> tuple[Package, ...]:
    """The packages in the dependencies of the suite's pyproject.toml, which the wheel carries too."""
    project = tomllib.loads((suite / "pyproject.toml").read_text("utf-8"))["project"]
    pairs = (line.split(">=") for line in project["dependencies"])
    return tuple(Package(name, wanted, installed(name)) for name, wanted in pairs)


def installed(name: str) -> str | None:
    """The version of a package that this Python would import; None without it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare by."""
    found = VERSION.match(version)
    return tuple(map(int, found[0].split("."))) if found else ()
