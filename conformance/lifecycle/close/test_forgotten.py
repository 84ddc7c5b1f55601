"""A close() that is missing: the peer has closed, and the own end stays."""

from errno import EAGAIN
from pathlib import Path
from select import POLLIN
from socket import MSG_DONTWAIT, SHUT_WR

import pytest

from fixtures.evidence.expect import fails
from fixtures.evidence.kernel_view import Ends, is_in, reaches
from fixtures.evidence.waiting import ready, until
from fixtures.stage.families import over_ip, over_ip4


@pytest.mark.claim("tcp.close.forgotten-stays-in-close-wait")
@pytest.mark.needs("sock_diag")
@over_ip
def test_forgotten_connection_stays_in_close_wait_until_it_is_closed(stream_pair, wire):
    client, server = stream_pair
    ends = Ends.of(server)
    client.shutdown(SHUT_WR)  # decisive
    ready(server, POLLIN)
    assert server.recv(1) == b""

    reaches(ends, "CLOSE_WAIT")
    reaches(ends.reversed, "FIN_WAIT2")
    seen = ends.seen()
    wire.never("server > client FIN")

    assert (seen.timer, seen.inode != 0) == ("", True)
    server.close()  # decisive
    wire.expect("server > client FIN")
    reaches(ends, "CLOSE")


@pytest.mark.claim("tcp.close.forgotten-stays-in-close-wait")
@pytest.mark.needs("sock_diag")
@over_ip
def test_forgotten_connections_pile_up(peers, family):
    listener = peers.listener(family)
    forgotten = []
    for _ in range(2):
        client = peers.connecting(family, listener.getsockname())
        forgotten.append(peers.accepting(listener))
        client.close()  # decisive
        assert forgotten[-1].recv(1) == b""

    for server in forgotten:
        is_in(Ends.of(server), "CLOSE_WAIT")
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()
    for server in forgotten:
        assert server.recv(1, MSG_DONTWAIT) == b""


def inuse():
    """How many TCP sockets of this network namespace are in use, by the kernel's own count."""
    text = Path("/proc/thread-self/net/sockstat").read_text("ascii")
    return int(text.partition("TCP: inuse ")[2].split()[0])


@pytest.mark.claim("tcp.close.open-connections-are-counted")
@pytest.mark.needs("namespace")
@over_ip4
def test_each_end_of_a_connection_is_counted_until_it_is_closed(peers, family):
    listener = peers.listener(family)
    before = inuse()

    client = peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)
    assert inuse() == before + 2

    client.close()  # decisive
    server.close()  # decisive
    until(lambda: inuse() == before, what="the count to be as before")
