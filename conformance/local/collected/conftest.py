"""What the scenarios of garbage share: descriptors that are closed for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.local.collected.cycles import Rings


@pytest.fixture
def rings() -> Iterator[Rings]:
    """Makes sockets that hold one another, and closes what the scenario has left open."""
    with Rings() as made:
        yield made
