"""What differs from the documentation and is known to: by its reason, with the sentence that it departs from."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from reports import summary
from reports.grouping import level_rank
from reports.record import Claim, Results

SHOWN = 8
"""Reasons that stand on the page as it opens; the others unfold."""

_WITH_LINK = re.compile(r"(.+) \((https?://\S+)\)", re.DOTALL)


@dataclass(frozen=True)
class Difference:
    """One reason for which claims do not hold."""

    reason: str
    link: str
    """Where that can be read; empty where the reason is the version of the kernel."""
    claims: tuple[Claim, ...]
    """Those that do not hold because of it, those with the most instances first, and of these the most binding."""
    instances: int


def differences(results: Results) -> list[Difference]:
    """Each reason of the deviations that were foreseen, the one that reaches furthest first."""
    claims = {claim.id: claim for claim in results.claims}
    found: dict[str, list[str]] = {}
    for instance in results.instances:
        if instance.known and summary.is_foreseen(instance):
            found.setdefault(instance.known, []).append(instance.claim)
    made = [_difference(known, ids, claims) for known, ids in found.items()]
    return sorted(made, key=lambda each: (-len(each.claims), -each.instances, each.reason))


def _difference(known: str, ids: list[str], claims: dict[str, Claim]) -> Difference:
    apart = _WITH_LINK.fullmatch(known)
    reason, link = apart.groups() if apart else (known, "")
    often = Counter(name for name in ids if name in claims)
    spoken = sorted((claims[name] for name in often), key=lambda each: (-often[each.id], level_rank(each), each.id))
    return Difference(reason, link, tuple(spoken), len(ids))
