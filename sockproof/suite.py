"""Where the files of the suite are, and what is in their catalogue."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof.errors import UsageError

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "suite"
"""Where a wheel carries the suite. It is looked for first: beside an installed package stand other people's folders."""


def folder() -> Path:
    """The folder that holds ``conformance``, ``fixtures``, ``reports`` and pyproject.toml.

    It is inside the installed package, or else the checkout. Raises UsageError if neither has the suite.
    """
    for place in (INSTALLED, PACKAGE.parent):
        if (place / "conformance").is_dir() and (place / "fixtures" / "catalogue" / "loading.py").is_file():
            return place
    raise UsageError(f"the suite is neither in {INSTALLED} nor beside {PACKAGE}; install sockproof again.")


def reach() -> Path:
    """The same folder, once ``fixtures`` and ``reports`` are importable from it before any package of that name."""
    place = folder()
    if sys.path[:1] != [str(place)]:
        sys.path.insert(0, str(place))
    return place


def catalogue() -> Catalogue:
    """The catalogue of the suite. Raises UsageError with every problem in its files."""
    place = reach()
    from fixtures.catalogue.loading import CatalogueError, load

    try:
        return load(place)
    except CatalogueError as error:
        several = len(error.problems) > 1
        head = f"the catalogue in {place} has {len(error.problems)} problems:\n" if several else ""
        raise UsageError(f"{head}{error}") from error


def select(found: Catalogue, patterns: Sequence[str]) -> tuple[str, ...]:
    """The ids that `patterns` name, as the catalogue's ``matching``. Raises UsageError for an unknown one."""
    from fixtures.catalogue.loading import SelectionError, matching

    try:
        return matching(found, patterns)
    except SelectionError as error:
        raise UsageError(f"{error} sockproof list shows all.") from error
