"""Every page of a run, drawn from its results and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from reports.files import write_whole
from reports.record import Results
from reports.store import read_results

PAGES = {"junit.xml": "reports.junit", "summary.md": "reports.markdown", "report.html": "reports.html"}
"""Each page and the module whose ``page`` draws it; imported only when it is drawn."""


def write_all(results: Results, folder: Path | str) -> dict[str, Path]:
    """Write junit.xml, summary.md and report.html into `folder`, each whole or not at all; their paths by name.

    Raises ResultsError where the folder cannot be written.
    """
    written = {name: Path(folder) / name for name in PAGES}
    for name, path in written.items():
        write_whole(path, _drawn(name, results))
    return written


def _drawn(name: str, results: Results) -> str:
    page: Callable[[Results], str] = import_module(PAGES[name]).page
    return page(results)


def redraw(path: Path | str, folder: Path | str | None = None) -> dict[str, Path]:
    """Draw the pages again from the results at `path`, into `folder` or, by default, beside them.

    Raises ResultsError where the results cannot be read or the pages cannot be written.
    """
    path = Path(path)
    beside = path if path.is_dir() else path.parent
    return write_all(read_results(path), beside if folder is None else folder)
