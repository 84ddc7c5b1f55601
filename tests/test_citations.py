"""Citations that can be looked up: those of claims and mutants in the installed manual, all others by their form."""

from __future__ import annotations

import gzip
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
MANUALS = Path("/usr/share/man")
PACKAGES = {"2": "manpages-dev", "3": "manpages-dev", "5": "manpages", "7": "manpages"}
KNOWN = {"2": ("socket", "2"), "3": ("getaddrinfo", "3"), "5": ("proc", "5"), "7": ("socket", "7")}
"""A page of each section: where it is missing, the whole package is."""
EDITION = "Linux man-pages 6.03"
"""The edition whose headings are cited; later ones move sentences between NOTES, STANDARDS, VERSIONS and HISTORY."""

NAME = r"(\w+\(\)|[A-Z][A-Z0-9_]+)"
FORMS = {
    "rfc": (r"RFC \d+", r"\d+(\.\d+)*( \((MUST|SHLD|MAY|REC)-\d+\))?"),
    "posix": (r"POSIX\.1-2017", r"[a-z]+\(\), [A-Z]+( [A-Z]+)*(, [A-Z_]+)?"),
    "manual": (r"[a-zA-Z0-9._-]+\([1-8]\)", r"\S.*"),
    "kernel-doc": (r"Linux Documentation/[\w/-]+\.rst", r"[a-z0-9_]+"),
    "implementation": (r"Linux [\w/-]+\.[ch]", rf"{NAME}(, {NAME})*"),
}
"""How each authority is cited: the document, and the place in it."""

LEVELS = {
    "must": {"rfc", "posix"},
    "should": {"rfc", "posix"},
    "may": {"rfc", "posix"},
    "documented": {"rfc", "manual", "kernel-doc"},
    "observed": {"implementation"},
}
"""Which authorities can give a level: the words of a standard, another document, or none (docs/claims.md)."""

LABELS = {
    label: section
    for section, labels in {
        "3.1": "MUST-1 MUST-2 MUST-3 MUST-4 MUST-5 MUST-6 MUST-7 MUST-65 MUST-68 MUST-69 REC-1",
        "3.2": "MUST-64",
        "3.4": "MUST-66",
        "3.4.1": "MUST-8 MUST-9 SHLD-1",
        "3.5": "MUST-10 MUST-11",
        "3.5.3": "SHLD-2",
        "3.6": "MUST-12",
        "3.6.1": "MUST-13 SHLD-3 SHLD-4 MAY-1 MAY-2",
        "3.7.1": "MUST-14 MUST-15 MUST-16 MUST-67 SHLD-5 MAY-3",
        "3.7.3": "SHLD-6",
        "3.7.4": "MUST-17 SHLD-7",
        "3.8.1": "MUST-18 MAY-4",
        "3.8.2": "MUST-19 SHLD-8 MAY-18",
        "3.8.3": "MUST-20 MUST-21 MUST-22 MUST-23 SHLD-9 SHLD-10 SHLD-11",
        "3.8.4": "MUST-24 MUST-25 MUST-26 MUST-27 MUST-28 MUST-29 SHLD-12 MAY-5 MAY-6",
        "3.8.5": "MUST-30 MUST-31 MUST-32 MUST-33 MUST-62",
        "3.8.6": "MUST-34 MUST-35 SHLD-14 SHLD-15 SHLD-16 SHLD-17 MAY-7",
        "3.8.6.1": "MUST-36 MUST-37 SHLD-29 SHLD-30 MAY-8",
        "3.8.6.2.1": "MUST-38",
        "3.8.6.2.2": "MUST-39",
        "3.8.6.3": "MUST-40 SHLD-18 SHLD-19",
        "3.9.1.1": "MUST-41 MUST-42 MUST-43 MUST-44 MUST-45 MUST-46",
        "3.9.1.2": "MUST-60 MUST-61 SHLD-13 SHLD-27 SHLD-28 MAY-15 MAY-16",
        "3.9.1.3": "MAY-17",
        "3.9.1.7": "MAY-14",
        "3.9.1.8": "MUST-47 SHLD-20",
        "3.9.1.9": "MUST-48 SHLD-21 SHLD-22 MAY-9",
        "3.9.2": "MUST-49 MUST-50 SHLD-23 MAY-10 MAY-11",
        "3.9.2.1": "MUST-51 MUST-52 MUST-53 SHLD-24",
        "3.9.2.2": "MUST-54 MUST-55 MUST-56 SHLD-25 SHLD-26",
        "3.9.2.3": "MUST-57 MUST-63",
        "3.10.7.4": "MUST-58 MUST-59 SHLD-31 MAY-12 MAY-13",
    }.items()
    for label in labels.split()
}
"""Where RFC 9293 has its requirements (appendix B), by label."""


@dataclass(frozen=True)
class Page:
    """A manual page: the edition that its title line names, and the tags that stand below each heading."""

    edition: str
    tags: dict[str, set[str]]


def claims() -> list[dict]:
    files = sorted((PROJECT / "conformance").rglob("claims.toml"))
    found = [claim for file in files for claim in tomllib.loads(file.read_text("utf-8"))["claim"]]
    assert found
    return found


def cited() -> list[tuple[str, str]]:
    return sorted({(source["document"], source["section"]) for claim in claims() for source in claim["sources"]})


def clauses() -> set[tuple[str, str]]:
    """The places that mutants violate: ``DOCUMENT, SECTION: what it says; DOCUMENT, SECTION``."""
    files = sorted((PROJECT / "sockproof/mutants/catalogue").glob("*.toml"))
    mutants = [mutant for file in files for mutant in tomllib.loads(file.read_text("utf-8"))["mutant"]]
    assert mutants
    parts = [part.partition(": ")[0].partition(", ") for mutant in mutants for part in mutant["violates"].split("; ")]
    return {(document, section) for document, _, section in parts}


def in_manuals() -> dict[str, list[str]]:
    """The sections that claims and mutants cite, by manual page."""
    pages: dict[str, list[str]] = {}
    for document, section in sorted({*cited(), *clauses()}):
        if kind(document) == "manual":
            pages.setdefault(document, []).append(section)
    return pages


def kind(document: str) -> str | None:
    return next((kind for kind, (form, _) in FORMS.items() if re.fullmatch(form, document)), None)


def plain(line: str) -> str:
    """The words of a line of page source, without its macro, fonts and quotes."""
    text = re.sub(r'^\.\w+ ?\d* ?|\\f.|"', "", line)
    return re.sub(r"\\(.)", r"\1", text).strip()


def lines(source: str) -> Iterator[tuple[str, str]]:
    """What a page consists of: its title, headings of both levels, and the tags of its lists."""
    tagged = False
    for line in source.splitlines():
        if line.startswith('.\\"'):
            continue
        if tagged:
            yield "tag", plain(line)
        tagged = re.match(r"\.T[PQ]\b", line) is not None
        if found := re.match(r"\.(TH|SH|SS) ", line):
            yield found[1], line.rpartition('"')[0] if found[1] == "TH" else plain(line)


def read_page(source: str) -> Page:
    """A tag belongs to its subsection and to the section around it."""
    edition, tags, above = "", {}, {}
    for what, text in lines(source):
        if what == "TH":
            edition = text.rpartition('"')[2]
        elif what == "tag":
            for heading in above.values():
                tags[heading] |= set(re.findall(r"\w+", text))
        else:
            above = {"SH": text} if what == "SH" else {**above, "SS": text}
            tags.setdefault(text, set())
    return Page(edition, tags)


def page_source(name: str, number: str) -> str | None:
    """The source of an installed page, through any .so to the page that holds the text."""
    path = MANUALS / f"man{number}" / f"{name}.{number}"
    packed = path.with_name(f"{path.name}.gz")
    if not packed.exists() and not path.exists():
        return None
    source = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    text = source.decode("utf-8", "replace")
    other = re.match(r"\.so man(\d)/(\S+)\.\d", text)
    return page_source(other[2], other[1]) if other else text


@cache
def installed(document: str) -> Page | None:
    name, number = document.rstrip(")").split("(")
    source = page_source(name, number)
    return read_page(source) if source else None


def missing(section: str, page: Page) -> str | None:
    """What of ``HEADING, TAG`` the page does not have."""
    heading, *rest = section.split(", ")
    if heading not in page.tags:
        return heading
    names = [name for part in rest for name in re.findall(r"\w+", part) if name not in ("and", "or")]
    return next((name for name in names if name not in page.tags[heading]), None)


def malformed(document: str, section: str) -> bool:
    of = kind(document)
    labelled = re.fullmatch(r"(\S+) \((\S+)\)", section) if of == "rfc" else None
    if labelled and (document != "RFC 9293" or LABELS.get(labelled[2]) != labelled[1]):
        return True
    return of is None or re.fullmatch(FORMS[of][1], section) is None


def test_sources_are_cited_in_the_form_of_their_kind():
    assert [citation for citation in cited() if malformed(*citation)] == []


@pytest.mark.parametrize(("document", "sections"), in_manuals().items(), ids=in_manuals())
def test_cited_manual_pages_have_the_cited_sections(document, sections):
    number = document[-2]
    if page_source(*KNOWN.get(number, ("", ""))) is None:
        package = PACKAGES.get(number, "of the command")
        pytest.skip(f"needs the pages of section {number}: install the package {package}")
    page = installed(document)
    assert page is not None, f"no page {document} is installed"
    if page.edition != EDITION:
        pytest.skip(f'{document} is of "{page.edition}"; the sections are cited from "{EDITION}"')
    assert [found for section in sections if (found := missing(section, page))] == []


def test_the_authority_is_among_the_sources():
    wrong = [claim["id"] for claim in claims() if claim["authority"] not in map(kind_of_source, claim["sources"])]
    assert wrong == []


def kind_of_source(source: dict) -> str | None:
    return kind(source["document"])


def test_levels_are_those_that_the_authority_can_give():
    assert [claim["id"] for claim in claims() if claim["authority"] not in LEVELS[claim["level"]]] == []


def test_what_no_document_says_has_a_note():
    """The report shows it beside the claim, so that nobody takes what was seen for what is promised."""
    assert [claim["id"] for claim in claims() if claim["level"] == "observed" and "note" not in claim] == []


PAGE = """.TH sample 7 2023-02-05 "Linux man-pages 6.03"
.SH DESCRIPTION
.SS "Socket options"
.TP
.\\" A remark between a tag and its text.
.BR SO_ONE " and " SO_OTHER " (since Linux 2.4)"
It names SO_ELSEWHERE.
.TP 16
.B \\fISO_THIRD\\fP
.SH RETURN VALUE
.TP
.B EAGAIN
"""


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("DESCRIPTION", None),
        ("DESCRIPTION, SO_ONE", None),
        ("Socket options, SO_ONE and SO_OTHER", None),
        ("Socket options, SO_THIRD", None),
        ("RETURN VALUE, EAGAIN", None),
        ("Socket option", "Socket option"),
        ("Socket options, SO_ELSEWHERE", "SO_ELSEWHERE"),
        ("Socket options, EAGAIN", "EAGAIN"),
        ("NOTES, SO_ONE", "NOTES"),
    ],
)
def test_a_section_that_a_page_lacks_is_found(section, expected):
    page = read_page(PAGE)
    assert page.edition == "Linux man-pages 6.03"
    assert missing(section, page) == expected


@pytest.mark.parametrize(
    "citation",
    [
        ("RFC 9293", "Closing a Connection"),
        ("RFC 9293", "3.6.1 (MUST-12)"),
        ("RFC 1122", "4.2.2.13 (MUST-13)"),
        ("POSIX.1-2017", "ERRORS, EPIPE"),
        ("Linux net/ipv4/tcp.c", "tcp_poll"),
        ("net/ipv4/tcp.c", "tcp_poll()"),
        ("Linux Documentation/networking/ip-sysctl.rst", "the TCP variables"),
        ("the kernel", "tcp_poll()"),
    ],
)
def test_a_citation_without_the_form_is_found(citation):
    assert malformed(*citation)
