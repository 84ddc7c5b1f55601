"""How many of those who wait for a listener one connection wakes."""

import pytest

from conformance.waiting.epoll.herds import WORKERS, herd
from conformance.waiting.epoll.watching import EDGE, EXCLUSIVE, IN
from fixtures.stage.families import over_ip4


@pytest.mark.claim("epoll.herd.plain-wakes-all")
@over_ip4
def test_one_connection_wakes_every_instance(peers, family):
    listener = peers.listener(family)

    with herd(listener, IN, shared=False) as woken:
        peers.connecting(family, listener.getsockname())  # decisive
        assert woken() == WORKERS


@pytest.mark.claim("epoll.herd.exclusive-wakes-fewer")
@over_ip4
def test_one_connection_wakes_fewer_exclusive_instances(peers, family):
    listener = peers.listener(family)

    with herd(listener, IN | EXCLUSIVE, shared=False) as woken:
        peers.connecting(family, listener.getsockname())  # decisive
        assert 1 <= woken() < WORKERS


@pytest.mark.claim("epoll.herd.edge-of-one-instance-wakes-one")
@over_ip4
def test_one_connection_wakes_one_of_those_in_an_edge_triggered_instance(peers, family):
    listener = peers.listener(family)

    with herd(listener, IN | EDGE, shared=True) as woken:
        peers.connecting(family, listener.getsockname())  # decisive
        assert woken() == 1


@pytest.mark.claim("epoll.herd.level-of-one-instance-wakes-more")
@over_ip4
def test_one_connection_wakes_several_of_those_in_a_level_triggered_instance(peers, family):
    listener = peers.listener(family)

    with herd(listener, IN, shared=True) as woken:
        peers.connecting(family, listener.getsockname())  # decisive
        assert woken() > 1
