"""What instances saw, as markup: the rows of a claim with their checks, calls and packets.

It is nine tenths of a page and is put together here, since a template takes three times as long for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reports import ladder, standards
from reports.record import Check, Instance, Trace
from reports.source_documents import UNCHECKED
from reports.texts import clean, duration, first_line

if TYPE_CHECKING:
    from reports.views import ClaimView, InstanceView

MOST_EVENTS = 120
"""Events of one diagram; the others are counted in it, and the capture has the packets."""

SIGNS = {
    "conforms": "✓",
    "deviates": "✗",
    "unsupported": "–",
    "not-permitted": "⊘",
    "inconclusive": "?",
    "harness-error": "!",
    "not-run": "·",
    "absent": "·",
    UNCHECKED: "∅",
    standards.UNOBSERVABLE: "∅",
    standards.OPEN: "·",
    standards.PARTLY: "·",
}
"""Told by sign and word, so that no verdict is told by its colour alone."""

CHECKS = (
    '<div class="scroll" tabindex="0" role="group" aria-label="Checks"><table class="checks">'
    "<thead><tr><th>verdict</th><th>expected</th><th>observed</th><th>seen by</th></tr></thead><tbody>"
)
LADDER = '<div class="scroll" tabindex="0" role="group" aria-label="Calls and packets"'
FAILURE = '<pre tabindex="0" role="group" aria-label="The whole failure">'


@dataclass(frozen=True)
class Evidence:
    """Draws it for one page."""

    carried: Mapping[str, str] = field(default_factory=dict)
    """The captures that the page holds, as `reports.carried` has them."""
    packed: bool = False
    """Whether the script of the page draws the ladders."""

    def scenarios(self, view: ClaimView) -> Any:
        """All instances of a claim, by scenario."""
        parts = []
        for scenario, rows in view.scenarios.items():
            doc = rows[0].instance.doc
            said = f'<p class="aside">{escaped(doc)}</p>' if doc else ""
            parts.append(f'<h3 class="scenario">{escaped(scenario)}</h3>{said}')
            parts += map(self.row, rows)
        return markup("".join(parts) or '<p class="aside">No scenario of this claim ran.</p>')

    def row(self, view: InstanceView) -> str:
        """An instance that opens, or leads to its evidence where that stands above."""
        instance, name = view.instance, f'<span class="name">{escaped(view.name)}</span>'
        if view.above:
            link = f'<a href="#{view.anchor}">{badge(instance.verdict)} {name}</a>'
            return f'<p class="row">{link} <span class="aside">its evidence is under Unexpected</span></p>'
        parts = "".join(
            f' <span class="part">{escaped(oracle)} <span class="v-{verdict}">{SIGNS[verdict]} {verdict}</span></span>'
            for oracle, verdict in instance.parts.items()
        )
        aside = "" if instance.counts else ' <span class="aside">does not count</span>'
        head = f"{badge(instance.verdict, instance.expected)} {name}{aside}{parts}"
        time = f'<span class="time">{duration(instance.duration)}</span>'
        opened = f'<details class="row" id="{view.anchor}"><summary>{head} {time}</summary>'
        return f"{opened}{''.join(self._parts(instance, told=False))}</details>"

    def seen(self, instance: Instance, told: bool = False) -> Any:
        """What an instance saw; its reason and a lone check are left out where they are `told` already."""
        return markup("".join(self._parts(instance, told=told)))

    def _parts(self, instance: Instance, *, told: bool) -> Iterator[str]:
        if instance.reason and not told:
            kind, style = ("p", "aside") if instance.verdict == "conforms" else ("pre", "reason")
            yield f'<{kind} class="{style}">{escaped(instance.reason)}</{kind}>'
        if instance.known:
            yield f"<p><b>Known:</b> {escaped(instance.known)}</p>"
        if instance.remedy:
            yield f"<p><b>Remedy:</b> {escaped(instance.remedy)}</p>"
        if len(instance.checks) > told:
            yield _table(instance.checks)
        yield self._ladder(instance)
        if instance.details and instance.details != instance.reason:
            yield f"<details><summary>the whole failure</summary>{FAILURE}{escaped(instance.details)}</pre></details>"
        yield self._whereabouts(instance)

    def ladder(self, instance: Instance) -> Any:
        """Its calls and packets; nothing where there are none."""
        return markup(self._ladder(instance))

    def _ladder(self, instance: Instance) -> str:
        told = instance.plain_trace
        if not told["events"]:
            return ""
        data = ladder.data_of(told, MOST_EVENTS) if self.packed else None
        if data is None:
            return f"{LADDER}>{drawn(instance.trace)}</div>"
        safe = data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
        return f"{LADDER} data-ladder='{safe}'></div>"

    def _whereabouts(self, instance: Instance) -> str:
        """The capture, the source, how long it took, and the instance's name."""
        parts = []
        if pcap := instance.pcap:
            lost = f", <b>{instance.dropped} lost</b>" if instance.dropped else ""
            parts.append(f'<a href="{address(pcap)}">{escaped(pcap)}</a> ({instance.captured} frames{lost})')
        if instance.id in self.carried:
            file = escaped((pcap or "").rpartition("/")[2])
            data = f"data:application/octet-stream;base64,{self.carried[instance.id]}"
            parts.append(f'<a class="save" download="{file}" href="{data}">save the capture from this page</a>')
        if instance.source_file:
            line = f":{instance.source_line}" if instance.source_line else ""
            parts.append(f"{escaped(instance.source_file)}{line}")
        parts.append(f"{duration(instance.duration)} on worker {escaped(instance.worker)}")
        return f'<p class="aside">{" · ".join(parts)} · <code>{escaped(instance.id)}</code></p>'


def table(checks: Iterable[Check]) -> Any:
    """Expectations, and what was seen."""
    return markup(_table(checks))


def _table(checks: Iterable[Check]) -> str:
    return f"{CHECKS}{''.join(map(_row_of, checks))}</tbody></table></div>"


def _row_of(check: Check) -> str:
    style, said = ("holds", "✓ holds") if check.holds else ("fails", "✗ fails")
    within = f"<small> within {escaped(check.within)}</small>" if check.within else ""
    observed = escaped(first_line(check.observed) if check.holds else check.observed)
    accepted = f"<small> accepted by {escaped(check.citation)}</small>" if check.citation else ""
    return (
        f'<tr class="{style}"><td>{said}</td><td><code>{escaped(check.expected)}</code>{within}</td>'
        f"<td><code>{observed}</code>{accepted}</td><td>{escaped(check.oracle)}</td></tr>"
    )


def badge(verdict: str, foreseen: bool = False) -> str:
    """A verdict by sign and word."""
    recorded = ", as recorded" if foreseen else ""
    return f'<span class="badge v-{verdict}"><i aria-hidden="true">{SIGNS[verdict]}</i> {verdict}{recorded}</span>'


def escaped(text: str) -> str:
    """`text` as it may stand in an element or attribute, without what HTML has no character for."""
    if not (text.isascii() and text.isprintable()):
        text = clean(text)
    return str(_escape()(text))


@cache
def _escape() -> Callable[[str], str]:
    """Imported with the first page, as all that templates need."""
    from markupsafe import escape

    return escape


def markup(text: str) -> Any:
    """`text` as templates take markup."""
    from markupsafe import Markup

    return Markup(text)


def address(path: str) -> str:
    """A relative path as the address of a link; nothing in it can be taken for a scheme or a query."""
    return quote(path, errors="replace")


def drawn(trace: Trace) -> Any:
    """The diagram of a trace, or its table where it has too many lanes."""
    draw = ladder.table if ladder.is_wide(trace) else ladder.draw
    return markup(draw(ladder.abridged(trace, MOST_EVENTS)))
