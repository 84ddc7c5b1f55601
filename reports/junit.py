"""junit.xml: the run for the machines of continuous integration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

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
    claims = {claim.id: claim for claim in results.claims}
    place = _when_and_where(results)
    suites = (
        _element("testsuite", {"name": clean(topic), **_totals(instances), **place},
                 _nested(2, (_case(each, claims.get(each.claim)) for each in instances)))
        for topic, instances in by_topic(results, claims).items()
    )  # fmt: skip
    whole = _element("testsuites", {"name": "sockproof", **_totals(results.instances)}, _nested(1, suites))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{whole}\n'


def _element(name: str, attributes: Mapping[str, str], inner: str = "") -> str:
    """An element; written by hand, since a tree of a hundred thousand of them takes three times as long."""
    head = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{head}>{inner}</{name}>" if inner else f"<{name}{head} />"


def _nested(level: int, elements: Iterable[str]) -> str:
    """Elements of this level, a line each, and the indentation of what ends behind them; empty without any."""
    line = "\n" + "  " * level
    inner = line.join(elements)
    return f"{line}{inner}{line[:-2]}" if inner else ""


def _content(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    text = _content(text).replace('"', "&quot;")
    return text if text.isprintable() else text.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#09;")


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


def _case(instance: Instance, claim: Claim | None) -> str:
    name = instance.id.rpartition("::")[2] or instance.id
    attributes = {"classname": clean(instance.claim), "name": clean(name), "time": f"{instance.duration:.6f}"}
    if instance.source_file:
        attributes |= {"file": clean(instance.source_file), "line": str(instance.source_line or 0)}
    found = outcome(instance)
    inner = (_properties(instance, claim), *([_outcome(found, instance)] if found else []))
    return _element("testcase", attributes, _nested(3, inner))


def _properties(instance: Instance, claim: Claim | None) -> str:
    sources = [f"{source.document} {source.section}" for source in claim.sources] if claim else []
    values = [("claim", instance.claim), ("verdict", instance.verdict), *(("source", source) for source in sources)]
    known = [("known", instance.known)] if summary.is_foreseen(instance) and instance.known else []
    told = values + known + ([("pcap", instance.pcap)] if instance.pcap else [])
    each = (_element("property", {"name": name, "value": clean(value)}) for name, value in told)
    return _element("properties", {}, _nested(4, each))


def _outcome(outcome: str, instance: Instance) -> str:
    reason = instance.reason or summary.unexplained(instance)
    attributes = {"type": instance.verdict, "message": clean(summary.in_a_line(reason))}
    rest = [instance.details or reason, f"remedy: {instance.remedy}" if instance.remedy else ""]
    return _element(outcome, attributes, _content(clean("\n".join(filter(None, rest)))))
