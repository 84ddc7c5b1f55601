"""report.html: the run as one page that needs nothing else."""

from __future__ import annotations

from html import escape

from reports import summary
from reports.record import Results


def page(results: Results) -> str:
    """report.html as text."""
    return f"<!doctype html><title>sockproof</title><p>{escape(summary.in_words(results))}</p>"
