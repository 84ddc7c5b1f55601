"""TIME_WAIT is kept, whatever limit this machine was given."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def kept(time_wait_kept: None) -> None:
    """All of these scenarios rely on it."""
