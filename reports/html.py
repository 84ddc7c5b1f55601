"""report.html: the run as one page that needs nothing else, neither files beside it nor a network nor JavaScript."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import again, differences, documents, evidence, folded, grouping, places, standards, summary, views
from reports.diagnosis import words
from reports.diagnosis.of_results import of_results
from reports.record import VERDICTS, Results
from reports.texts import clean, duration, first_line

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
BUFFERED = 200
"""Pieces of the page that are joined before they are written."""


def page(results: Results) -> str:
    """report.html as text."""
    return "".join(pieces(results))


def pieces(
    results: Results, split: Mapping[str, str] | None = None, carried: Mapping[str, str] | None = None
) -> Iterator[str]:
    """report.html piece by piece, so that neither the page nor all of the evidence is ever held whole.

    The evidence of claims that conform is packed, and drawn by the page's script when it is asked for; with `split`,
    the pages of the topics by their anchors, it is there and the page leads to them. `carried` are the captures that
    the page holds, as `reports.carried` has them.
    """
    told = of_results(results)
    above = frozenset(group.root.shown.id for group in told.groups)
    shown = views.topics(results, above, folded.in_sight(told.groups))
    pages = dict(split or {})
    known = whereabouts(shown, pages)
    parts = environment().get_template("parts.html").make_module({"where": known})
    inside = dict(carried or {})
    stream = environment().get_template("report.html").stream(
        results=results,
        target=summary.target(results),
        topics=shown,
        surprises=views.cards(shown, told.groups),
        failed=summary.unexpected(results),
        deviating=len({instance.claim for instance in summary.unexpected(results)}),
        diagnosis=words.headline(told),
        suspected=words.suspected(told),
        faults=words.lines(told.diagnosis) if told.diagnosis else [],
        again=partial(again.reproduce, results),
        documents=documents.documents(results),
        coverage=documents.coverage(results),
        tallies=documents.tallies(results),
        standards=standards.standards(results),
        where=known,
        undecided=views.undecided(results),
        facts=views.facts(results),
        seen_first=views.SEEN_FIRST,
        counts=summary.counts(results),
        foreseen=summary.foreseen(results),
        differences=differences.differences(results),
        differences_shown=differences.SHOWN,
        reasons_shown=views.REASONS_SHOWN,
        differing=len({instance.claim for instance in results.instances if summary.is_foreseen(instance)}),
        kernel=summary.kernel(results),
        lacking=[capability for capability in results.target.capabilities if not capability.available],
        available=[capability for capability in results.target.capabilities if capability.available],
        share=summary.decided_share(results),
        packs=folded.Packs(parts, evidence.Evidence(inside, packed=True)),
        pages=pages,
        evidence=evidence.Evidence(inside),
        cut_short=summary.cut_short(results),
    )  # fmt: skip
    stream.enable_buffering(BUFFERED)
    return stream


def whereabouts(topics: Sequence[views.TopicView], pages: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The page, empty for the one at hand, and the anchor of each claim by its id; `pages` as for `pieces`."""
    return {view.claim.id: (pages.get(topic.anchor, ""), view.anchor) for topic in topics for view in topic.claims}


@cache
def environment() -> Environment:
    """The templates and filters that every page is drawn with.

    Jinja2 is imported here, when a page is drawn: whoever only writes records does not pay for it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from reports.compiled import Kept

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
        bytecode_cache=Kept(__file__),
    )
    made.filters.update(
        duration=duration,
        percent=summary.percent,
        address=evidence.address,
        listed="; ".join,
        several=summary.several,
        ladder=evidence.drawn,
        checks=evidence.table,
        place=places.address,
        decisive=grouping.decisive,
        first_line=first_line,
        permanent=views.permanent,
        amounts=folded.amounts,
        target=summary.target,
        lean=lambda drawn: Markup(folded.lean(str(drawn))),
    )
    made.globals.update(signs=evidence.SIGNS, verdicts=VERDICTS, **_embedded())
    return made


def _finished(value: Any) -> Any:
    """Text without what HTML has no character for; markup is made of such text only."""
    return clean(value) if type(value) is str else value


def _embedded() -> dict[str, Any]:
    """Style and script as they stand in the page, and the script's hash: the page lets no other script run."""

    style = style_of("report.css", "ladder.css")
    return {"style": style, **script_of("ladder.js", "folded.js", "report.js")}


def script_of(*names: str) -> dict[str, Any]:
    """The scripts of these names as they stand in a page, and their hash: it lets no other script run."""
    from markupsafe import Markup

    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_hash": f"sha256-{digest}"}


def style_of(*names: str) -> Any:
    """The style sheets of these names as they stand in a page."""
    from markupsafe import Markup

    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names))
