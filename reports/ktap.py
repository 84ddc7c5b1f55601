"""results.ktap: the run for KernelCI and whoever else reads KTAP (Linux Documentation/dev-tools/ktap.rst)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import summary
from reports.junit import by_topic, outcome
from reports.record import Instance, Results
from reports.texts import clean, first_line

VERSION = "KTAP version 1"
INDENT = "  "


def page(results: Results) -> str:
    """The run as KTAP: one test for each topic, and below it one for each instance."""
    return "\n".join([*_lines(results), ""])


def _lines(results: Results) -> Iterator[str]:
    topics = by_topic(results, {claim.id: claim for claim in results.claims})
    yield VERSION
    yield f"1..{len(topics)}"
    for number, (topic, instances) in enumerate(topics.items(), 1):
        yield from (f"{INDENT}{line}" for line in _topic(topic, instances))
        yield _result(number, name_of(topic), worst(instances))


def _topic(topic: str, instances: Sequence[Instance]) -> Iterator[str]:
    yield VERSION
    yield f"# Subtest: {name_of(topic)}"
    yield f"1..{len(instances)}"
    for number, instance in enumerate(instances, 1):
        found = outcome(instance)
        yield from _reason(instance) if found in ("failure", "error") else ()
        why = summary.in_a_line(instance.reason or instance.verdict) if found == "skipped" else ""
        yield _result(number, name_of(instance.id), found, why) + _foreseen(instance, found)


def _foreseen(instance: Instance, found: str | None) -> str:
    """The directive of what failed as a deviation record foresaw, with the record's reason."""
    if found or not summary.is_foreseen(instance):
        return ""
    return f" # XFAIL {name_of(first_line(instance.known or '').partition(' (http')[0])}".rstrip()


def _reason(instance: Instance) -> Iterator[str]:
    """What was seen, as lines that readers of KTAP pass over."""
    for line in (instance.reason or summary.unexplained(instance)).splitlines():
        yield f"# {clean(line)}"


def _result(number: int, name: str, found: str | None, why: str = "") -> str:
    skipped = f" # SKIP {name_of(why)}".rstrip() if found == "skipped" else ""
    return f"{'not ok' if found in ('failure', 'error') else 'ok'} {number} {name}{skipped}"


def worst(instances: Sequence[Instance]) -> str | None:
    """What a topic amounts to: a failure where one of its instances is one, skipped where all are."""
    found = {outcome(instance) for instance in instances}
    if found & {"failure", "error"}:
        return "failure"
    return "skipped" if found == {"skipped"} else None


def name_of(text: str) -> str:
    """A name on one line, without the sign that begins a directive."""
    return clean(text).replace("\n", " ").replace("#", "%")
