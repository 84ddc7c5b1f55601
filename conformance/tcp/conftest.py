"""What all scenarios of TCP take for granted of the namespace."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def plain_flights(room_for_unsent: None, whole_segments: None) -> None:
    """Segments are queued beyond a window that nobody opens, and none is smaller than the peer permits."""
