"""What several of these tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.store import write_results
from tests.reports.samples import results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the results.json of the sample run."""
    write_results(results(), tmp_path / "results.json")
    return tmp_path
