"""``sockproof list`` and ``sockproof show``: the catalogue as text and as JSON."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sockproof import suite
from sockproof.errors import UsageError

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue, Scenario
    from reports.record import Claim, Results

VERSION = 1
"""Of the JSON that ``list`` prints; a change that could break a reader raises it."""

WIDTH = 110
"""Columns of text."""

NARROWEST = 40

LAST_RUN = Path("sockproof-results", "latest", "results.json")


def list_claims(asked: Namespace) -> int:
    """Print the claims that were asked for, by topic; the exit status."""
    catalogue = suite.catalogue()
    ids = suite.select(catalogue, asked.selection)
    print(json.dumps(as_data(catalogue, ids), indent=1) if asked.json else as_text(catalogue, ids))
    return 0


def as_text(catalogue: Catalogue, ids: Sequence[str]) -> str:
    """The claims by topic, the scenarios under each, and how many there are."""
    lines: list[str] = []
    for topic, members in groupby(ids, lambda name: folder_of(catalogue.claims[name])):
        lines.append(topic)
        for name in members:
            lines.extend(brief(catalogue, name))
        lines.append("")
    scenarios = sum(len(catalogue.scenarios[name]) for name in ids)
    return "\n".join([*lines, f"{several(len(ids), 'claim')}, {several(scenarios, 'scenario')}"])


def folder_of(claim: Claim) -> str:
    """Where a claim lives below ``conformance``: ``lifecycle/linger``."""
    return f"{claim.area}/{claim.topic}" if claim.area else claim.topic


def brief(catalogue: Catalogue, name: str) -> Iterator[str]:
    """The lines of one claim in the list."""
    yield f"  {name}"
    yield from indented(catalogue.claims[name].says, "      ")
    for label, text in kernels(catalogue.claims[name]):
        yield from indented(f"{label} {text}", "      ")
    for scenario in catalogue.scenarios[name]:
        yield f"      {scenario.name}  {scenario.file}:{scenario.line}"


def as_data(catalogue: Catalogue, ids: Sequence[str]) -> dict[str, Any]:
    """Everything about the claims and what documents say of them, as plain JSON; files are relative to ``root``."""
    from reports.record import plain

    everything = len(ids) == len(catalogue.claims)
    statements = [each for each in catalogue.statements if everything or not set(ids).isdisjoint(each.claims)]
    return {
        "schema": "sockproof-catalogue",
        "version": VERSION,
        "root": str(catalogue.root),
        "claims": [claim_data(catalogue, name) for name in ids],
        "documents": plain(catalogue.documents),
        "statements": plain(statements),
    }


def claim_data(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """One claim, where it stands, and its scenarios."""
    from reports.record import plain

    file, line = catalogue.positions[name]
    scenarios = [scenario_data(scenario) for scenario in catalogue.scenarios[name]]
    return {**plain(catalogue.claims[name]), "file": file, "line": line, "scenarios": scenarios}


def scenario_data(scenario: Scenario) -> dict[str, Any]:
    """One scenario, its place and its marks."""
    marks = [{"name": mark.name, "arguments": list(mark.arguments)} for mark in scenario.marks]
    place = {"name": scenario.name, "file": scenario.file, "line": scenario.line, "node": scenario.node}
    return {**place, "doc": scenario.doc, "needs": list(scenario.needs), "marks": marks}


def show_claim(asked: Namespace) -> int:
    """Print each claim that was asked for whole; the exit status."""
    catalogue = suite.catalogue()
    ids = suite.select(catalogue, [asked.id])
    results = read(asked.results) if asked.results else None
    print("\n\n".join("\n".join(whole(catalogue, name, results)) for name in ids))
    return 0


def read(path: str) -> Results:
    """The results of a run. Raises UsageError."""
    from reports.store import ResultsError, read_results

    try:
        return read_results(path)
    except ResultsError as error:
        raise UsageError(str(error)) from error


def whole(catalogue: Catalogue, name: str, results: Results | None = None) -> Iterator[str]:
    """The lines of one claim with all that is known of it, and with what each instance saw in a run."""
    claim = catalogue.claims[name]
    yield name
    yield from indented(claim.says, "  ")
    yield ""
    for label, text in facts(claim):
        yield from indented(text, "  ", label)
    yield from indented(str(catalogue.positions[name]), "  ", "written at")
    yield from indented(last_verdict(name), "  ", "last run")
    for scenario in catalogue.scenarios[name]:
        yield ""
        yield f"  {scenario.name}  {scenario.file}:{scenario.line}"
        yield from indented(scenario.doc or "", "      ")
    if results is not None:
        yield from seen(name, results)


def seen(name: str, results: Results) -> Iterator[str]:
    """What each instance of a claim saw in a run, the ladder included."""
    from reports import again, ladder_text, naming, summary

    found = [instance for instance in results.instances if instance.claim == name]
    yield from ("", f"  on {results.target.name}, {summary.kernel(results)}:")
    if not found:
        yield f"  nothing, since it was not among the claims that ran; {again.reproduce(results, name)} runs it"
    for instance in found:
        yield ""
        yield f"  {instance.verdict}{', as recorded' if instance.expected else ''}  {instance.id.rpartition('::')[2]}"
        yield from indented(naming.parameters(instance), "    ", "with")
        for check in instance.checks:
            yield from indented(check.expected, "    ", "expected")
            yield from indented(f"{check.observed}  ({check.oracle})", "    ", "observed" if check.holds else "DIFFERS")
        if instance.verdict != "conforms" and not any(not check.holds for check in instance.checks):
            yield from indented(instance.reason or summary.unexplained(instance), "    ", "reason")
        yield from indented(instance.known or "", "    ", "known")
        yield from indented(instance.remedy or "", "    ", "remedy")
        yield from (f"    {line}" for line in ladder_text.lines(instance.trace))
        yield from [f"    pcap        {instance.pcap}"] if instance.pcap else []


def facts(claim: Claim) -> Iterator[tuple[str, str]]:
    """What a claim says of itself, field by field, in the order in which one asks."""
    yield "level", f"{claim.level}, by authority of: {claim.authority}"
    from reports import places

    for source in claim.sources:
        yield "source", f"{source.document}, {source.section}"
        if address := places.address(source):
            yield " ", address
    if claim.documents:
        yield "documents", f"{', '.join(claim.documents)}: {claim.status}"
    if claim.really:
        yield "really", claim.really
    yield from kernels(claim)
    further = {"note": claim.note, "untestable": claim.untestable}
    yield from ((label, text) for label, text in further.items() if text)


def kernels(claim: Claim) -> Iterator[tuple[str, str]]:
    """From and to which kernels a claim holds, and which commits changed a part of it."""
    if claim.since:
        yield "since", f"Linux {claim.since}"
    if claim.until:
        yield "until", f"Linux {claim.until}"
    for fix in claim.fixes:
        older = f", and since {', '.join(fix.stable)} of older branches" if fix.stable else ""
        yield "fixed", f"{fix.says} since Linux {fix.since}{older} (commit {fix.commit})"


def last_verdict(name: str) -> str:
    """What the newest run below the current folder found about the claim, in words."""
    if not LAST_RUN.exists():
        return f"none below this folder; sockproof run {name} makes one"
    from reports import store, summary

    try:
        results = store.read_results(LAST_RUN)
    except store.ResultsError as error:
        return str(error)
    found = [instance for instance in results.instances if instance.claim == name]
    if not found:
        return "not among the claims that ran"
    return f"{summary.combined(found)} ({several(len(found), 'instance')}, kernel {results.target.kernel})"


def indented(text: str, margin: str, label: str = "") -> list[str]:
    """`text` in lines of at most WIDTH columns behind `margin`, with `label` in a column before the first."""
    column = 12 if label else 0
    hanging = margin + " " * column
    head = f"{margin}{label:{column}}" if label else margin
    return wrap(
        text, width(), initial_indent=head, subsequent_indent=hanging,
        break_long_words=False, break_on_hyphens=False,  # ids and addresses are copied
    )  # fmt: skip


def width() -> int:
    """Columns of this terminal, at most WIDTH; WIDTH where there is none."""
    return max(NARROWEST, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))


def several(number: int, noun: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
