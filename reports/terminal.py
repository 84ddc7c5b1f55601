"""A red run on the terminal: its causes, and for each group of failures what one needs to act; never too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from reports import again, ladder_text, naming, summary
from reports.diagnosis import words
from reports.diagnosis.of_results import Told
from reports.grouping import Group, Member, decisive
from reports.record import DECIDED, Claim, Instance, Results
from reports.texts import clean, first_line, visible

MOST = 190
"""Lines in all; with the sentence and the report behind them they are two hundred."""
MOST_OF_A_GROUP = 25
MARGIN = 12
"""Columns before what a label is about."""
NARROW = 60
"""Columns below which a label has a line of its own, and events no times."""
EVENTS = 5
NAMED = 6
"""So many other claims of a group are named; the report has them all."""
DISPENSABLE = ("likewise", "twins", "events")
"""What is left out first where a group would be too long, as on narrow paper; the commands never are."""
WITNESSES = {"calls": "by the calls", "wire": "on the wire", "kernel": "by the kernel's own view"}
"""Who saw it, in words."""
PERHAPS = ", perhaps by the same cause"
REASONS = 8
"""So many reasons are told for which scenarios were not decided."""
WIDEST = 110


@dataclass(frozen=True)
class Paper:
    """How wide the text may be, and where the results lie."""

    width: int
    folder: str

    def wrapped(self, text: str, label: str = "", *, lines: int = 2, ending: bool = False) -> Iterator[str]:
        """`text` behind `label` in at most so many lines; on narrow paper the label has a line of its own.

        Of what is too long its beginning is shown, and with `ending` its last words too, in the last line.
        """
        margin = MARGIN if self.width >= NARROW else 2
        head = f"  {label:{margin - 2}}" if margin > 2 else "  "
        if label and margin == 2:
            yield f"{label}:"
        shown = folded(" ".join(visible(text).split()), self.room(margin), lines, ending=ending)
        yield from (f"{head if at == 0 else ' ' * margin}{line}" for at, line in enumerate(shown))

    def room(self, margin: int) -> int:
        """Columns behind a margin."""
        return max(20, min(self.width, WIDEST) - margin)

    def as_it_is(self, text: str, label: str) -> Iterator[str]:
        """`text` on one line, however long: a command is copied whole."""
        margin = MARGIN if self.width >= NARROW else 2
        if margin == 2:
            yield f"{label}:"
        yield f"  {label:{margin - 2}}{visible(text)}" if margin > 2 else f"  {visible(text)}"

    def rows(self, rows: Sequence[str], label: str) -> Iterator[str]:
        """Rows behind a label, each on one line and cut where the paper ends."""
        margin = MARGIN if self.width >= NARROW else 2
        if rows and margin == 2:
            yield f"{label}:"
        for at, row in enumerate(rows):
            line = self.cut(row, margin)
            yield line if at or margin == 2 else f"  {label:{margin - 2}}{line[margin:]}"

    def cut(self, text: str, margin: int, least: int = 0) -> str:
        """`text` behind a margin, no wider than the paper, but for what it must have at `least`."""
        text, room = visible(text), max(self.room(margin), least + 3)
        return " " * margin + (text if len(text) <= room else text[: room - 3] + "...")


def folded(text: str, room: int, lines: int, *, ending: bool) -> list[str]:
    """`text` in so many lines; ids in it are copied, so they are not parted at their hyphens."""
    whole = wrap(text, room, break_on_hyphens=False) or [""]
    if len(whole) <= lines:
        return whole
    if not ending:
        return wrap(text, room, max_lines=lines, placeholder=" ...", break_on_hyphens=False)
    _, _, end = " ".join(whole[lines - 1 :])[-room + 4 :].partition(" ")
    return [*whole[: lines - 1], f"... {end}"]


def page(results: Results, told: Told, *, width: int = 80, folder: str = "", report: str = "") -> list[str]:
    """The lines; empty where nothing was unexpected and everything was decided."""
    paper = Paper(width, folder)
    end = [*undecided(results, paper)]
    if not told.groups:
        return end
    start = [*overview(results, told, paper), ""]
    room = MOST - len(start) - len(end) - 3
    return [*start, *within(room, results, told.groups, paper, report), *end]


def paragraph(text: str, width: int) -> list[str]:
    """`text` in lines that fit; names in it are never parted."""
    return wrap(visible(text), max(20, min(width, WIDEST)), break_on_hyphens=False, break_long_words=False)


def overview(results: Results, told: Told, paper: Paper) -> Iterator[str]:
    """What is broken, and the faults that come near, before anything else."""
    yield from paragraph(heading(results, told), paper.width)
    if sentence := words.headline(told):
        yield from paragraph(sentence, paper.width)
    for line in words.lines(told.diagnosis) if told.diagnosis else ():
        yield from paper.wrapped(f"{line.fault} (fit {line.fit}: {line.measure})", line.sign, lines=3)


def heading(results: Results, told: Told) -> str:
    """How much deviates, claims first."""
    failed = summary.unexpected(results)
    claims = len({each.claim for each in failed})
    count = f"{summary.several(claims, 'claim')} ({summary.several(len(failed), 'instance')})"
    return f"{count} unexpected, in {summary.several(len(told.groups), 'group')}."


def within(room: int, results: Results, groups: Sequence[Group], paper: Paper, report: str) -> Iterator[str]:
    """The groups, whole as long as there is room, then a line each, then how many more there are."""
    for at, group in enumerate(groups):
        left = len(groups) - at
        whole = [*block(results, group, f"{at + 1}/{len(groups)}", paper), ""]
        if len(whole) + min(left - 1, 20) + 1 <= room:
            yield from whole
            room -= len(whole)
            continue
        shown = groups[at : at + max(room - 1, 0)]
        yield from (paper.cut(brief(each), 0, least=len(each.root.claim.id)) for each in shown)
        if more := left - len(shown):
            yield f"{more} more {'group is' if more == 1 else 'groups are'} in {report or 'the report'}"
        yield ""
        return


def brief(group: Group) -> str:
    """A group in a line."""
    others = f" and {summary.several(len(group.others), 'claim')} more" if group.others else ""
    return f"{group.root.claim.id}: {group.root.verdict}{others} ({summary.several(group.instances, 'instance')})"


def block(results: Results, group: Group, number: str, paper: Paper) -> list[str]:
    """A group in at most MOST_OF_A_GROUP lines."""
    root = group.root
    parts = {
        "head": head(group, number, paper),
        "claim": [*paper.wrapped(root.claim.says, "claim"), *sources(root.claim, paper)],
        "evidence": [*evidence(root.shown, paper)],
        "events": [*events(root.shown, paper)],
        "twins": [*twins(root, paper)],
        "likewise": [*likewise(group, paper)],
        "commands": [*paper.as_it_is(again.show(root.claim.id, paper.folder or "RESULTS"), "more"),
                     *paper.as_it_is(again.reproduce(results, root.claim.id), "again"),
                     *paper.as_it_is(again.record(paper.folder or "RESULTS"), "known?")],
    }  # fmt: skip
    for name in DISPENSABLE:
        if sum(map(len, parts.values())) > MOST_OF_A_GROUP:
            parts[name] = []
    return [line for part in parts.values() for line in part]


def head(group: Group, number: str, paper: Paper) -> list[str]:
    """Which claim it is about; its id is copied, and never cut."""
    text = f"{number} {group.root.claim.id}: {group.root.verdict}{'' if group.is_certain else PERHAPS}"
    return wrap(visible(text), paper.room(0), break_on_hyphens=False, break_long_words=False)


def sources(claim: Claim, paper: Paper) -> Iterator[str]:
    """Where it is written, and how binding that is."""
    places = "; ".join(f"{source.document} {source.section}" for source in claim.sources)
    level = f"{claim.level}, by {claim.authority}" if claim.authority else claim.level
    yield from paper.wrapped(f"{places} ({level})" if level else places, "source")


def evidence(instance: Instance, paper: Paper) -> Iterator[str]:
    """What was expected, what was seen, and by whom."""
    check = decisive(instance)
    if check is None:
        yield from paper.wrapped(instance.reason or summary.unexplained(instance), "reason", lines=4)
    else:
        within = f" (within {check.within})" if check.within else ""
        yield from paper.wrapped(check.expected + within, "expected", lines=3, ending=True)
        seen = f"{WITNESSES.get(check.oracle, check.oracle)}: {check.observed}"
        yield from paper.wrapped(seen, "observed", lines=4, ending=True)


def events(instance: Instance, paper: Paper) -> Iterator[str]:
    """The packets at the end."""
    label, rows = ladder_text.decisive(instance.trace, EVENTS, timed=paper.width >= NARROW)
    yield from paper.rows(rows, label)


def twins(member: Member, paper: Paper) -> Iterator[str]:
    """The instances of the claim by their parameters."""
    names = naming.together(member.instances)
    scenarios = len({each.scenario for each in member.instances})
    where = f" of {scenarios} scenarios" if scenarios > 1 else ""
    told = f": {names}" if names else ""
    yield from paper.wrapped(f"{len(member.instances)}{where}{told}", "instances")


def likewise(group: Group, paper: Paper) -> Iterator[str]:
    """The other claims of the group."""
    if not group.others:
        return
    names = [member.claim.id for member in group.others]
    more = ", ..." if len(names) > NAMED else ""
    told = f"{summary.several(len(names), 'claim')}: {', '.join(names[:NAMED])}{more}"
    yield from paper.wrapped(told, "likewise", lines=3)


def undecided(results: Results, paper: Paper) -> Iterator[str]:
    """Why scenarios came to no verdict about the kernel, each reason once with its remedy, the most frequent first."""
    reasons: dict[tuple[str, str, str], int] = {}
    for each in results.instances:
        if each.verdict not in DECIDED and not summary.is_unexpected(each):
            key = (each.verdict, first_line(each.reason or summary.unexplained(each)), each.remedy or "")
            reasons[key] = reasons.get(key, 0) + 1
    ordered = sorted(reasons.items(), key=lambda pair: -pair[1])
    for (verdict, reason, remedy), number in ordered[:REASONS]:
        yield from paper.wrapped(
            f"{number} {verdict}: {reason}{f'; remedy: {remedy}' if remedy else ''}", "skipped", lines=3
        )
    if len(ordered) > REASONS:
        yield from paper.wrapped(f"for {len(ordered) - REASONS} more reasons, which the report has", "skipped")


def commands(results: Results, groups: Iterable[Group], most: int = 10) -> Iterator[str]:
    """Workflow commands of GitHub, one for each group: it shows no more than ten of a step."""
    for group in [*groups][:most]:
        root, check = group.root, decisive(group.root.shown)
        seen = f"expected {check.expected}, observed {check.observed}" if check else root.shown.reason or ""
        source = "; ".join(f"{each.document} {each.section}" for each in root.claim.sources[:2])
        others = f" ({summary.several(len(group.others), 'claim')} more)" if group.others else ""
        text = f"{root.claim.says}\n{' '.join(seen.split())}\n{source}\n{again.reproduce(results, root.claim.id)}"
        yield f"::error title={escaped(f'{root.claim.id} {root.verdict}{others}', ',:')}::{escaped(text)}"


def escaped(text: str, further: str = "") -> str:
    """`text` as it may stand in a workflow command: the runner undoes this."""
    found = clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for sign in further:
        found = found.replace(sign, f"%{ord(sign):02X}")
    return found
