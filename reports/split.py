"""The report in pages: an index, and one small page for each topic, which need no script to be read whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reports import html, views
from reports.files import write_whole
from reports.record import Results

INDEX = "report.html"


def write(results: Results, folder: Path) -> dict[str, Path]:
    """Write the index and the pages of the topics into `folder`; their paths by name. Raises ResultsError."""
    topics = views.topics(results)
    names = {topic.anchor: f"{topic.anchor}.html" for topic in topics}
    written = {INDEX: folder / INDEX}
    write_whole(written[INDEX], html.pieces(results, names))
    for topic in topics:
        path = folder / names[topic.anchor]
        write_whole(path, page(results, topic))
        written[path.name] = path
    return written


def page(results: Results, topic: views.TopicView) -> Iterator[str]:
    """The page of one topic, with all of its evidence."""
    template = html.environment().get_template("topic.html")
    return template.stream(results=results, topic=topic, anchors={view.claim.id: view.anchor for view in topic.claims})
