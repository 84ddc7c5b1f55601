"""What epoll_ctl() takes and refuses, and what close() does to a registration."""

import os
import select
from errno import EEXIST, EINVAL, ENOENT, EPERM
from select import POLLIN

import pytest

from conformance.waiting.epoll.watching import EDGE, EXCLUSIVE, IN, ONCE, OUT, RDHUP, now, told, watching
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.families import over_streams


@pytest.mark.claim("epoll.ctl.added-twice")
@over_streams
def test_descriptor_cannot_be_added_twice(stream_pair):
    with watching(stream_pair.server, IN) as instance, fails(EEXIST):
        instance.register(stream_pair.server.fileno(), IN)  # decisive


@pytest.mark.claim("epoll.ctl.unknown")
@over_streams
def test_unknown_descriptor_is_neither_modified_nor_removed(stream_pair):
    with select.epoll() as instance:
        with fails(ENOENT):
            instance.modify(stream_pair.server.fileno(), IN)  # decisive
        with fails(ENOENT):
            instance.unregister(stream_pair.server.fileno())


@pytest.mark.claim("epoll.ctl.no-files")
def test_file_cannot_be_watched():
    number = os.memfd_create("file")  # of this kernel: a file system in user space may offer poll()

    with select.epoll() as instance, fails(EPERM):
        instance.register(number, IN)  # decisive
    os.close(number)


@pytest.mark.claim("epoll.ctl.removed-tells-nothing")
@over_streams
def test_removed_descriptor_is_told_of_no_more(stream_pair):
    client, server = stream_pair
    client.send(b"data")

    with watching(server, IN) as instance:
        told(instance)
        instance.unregister(server.fileno())  # decisive
        assert now(instance) == "none"


@pytest.mark.claim("epoll.ctl.removed-tells-nothing")
@over_streams
def test_removed_listener_is_told_of_no_more(peers, family):
    listener = peers.listener(family)

    with watching(listener, IN) as instance:
        peers.connecting(family, listener.getsockname())
        told(instance)
        instance.unregister(listener.fileno())  # decisive
        assert now(instance) == "none"


@pytest.mark.claim("epoll.wait.as-many-as-fit")
@over_streams
def test_ready_descriptors_are_told_as_they_fit(peers, family):
    pairs = [peers.pair(family) for _ in range(5)]
    ready_ones = {pair.server.fileno() for pair in pairs}

    with select.epoll() as instance:
        for pair in pairs:
            instance.register(pair.server.fileno(), IN)
            pair.client.send(b"data")  # decisive
            ready(pair.server, POLLIN)

        assert {number for number, _ in instance.poll(0, 8)} == ready_ones
        assert len(instance.poll(0, 3)) == 3


@pytest.mark.claim("epoll.exclusive.only-when-added")
@over_streams
def test_exclusive_cannot_be_set_by_modifying(stream_pair):
    with watching(stream_pair.server, IN) as instance, fails(EINVAL):
        instance.modify(stream_pair.server.fileno(), IN | EXCLUSIVE)  # decisive


@pytest.mark.claim("epoll.exclusive.few-events")
@pytest.mark.parametrize("further", [ONCE, RDHUP], ids=["EPOLLONESHOT", "EPOLLRDHUP"])
@over_streams
def test_exclusive_goes_with_few_events(stream_pair, further):
    with select.epoll() as instance, fails(EINVAL):
        instance.register(stream_pair.server.fileno(), IN | EXCLUSIVE | further)  # decisive


@pytest.mark.claim("epoll.exclusive.tells")
@over_streams
def test_exclusive_registration_tells(stream_pair):
    client, server = stream_pair

    with watching(server, IN | OUT | EDGE | EXCLUSIVE) as instance:
        client.send(b"data")  # decisive
        ready(server, POLLIN)
        assert "POLLIN" in told(instance)


@pytest.mark.claim("epoll.close.removes-the-last")
@over_streams
def test_closing_the_last_descriptor_removes_it(stream_pair):
    client, server = stream_pair
    client.send(b"data")

    with watching(server, IN) as instance:
        told(instance)
        server.close()  # decisive
        assert now(instance) == "none"


@pytest.mark.claim("epoll.close.duplicate-keeps-it")
@over_streams
def test_events_of_a_closed_descriptor_come_while_a_duplicate_is_open(stream_pair):
    client, server = stream_pair
    other = os.dup(server.fileno())

    with watching(server, IN) as instance:
        server.close()
        client.send(b"data")  # decisive
        assert told(instance) == "POLLIN"
    os.close(other)


@pytest.mark.claim("epoll.ctl.modified-events-count")
@over_streams
def test_modified_registration_has_the_new_events_alone(stream_pair):
    client, server = stream_pair
    client.send(b"data")
    ready(server, POLLIN)
    number = server.fileno()

    with watching(server, IN) as instance:
        instance.modify(number, OUT)  # decisive
        assert instance.poll(0) == [(number, OUT)]
        instance.modify(number, IN)
        assert instance.poll(0) == [(number, IN)]
        instance.modify(number, 0)
        assert instance.poll(0) == []


@pytest.mark.claim("epoll.ctl.duplicate-is-another-entry")
@over_streams
def test_duplicate_is_registered_beside_its_descriptor(stream_pair):
    client, server = stream_pair
    other = os.dup(server.fileno())

    with watching(server, OUT) as instance:
        instance.register(other, IN)  # decisive
        client.send(b"data")
        ready(server, POLLIN)
        found = dict(instance.poll(0))

    os.close(other)
    assert found == {server.fileno(): OUT, other: IN}
