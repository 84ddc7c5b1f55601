"""``sockproof report``: the pages of a run drawn again from its results."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sockproof import suite
from sockproof.errors import UsageError


def split_up(asked: Namespace) -> dict[str, Path]:
    """Draw the report as an index and a page for each topic. Raises UsageError without a folder, and ResultsError."""
    from reports import split
    from reports.carried import captures
    from reports.pages import seen_from
    from reports.shelving import read_results

    if asked.out is None:
        raise UsageError("--split writes a page for each topic: name a folder for them with --out.")
    place, out = Path(asked.results), Path(asked.out)
    home, results = place if place.is_dir() else place.parent, read_results(place)
    return split.write(seen_from(results, home, out), out, captures(results, home))


def redraw(asked: Namespace) -> int:
    """Draw the pages and print where they are; the exit status. Raises UsageError for results that cannot be read."""
    suite.reach()
    from reports import pages
    from reports.files import ResultsError

    try:
        written = split_up(asked) if asked.split else pages.redraw(asked.results, asked.out)
    except ResultsError as error:
        raise UsageError(str(error)) from error
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; sockproof doctor says how to install it.") from error
    for path in written.values():
        print(path)
    return 0
