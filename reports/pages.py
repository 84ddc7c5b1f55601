"""Every page of a run, drawn from its results and from nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from reports.carried import captures
from reports.files import write_whole
from reports.record import Instance, Results
from reports.shelf import Shelved
from reports.shelving import read_results

PAGES = {
    "junit.xml": "reports.junit",
    "results.ktap": "reports.ktap",
    "badge.svg": "reports.badge",
    "summary.md": "reports.markdown",
    "report.html": "reports.html",
}
"""Each page and the module whose ``page`` draws it; imported only when it is drawn."""


def write_all(results: Results, folder: Path | str, carried: Mapping[str, str] | None = None) -> dict[str, Path]:
    """Write every page into `folder`, each whole or not at all; their paths by name.

    `carried` are the captures that the report holds; by default those that lie in `folder`. Raises ResultsError where
    the folder cannot be written.
    """
    return {name: write(name, results, folder, carried) for name in PAGES}


def write(name: str, results: Results, folder: Path | str, carried: Mapping[str, str] | None = None) -> Path:
    """Write one page into `folder`; its path. Raises ResultsError where it cannot be written."""
    path = Path(folder) / name
    write_whole(path, _drawn(name, results, Path(folder), carried))
    return path


def _drawn(name: str, results: Results, folder: Path, carried: Mapping[str, str] | None) -> str | Iterable[str]:
    """A page, piece by piece and with captures where its module can do that."""
    module = import_module(PAGES[name])
    draw: Callable[..., Iterable[str]] | None = getattr(module, "pieces", None)
    if draw is None:
        whole: str = module.page(results)
        return whole
    return draw(results, carried=captures(results, folder) if carried is None else carried)


def redraw(path: Path | str, folder: Path | str | None = None) -> dict[str, Path]:
    """Draw the pages again from the results at `path`, into `folder` or, by default, beside them.

    Captures stay where they are; the pages in another folder lead to them. Raises ResultsError where the
    results cannot be read or the pages cannot be written.
    """
    path = Path(path)
    home = path if path.is_dir() else path.parent
    results = read_results(path)
    if folder is None:
        return write_all(results, home)
    return write_all(seen_from(results, home, Path(folder)), folder, captures(results, home))


def seen_from(results: Results, home: Path, folder: Path) -> Results:
    """The results with the paths of their captures as they are seen from `folder`."""
    way = os.path.relpath(home.resolve(), folder.resolve())
    return replace(results, instances=tuple(_moved(each, way) if each.pcap else each for each in results.instances))


def _moved(instance: Instance, way: str) -> Instance:
    pcap = os.path.normpath(os.path.join(way, instance.pcap or ""))
    return instance.seen_from(pcap) if isinstance(instance, Shelved) else replace(instance, pcap=pcap)
