"""Who goes to TIME_WAIT, what it holds, and how long it lasts."""

import os
from errno import EBADF
from socket import IPPROTO_TCP, SHUT_WR, TCP_LINGER2
from time import monotonic

import pytest

from conformance.lifecycle.linger.unsent import drain
from conformance.lifecycle.time_wait.closing import LENGTH, finished, jammed_both_ways, kept, least_of
from fixtures.evidence.expect import fails, lasts
from fixtures.evidence.kernel_view import Ends, counted, is_in, reaches, sockets
from fixtures.evidence.waiting import until
from fixtures.stage.families import over_ip

either_end = pytest.mark.parametrize(
    ("active", "passive"), [("client", "server"), ("server", "client")], ids=["client-first", "server-first"]
)


@pytest.mark.claim("tcp.time-wait.active-closer")
@pytest.mark.needs("sock_diag")
@either_end
@over_ip
def test_end_that_closes_first_goes_to_time_wait(stream_pair, active, passive):
    first, second = getattr(stream_pair, active), getattr(stream_pair, passive)
    ends = Ends.of(first)

    first.close()  # decisive
    assert second.recv(1) == b""
    second.close()  # decisive

    reaches(ends, "TIME_WAIT")
    reaches(ends.reversed, "CLOSE")


@pytest.mark.claim("tcp.time-wait.active-closer")
@pytest.mark.needs("sock_diag")
@either_end
@over_ip
def test_time_wait_begins_when_the_fin_of_the_other_end_is_acknowledged(stream_pair, active, passive, wire):
    first, second = getattr(stream_pair, active), getattr(stream_pair, passive)
    ends = Ends.of(first)

    first.close()  # decisive
    reaches(ends, "FIN_WAIT2")
    second.close()  # decisive
    reaches(ends, "TIME_WAIT")

    wire.expect(f"{active} > {passive} FIN ACK 1:1(0) ack 1")
    wire.expect(f"{passive} > {active} FIN ACK 1:1(0) ack 2")
    wire.expect(f"{active} > {passive} ACK 2:2(0) ack 2")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.time-wait.simultaneous-close-both")
@pytest.mark.needs("sock_diag")
@over_ip
def test_both_ends_go_to_time_wait_when_both_closed_before_hearing_of_the_other(peers, family):
    (client, server), from_client, from_server = jammed_both_ways(peers, family)
    ends = Ends.of(client)

    client.shutdown(SHUT_WR)  # decisive
    server.shutdown(SHUT_WR)  # decisive
    is_in(ends, "FIN_WAIT1")
    is_in(ends.reversed, "FIN_WAIT1")
    drain(client, at_client := bytearray())
    is_in(ends, "CLOSING")
    drain(server, at_server := bytearray())

    assert (at_server, at_client) == (from_client, from_server)
    reaches(ends, "TIME_WAIT")
    reaches(ends.reversed, "TIME_WAIT")


@pytest.mark.claim("tcp.time-wait.simultaneous-close-both")
@pytest.mark.needs("sock_diag")
@over_ip
def test_each_end_sends_its_fin_and_acknowledges_the_other(peers, family, wire):
    (client, server), from_client, from_server = jammed_both_ways(peers, family)
    ends = Ends.of(client)
    of_client, of_server = len(from_client) + 1, len(from_server) + 1

    client.shutdown(SHUT_WR)  # decisive
    server.shutdown(SHUT_WR)  # decisive
    drain(client, bytearray())
    drain(server, bytearray())
    reaches(ends, "TIME_WAIT")

    wire.expect(f"server > client FIN *:{of_server}(*) ack ..{of_client}")
    wire.expect(f"client > server FIN *:{of_client}(*) ack {of_server + 1}")
    wire.expect(f"server > client ACK (0) ack {of_client + 1}")
    wire.never("* > * RST")


@pytest.mark.claim("tcp.time-wait.holds-no-descriptor")
@pytest.mark.needs("sock_diag")
@over_ip
def test_time_wait_belongs_to_no_descriptor(stream_pair):
    client, server = stream_pair
    ends, descriptor = Ends.of(client), client.fileno()
    held = kept(ends).inode

    client.close()  # decisive
    server.close()  # decisive
    reaches(ends, "TIME_WAIT")

    assert held != 0
    assert kept(ends).inode == 0
    with fails(EBADF):
        os.fstat(descriptor)


@pytest.mark.claim("tcp.time-wait.sixty-seconds")
@pytest.mark.needs("sock_diag")
@over_ip
def test_time_wait_has_sixty_seconds_to_go(stream_pair):
    client, server = stream_pair
    ends, began = Ends.of(client), monotonic()

    client.close()  # decisive
    server.close()  # decisive
    reaches(ends, "TIME_WAIT")
    seen = kept(ends)

    assert seen.timer == "time-wait"
    assert least_of(LENGTH, since=began) <= seen.expires <= LENGTH


@pytest.mark.claim("tcp.time-wait.sixty-seconds")
@pytest.mark.needs("sock_diag")
@pytest.mark.long
@pytest.mark.deadline(120)
@over_ip
def test_time_wait_is_over_after_sixty_seconds_and_not_before(stream_pair):
    client, server = stream_pair
    ends = Ends.of(client)

    with lasts(at_least=LENGTH, slack=8):
        client.close()  # decisive
        server.close()  # decisive
        reaches(ends, "TIME_WAIT")
        until(lambda: ends.state() != "TIME_WAIT", what="TIME_WAIT to be over", within=100)

    is_in(ends, "CLOSE")


@pytest.mark.claim("tcp.time-wait.fin-timeout-does-not-shorten")
@pytest.mark.needs("sock_diag")
@over_ip
def test_fin_timeout_does_not_shorten_time_wait(peers, family, sysctl):
    sysctl("net.ipv4.tcp_fin_timeout", 5)
    client, server = peers.pair(family)
    ends, began = Ends.of(client), monotonic()

    client.close()  # decisive
    server.close()  # decisive
    reaches(ends, "TIME_WAIT")
    left = kept(ends).expires

    assert least_of(LENGTH, since=began) <= left <= LENGTH


@pytest.mark.claim("tcp.time-wait.fin-timeout-bounds-fin-wait2")
@pytest.mark.needs("sock_diag")
@over_ip
def test_fin_timeout_bounds_fin_wait2_of_an_orphan(peers, family, sysctl):
    sysctl("net.ipv4.tcp_fin_timeout", 15)  # decisive
    client, _server = peers.pair(family)
    ends = Ends.of(client)
    client.shutdown(SHUT_WR)
    reaches(ends, "FIN_WAIT2")
    held, began = kept(ends), monotonic()

    client.close()  # decisive

    is_in(ends, "FIN_WAIT2")
    left = kept(ends).expires
    assert held.timer == ""
    assert least_of(15, since=began) <= left <= 15


@pytest.mark.claim("tcp.time-wait.linger2-bounds-fin-wait2")
@pytest.mark.needs("sock_diag", "option:IPPROTO_TCP.TCP_LINGER2")
@over_ip
def test_linger2_bounds_fin_wait2_of_an_orphan(peers, family):
    client, _server = peers.pair(family)
    ends, began = Ends.of(client), monotonic()
    client.setsockopt(IPPROTO_TCP, TCP_LINGER2, 15)  # decisive

    client.close()  # decisive
    reaches(ends, "FIN_WAIT2")
    left = kept(ends).expires

    assert least_of(15, since=began) <= left <= 15


@pytest.mark.claim("tcp.time-wait.limit-drops-the-surplus")
@pytest.mark.needs("sock_diag")
@over_ip
def test_time_wait_beyond_the_limit_is_dropped(peers, family, sysctl):
    finished(peers, family)
    sysctl("net.ipv4.tcp_max_tw_buckets", 1)  # decisive
    client, server = peers.pair(family)

    with counted() as counters:
        client.shutdown(SHUT_WR)  # decisive
        assert server.recv(1) == b""
        server.close()  # decisive
        until(lambda: counters["TcpExt.TCPTimeWaitOverflow"] == 1, what="one TIME_WAIT to be dropped")

    assert [seen.state for seen in sockets()].count("TIME_WAIT") == 1
