"""junit.xml: the run for the machines of continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports import summary
from reports.record import Claim, Instance, Results
from reports.texts import clean

OUTCOMES = {
    "deviates": "failure",
    "inconclusive": "failure",
    "harness-error": "error",
    "unsupported": "skipped",
    "not-permitted": "skipped",
}
"""The element of JUnit that says it; ``conforms`` has none. A foreseen deviation is none either."""


def page(results: Results) -> str:
    """junit.xml as text: one suite for each topic, one case for each instance."""
    root = Element("testsuites", {"name": "sockproof", **_totals(results.instances)})
    claims = {claim.id: claim for claim in results.claims}
    for topic, instances in by_topic(results, claims).items():
        numbers = {**_totals(instances), **_when_and_where(results)}
        suite = SubElement(root, "testsuite", {"name": clean(topic), **numbers})
        for instance in instances:
            _add_case(suite, instance, claims.get(instance.claim))
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def by_topic(results: Results, claims: dict[str, Claim]) -> dict[str, list[Instance]]:
    """The instances by the topics of their claims, in the order of the run."""
    topics: dict[str, list[Instance]] = {}
    for instance in results.instances:
        claim = claims.get(instance.claim)
        topics.setdefault(claim.topic if claim else "without a claim", []).append(instance)
    return topics


def _totals(instances: Sequence[Instance]) -> dict[str, str]:
    outcomes = [outcome(instance) for instance in instances]
    return {
        "tests": str(len(instances)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(instance.duration for instance in instances):.6f}",
    }


def _when_and_where(results: Results) -> dict[str, str]:
    started = datetime.fromtimestamp(results.run.started // 10**9, UTC)
    return {"timestamp": started.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "hostname": clean(results.target.name)}


def outcome(instance: Instance) -> str | None:
    """The element of JUnit for this instance; none where it conforms, or fails as a deviation record foresaw.

    A record that is stale fails too; what does not count is skipped.
    """
    if instance.stale:
        return "failure"
    if not instance.counts:
        return "skipped"
    return None if instance.expected else OUTCOMES.get(instance.verdict)


def _add_case(suite: Element, instance: Instance, claim: Claim | None) -> None:
    name = instance.id.rpartition("::")[2] or instance.id
    time = f"{instance.duration:.6f}"
    case = SubElement(suite, "testcase", classname=clean(instance.claim), name=clean(name), time=time)
    if instance.source_file:
        case.set("file", clean(instance.source_file))
        case.set("line", str(instance.source_line or 0))
    _add_properties(case, instance, claim)
    if found := outcome(instance):
        _add_outcome(case, found, instance)


def _add_properties(case: Element, instance: Instance, claim: Claim | None) -> None:
    properties = SubElement(case, "properties")
    sources = [f"{source.document} {source.section}" for source in claim.sources] if claim else []
    values = [("claim", instance.claim), ("verdict", instance.verdict), *(("source", source) for source in sources)]
    known = [("known", instance.known)] if summary.is_foreseen(instance) and instance.known else []
    for name, value in values + known + ([("pcap", instance.pcap)] if instance.pcap else []):
        SubElement(properties, "property", name=name, value=clean(value))


def _add_outcome(case: Element, outcome: str, instance: Instance) -> None:
    reason = instance.reason or summary.unexplained(instance)
    said = SubElement(case, outcome, type=instance.verdict, message=clean(summary.in_a_line(reason)))
    rest = [instance.details or reason, f"remedy: {instance.remedy}" if instance.remedy else ""]
    said.text = clean("\n".join(filter(None, rest)))
