"""``sockproof compare``: several results beside one another, on the terminal and as pages."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof import suite
from sockproof.errors import Exit, UsageError

if TYPE_CHECKING:
    from reports.compare.matrix import ClaimRow, Comparison

FOLDER = Path("sockproof-results", "compare")
"""Where the pages go by default; what an earlier comparison left there is replaced."""

SHOWN = {"differs": ("differs",), "undecided": ("one-sided", "undecided"), "same": ("same",)}


def compare(asked: Namespace) -> int:
    """Print the comparison and write its pages; 0 where all is the same, 1 where not. Raises UsageError."""
    suite.reach()
    from reports.compare import data, matrix, pages, sides, terminal
    from reports.files import ResultsError

    if len(asked.results) < 2:
        raise UsageError("compare takes two results or more; name the folders of two runs.")
    out = Path(asked.out) if asked.out is not None else FOLDER
    try:
        found = matrix.compare(sides.read_sides(asked.results, out, across_versions=asked.across_versions))
        claims = shown(asked.show, found)
        written = pages.write_all(found, out)
    except ResultsError as error:
        raise UsageError(str(error)) from error
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; sockproof doctor says how to install it.") from error
    if asked.json:
        print("".join(data.pieces(found)), end="")
    else:
        print("\n".join(terminal.lines(found, claims)))
        print(f"\nmatrix: {written['compare.html'].absolute()}")
    return Exit.EXPECTED if found.same else Exit.UNEXPECTED


def shown(word: str, found: Comparison) -> list[ClaimRow]:
    """The claims that a filter lets through. Raises UsageError for a side that is not there."""
    if word == "all":
        return list(found.claims)
    if word in SHOWN:
        return found.of(*SHOWN[word])
    name = word.removeprefix("only:")
    names = [side.name for side in found.sides]
    if name == word or name not in names:
        listed = ", ".join(f"'only:{each}'" for each in names)
        raise UsageError(f'there is no filter "{word}"; write {", ".join(SHOWN)}, all, or {listed}.')
    return found.only(names.index(name))
