"""Sockets that only lie in one another's queues: nobody can ever receive them, and so they are closed."""

from errno import EPIPE
from socket import AF_UNIX, MSG_NOSIGNAL, MSG_OOB, SOCK_STREAM, fromfd

import pytest

from conformance.local.collected.cycles import collected, hung_up
from conformance.local.unix.names import calling, connected_kinds, kinds, serving
from conformance.local.unix.rights import at_end, rights
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import until
from fixtures.stage.families import unix


@pytest.mark.claim("unix.collected.ring")
@pytest.mark.parametrize("count", [1, 2, 3, 7])
@kinds
def test_ring_that_nobody_holds_is_closed_with_all_that_lies_in_it(rings, kind, count):
    pairs, pipe = rings.ring(count, kind)
    assert not at_end(pipe.reading)

    rings.let_go(pairs)  # decisive

    collected(pipe)


@pytest.mark.claim("unix.collected.ring")
def test_datagram_socket_that_was_sent_to_itself_is_closed(peers, rings):
    end, pipe = peers.datagram(unix, lane="end"), rings.pipe()
    end.sendmsg([b"x"], rights(end.fileno(), pipe.writing), 0, end.getsockname())
    rings.close(pipe.writing)
    assert not at_end(pipe.reading)

    end.close()  # decisive

    collected(pipe)


@pytest.mark.claim("unix.collected.rings-that-meet")
def test_two_rings_with_a_socket_in_common_are_closed_together(rings):
    pairs, pipe = rings.ring(2)
    others, other = rings.ring(3)
    rings.post(others[0][0], pairs[0][1])
    rings.post(pairs[1][0], others[2][1])
    rings.let_go(pairs)
    assert not at_end(pipe.reading)

    rings.let_go(others)  # decisive

    collected(pipe, other)


@pytest.mark.claim("unix.collected.peer-is-told")
@connected_kinds
def test_peer_outside_of_the_ring_sees_the_end(rings, kind):
    pairs, pipe = rings.ring(2, kind)
    (outside, passed), others = pairs

    rings.close_all(passed, *others)  # decisive

    collected(pipe)
    until(lambda: hung_up(outside), what="the end of the peer")
    with fromfd(outside, AF_UNIX, kind) as end, fails(EPIPE):
        end.send(b"x", MSG_NOSIGNAL)


@pytest.mark.claim("unix.collected.listener-held-by-its-connection")
@connected_kinds
def test_listener_that_lies_in_what_it_has_not_accepted_is_closed(peers, folder, rings, kind):
    listener, pipe = serving(peers, folder / "server", kind), rings.pipe()
    client = calling(peers, folder / "server", kind)
    client.sendmsg([b"x"], rights(listener.fileno(), pipe.writing))
    rings.close(pipe.writing)
    assert not at_end(pipe.reading)

    listener.close()  # decisive

    collected(pipe)
    until(lambda: hung_up(client.fileno()), what="the end of who was not accepted")


@pytest.mark.claim("unix.collected.ring-of-urgent-bytes")
@pytest.mark.needs("kernel>=5.15")
@pytest.mark.parametrize("count", [1, 2])
def test_ring_of_urgent_bytes_is_closed(rings, count):
    pairs, pipe = rings.ring(count, SOCK_STREAM, flags=MSG_OOB)
    assert not at_end(pipe.reading)

    rings.let_go(pairs)  # decisive

    collected(pipe)
