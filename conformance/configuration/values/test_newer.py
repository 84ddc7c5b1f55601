"""Options that are younger than the manual pages: times and rates of sending, namespaces, protocols on top."""

from errno import EINVAL, ENOENT
from socket import IPPROTO_TCP, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, TCP_INFO, TCP_MAXSEG

import pytest

from conformance.configuration.values.rates import (
    CLOCK,
    DATA,
    MAX_PACING_RATE,
    RATE,
    SCM_TXTIME,
    SEGMENT,
    SHORTEST,
    SO_MAX_PACING_RATE,
    SO_NETNS_COOKIE,
    SO_TXTIME,
    TCP_ULP,
    soon,
)
from fixtures.evidence.expect import fails, lasts
from fixtures.stage.families import over_ip, over_streams

since_linux_5_14 = pytest.mark.needs("kernel>=5.14")


@pytest.mark.claim("tcp.pacing.no-faster-than-the-rate")
@pytest.mark.usefixtures("usual_windows")
@pytest.mark.usefixtures("room_to_send")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_MAX_PACING_RATE}")
@pytest.mark.unwatched
@over_ip
def test_data_is_sent_no_faster_than_the_rate(peers, family):
    listener, client = peers.listener(family), peers.socket("client", family.domain, SOCK_STREAM)
    client.setsockopt(IPPROTO_TCP, TCP_MAXSEG, SEGMENT)
    client.connect(listener.getsockname())
    server = peers.accepting(listener)
    client.setsockopt(SOL_SOCKET, SO_MAX_PACING_RATE, RATE)  # decisive

    with lasts(at_least=SHORTEST):
        client.send(bytes(DATA))
        assert len(server.recv(DATA, MSG_WAITALL)) == DATA


@pytest.mark.claim("tcp.pacing.told-by-tcp-info")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_MAX_PACING_RATE}")
@over_ip
def test_rate_is_told_by_tcp_info(stream_pair):
    client, _ = stream_pair

    client.setsockopt(SOL_SOCKET, SO_MAX_PACING_RATE, RATE)  # decisive

    assert MAX_PACING_RATE.unpack_from(client.getsockopt(IPPROTO_TCP, TCP_INFO, 120), 112) == (RATE,)


@pytest.mark.claim("udp.txtime.needs-the-option")
@over_ip
def test_time_to_send_is_refused_without_the_option(peers, family):
    receiver, sender = peers.datagram(family, lane="receiver"), peers.socket("sender", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        sender.sendmsg([b"timed"], [(SOL_SOCKET, SCM_TXTIME, soon())], 0, receiver.getsockname())  # decisive


@pytest.mark.claim("udp.txtime.eight-bytes")
@pytest.mark.needs(f"option:SOL_SOCKET.{SO_TXTIME}")
@over_ip
def test_time_to_send_that_is_cut_is_refused(peers, family):
    receiver, sender = peers.datagram(family, lane="receiver"), peers.socket("sender", family.domain, SOCK_DGRAM)
    sender.setsockopt(SOL_SOCKET, SO_TXTIME, CLOCK)
    sender.sendmsg([b"timed"], [(SOL_SOCKET, SCM_TXTIME, soon())], 0, receiver.getsockname())

    with fails(EINVAL):
        sender.sendmsg([b"timed"], [(SOL_SOCKET, SCM_TXTIME, soon()[:4])], 0, receiver.getsockname())  # decisive

    assert receiver.recv(99) == b"timed"


@pytest.mark.claim("socket.netns-cookie.one-of-the-namespace")
@since_linux_5_14
@over_streams
def test_sockets_of_a_namespace_have_one_cookie(peers, family):
    ends = [peers.socket(lane, family.domain, kind) for lane, kind in (("first", SOCK_STREAM), ("second", SOCK_DGRAM))]
    seen = []

    seen = [end.getsockopt(SOL_SOCKET, SO_NETNS_COOKIE, 8) for end in ends]  # decisive

    assert len(set(seen)) == 1
    assert bytes(8) not in seen


@pytest.mark.claim("socket.netns-cookie.of-its-namespace")
@since_linux_5_14
@over_streams
def test_socket_of_another_namespace_has_another_cookie(peers, family, link):
    near = far = peers.socket("near", family.domain, SOCK_STREAM)

    with link.far.entered():
        far = peers.socket("far", family.domain, SOCK_STREAM)  # decisive

    assert near.getsockopt(SOL_SOCKET, SO_NETNS_COOKIE, 8) != far.getsockopt(SOL_SOCKET, SO_NETNS_COOKIE, 8)


@pytest.mark.claim("tcp.ulp.none-at-first")
@pytest.mark.needs(f"option:IPPROTO_TCP.{TCP_ULP}")
@over_ip
def test_nothing_is_on_top_of_tcp_at_first(stream_pair):
    told = b"nothing"

    told = stream_pair.client.getsockopt(IPPROTO_TCP, TCP_ULP, 16)  # decisive

    assert told.rstrip(b"\0") == b""


@pytest.mark.claim("tcp.ulp.unknown-enoent")
@pytest.mark.needs(f"option:IPPROTO_TCP.{TCP_ULP}")
@over_ip
def test_unknown_protocol_on_top_is_refused(stream_pair):
    client, server = stream_pair

    with fails(ENOENT):
        client.setsockopt(IPPROTO_TCP, TCP_ULP, b"nosuch")  # decisive

    client.send(b"as before")
    assert server.recv(99) == b"as before"
