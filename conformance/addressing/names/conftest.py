"""The name server of a scenario."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.addressing.names.resolver import Resolver, own_etc
from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.children import in_child
from fixtures.stage.namespaces import refusal
from fixtures.stage.peers import Peers
from fixtures.stage.probes.answering import USERNS_REMEDY


@pytest.fixture(scope="session")
def etc() -> Unavailable | None:
    """The refusal where a process may not have an /etc of its own, asked once."""
    try:
        in_child(own_etc)
    except OSError as error:
        return Unavailable(f"an /etc of our own: {refusal(error)}", verdict="not-permitted", remedy=USERNS_REMEDY)
    return None


@pytest.fixture
def resolver(etc: Unavailable | None, peers: Peers) -> Resolver:
    """A name server inside the scenario's namespace, and files of /etc for who looks up. Raises Unavailable."""
    if etc is not None:
        raise etc
    return Resolver(peers)


@pytest.fixture
def looked_up(resolver: Resolver) -> Callable[[Callable[[], object]], object]:
    """Runs a piece where only our files count: ``looked_up(lambda: getaddrinfo(...))``."""
    return resolver.during
