"""What became of the instances from one run to the next of the same target."""

from __future__ import annotations

from reports.compare.matrix import ABSENT, Comparison, InstanceRow
from reports.record import DECIDED

CHANGES = (
    "now deviates",
    "conforms again",
    "deviates otherwise",
    "no longer decided",
    "now decided",
    "gone",
    "added",
)
"""In the order in which a reader wants to know of them."""


def changes(comparison: Comparison) -> dict[str, list[InstanceRow]]:
    """The instances by what became of them from the first side to the second; without those that stayed the same."""
    found: dict[str, list[InstanceRow]] = {name: [] for name in CHANGES}
    for row in comparison.rows:
        if (name := change(row)) is not None:
            found[name].append(row)
    return {name: rows for name, rows in found.items() if rows}


def change(row: InstanceRow) -> str | None:
    """What became of one instance, as CHANGES names it; None where nothing did that counts."""
    before, after = row.verdicts[0], row.verdicts[1]
    if ABSENT in (before, after):
        return "added" if before == ABSENT else "gone"
    if row.kind == "differs":
        return "deviates otherwise" if row.otherwise else ("now deviates" if after == "deviates" else "conforms again")
    if row.kind == "one-sided":
        return "now decided" if after in DECIDED else "no longer decided"
    return None
