"""badge.svg: what a run amounts to, in the size of a stamp, for a README or a dashboard."""

from __future__ import annotations

from html import escape

from reports import summary
from reports.record import Results
from reports.texts import clean

WIDTH = 6.6
"""Pixels of a letter of 11 pixels, on average."""
PADDING = 10
HEIGHT = 20
COLOURS = {"good": "#2e7d32", "bad": "#b3261e", "open": "#6b6b6b"}
"""With white letters each has a contrast above 4.5."""


def page(results: Results) -> str:
    """The picture as SVG; its words are its title too."""
    left, (kind, right) = f"sockproof · {clean(summary.target(results))}", said(results)
    widths = [round(len(text) * WIDTH) + 2 * PADDING for text in (left, right)]
    title, whole = escape(f"{left}: {right}"), sum(widths)
    shape = f"M{widths[0]} 0h{widths[1] - 3}a3 3 0 0 1 3 3v{HEIGHT - 6}a3 3 0 0 1-3 3H{widths[0]}z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{whole}" height="{HEIGHT}" rx="3" fill="#333"/>'
        f'<path d="{shape}" fill="{COLOURS[kind]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{widths[0] / 2:g}" y="14">{escape(left)}</text>'
        f'<text x="{widths[0] + widths[1] / 2:g}" y="14">{escape(right)}</text></g></svg>\n'
    )


def said(results: Results) -> tuple[str, str]:
    """Whether it is good, bad or open, and the words for it: claims, as the headline of the report counts them."""
    if not results.run.complete:
        return "open", "incomplete"
    red = {instance.claim for instance in summary.unexpected(results)}
    if red:
        return "bad", f"{len(red)} {'claim' if len(red) == 1 else 'claims'} unexpected"
    counts = summary.claim_counts(results)
    if not counts["conforms"]:
        return "open", "nothing decided"
    known = f", {counts['deviates']} deviate as recorded" if counts["deviates"] else ""
    return "good", f"{counts['conforms']} claims hold{known}"
