"""summary.md: what a reviewer reads beside the change, and what a CI system shows of a job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reports import differences, naming, places, summary
from reports.diagnosis import words
from reports.diagnosis.of_results import Told, of_results
from reports.environment import in_words
from reports.files import ResultsError, append_whole, reason_of
from reports.grouping import Group
from reports.record import DECIDED, Claim, Results, Source
from reports.texts import first_line, moment

LIMIT = 900_000
"""Bytes of UTF-8. GitHub refuses a step summary beyond 1 MiB; room is left for other steps' text."""

NAMED = 8
"""So many other claims of a group are named."""

CUT = "\n*Cut here: the rest did not fit into {limit:,} bytes. {whole} has all of it.*\n"

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def inline(text: str) -> str:
    """`text` as one line of Markdown that means only itself, in a table too."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """`text` as inline code, its pipes escaped for tables; runs of backticks inside it do not end it."""
    flat = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    room = " " if flat[:1] == "`" or flat[-1:] == "`" else ""
    return f"{fence}{room}{flat}{room}{fence}" if flat else ""


def page(results: Results, *, limit: int = LIMIT) -> str:
    """summary.md as text, at most `limit` bytes of UTF-8, cut at the end of a line."""
    return capped("\n".join(_lines(results)) + "\n", limit)


def capped(text: str, limit: int, whole: str = "report.html") -> str:
    """`text` if it has at most `limit` bytes in UTF-8; else its first whole lines and a sentence that says so."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return text
    end = CUT.format(limit=limit, whole=whole)
    room = limit - len(end.encode())
    kept = data[: max(room, 0)].rpartition(b"\n")
    return (kept[0] + kept[1]).decode("utf-8") + end if room >= 0 else ""


def append_step_summary(results: Results) -> Path | None:
    """Append summary.md to the file that GITHUB_STEP_SUMMARY names; that file, or None if it names none.

    What the file holds already counts against the limit. Raises ResultsError where it cannot be written.
    """
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return None
    path = Path(named)
    if path.exists() and not path.is_file():
        raise _unwritable(path, "it is no regular file")
    try:
        used = path.stat().st_size if path.exists() else 0
        text = page(results, limit=LIMIT - used) if used < LIMIT else ""
        append_whole(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, reason_of(error)) from error
    return path


def _unwritable(path: Path, reason: str) -> ResultsError:
    return ResultsError(f"{path} cannot be written ({reason}): mend or unset GITHUB_STEP_SUMMARY.")


def _lines(results: Results) -> Iterator[str]:
    yield f"# sockproof on {inline(summary.target(results))}"
    yield ""
    told = of_results(results)
    yield inline(summary.in_words(results, told="below" if told.groups else ""))
    yield ""
    yield from _count_table(results)
    yield from _cause(told)
    yield from _unexpected(told)
    yield from _differences(results)
    yield from _undecided(results)
    yield from _environment(results)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table(heads: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table, and an empty one behind it."""
    yield _row(heads)
    yield _row("---" for _ in heads)
    yield from map(_row, rows)
    yield ""


def _count_table(results: Results) -> Iterator[str]:
    instances, claims = summary.counts(results), summary.claim_counts(results)
    rows = ((verdict, str(claims[verdict]), str(instances.get(verdict, 0))) for verdict in claims)
    yield from table(("verdict", "claims", "instances"), (row for row in rows if row[1:] != ("0", "0")))


def _cause(told: Told) -> Iterator[str]:
    """What is broken, and the faults that come near, with the measure of their fit."""
    if sentence := words.headline(told):
        yield from ("## The cause", "", f"**{inline(sentence)}**", "")
    if told.diagnosis and told.diagnosis.named:
        rows = (
            (line.sign, code(line.fault), inline(line.says), line.fit, inline(line.measure))
            for line in words.lines(told.diagnosis)
        )
        yield from table(("", "fault", "what it does", "fit", "how it fits"), rows)


def _unexpected(told: Told) -> Iterator[str]:
    if not told.groups:
        return
    yield from ("## Unexpected", "", "What fell together is one row, the claim nearest to the cause first.", "")
    heads = ("claim", "instance", "verdict", "expected", "observed", "source")
    yield from table(heads, map(_group_row, told.groups))


def _group_row(group: Group) -> Iterator[str]:
    """The root of a group with its evidence; the other claims by name."""
    instance, claim = group.root.shown, group.root.claim
    failed = [check for check in instance.checks if not check.holds]
    others = [member.claim for member in group.others]
    yield "<br>".join(filter(None, (code(instance.claim), _named(others))))
    twins = len(group.root.instances) - 1
    names = code(instance.id.rpartition("::")[2]), inline(naming.parameters(instance))
    yield "<br>".join(filter(None, (*names, f"and {twins} more" if twins else "")))
    yield instance.verdict
    if failed:
        yield "<br>".join(code(check.expected) for check in failed)
        yield "<br>".join(code(check.observed) for check in failed)
    else:
        yield inline(claim.says)
        yield inline(instance.reason or summary.unexplained(instance))
    yield "<br>".join(map(linked, claim.sources))


def _differences(results: Results) -> Iterator[str]:
    """Why claims do not hold, as recorded: the reasons that reach furthest, with their claims."""
    found = differences.differences(results)
    if not found:
        return
    yield from ("## What differs, as recorded", "")
    rows = ((reason(each), _named(each.claims), str(each.instances)) for each in found[: differences.SHOWN])
    yield from table(("here", "claims that do not hold", "instances"), rows)
    if more := found[differences.SHOWN :]:
        claims = {claim.id for each in more for claim in each.claims}
        reasons, told = summary.several(len(more), "more reason"), summary.several(len(claims), "claim")
        yield from (f"{reasons}, for {told}: report.html has them under *What differs*.", "")


def reason(each: differences.Difference) -> str:
    """Why claims do not hold, with a link to where that can be read."""
    where = f" ([where]({each.link.replace('(', '%28').replace(')', '%29')}))" if each.link else ""
    return inline(each.reason) + where


def _named(claims: Sequence[Claim]) -> str:
    """Claims by name, NAMED of them at most."""
    more = [f"and {len(claims) - NAMED} more"] if len(claims) > NAMED else []
    return "<br>".join([*(code(claim.id) for claim in claims[:NAMED]), *more])


def linked(source: Source) -> str:
    """A source, as a link where it can be read."""
    text, at = inline(f"{source.document} {source.section}"), places.address(source)
    return f"[{text}]({at.replace('(', '%28').replace(')', '%29')})" if at else text


def _undecided(results: Results) -> Iterator[str]:
    """Reasons and remedies, each once, with the number of instances that it kept from a verdict."""
    reasons: dict[tuple[str, str, str], int] = {}
    for instance in results.instances:
        if instance.verdict not in DECIDED:
            reason = first_line(instance.reason or summary.unexplained(instance))
            key = (instance.verdict, reason, instance.remedy or "")
            reasons[key] = reasons.get(key, 0) + 1
    if reasons:
        yield from ("## Not decided", "")
        rows = (
            (str(number), verdict, inline(why), inline(remedy)) for (verdict, why, remedy), number in reasons.items()
        )
        yield from table(("instances", "verdict", "reason", "remedy"), rows)


def _environment(results: Results) -> Iterator[str]:
    run, target = results.run, results.target
    yield from ("## Environment", "")
    rows = {
        "target": target.name,
        "kernel": f"{target.kernel} {target.machine}",
        "distribution": target.distribution,
        "isolation": target.isolation,
        **dict(in_words(target.environment)),
        "python": target.python,
        "sockproof": run.sockproof,
        "started": moment(run.started),
        "workers": str(run.workers),
        "arguments": " ".join(run.arguments),
    }
    yield from table(("what", "value"), ((name, inline(value)) for name, value in rows.items() if value))
    yield from _lacking(results)


def _lacking(results: Results) -> Iterator[str]:
    lacking = [capability for capability in results.target.capabilities if not capability.available]
    if lacking:
        yield from ("## What this machine lacks", "")
        rows = ((code(item.name), inline(item.probe), inline(item.remedy or "")) for item in lacking)
        yield from table(("what", "probe", "remedy"), rows)
