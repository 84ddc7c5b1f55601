"""Where a source can be read: the address of a manual page, of the section of an RFC, of a file of the kernel."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from reports.record import Source

MAN = "https://man7.org/linux/man-pages"
RFC = "https://www.rfc-editor.org/rfc"
POSIX = "https://pubs.opengroup.org/onlinepubs/9699919799"
KERNEL = "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree"
DOCS = "https://docs.kernel.org"

_SECTION = re.compile(r"(?:section |§)?(\d+(?:\.\d+)*|[A-Z]\.\d+(?:\.\d+)*)\b")
_CALL = re.compile(r"\b([a-z_][a-z0-9_]*)\(\)")
_HEADER = re.compile(r"<([a-z/_]+)\.h>")
_TERM = re.compile(
    r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\bE(?!RRORS\b)[A-Z0-9]{3,}\b|/proc/[\w/.]+|\b[a-z]+_[a-z_]+\b|\bSIG[A-Z]+\b"
)


def address(source: Source) -> str | None:
    """The address at which `source` can be read, as near to its section as one can link; None for what has none."""
    for shape, made in _SHAPES:
        if found := shape.fullmatch(source.document):
            return made(found, source.section)
    return None


def _manual(found: re.Match[str], section: str) -> str:
    """A manual page; a browser scrolls to the option or the error that the section names."""
    name, number = found[1], found[2]
    term = _TERM.search(section)
    place = f"#:~:text={quote(term[0], safe='')}" if term else ""
    return f"{MAN}/man{number}/{name}.{number}.html{place}"


def _standard(found: re.Match[str], section: str) -> str:
    number = _SECTION.match(section)
    if number is None:
        return f"{RFC}/rfc{found[1]}.html"
    kind = "section" if number[1][0].isdecimal() else "appendix"
    return f"{RFC}/rfc{found[1]}.html#{kind}-{number[1]}"


def _posix(_: re.Match[str], section: str) -> str:
    if call := _CALL.search(section):
        return f"{POSIX}/functions/{call[1]}.html"
    if header := _HEADER.search(section):
        return f"{POSIX}/basedefs/{header[1].replace('/', '_')}.h.html"
    return f"{POSIX}/"


def _documentation(found: re.Match[str], _: str) -> str:
    return f"{DOCS}/{quote(found[1])}.html"


def _kernel(found: re.Match[str], _: str) -> str:
    return f"{KERNEL}/{quote(found[1])}"


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (re.compile(r"([\w.+-]+)\(([1-8])\)"), _manual),
    (re.compile(r"RFC (\d+)"), _standard),
    (re.compile(r"POSIX\.1-20\d\d"), _posix),
    (re.compile(r"Linux Documentation/([\w/.-]+)\.rst"), _documentation),
    (re.compile(r"Linux ([\w/.-]+\.[ch])"), _kernel),
)
