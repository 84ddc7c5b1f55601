"""getsockopt(2) with less room than a value has, at each level, and options that a kind of socket does not take."""

import ctypes
from errno import EINVAL, ENOPROTOOPT, EPERM
from socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
)

import pytest

from conformance.configuration.values.settings import unprivileged
from conformance.configuration.values.tables import number
from fixtures.evidence.expect import fails
from fixtures.evidence.libc import checked
from fixtures.stage.families import over_ip, over_streams

_libc = ctypes.CDLL(None, use_errno=True)
IPPROTO_UDP, SO_PRIORITY = 17, 12
CLASSES = {"IP_TOS": (AF_INET, IPPROTO_IP, 1), "IPV6_TCLASS": (AF_INET6, IPPROTO_IPV6, 67)}
SEVERAL = {
    "SO_KEEPALIVE": (AF_INET, SOCK_STREAM, SOL_SOCKET, 9, number(1)),
    "SO_LINGER": (AF_INET, SOCK_STREAM, SOL_SOCKET, 13, number(1) + number(2)),
    "TCP_NODELAY": (AF_INET, SOCK_STREAM, IPPROTO_TCP, 1, number(1)),
    "TCP_CONGESTION": (AF_INET, SOCK_STREAM, IPPROTO_TCP, 13, b"reno".ljust(16, b"\0")),
    "IPV6_UNICAST_HOPS": (AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 16, number(77)),
    "IPV6_TCLASS": (AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 67, number(8)),
    "SO_PASSCRED": (AF_UNIX, SOCK_DGRAM, SOL_SOCKET, 16, number(1)),
}


def told(end, level, option, room):
    """What getsockopt(2) writes into `room` bytes, the byte behind them, and the length. Raises OSError."""
    value, length = ctypes.create_string_buffer(b"\x5a" * 64, 64), ctypes.c_uint(room)
    checked(_libc.getsockopt(end.fileno(), level, option, value, ctypes.byref(length)))
    return value.raw[:room], value.raw[room], length.value


@pytest.mark.claim("socket.options.cut-to-the-room")
@pytest.mark.parametrize("setting", SEVERAL.values(), ids=SEVERAL)
def test_value_of_each_level_is_cut_to_the_room(peers, setting):
    domain, kind, level, option, value = setting
    end, seen = peers.socket("end", domain, kind), []
    end.setsockopt(level, option, value.rstrip(b"\0") if option == 13 and level == IPPROTO_TCP else value)

    seen = [told(end, level, option, room) for room in range(len(value))]  # decisive

    assert seen == [(value[:room], 0x5A, room) for room in range(len(value))]


@pytest.mark.claim("ip.options.byte-in-short-room")
def test_value_of_ip_is_a_byte_where_an_int_has_no_room(peers):
    end, seen = peers.socket("end", AF_INET, SOCK_DGRAM), []
    end.setsockopt(IPPROTO_IP, 2, 77)

    seen = [told(end, IPPROTO_IP, 2, room) for room in range(4)]  # decisive

    assert seen == [(b"", 0x5A, 0)] + [(b"\x4d" + b"\x5a" * (room - 1), 0x5A, 1) for room in (1, 2, 3)]


@pytest.mark.claim("tcp.options.length-of-what-there-is")
@over_ip
def test_more_room_than_tcp_info_has_is_told(stream_pair):
    value = b""

    value = stream_pair.client.getsockopt(IPPROTO_TCP, 11, 1024)  # decisive

    assert 104 <= len(value) < 1024


@pytest.mark.claim("udp.options.short-refused")
@pytest.mark.needs("option:IPPROTO_UDP.1")
@over_ip
def test_option_of_udp_needs_an_int(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EINVAL):
        end.setsockopt(IPPROTO_UDP, 1, b"\1\0")  # decisive

    assert end.getsockopt(IPPROTO_UDP, 1) == 0


@pytest.mark.claim("socket.priority.above-six-needs-privilege")
@over_streams
def test_negative_priority_is_refused_without_privilege(peers, family):
    end = peers.socket("end", family.domain, SOCK_DGRAM)

    with fails(EPERM):
        unprivileged(lambda: end.setsockopt(SOL_SOCKET, SO_PRIORITY, -1))  # decisive

    assert end.getsockopt(SOL_SOCKET, SO_PRIORITY) == 0


@pytest.mark.claim("socket.options.class-with-every-bit")
@pytest.mark.parametrize("option", CLASSES.values(), ids=CLASSES)
def test_class_of_datagrams_reads_back_with_every_bit(peers, option):
    domain, *where = option
    end = peers.socket("end", domain, SOCK_DGRAM)

    end.setsockopt(*where, 0xFF)  # decisive

    assert end.getsockopt(*where) == 0xFF


@pytest.mark.claim("ip.hdrincl.raw-alone")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
def test_headers_are_written_by_raw_sockets_alone(peers, kind):
    end = peers.socket("end", AF_INET, kind)

    with fails(ENOPROTOOPT):
        end.setsockopt(IPPROTO_IP, 3, 1)  # decisive


@pytest.mark.claim("socket.reuseaddr.of-a-connection")
@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_DGRAM], ids=["stream", "datagram"])
@over_ip
def test_reuse_is_set_on_a_socket_that_is_connected(peers, family, kind):
    listener, end = peers.listener(family), peers.socket("end", family.domain, kind)
    end.connect(listener.getsockname())
    before = end.getsockopt(SOL_SOCKET, 2)

    end.setsockopt(SOL_SOCKET, 2, 1)  # decisive

    assert (before, end.getsockopt(SOL_SOCKET, 2)) == (0, 1)


@pytest.mark.claim("ip.hops.none-is-a-number")
def test_no_hops_at_all_can_be_asked_for(peers):
    end = peers.socket("end", AF_INET6, SOCK_DGRAM)

    end.setsockopt(IPPROTO_IPV6, 16, 0)  # decisive

    assert end.getsockopt(IPPROTO_IPV6, 16) == 0
