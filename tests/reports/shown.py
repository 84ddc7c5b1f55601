"""The pages that are opened in a browser, with everything in them that a page of their kind can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reports import html, mutants, pages, split
from reports.compare.html import IN_SIGHT
from reports.compare.pages import write_all
from reports.kill_matrix import Matrix, TestedClaim, Trial
from reports.requirements import Requirement, Standard
from tests.reports.compare.builders import compared, deviating, found
from tests.reports.samples import RESET, SEEN_RESET, green, instance, results

STANDARDS = (
    Standard(
        "RFC 9293",
        "Transmission Control Protocol",
        "https://www.rfc-editor.org/rfc/rfc9293",
        (
            Requirement("MUST-10", "3.8.6", "A sentence.", "must", claims=("tcp.linger.zero-aborts",)),
            Requirement("MUST-11", "3.8.7", "Another.", unobservable="Nothing shows it.", differs="Not so."),
            Requirement("SHLD-1", "3.9", "A third.", claims=("tcp.linger.off-sends-fin",), lacks="The rest."),
            Requirement("SHLD-2", "3.9", "A fourth."),
        ),
    ),
)
CLAIM = ("tcp.linger.zero-aborts",)
MATRIX_RUN = {"interrupted": False, "tried": 4, "chosen": 4, "kernel": "6.8", "python": "3.11", "sockproof": "0.1.0",
              "seconds": 3.0, "children": 2, "all_kills": True}  # fmt: skip
TRIALS = tuple(
    Trial(
        f"mutant-{verdict}", "tcp", "It does not.", "RFC 9293", "preload", "x.c", "kill", CLAIM, verdict, reason="So."
    )
    for verdict in ("killed", "survived", "not-reached", "not-available")
)
FOLDED = instance(id="folded", scenario="test_folded", checks=SEEN_RESET, trace=RESET)
RED = instance(
    "deviates",
    name="tcp.linger.off-sends-fin",
    id="red",
    family="ip6",
    checks=SEEN_RESET,
    trace=RESET,
    pcap="pcap/a b#1.pcapng",
)
"""An instance whose evidence is folded away, and one whose evidence stands first."""
CAPTURE = b"\x0a\x0d\x0d\x0a" + bytes(range(256)) * 20
"""What is taken for the capture of `RED`."""


def written(folder: Path) -> Mapping[str, Path]:
    """The pages by what they show."""
    (folder / "report.html").write_text(html.page(results(standards=STANDARDS)), "utf-8")
    (folder / "green.html").write_text(html.page(green()), "utf-8")
    (folder / "run" / "pcap").mkdir(parents=True)
    (folder / "run" / RED.pcap).write_bytes(CAPTURE)
    few = pages.write("report.html", results(instances=(FOLDED, RED)), folder / "run")
    parts = split.write(results(standards=STANDARDS), folder / "split")
    matrix = Matrix(MATRIX_RUN, (TestedClaim(*CLAIM, "A sentence.", "tcp", 3),), TRIALS)
    mutants.write_page(matrix, folder / "matrix.html")
    sides = (found(instance(trace=RESET)), found(deviating("b''"), name="other"), found(instance("not-permitted")))
    good = tuple(instance(id=f"x::{at}", trace=RESET) for at in range(IN_SIGHT + 1))
    bad = tuple(replace(each, verdict="deviates", reason="It is so.", known="It is so.") for each in good)
    large = compared(found(*good), found(*bad, name="other"))
    return {
        "a run that deviates": folder / "report.html",
        "a run that conforms": folder / "green.html",
        "few": few,
        "an index": parts["report.html"],
        "a topic": parts["topic-tcp.html"],
        "the documents": parts["documents.html"],
        "the standards": parts["standards.html"],
        "a large comparison": write_all(large, folder / "large")["compare.html"],
        "a comparison": write_all(compared(*sides), folder / "compared")["compare.html"],
        "mutants": folder / "matrix.html",
    }
