"""The site of the documentation: the reference says what the catalogue says; it is built without a warning."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reports.markdown import inline
from reports.record import Area
from reports.reference import Reference, slug
from tests.reports.samples import claim
from tests.reports.shown import STANDARDS

ROOT = Path(__file__).resolve().parents[2]
KNOWN = claim(area="tcp", note="A *note* with | signs.")
MADE = Reference((KNOWN,), (Area("tcp", "What TCP does."),), STANDARDS, {KNOWN.id: ["test_close"]})


def test_a_claim_is_told_with_its_sources_and_scenarios():
    page = MADE.pages["reference/claims/tcp.md"]

    assert f'id="{KNOWN.id}"' in page
    for text in (
        inline(KNOWN.says),
        "[RFC 9293 3.10.5](https://www.rfc-editor.org/",
        r"\*note\* with \| signs",
        "`test_close`",
    ):
        assert text in page


def test_an_item_leads_to_the_claims_that_decide_it_and_to_no_other():
    page = MADE.pages["reference/standards/rfc-9293.md"]

    assert re.findall(r"\]\((\.\./.*?)\)", page) == [f"../claims/tcp.md#{KNOWN.id}"]
    assert "*Not observable: Nothing shows it.*" in page


def test_indexes_name_every_page():
    for folder in ("claims", "standards"):
        index = MADE.pages[f"reference/{folder}/index.md"]
        pages = {path for path in MADE.pages if path.startswith(f"reference/{folder}/")}
        assert {f"reference/{folder}/{name}" for name in re.findall(r"\]\((\S+?\.md)\)", index)} == {
            page for page in pages if not page.endswith("index.md")
        }


@pytest.mark.parametrize(("name", "file"), [("tcp(7)", "tcp-7"), ("RFC 9293", "rfc-9293")])
def test_names_of_files_are_plain(name, file):
    assert slug(name) == file


@pytest.mark.thorough
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="needs the extra docs: pip install -e '.[docs]'")
    pytest.importorskip("material", reason="needs the extra docs: pip install -e '.[docs]'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )

    assert built.returncode == 0, built.stderr
    for page in ("index.html", "worked/index.html", "reference/claims/lifecycle/index.html", "results.schema.json"):
        assert (tmp_path / "site" / page).exists()
    assert 'id="tcp.linger.zero-aborts"' in (tmp_path / "site/reference/claims/lifecycle/index.html").read_text()
