"""The report in pages: an index, one for each topic, and two of tables, which need no script to be read whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reports import documents, html, standards, views
from reports.evidence import Evidence
from reports.files import write_whole
from reports.record import Results

INDEX = "report.html"
TABLES = {"documents": "The documents", "standards": "The standards"}
"""Sections of the report that are tables, and their titles."""


def write(results: Results, folder: Path, carried: Mapping[str, str] | None = None) -> dict[str, Path]:
    """Write all pages into `folder`; their paths by name. `carried` as for `html.pieces`. Raises ResultsError."""
    topics = views.topics(results)
    shown = {"documents": documents.documents(results), "standards": standards.standards(results)}
    tables = [name for name, found in shown.items() if found]
    names = {anchor: f"{anchor}.html" for anchor in (*(topic.anchor for topic in topics), *tables)}
    where = html.whereabouts(topics, names)
    drawn = {INDEX: html.pieces(results, names, carried)}
    for topic in topics:
        drawn[names[topic.anchor]] = page(results, topic, where, carried or {})
    for name in tables:
        drawn[names[name]] = table(results, name, shown[name], where)
    for name, pieces in drawn.items():
        write_whole(folder / name, pieces)
    return {name: folder / name for name in drawn}


def page(
    results: Results, topic: views.TopicView, where: Mapping[str, tuple[str, str]], carried: Mapping[str, str]
) -> Iterator[str]:
    """The page of one topic, with all of its evidence."""
    template = html.environment().get_template("topic.html")
    return template.stream(results=results, topic=topic, where=where, evidence=Evidence(carried))


def table(
    results: Results, section: str, shown: Sequence[object], where: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    """The page of the documents, or of the standards."""
    template = html.environment().get_template("tables.html")
    title = TABLES[section]
    return template.stream(results=results, section=section, title=title, views=shown, where=where)
