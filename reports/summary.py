"""What a run amounts to: counts, the verdict of each claim, what was unexpected. Pure functions of Results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from reports.record import DECIDED, UNEXPECTED, VERDICTS, Instance, Results
from reports.texts import first_line

NOT_RUN = "not-run"
"""What stands in the place of a verdict for a claim none of whose scenarios ran."""

WEIGHT = ("deviates", "harness-error", "inconclusive", "conforms", "not-permitted", "unsupported")
"""The verdict of a claim is the first of these that one of its instances has."""

NAMED_IN_TEXT = 5
"""So many unexpected instances are named on the terminal; the pages have them all."""


def counts(results: Results) -> dict[str, int]:
    """Instances by verdict, in the order of VERDICTS, zero where there are none."""
    seen = Counter(instance.verdict for instance in results.instances)
    return {verdict: seen[verdict] for verdict in VERDICTS}


def decided_share(results: Results) -> float:
    """The share of the instances that conform or deviate, from 0 to 1; 0 if there are no instances."""
    decided = sum(instance.verdict in DECIDED for instance in results.instances)
    return decided / len(results.instances) if results.instances else 0.0


def combined(instances: Iterable[Instance]) -> str:
    """The verdict of a claim with these instances: the weightiest of theirs, NOT_RUN without any."""
    verdicts = {instance.verdict for instance in instances}
    return next((verdict for verdict in WEIGHT if verdict in verdicts), NOT_RUN)


def instances_by_claim(results: Results) -> dict[str, list[Instance]]:
    """The instances of each claim: the catalogue's claims first, in its order, then ids that it does not know."""
    found: dict[str, list[Instance]] = {claim.id: [] for claim in results.claims}
    for instance in results.instances:
        found.setdefault(instance.claim, []).append(instance)
    return found


def claim_verdicts(results: Results) -> dict[str, str]:
    """The verdict of each claim by its id."""
    return {claim: combined(instances) for claim, instances in instances_by_claim(results).items()}


def claim_counts(results: Results) -> dict[str, int]:
    """Claims by verdict, NOT_RUN last, zero where there are none."""
    seen = Counter(claim_verdicts(results).values())
    return {verdict: seen[verdict] for verdict in (*VERDICTS, NOT_RUN)}


def in_a_line(reason: str) -> str:
    """The first line of a reason; of one that tells what was expected and observed, both in one line."""
    first, *rest = reason.splitlines() or [""]
    seen = next((line for line in rest if line.startswith(("observed  ", "captured  "))), None)
    if not first.startswith("expected  ") or seen is None:
        return first_line(reason)
    return "; ".join(f"{line[:10].strip()} {line[10:].strip()}" for line in (first, seen))


def is_unexpected(instance: Instance) -> bool:
    """Whether this instance turns a run red: it failed, it counts, and no deviation record of the target foresaw it."""
    return (instance.verdict in UNEXPECTED and instance.counts and not instance.expected) or instance.stale


def unexpected(results: Results) -> tuple[Instance, ...]:
    """The instances that turn the run red, in the order in which they were reported."""
    return tuple(instance for instance in results.instances if is_unexpected(instance))


def foreseen(results: Results) -> dict[str, int]:
    """Failed instances that the target's deviation record names, by verdict; verdicts without any are left out."""
    return dict(Counter(instance.verdict for instance in results.instances if is_foreseen(instance)))


def is_foreseen(instance: Instance) -> bool:
    """Whether a deviation record of the target names this failure, or the version of its kernel explains it."""
    return instance.verdict in UNEXPECTED and instance.expected


def exit_code(results: Results) -> int:
    """0 when nothing was unexpected; 1 when something was, or when nothing at all was decided."""
    return 1 if unexpected(results) or not decided_share(results) else 0


def as_data(results: Results) -> dict[str, Any]:
    """The ``summary`` of results.json."""
    return {
        "instances": len(results.instances),
        "verdicts": counts(results),
        "claims": claim_counts(results),
        "decided": decided_share(results),
        "unexpected": [instance.id for instance in unexpected(results)],
        "exit_code": exit_code(results),
    }


def percent(share: float) -> str:
    """A share in whole per cent, ``100 %`` only when it is all and ``0 %`` only when it is none."""
    bounded = min(max(round(share * 100), 1), 99)
    return f"{int(share) * 100 if share in (0, 1) else bounded} %"


def target(results: Results) -> str:
    """The target by its name; of a program that makes it the name alone, since paths are the sender's own."""
    kind, _, path = results.target.name.partition(":/")
    return f"{kind}:{path.rpartition('/')[2]}" if path else results.target.name


def kernel(results: Results) -> str:
    """The kernel with its system's name before it: ``Linux 6.8.0``, also where the target only says ``6.8.0``.

    gVisor says that it is a Linux which it is not.
    """
    version, environment = results.target.kernel, results.target.environment
    if environment.virtualization == "gvisor" and environment.version:
        return f"gVisor ({environment.version}), which calls itself {' '.join(version.split()[:2])}"
    return version if version[:1].isalpha() else f"Linux {version}".rstrip()


def several(number: int, noun: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_words(results: Results, *, told: str = "") -> str:
    """The run in one paragraph; without the names of what was unexpected where these are told, above or below."""
    sentences = (_ran(results), _decided(results), _surprises(results, told), cut_short(results))
    return " ".join(filter(None, sentences))


def _ran(results: Results) -> str:
    claims = sum(verdict != NOT_RUN for verdict in claim_verdicts(results).values())
    shown = ", ".join(f"{number} {verdict}" for verdict, number in counts(results).items() if number)
    asked = f"{several(len(results.instances), 'instance')} of {several(claims, 'claim')}"
    return f"{asked} on {target(results)}, {kernel(results)}: {shown or 'nothing ran'}."


def _decided(results: Results) -> str:
    share = decided_share(results)
    return f"{percent(share)} decided." if share else "Nothing was decided, so the run counts as failed."


def _surprises(results: Results, told: str) -> str:
    return " ".join(filter(None, (_unforeseen(results, told), as_recorded(results))))


def as_recorded(results: Results) -> str:
    """A sentence about the deviations that were foreseen, which names a few of the claims; empty without any."""
    failed = [instance.claim for instance in results.instances if is_foreseen(instance)]
    if not failed:
        return ""
    claims = list(dict.fromkeys(failed))
    more = f" and {len(claims) - NAMED_IN_TEXT} more" if len(claims) > NAMED_IN_TEXT else ""
    how = f"{several(len(claims), 'claim')} {'does' if len(claims) == 1 else 'do'} not hold, as recorded"
    named = f"{', '.join(claims[:NAMED_IN_TEXT])}{more}"
    return f"{how} ({several(len(failed), 'instance')}): {named}; the report has the reasons, under What differs."


def _unforeseen(results: Results, told: str) -> str:
    found = unexpected(results)
    if not found:
        return "Nothing unexpected."
    if told:
        return f"{len(found)} unexpected, as told {told}."
    names = ", ".join(f"{instance.id} {instance.verdict}" for instance in found[:NAMED_IN_TEXT])
    more = len(found) - NAMED_IN_TEXT
    return f"Unexpected: {names}{f' and {more} more' if more > 0 else ''}."


def cut_short(results: Results) -> str:
    """A sentence about a run that did not come to its end; empty if it did."""
    if results.run.complete:
        return ""
    if results.run.refused:
        return f"Nothing was run: {results.run.refused}"
    how = "was interrupted" if results.run.interrupted else "did not come to its end"
    return f"The run {how}: {len(results.instances)} of {results.run.collected} instances are here."


def unexplained(instance: Instance) -> str:
    """A sentence for an instance that came without its reason."""
    return f"{instance.verdict}, and no reason was recorded"
