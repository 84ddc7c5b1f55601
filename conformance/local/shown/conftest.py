"""What the scenarios of sockets that are shown share: descriptors that are closed for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.local.unix.rights import Held


@pytest.fixture
def held() -> Iterator[Held]:
    """Opens and receives descriptors, and closes those that the scenario has not."""
    with Held() as descriptors:
        yield descriptors
