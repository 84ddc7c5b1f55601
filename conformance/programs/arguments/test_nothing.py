"""Calls that are asked for nothing, and options and addresses of somebody else."""

import struct
from ctypes import byref, c_int
from errno import ENOPROTOOPT, EOPNOTSUPP
from select import POLLIN
from socket import IPPROTO_TCP, SO_ERROR, SOCK_DGRAM, SOL_SOCKET, TCP_KEEPIDLE, TCP_MAXSEG, TCP_NODELAY

import pytest

from conformance.programs.arguments.calls import called
from conformance.programs.arguments.memory import HEADER
from fixtures.evidence.expect import fails
from fixtures.evidence.waiting import ready
from fixtures.stage.children import child
from fixtures.stage.families import over_ip, over_streams, over_unix

OF_TCP = {"TCP_NODELAY": TCP_NODELAY, "TCP_MAXSEG": TCP_MAXSEG, "TCP_KEEPIDLE": TCP_KEEPIDLE}
UNSUPPORTED = {EOPNOTSUPP: "POSIX.1-2017, setsockopt(), ERRORS, EINVAL; Linux net/ipv4/ip_sockglue.c, ip_getsockopt()"}


@pytest.mark.claim("arguments.nothing.moves-nothing")
@over_streams
def test_nothing_is_moved_where_nothing_was_asked_for(stream_pair, strangers, memory):
    client, server = stream_pair
    empty, counts = memory.message([]), []

    counts.append(called("sendfile", client.fileno(), strangers.file, None, 0))  # decisive
    counts.append(called("splice", strangers.reading, None, client.fileno(), None, 0, 0))  # decisive
    counts.append(called("sendmmsg", client.fileno(), empty, 0, 0))  # decisive

    assert counts == [0, 0, 0]
    client.send(b"next")
    assert server.recv(100) == b"next"


@pytest.mark.claim("arguments.option.of-another-protocol")
@pytest.mark.parametrize("option", OF_TCP.values(), ids=OF_TCP)
@over_ip
def test_option_of_tcp_is_refused_by_a_datagram_socket(peers, family, option):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(ENOPROTOOPT, accepted=UNSUPPORTED):
        end.setsockopt(IPPROTO_TCP, option, 1000)  # decisive
    with fails(ENOPROTOOPT, accepted=UNSUPPORTED):
        end.getsockopt(IPPROTO_TCP, option)  # decisive


@pytest.mark.claim("arguments.receive.connection-tells-no-sender")
@over_ip
def test_receive_from_a_connection_tells_no_address(stream_pair, memory):
    client, server = stream_pair
    client.send(b"data")
    ready(server, POLLIN)
    name, room = memory.holding(bytes(64)), c_int(64)

    assert called("recvfrom", server.fileno(), memory.holding(bytes(8)), 8, 0, name, byref(room)) == 4  # decisive

    assert room.value == 0
    assert memory.at(name, 64) == bytes(64)


@pytest.mark.claim("arguments.poll.any-negative-time-waits")
@over_unix
def test_poll_with_any_negative_time_waits(stream_pair):
    client, server = stream_pair
    one, limit = struct.pack("ihh", server.fileno(), POLLIN, 0), 0
    limit = -2  # decisive

    with child(lambda: called("poll", one, 1, limit)) as waiting:
        waiting.is_blocked_in("poll")
        client.send(b"data")
        assert waiting.ends().value == 1


@pytest.mark.claim("unix.options.so-error-of-a-connection")
@over_unix
def test_connected_unix_socket_has_no_error(stream_pair):
    told = [None]

    told = [end.getsockopt(SOL_SOCKET, SO_ERROR) for end in stream_pair]  # decisive

    assert told == [0, 0]


@pytest.mark.claim("stream.receive.header-without-messages")
@over_streams
def test_header_says_that_no_control_message_came(stream_pair, memory):
    client, server = stream_pair
    client.send(b"data")
    ready(server, POLLIN)
    header = memory.header([(memory.holding(bytes(8)), 8)], control=(memory.holding(bytes(64)), 64))
    message = memory.holding(header)

    called("recvmsg", server.fileno(), message, 0)  # decisive

    *_, control, flags, _ = HEADER.unpack(memory.at(message, len(header)))
    assert (control, flags) == (0, 0)
