"""The page in a real browser, from a file: what is folded is drawn, and nothing is complained of."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from reports import html, views
from tests.reports.samples import instance, results

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs a browser: apt install chromium")
FOLDED = instance("conforms", id="a.py::test_folded[ip4]")
DEVIATING = instance("deviates", id="b.py::test_red[ip4]", claim="tcp.linger.other")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """What the page has become, and what the browser said, when it was opened with this address."""
    place = tmp_path_factory.mktemp("page")
    (place / "report.html").write_text(html.page(results(instances=(FOLDED, DEVIATING))), "utf-8")
    home = ("--no-sandbox",) if os.geteuid() == 0 else ()

    def run(fragment=""):
        address = f"file://{place / 'report.html'}{fragment}"
        command = (BROWSER, "--headless", "--disable-gpu", *home, f"--user-data-dir={place / 'profile'}",
                   "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom", address)  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return run


def test_page_is_drawn_without_a_complaint(opened):
    drawn, said = opened()

    assert said == []
    assert views.permanent(DEVIATING.id) in drawn
    assert "Filter claims by words" in drawn


def test_address_of_what_is_folded_draws_it(opened):
    drawn, said = opened(f"#{views.permanent(FOLDED.id)}")

    assert said == []
    assert f'id="{views.permanent(FOLDED.id)}"' in drawn
    assert 'class="drawn"' in drawn
