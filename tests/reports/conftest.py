"""What several of these tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.store import write_results
from tests.reports.browser import PROGRAM, Browser
from tests.reports.samples import results
from tests.reports.shown import written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the results.json of the sample run."""
    write_results(results(), tmp_path / "results.json")
    return tmp_path


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A browser for all tests of this process; what needs it is left out where there is none."""
    if PROGRAM is None:
        pytest.skip("needs a browser: apt install chromium")
    started = Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def shown_pages(tmp_path_factory):
    """The pages to open, by what they show."""
    return written(tmp_path_factory.mktemp("shown"))
