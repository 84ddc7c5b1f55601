from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import record
from reports.pages import PAGES, redraw, write_all
from reports.store import ResultsError, write_results
from tests.reports.samples import green, instance, results

ROOT = Path(record.__file__).parent.parent
HEAVY = {"jinja2", "markupsafe", "jsonschema", "scapy", "pytest", "hypothesis", "fixtures", "conformance", "sockproof"}


def test_every_page_is_written_and_nothing_else(tmp_path):
    written = write_all(results(), tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(PAGES) == set(written)
    assert written["report.html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    ElementTree.parse(written["junit.xml"])


def test_pages_are_a_function_of_results_json(folder):
    first = {name: path.read_bytes() for name, path in write_all(results(), folder).items()}
    again = {name: path.read_bytes() for name, path in redraw(folder).items()}

    assert again == first


def test_redraw_takes_the_file_too_and_another_folder(folder, tmp_path):
    written = redraw(folder / "results.json", tmp_path / "else" / "where")

    assert written["summary.md"] == tmp_path / "else" / "where" / "summary.md"
    assert written["summary.md"].exists()


def test_pages_elsewhere_lead_to_the_captures_where_they_are(tmp_path):
    home, elsewhere = tmp_path / "run", tmp_path / "pages"
    write_results(results(instances=(instance("deviates", pcap="pcap/a.pcapng"),)), home / "results.json")

    written = redraw(home, elsewhere)

    assert 'href="../run/pcap/a.pcapng"' in written["report.html"].read_text(encoding="utf-8")


def test_results_that_cannot_be_read_leave_the_old_pages(folder):
    before = write_all(green(), folder)["report.html"].read_bytes()
    (folder / "results.json").write_text("{")

    with pytest.raises(ResultsError):
        redraw(folder)

    assert (folder / "report.html").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_sentence(folder):
    with pytest.raises(ResultsError, match="cannot be written"):
        redraw(folder, folder / "results.json")


@pytest.mark.parametrize("module", ["record", "store", "summary", "pages", "markdown", "junit", "html"])
def test_nothing_heavy_is_imported_before_a_page_is_drawn(module):
    said = f"import sys, reports.{module}; print({HEAVY} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout == "set()\n"
