"""Every page of a comparison, written into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from reports.compare.matrix import Comparison
from reports.files import write_whole

PAGES = {
    "compare.json": "reports.compare.data:pieces",
    "compare.md": "reports.compare.markdown:page",
    "compare.html": "reports.compare.html:pieces",
}
"""Each page and the function that draws it; its module is imported only when it is drawn."""


def write_all(comparison: Comparison, folder: Path) -> dict[str, Path]:
    """Write the pages into `folder`, each whole or not at all; their paths by name. Raises ResultsError."""
    return {name: _write(name, comparison, folder) for name in PAGES}


def _write(name: str, comparison: Comparison, folder: Path) -> Path:
    module, function = PAGES[name].split(":")
    draw: Callable[[Comparison], str | Iterable[str]] = getattr(import_module(module), function)
    write_whole(folder / name, draw(comparison))
    return folder / name
