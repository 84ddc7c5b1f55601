"""What the scenarios of UNIX sockets share: a folder with a short name, and descriptors that are closed for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.local.unix.rights import Held


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A directory of this scenario, by a name that is short enough for sun_path wherever it lies."""
    descriptor = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    yield Path(f"/proc/self/fd/{descriptor}")
    os.close(descriptor)


@pytest.fixture
def held() -> Iterator[Held]:
    """Opens and receives descriptors, and closes those that the scenario has not."""
    with Held() as descriptors:
        yield descriptors
