"""compare.json: the whole comparison for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reports import summary
from reports.compare.changes import changes
from reports.compare.environment import facts
from reports.compare.matrix import ClaimRow, Comparison, InstanceRow
from reports.compare.sides import Side
from reports.record import plain

SCHEMA = "sockproof-comparison"
VERSION = 1


def pieces(comparison: Comparison) -> Iterator[str]:
    """compare.json piece by piece, one claim a line, so that a diff of two shows what is new."""
    head = _head(comparison)
    yield "".join(
        f"{'{' if not place else ','}\n{json.dumps(name)}: {json.dumps(head[name])}" for place, name in enumerate(head)
    )
    before = ',\n"claims": [\n'
    for claim in comparison.claims:
        yield f"{before}{json.dumps(_claim(claim))}"
        before = ",\n"
    yield "\n]\n}\n" if comparison.claims else ',\n"claims": []\n}\n'


def _head(comparison: Comparison) -> dict[str, Any]:
    changed = changes(comparison) if comparison.of_one_target else {}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "same": comparison.same,
        "sides": [_side(side) for side in comparison.sides],
        "claims_by_kind": _counted(claim.kind for claim in comparison.claims),
        "instances_by_kind": dict(comparison.instances),
        "changes": {name: [row.id for row in rows] for name, rows in changed.items()},
        "environment": [
            {"name": fact.name, "differs": fact.differs, "values": list(fact.values)}
            for fact in facts(comparison.sides)
        ],
    }


def _counted(kinds: Iterator[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in kinds:
        found[kind] = found.get(kind, 0) + 1
    return found


def _side(side: Side) -> dict[str, Any]:
    run, target = side.results.run, side.results.target
    where = {"name": side.name, "place": side.place, "run": run.id, "started": run.started, "complete": run.complete}
    return {**where, "target": target.name, "kernel": target.kernel, "verdicts": summary.counts(side.results)}


def _claim(claim: ClaimRow) -> dict[str, Any]:
    return {
        "id": claim.claim.id,
        "topic": claim.claim.topic,
        "kind": claim.kind,
        "only": claim.alone,
        "verdicts": [cell.verdict for cell in claim.cells],
        "instances": [_instance(row) for row in claim.rows],
    }


def _instance(row: InstanceRow) -> dict[str, Any]:
    """An instance; what was expected and seen on each side only where the sides are not the same."""
    short = {"id": row.id, "kind": row.kind, "verdicts": list(row.verdicts)}
    if row.kind == "same":
        return short
    failed = [[plain(check) for check in each.checks if not check.holds] if each else [] for each in row.found]
    return {**short, "only": row.alone, "reasons": [each and each.reason for each in row.found], "failed": failed}
