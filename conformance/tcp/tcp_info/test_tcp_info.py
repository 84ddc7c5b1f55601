"""What TCP_INFO tells of a connection, held against calls and packets."""

import time
from select import POLLIN
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET, TCP_MAXSEG

import pytest

from conformance.configuration.buffers.scales import announced
from conformance.lifecycle.abnormal_end.silence import deafen
from conformance.lifecycle.backlog.queues import cap, queued
from conformance.programs.process_models.programs import compiled
from fixtures.evidence.expect import one_of
from fixtures.evidence.kernel_view import tcp_info
from fixtures.evidence.waiting import ready, until
from fixtures.remote.states import STATES
from fixtures.stage.families import over_ip

ROUNDS = 5
LEAST_TIME_OUT = 200_000
"""Microseconds: TCP_RTO_MIN of the kernel."""
ROOM = 1 << 17
"""Bytes for the window of a listener: a segment is never larger than half of it."""
TIMESTAMPS, SACK, WSCALE = 1, 2, 4
"""TCPI_OPT_TIMESTAMPS and so on, of linux/tcp.h."""
OPTIONS = {"tcp_timestamps": TIMESTAMPS, "tcp_sack": SACK, "tcp_window_scaling": WSCALE}
SMALL = 4096
"""Bytes of a receive buffer whose window needs a smaller scale than the usual one."""
SEGMENT = 1200
"""Bytes that the listener says it takes (tcp(7), TCP_MAXSEG): less than the link carries."""
TIMESTAMPS_TAKE = 12
"""Bytes that timestamps take of every segment (RFC 7323 appendix A)."""
MTU = {"ip4": (IPPROTO_IP, 14), "ip6": (IPPROTO_IPV6, 24)}
"""IP_MTU and IPV6_MTU."""
NAMED = "RFC 9293 3.3.2: the state of a connection"
OTHERS = {
    "SYN_RECV": {"LISTEN": "Linux net/ipv4/tcp.c tcp_get_info(): that of the listener, of which is asked"},
    "TIME_WAIT": {"TIME_WAIT": NAMED, "CLOSE": "Linux net/ipv4/tcp_minisocks.c tcp_time_wait(): no more the socket's"},
}
"""What is told of states in which a connection may have no socket of its own."""
LARGEST = {"ip4": 65535, "ip6": 65595}
"""Bytes of the largest packet: IPv6 does not count its header."""
PROGRAM = """
#include <{header}>
unsigned long long rate(const struct tcp_info *info) {{ return info->tcpi_delivery_rate + info->tcpi_notsent_bytes; }}
"""


@pytest.mark.claim("tcp.info.rtt-in-microseconds")
@over_ip
def test_round_trip_time_is_no_longer_than_the_exchanges(peers, family):
    listener = peers.listener(family)
    began = time.monotonic()
    client = peers.connecting(family, listener.getsockname())
    server = peers.accepting(listener)
    for _ in range(ROUNDS):
        client.send(b"?")
        server.send(server.recv(1))  # decisive
        client.recv(1)

    info, elapsed = tcp_info(client), (time.monotonic() - began) * 1_000_000
    assert 0 < info.rtt <= elapsed
    assert 0 < info.rttvar <= elapsed
    assert LEAST_TIME_OUT <= info.rto <= 600 * LEAST_TIME_OUT


@pytest.mark.claim("tcp.info.rcv-space-is-no-queue")
@over_ip
def test_rcv_space_does_not_count_what_was_received(stream_pair):
    client, server = stream_pair
    before = tcp_info(server).rcv_space

    client.send(bytes(1000))  # decisive
    ready(server, POLLIN)

    assert tcp_info(server).rcv_space == before
    assert server.recv(2000) == bytes(1000)


@pytest.mark.claim("tcp.info.header-lacks-new-fields")
@pytest.mark.needs("processes:8", "command:cc", "glibc<2.42")
def test_new_fields_are_in_the_header_of_the_kernel(tmp_path):
    old = compiled(tmp_path, PROGRAM.format(header="netinet/tcp.h"), "-fsyntax-only")
    new = old
    new = compiled(tmp_path, PROGRAM.format(header="linux/tcp.h"), "-fsyntax-only")  # decisive

    assert new.returncode == 0
    assert old.returncode != 0
    assert "tcpi_delivery_rate" in old.stderr


@pytest.mark.claim("tcp.info.segment-size")
@pytest.mark.parametrize("timestamps", [0, 1])
@over_ip
def test_segment_size_is_what_was_negotiated(peers, family, link, sysctl, timestamps):
    sysctl("net.ipv4.tcp_timestamps", timestamps)
    sysctl("net.ipv4.tcp_mtu_probing", 0)  # with 2 a connection begins with tcp_base_mss, whatever was negotiated
    with link.far.entered():
        listener = peers.socket("listener", family.domain, SOCK_STREAM)
        listener.setsockopt(SOL_SOCKET, SO_RCVBUF, ROOM)
        listener.setsockopt(IPPROTO_TCP, TCP_MAXSEG, SEGMENT)  # decisive
        listener.bind((link.far_host(family), 0))
        listener.listen(1)

    client = peers.connecting(family, listener.getsockname())

    info = tcp_info(client)
    assert info.snd_mss == SEGMENT - info.timestamps * TIMESTAMPS_TAKE
    assert info.timestamps <= timestamps


@pytest.mark.claim("tcp.info.negotiated-options")
@pytest.mark.parametrize(("name", "bit"), OPTIONS.items(), ids=OPTIONS)
@pytest.mark.parametrize("value", [0, 1], ids=["off", "on"])
@over_ip
def test_options_are_those_that_were_negotiated(peers, family, sysctl, name, bit, value):
    sysctl(f"net.ipv4.{name}", 1 - value)
    sysctl(f"net.ipv4.{name}", value)  # decisive

    client, server = peers.pair(family)

    assert bool(tcp_info(client).options & bit) == bool(value)
    assert bool(tcp_info(server).options & bit) == bool(value)


@pytest.mark.claim("tcp.info.window-scales")
@over_ip
def test_window_scales_are_those_of_the_syns(peers, family, sysctl, wire):
    sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456")
    sysctl("net.ipv4.tcp_window_scaling", 0)
    sysctl("net.ipv4.tcp_window_scaling", 1)  # decisive
    client, _ = peers.pair(family, rcvbuf=SMALL)

    own, other = wire.expect("client > * SYN <wscale>"), wire.expect("* > client SYN ACK <wscale>")

    told = tcp_info(client).wscale
    assert (told & 15, told >> 4) == (announced(other), announced(own))
    assert announced(other) < announced(own)


@pytest.mark.claim("tcp.info.unacknowledged-segments")
@pytest.mark.needs("filter")
@over_ip
def test_unacknowledged_segment_is_counted(stream_pair):
    client, server = stream_pair
    assert tcp_info(client).unacked == 0
    deafen(server)

    client.send(b"lost")  # decisive

    assert tcp_info(client).unacked == 1


@pytest.mark.claim("tcp.info.retransmissions")
@pytest.mark.needs("filter")
@over_ip
def test_retransmissions_are_counted(stream_pair, wire):
    client, server = stream_pair
    assert tcp_info(client).total_retrans == 0
    deafen(server)

    client.send(b"lost")  # decisive

    told = until(lambda: tcp_info(client).total_retrans, what="a segment sent again")
    again = len(wire.seen("client > server 1:5(4)")) - 1
    assert told <= again <= tcp_info(client).total_retrans


@pytest.mark.claim("tcp.info.of-a-listener")
@over_ip
def test_queue_and_backlog_of_a_listener(peers, family):
    listener = peers.listener(family, backlog=3)

    queued(peers, family, listener, 2)  # decisive

    info = tcp_info(listener)
    assert (info.unacked, info.sacked) == (2, cap(3))


@pytest.mark.claim("tcp.info.closed")
@over_ip
def test_state_of_a_new_socket_is_close(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    assert tcp_info(client).state_name == "CLOSE"

    client.connect(listener.getsockname())  # decisive

    assert tcp_info(client).state_name == "ESTABLISHED"


@pytest.mark.claim("tcp.info.sizes-of-the-path")
@over_ip
def test_sizes_are_those_of_the_path(peers, family, sysctl):
    sysctl("net.ipv4.tcp_timestamps", 0)
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)

    client.connect(listener.getsockname())  # decisive

    info = tcp_info(client)
    mtu, headers = client.getsockopt(*MTU[family.name]), {"ip4": 40, "ip6": 60}[family.name]
    assert info.pmtu == mtu
    assert info.snd_mss == client.getsockopt(IPPROTO_TCP, TCP_MAXSEG)
    assert info.advmss == min(mtu, LARGEST[family.name]) - headers


@pytest.mark.claim("tcp.info.state-told")
@pytest.mark.parametrize("state", STATES)
@over_ip
def test_state_of_a_connection_is_told(remote, state):
    held = remote.reach(state, role="active" if state == "SYN_SENT" else "passive")
    told = None

    told = tcp_info(held).state_name  # decisive

    one_of(told, OTHERS.get(state, {state: NAMED}), what="tcpi_state")
