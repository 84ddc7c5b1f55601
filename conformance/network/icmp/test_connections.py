"""Errors about segments of connections that are open (RFC 9293 section 3.9.2.2, RFC 5461, RFC 5927)."""

from errno import EAGAIN
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, MSG_DONTWAIT, SO_ERROR, SOL_SOCKET

import pytest

from conformance.network.icmp.errors import (
    HARD,
    LATER,
    REASSEMBLY,
    SOFT,
    came,
    first,
    over_errors,
    quoted,
    receives_errors,
    tell,
)
from fixtures.evidence.expect import fails, one_of
from fixtures.evidence.kernel_view import counted, is_in, tcp_info
from fixtures.stage.families import ip4, over_ip, over_ip4

TCP_USER_TIMEOUT = 18
MOST_HOPS, NOBODYS_PORT = 255, 9
LEAST_HOPS = {"ip4": (IPPROTO_IP, 21), "ip6": (IPPROTO_IPV6, 73)}
"""IP_MINTTL and IPV6_MINHOPCOUNT."""
KEPT = "RFC 5461 2.1: implementations keep a connection that is synchronized"
ABORTED = "RFC 9293 3.9.2.2: a hard error should abort"
UNTOLD = "Linux net/ipv4/icmp.c icmp_unreach: not passed to sockets"
TOLD = "RFC 9293 3.9.2.2: a soft error should be available to the application"
STATES = ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"]


def in_flight(remote):
    """The kernel's socket, a byte of which is on its way."""
    server = remote.reach()
    server.send(b"x")
    remote.expect("PSH ACK (1)")
    return server


@pytest.mark.claim("icmp.connection.soft-error-kept")
@over_errors(SOFT, LATER, REASSEMBLY)
def test_connection_outlives_a_soft_error(remote, error):
    server = in_flight(remote)

    tell(remote, error, quoted(remote, 1))  # decisive

    came(remote)
    remote.send("PSH ACK (5)", payload=b"taken")
    remote.expect("ACK ack 6")
    assert server.recv(10) == b"taken"


@pytest.mark.claim("icmp.connection.soft-error-kept")
@pytest.mark.usefixtures("time_wait_kept")
@pytest.mark.needs("sock_diag")
@pytest.mark.parametrize("state", STATES)
@over_ip
def test_connection_outlives_a_soft_error_in_every_state(remote, state):
    remote.reach(state)

    tell(remote, SOFT[remote.family][1], quoted(remote))  # decisive

    came(remote)
    is_in(remote.ends, state)


@pytest.mark.claim("icmp.connection.error-in-so-error")
@over_errors(SOFT, HARD, LATER)
def test_error_about_a_segment_is_in_so_error_once(remote, error):
    server = in_flight(remote)

    tell(remote, error, quoted(remote, 1))  # decisive

    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == error.errno
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("icmp.connection.reassembly-error")
@over_errors(REASSEMBLY)
def test_time_of_reassembly_is_told_or_not(remote, error):
    server = in_flight(remote)

    tell(remote, error, quoted(remote, 1))  # decisive

    came(remote)
    one_of(server.getsockopt(SOL_SOCKET, SO_ERROR), {0: UNTOLD, error.errno: TOLD}, what="SO_ERROR")


@pytest.mark.claim("icmp.connection.hard-error")
@pytest.mark.needs("sock_diag")
@over_errors(HARD)
def test_hard_error_aborts_or_is_only_told(remote, error):
    server = in_flight(remote)

    tell(remote, error, quoted(remote, 1))  # decisive

    one_of(remote.ends.state(), {"ESTABLISHED": KEPT, "CLOSE": ABORTED}, what="state")
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == error.errno


@pytest.mark.claim("icmp.recverr.told-at-once")
@over_errors(SOFT, HARD)
def test_with_recverr_the_next_call_tells_the_error(remote, error):
    server = in_flight(remote)
    receives_errors(server, remote.family)

    tell(remote, error, quoted(remote, 1))  # decisive

    with fails(error.errno):
        server.recv(10, MSG_DONTWAIT)
    with fails(EAGAIN):
        server.recv(10, MSG_DONTWAIT)


@pytest.mark.claim("icmp.recverr.off-not-told")
@over_errors(SOFT)
def test_without_recverr_no_call_tells_a_soft_error(remote, error):
    server = in_flight(remote)
    receives_errors(server, remote.family)
    receives_errors(server, remote.family, on=False)

    tell(remote, error, quoted(remote, 1))  # decisive

    came(remote)
    with fails(EAGAIN):
        server.recv(10, MSG_DONTWAIT)
    remote.send("PSH ACK (5)", payload=b"taken")
    remote.expect("ACK ack 6")
    assert server.recv(10) == b"taken"


@pytest.mark.claim("icmp.connection.error-explains-silence")
@over_errors(first(SOFT))
def test_silence_after_an_error_ends_with_that_error(remote, error):
    remote.let_timers_run()
    server = in_flight(remote)

    tell(remote, error, quoted(remote, 1))  # decisive
    server.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 1)  # once it is told: a slow machine sends again before

    with fails(error.errno):
        server.recv(10)


@pytest.mark.claim("icmp.quoted.only-that-connection")
@over_errors(SOFT, HARD)
def test_error_reaches_the_connection_whose_segment_it_quotes(remote, error):
    listener = remote.listener()
    remote.open()
    concerned = remote.peers.accepting(listener)
    remote.another().open()
    bystander = remote.peers.accepting(listener)

    tell(remote, error, quoted(remote))  # decisive

    assert bystander.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert concerned.getsockopt(SOL_SOCKET, SO_ERROR) == error.errno


@pytest.mark.claim("icmp.quoted.number-outside-window-ignored")
@pytest.mark.parametrize("number", [0, 3, 100_000, 1 + 2**31])
@over_ip
def test_error_about_a_segment_that_is_not_on_its_way_is_ignored(remote, number):
    server = in_flight(remote)

    tell(remote, SOFT[remote.family][1], quoted(remote, number))  # decisive

    came(remote)
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("icmp.quoted.number-outside-window-counted")
@over_ip
def test_error_about_a_segment_that_is_not_on_its_way_is_counted(remote):
    in_flight(remote)

    with counted() as counts:
        tell(remote, SOFT[remote.family][1], quoted(remote, 1 + 2**31))  # decisive

        assert counts["TcpExt.OutOfWindowIcmps"] == 1


@pytest.mark.claim("icmp.quoted.unknown-connection-counted")
@over_ip4
def test_error_about_a_segment_of_no_connection_is_counted(remote):
    in_flight(remote)

    with counted() as counts:
        tell(remote, SOFT[remote.family][1], quoted(remote, port=NOBODYS_PORT))  # decisive

        assert counts["Icmp.InErrors"] == 1


@pytest.mark.claim("icmp.quoted.fewer-hops-ignored")
@pytest.mark.usefixtures("far_hosts")
@pytest.mark.needs(f"option:IPPROTO_IP.{LEAST_HOPS['ip4'][1]}")
@over_ip
def test_error_about_a_segment_with_fewer_hops_than_asked_is_ignored(remote):
    server = in_flight(remote)
    server.setsockopt(*LEAST_HOPS[remote.family.name], MOST_HOPS)  # decisive

    tell(remote, SOFT[remote.family][1], quoted(remote, 1))

    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("icmp.code.unknown-ignored")
@over_ip4
def test_unreachable_for_a_reason_that_nobody_knows_is_ignored(remote):
    server = in_flight(remote)

    remote.send("ICMP type 3 code 16", about=quoted(remote, 1))  # decisive

    assert came(remote)
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0


@pytest.mark.claim("icmp.source-quench.discarded")
@over_ip4
def test_source_quench_about_a_segment_is_discarded(remote):
    server, error = in_flight(remote), SOFT[ip4][1]
    before = tcp_info(server).snd_cwnd

    remote.send("ICMP type 4 code 0", about=quoted(remote, 1))  # decisive

    came(remote)
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    assert tcp_info(server).snd_cwnd == before
    tell(remote, error, quoted(remote, 1))
    assert server.getsockopt(SOL_SOCKET, SO_ERROR) == error.errno
