"""The pictures of the documentation, each made by a browser from a real run.

    python -m tests.pictures

`docs/report.png` is a claim that conforms, with its packets; `docs/red.png` a run on a kernel that drops SO_LINGER, for
which a C compiler is needed; `docs/diagnosis.png` what the report takes for the cause of it, `docs/documents.png` what
it says of a source document; `docs/compare.png` the two runs beside one another; `docs/mutants.png` what the suite
notices of faults; `docs/results.png` how a page begins, and `docs/badge.svg` the badge of that run. With gVisor also
`docs/worked.png`, a run in it of which nothing is known, `docs/deviations.png`, the same with the records of the suite,
and `docs/targets.png`, it beside the host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark import FAULTS, PROJECT, fault
from tests.reports.browser import Browser

CLAIM = "tcp.linger.zero-aborts"
READY = "document.querySelector('.filter, .filters') || !document.scripts.length"
SHOW = f"""
(async () => {{
    const claim = document.getElementById("{CLAIM}");
    claim.open = true;
    while (!claim.querySelector("details.row")) await new Promise((go) => requestAnimationFrame(go));
    claim.querySelector("details.row").open = true;
    claim.scrollIntoView();
}})()
"""
"""Opens a claim and its first instance."""
TO_THE_CAUSE = "document.getElementById('diagnosis').scrollIntoView()"
OPEN_DOCUMENT = """
(async () => {
    const text = document.querySelector("details.document");
    text.open = true;
    while (text.querySelector(".folded")) await new Promise((go) => requestAnimationFrame(go));
    text.scrollIntoView();
})()
"""
"""Opens the first of the source documents."""


def sockproof(folder: Path, *arguments: str, **settings: str) -> None:
    """The command, in a folder. Raises SystemExit where it fails to run at all; red is no failure."""
    ran = subprocess.run(
        [sys.executable, "-m", "sockproof", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **settings},
    )
    if ran.returncode not in (0, 1):
        raise SystemExit(ran.returncode)


SIGPIPE = ("run", "stream.sigpipe", "tcp.sigpipe")


def main() -> None:
    """Makes all of them."""
    with TemporaryDirectory(prefix="sockproof-pictures-") as made:
        folder = Path(made)
        on_this_kernel(folder)
        with_gvisor = bool(shutil.which("runsc"))
        if with_gvisor:
            in_a_sandbox(folder)
        (folder / "profile").mkdir()
        browser = Browser(folder / "profile")
        try:
            if with_gvisor:
                take(browser, folder / "unknown" / "report.html", "worked.png", height=860)
                take(browser, folder / "gvisor" / "report.html", "deviations.png", height=640)
                take(browser, folder / "both" / "compare.html", "targets.png", height=680)
            take(browser, folder / "good" / "report.html", "results.png", height=660)
            take(browser, folder / "good" / "report.html", "report.png", SHOW, height=1120)
            take(browser, folder / "broken" / "report.html", "red.png")
            take(browser, folder / "broken" / "report.html", "diagnosis.png", TO_THE_CAUSE, height=420)
            take(browser, folder / "broken" / "report.html", "documents.png", OPEN_DOCUMENT, height=700)
            take(browser, folder / "compare" / "compare.html", "compare.png")
            take(browser, folder / "mutants" / "kill-matrix.html", "mutants.png", height=700)
        finally:
            browser.close()


def on_this_kernel(folder: Path) -> None:
    """Runs as it is and under a fault, and what the suite notices of faults."""
    sockproof(folder, "run", "tcp.linger", "-n", "2", "--out", "good")
    shutil.copy(folder / "good" / "badge.svg", PROJECT / "docs")
    library = str(fault(folder, FAULTS["SO_LINGER dropped"]))
    sockproof(folder, "run", "tcp.linger", "-n", "2", "--out", "broken", LD_PRELOAD=library)
    sockproof(folder, "compare", "good", "broken", "--out", "compare")
    sockproof(folder, "mutants", "linger.*", "--out", "mutants")


def in_a_sandbox(folder: Path) -> None:
    """Runs in gVisor, and the same on this kernel."""
    sockproof(folder, *SIGPIPE, "--out", "host")
    sockproof(folder, *SIGPIPE, "--target", "gvisor", "--out", "gvisor")
    sockproof(folder, *SIGPIPE, "--target", "gvisor", "--deviations", "none", "--out", "unknown")
    sockproof(folder, "compare", "host", "gvisor", "--out", "both")


def take(browser: Browser, page: Path, name: str, first: str = "1", height: int = 900) -> None:
    """A picture of a page, so many pixels of it, once `first` has run in it."""
    with browser.page(width=1180, height=height) as shown:
        shown.open(page)
        shown.until(READY)
        shown.run(first)
        shown.picture(PROJECT / "docs" / name)


if __name__ == "__main__":
    main()
