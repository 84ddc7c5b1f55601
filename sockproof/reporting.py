"""``sockproof report``: the pages of a run drawn again from its results."""

from __future__ import annotations

from argparse import Namespace

from sockproof import suite
from sockproof.errors import UsageError


def redraw(asked: Namespace) -> int:
    """Draw the pages and print where they are; the exit status. Raises UsageError for results that cannot be read."""
    suite.reach()
    from reports import pages
    from reports.files import ResultsError

    try:
        written = pages.redraw(asked.results, asked.out)
    except ResultsError as error:
        raise UsageError(str(error)) from error
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; sockproof doctor says how to install it.") from error
    for path in written.values():
        print(path)
    return 0
