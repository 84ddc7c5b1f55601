"""Memory that ends, and descriptors that are no sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from conformance.programs.arguments.memory import Memory
from conformance.programs.arguments.strangers import Strangers


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Memory of which the last page cannot be touched."""
    with closing(Memory()) as pages:
        yield pages


@pytest.fixture
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strangers]:
    """Descriptors of what is no socket."""
    with closing(Strangers()) as them:
        yield them
