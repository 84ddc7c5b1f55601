"""SO_REUSEPORT: who may share a port, and who of those gets what arrives there."""

from errno import EADDRINUSE, ECONNRESET
from select import POLLIN
from socket import SO_ACCEPTCONN, SO_REUSEADDR, SO_REUSEPORT, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET

import pytest

from conformance.addressing.reuse_port.sharing import CLIENTS, CONNECTIONS, LISTENERS, most, sharing, visited
from conformance.lifecycle.backlog.queues import length
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import readiness, ready, until
from fixtures.stage.families import over_ip

pytestmark = pytest.mark.needs("own-ports")

KINDS = pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])


@pytest.mark.claim("ip.reuseport.all-may-bind")
@KINDS
@over_ip
def test_sockets_that_all_have_the_option_share_a_port(peers, family, kind):
    (first,) = sharing(peers, family, 1, kind=kind)
    second = peers.socket("second", family.domain, kind)
    second.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)  # decisive

    second.bind(first.getsockname())

    assert first.getsockname() == second.getsockname()


@pytest.mark.claim("ip.reuseport.all-must-have-it")
@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (1, 0)])
@KINDS
@over_ip
def test_port_is_refused_unless_all_have_the_option(peers, family, kind, old, new):
    holder = peers.socket("holder", family.domain, kind)
    holder.setsockopt(SOL_SOCKET, SO_REUSEPORT, old)
    holder.bind(family.address())
    late = peers.socket("late", family.domain, kind)
    late.setsockopt(SOL_SOCKET, SO_REUSEPORT, new)

    with fails(EADDRINUSE):
        late.bind(holder.getsockname())  # decisive


@pytest.mark.claim("tcp.reuseport.two-servers-at-once")
@over_ip
def test_a_second_server_starts_beside_the_first(peers, family):
    first, second = sharing(peers, family, 2)

    first.listen(5)
    second.listen(5)  # decisive

    assert [end.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) for end in (first, second)] == [1, 1]
    client = peers.connecting(family, first.getsockname())
    assert client.getpeername() == second.getsockname()


@pytest.mark.claim("tcp.reuseport.spreads-connections")
@pytest.mark.needs("namespace", "descriptors:160")
@over_ip
def test_connections_fall_on_all_listeners(peers, family, sysctl):
    sysctl("net.ipv4.ip_local_port_range", "20000 60000")
    sysctl("net.core.somaxconn", 4096)
    workers = sharing(peers, family, LISTENERS)
    for worker in workers:
        worker.listen(CONNECTIONS)  # decisive

    for number in range(CONNECTIONS):
        peers.connecting(family, workers[0].getsockname(), lane=f"client{number}")

    found = until(lambda: all_arrived(workers), what=f"{CONNECTIONS} connections at the listeners")
    assert max(found) <= most(CONNECTIONS, 1 / LISTENERS)
    assert min(found) > 0


def all_arrived(workers):
    """How many connections wait at each listener, once all have come; nothing before."""
    found = [length(worker) for worker in workers]
    return found if sum(found) == CONNECTIONS else None


@pytest.mark.claim("tcp.reuseport.one-is-told")
@pytest.mark.needs("namespace")
@over_ip
def test_one_connection_is_told_to_one_of_the_listeners(peers, family):
    workers = sharing(peers, family, LISTENERS)
    for worker in workers:
        worker.listen(1)
    waiting = workers[:1] * LISTENERS
    waiting = workers  # decisive

    peers.connecting(family, workers[0].getsockname())

    told = until(lambda: [worker for worker in waiting if readiness(worker, POLLIN)], what="a connection")
    assert len(told) == 1


@pytest.mark.claim("tcp.reuseport.same-client-same-listener")
@pytest.mark.needs("namespace")
@over_ip
def test_same_client_reaches_the_same_listener_again(peers, family):
    workers = sharing(peers, family, LISTENERS)
    for worker in workers:
        worker.listen(1)
    first = [visited(peers, workers, family.address()) for _ in range(CLIENTS)]

    again = []
    again = [visited(peers, workers, visit.client) for visit in first]  # decisive

    assert again == first


@pytest.mark.claim("tcp.reuseport.closing-loses-the-queued")
@pytest.mark.needs("namespace")
@over_ip
def test_connections_that_wait_at_a_closed_listener_are_lost(peers, family, sysctl):
    sysctl("net.ipv4.tcp_migrate_req", 0)
    first, second = sharing(peers, family, 2)
    first.listen(5)
    client = peers.connecting(family, first.getsockname())
    ready(first, POLLIN)
    second.listen(5)

    first.close()  # decisive

    with fails(ECONNRESET):
        client.recv(1)
    assert readiness(second, POLLIN) == 0


@pytest.mark.claim("udp.reuseport.one-flow-one-socket")
@pytest.mark.needs("buffers:100000")
@over_ip
def test_datagrams_of_one_flow_reach_one_socket(peers, family):
    workers = sharing(peers, family, LISTENERS, kind=SOCK_DGRAM)
    sender = peers.datagram(family, lane="sender")

    for _ in range(20):
        sender.sendto(b"x", workers[0].getsockname())  # decisive

    reached = [worker for worker in workers if readiness(worker, POLLIN)]
    assert len(reached) == 1
    assert [reached[0].recv(10) for _ in range(20)] == [b"x"] * 20


@pytest.mark.claim("udp.reuseaddr.last-bound-receives")
@over_ip
def test_datagram_reaches_the_socket_that_was_bound_last(peers, family):
    first = peers.socket("first", family.domain, SOCK_DGRAM)
    first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    first.bind(family.address())
    second = peers.socket("second", family.domain, SOCK_DGRAM)
    second.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    second.bind(first.getsockname())  # decisive

    peers.datagram(family, lane="sender").sendto(b"x", first.getsockname())

    assert second.recv(10) == b"x"
    assert readiness(first, POLLIN) == 0


@pytest.mark.claim("ip.reuseport.reads-back")
@over_ip
def test_option_is_off_and_reads_back(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)
    assert end.getsockopt(SOL_SOCKET, SO_REUSEPORT) == 0

    end.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_REUSEPORT) == 1
