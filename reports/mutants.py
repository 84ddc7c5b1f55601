"""kill-matrix.html: mutants and claims as one self-contained page in the look of the report."""

from __future__ import annotations

from pathlib import Path

from reports.files import write_whole
from reports.kill_matrix import Matrix


def write_page(matrix: Matrix, path: Path) -> None:
    """Writes the page. Raises ResultsError."""
    write_whole(path, page(matrix))


def page(matrix: Matrix) -> str:
    """The page as text."""
    return "TODO"
